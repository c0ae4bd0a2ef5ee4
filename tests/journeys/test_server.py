"""The site as it is served: under gunicorn, by two workers, with real processes."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import free_port, wait_until

pytestmark = pytest.mark.server
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


class Served:
    """Run the site with settings of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.env = {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(folder),
            "INSTANCE_PATH": str(folder / "instance"),
            "PORT": str(self.port),
            "WORKERS": "2",
            **settings,
        }
        self.flask("prepare")
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            [BIN / "gunicorn"], cwd=ROOT, env=self.env, stdout=self.log, stderr=subprocess.STDOUT
        )
        wait_until(lambda: self.get("/readyz")[0] == 200)

    def flask(self, *words: str) -> str:
        done = subprocess.run(
            [BIN / "flask", *words], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        try:
            return self.ask("GET", path, **headers)
        except OSError:
            return 0, {}, ""

    def choose(self, **fields: str) -> tuple[int, dict[str, str], str]:
        body = "&".join(f"{k}={v}" for k, v in fields.items())
        return self.ask(
            "POST",
            "/en/preferences",
            body,
            Content_Type="application/x-www-form-urlencoded",
            Sec_Fetch_Site="same-origin",
        )

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        self.log.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"), DEV_PLACE="DE")
    yield made
    made.stop()


def test_a_switched_tag_is_live_in_every_worker_within_five_seconds(served: Served) -> None:
    status, headers, _ = served.choose(choice="accept", next="/en/")
    assert status == 303
    cookie = headers["set-cookie"].split(";")[0]
    assert 'data-tag="site-counter"' in served.get("/en/", Cookie=cookie)[2]
    served.flask("tags", "disable", "site-counter")
    end = time.monotonic() + 5
    # New connections are spread over both workers: thirty in a row without the tag have met each of them.
    without = 0
    while without < 30:
        without = without + 1 if 'data-tag="site-counter"' not in served.get("/en/", Cookie=cookie)[2] else 0
        assert time.monotonic() < end, "a worker still sends the tag after five seconds"
    served.flask("tags", "enable", "site-counter")
    wait_until(lambda: 'data-tag="site-counter"' in served.get("/en/", Cookie=cookie)[2], 5)


def test_a_choice_and_a_view_reach_the_store(served: Served) -> None:
    wait_until(lambda: 'data-tag="site-counter"' in served.get("/en/cookies", Cookie=_accepted(served))[2], 5)
    cookie = _accepted(served)
    before = json.loads(served.flask("ledger", "check", "--json"))
    assert before["sound"]
    assert before["size"] >= 1
    # The other worker may learn of the tag a second later.
    wait_until(lambda: _views(served, cookie) == 204, 5)
    wait_until(lambda: any(r["path"] == "/en/cookies" for r in json.loads(served.flask("stats", "show", "--json"))))


def _views(served: Served, cookie: str) -> int:
    return served.ask(
        "POST",
        "/s/view",
        "path=%2Fen%2Fcookies",
        Cookie=cookie,
        Content_Type="application/x-www-form-urlencoded",
        Sec_Fetch_Site="same-origin",
    )[0]


def _accepted(served: Served) -> str:
    return served.choose(choice="accept", next="/en/")[1]["set-cookie"].split(";")[0]


def test_a_bad_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "INSTANCE_PATH": str(tmp_path), "PORT": "eighty"}
    for command in ([BIN / "gunicorn"], [BIN / "flask", "prepare"]):
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode != 0
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        assert lines == ["PORT='eighty' cannot be taken: it takes a whole number from 1 to 65535."]


def test_what_the_law_wants_named_and_is_not_set_is_said_at_start(served: Served) -> None:
    served.log.flush()
    text = Path(served.log.name).read_text()
    assert "ENCARREGADO is not set" in text
    assert text.count("ENCARREGADO is not set") == 1


def test_a_stop_writes_what_waits(tmp_path: Path) -> None:
    site = Served(tmp_path, DEV_PLACE="DE", WORKERS="1")
    answers = [site.choose(choice="reject", next="/en/")[0] for _ in range(5)]
    site.stop()
    assert answers == [303] * 5
    assert json.loads(site.flask("ledger", "check", "--json"))["size"] == 5
