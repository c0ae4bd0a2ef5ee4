"""Real servers for tests, started on loopback by the first test that asks, stopped with the process."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from functools import cache
from itertools import count
from pathlib import Path

import pytest

_NUMBERS = count()


class Postgresql:
    """Run a PostgreSQL server on a socket in a folder of its own."""

    def __init__(self, binaries: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        # The server refuses root: Debian's own user runs it then.
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        data = self.folder / "data"
        self._run(binaries / "initdb", "-D", data, "-U", "site", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses='' -c fsync=off -k {self.folder}"
        self._control = [str(binaries / "pg_ctl"), "-D", str(data)]
        self._run(*self._control, "-w", "-o", options, "-l", self.folder / "log", "start")
        atexit.register(self.stop)
        self._psql = [str(binaries / "psql"), "-h", str(self.folder), "-U", "site", "-d", "postgres", "-qc"]

    def database(self) -> str:
        """Make a new, empty database and return its address."""
        name = f"site_{os.getpid()}_{next(_NUMBERS)}"
        self._run(*self._psql, f"CREATE DATABASE {name}")
        return f"postgresql://site@/{name}?host={self.folder}"

    def stop(self) -> None:
        """Stop the server and drop its folder."""
        subprocess.run(
            [*self._as, *self._control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd="/"
        )
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *words: object) -> None:
        done = subprocess.run([*self._as, *map(str, words)], check=False, capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, f"{words[0]}: {done.stderr}"


@cache
def postgresql() -> Postgresql:
    """Return the running server. Without PostgreSQL the test is skipped, loudly, and fails in CI."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: tests/setup installs it on Debian as root")
        pytest.skip("PostgreSQL is not installed: install postgresql to run this test")
    return Postgresql(found[-1].parent if found else Path(str(on_path)).parent)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: object, seconds: float = 10.0) -> None:
    """Wait for a condition, and fail when it does not come about."""
    end = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.02)
