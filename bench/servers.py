"""Start and stop gunicorn as the site itself is served, and press pages out of it."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.client import Same, cores, drive, on_core, request
from bench.floor import FILE, Answer, save
from bench.served import FACTS
from bench.workbench import BROWSER, ROOT, Workbench

CONNECTIONS = 8
_START_SECONDS = 20.0


@dataclass(frozen=True)
class Server:
    """Hold a gunicorn with one worker on one core."""

    port: int
    master: int

    def get(self, path: str, headers: dict[str, str]) -> Answer:
        """Ask once and return the whole answer, without the headers that gunicorn itself adds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            own = {"date", "server", "connection"}
            kept = tuple((k, v) for k, v in answer.getheaders() if k.lower() not in own)
            return Answer(f"{answer.status} {answer.reason}", kept, answer.read())
        finally:
            connection.close()

    def commits(self) -> int:
        """Return how many commits the worker's writer made."""
        plain = {k: v for k, v in BROWSER.items() if k != "Accept-Encoding"}
        return int(json.loads(self.get(FACTS, plain).body)["writer"])

    @property
    def worker(self) -> int:
        """Give the worker's process id."""
        return int(Path(f"/proc/{self.master}/task/{self.master}/children").read_text("ascii").split()[0])

    def processor_seconds(self) -> float:
        """Return the processor time that the worker took since it started; 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.worker}/stat").read_text("ascii").rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def site_server(bench: Workbench) -> Iterator[Server]:
    """Serve the site."""
    with _gunicorn(bench, "bench.served:create_app()", "/readyz") as server:
        yield server


@contextmanager
def floor_server(bench: Workbench, answers: dict[str, Answer]) -> Iterator[Server]:
    """Serve the floor, with the site's own gunicorn settings."""
    path = bench.folder / "floor.json"
    save(answers, path)
    with _gunicorn(bench, "bench.floor:create_app()", f"/{next(iter(answers))}", **{FILE: str(path)}) as server:
        yield server


@contextmanager
def _gunicorn(bench: Workbench, application: str, ready: str, **environment: str) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*_pinned(cores()[0]), sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", application]
    log = bench.folder / f"gunicorn-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=bench.server_environment(PORT=str(port), **environment),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(port, process.pid)
    try:
        _await(server, process, ready)
        yield server
    except Exception:
        sys.stderr.write(log.read_text("utf-8", "replace"))
        raise
    finally:
        _end(process)


def _await(server: Server, process: subprocess.Popen[bytes], path: str) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            if int(server.get(path, BROWSER).status[:3]) < 400:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"gunicorn did not come up within {_START_SECONDS:.0f} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def _pinned(core: int) -> list[str]:
    return ["taskset", "-c", str(core)] if shutil.which("taskset") else []


def find_wrk() -> str | None:
    """Return where wrk is, installed if need be and if it can be; None where our own client has to do."""
    if not shutil.which("wrk") and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=False, **quiet)  # type: ignore[call-overload]
    return shutil.which("wrk")


def pages_a_second(wrk: str | None, server: Server, path: str, headers: dict[str, str], seconds: int) -> float:
    """Ask for one page over and over, from the other core, and return the answers a second.

    Raises:
        ValueError: when an answer was not 200, or one was missing.
    """
    if wrk is None:
        with on_core(cores()[1]):
            load = drive(server.port, [Same(request("GET", path, headers)) for _ in range(CONNECTIONS)], seconds)
        if set(load.statuses) != {200}:
            raise ValueError(f"not every answer was 200: {dict(load.statuses)}")
        return load.rate
    command = [*_pinned(cores()[1]), wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}{path}"],
        capture_output=True,
        text=True,
        timeout=seconds + 20,
        check=True,
    )
    found = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    if found is None or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise ValueError(f"wrk met errors:\n{done.stdout}")
    return float(found[1])
