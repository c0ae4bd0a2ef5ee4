"""Have the live page looked at by a real browser, beside the requests, one check at a time."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess  # nosec B404
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from services import inspector
from services.inspection import Report, Seen, Visit, report_to_json, seen_from_json, visit_to_json
from services.jobs import STOPPED, Job, Jobs
from services.store import StoreSilent

log = logging.getLogger(__name__)

KIND = "check"
SECONDS = 60.0
"""How long a whole check may take; the browser's process itself gives up ten seconds earlier."""
_ROOT = Path(__file__).parents[1]
_COMMAND = (sys.executable, "-m", "services.inspector")
# The site's secrets may stand in the environment: a process that runs vendors' scripts gets what it needs alone.
_PASSED_ON = (
    "CHROMIUM", "DBUS_SESSION_BUS_ADDRESS", "FONTCONFIG_PATH", "HOME", "LANG", "LC_ALL", "PATH",
    "PLAYWRIGHT_BROWSERS_PATH", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE", "TMPDIR", "TZ", "VIRTUAL_ENV",
)  # fmt: skip

Judge = Callable[[Seen], Report]


class _Failed(Exception):
    """A check cannot be done. Its text is the job's problem."""


class Checks:
    """Start checks, and end the one that runs when the worker stops.

    Args:
        jobs: keeps account of them.
        command: starts the browser's process.
        seconds: how long a check may take.
    """

    def __init__(self, jobs: Jobs, command: tuple[str, ...] = _COMMAND, seconds: float = SECONDS) -> None:
        self._jobs = jobs
        self._command = command
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False

    def missing(self) -> str:
        """Name what has to be installed first: ``playwright``, ``chromium``, or nothing."""
        return inspector.missing(os.environ)

    def start(self, who: str, about: Mapping[str, Any], visits: list[Visit], judge: Judge) -> Job:
        """Begin a check and return at once.

        Args:
            about: what is checked, in plain values.
            judge: compares what was seen on a visit with what was to be expected there.

        Raises:
            Busy: when another check still runs.
            StoreSilent: when the store does not answer.
        """
        job = self._jobs.begin(KIND, who, dict(about), total=2 * len(visits) + 1)
        self._thread = threading.Thread(target=self._run, args=(job.id, visits, judge), name="check", daemon=True)
        self._thread.start()
        return job

    def stop(self) -> None:
        """End the check that runs, if any, and its browser."""
        self._stopped = True
        with self._lock:
            process = self._process
        if process is not None:
            _end(process)
        thread = self._thread
        if thread is not None and thread.is_alive():
            thread.join(timeout=5)

    def _run(self, key: str, visits: list[Visit], judge: Judge) -> None:
        try:
            try:
                reports = self._look(key, visits, judge)
            except _Failed as error:
                self._jobs.fail(key, str(error))
            except (KeyError, TypeError, ValueError, OSError) as error:
                log.exception("a check broke off")
                self._jobs.fail(key, f"broken\n{type(error).__name__}")
            else:
                self._jobs.finish(key, {"reports": reports})
        except StoreSilent:
            log.warning("the store did not answer: a check is lost")

    def _look(self, key: str, visits: list[Visit], judge: Judge) -> list[dict[str, Any]]:
        """Have the pages looked at, note meanwhile how far that is, and return the reports.

        Raises:
            _Failed: when it cannot be done.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
            process = self._begin(visits, errors)
            timer = threading.Timer(self._seconds, _end, (process,))
            timer.daemon = True
            deadline = time.monotonic() + self._seconds
            timer.start()
            try:
                reports = list(self._reports(key, process, judge))
            finally:
                timer.cancel()
                _end(process)
                with self._lock:
                    self._process = None
                for pipe in (process.stdin, process.stdout):
                    with suppress(OSError):
                        pipe.close()  # type: ignore[union-attr]
            if len(reports) == len(visits):
                return reports
            if self._stopped:
                raise _Failed(STOPPED)
            if time.monotonic() >= deadline:
                raise _Failed("slow")
            errors.seek(0)
            said = errors.read()[-2000:].strip()
            log.warning("the browser's process ended early: %s", said)
            raise _Failed(f"broken\n{said.rpartition(chr(10))[2]}".strip())

    def _reports(self, key: str, process: subprocess.Popen[str], judge: Judge) -> Iterator[dict[str, Any]]:
        for line in process.stdout or ():
            said = json.loads(line)
            if "problem" in said:
                raise _Failed(f"{said['problem']}\n{said.get('detail', '')}".strip())
            if "done" in said:
                with suppress(StoreSilent):  # How far it is can wait; what comes of it cannot.
                    self._jobs.step(key, int(said["done"]))
            if "seen" in said:
                yield report_to_json(judge(seen_from_json(said["seen"])))

    def _begin(self, visits: list[Visit], errors: IO[str]) -> subprocess.Popen[str]:
        environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        with self._lock:
            if self._stopped:
                raise _Failed(STOPPED)
            process = self._process = subprocess.Popen(  # noqa: S603  # nosec B603
                self._command, cwd=_ROOT, env=environ, text=True, encoding="utf-8", start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        # The pipe stays open for as long as this worker lives: the process ends with it.
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps({"visits": [visit_to_json(visit) for visit in visits]}) + "\n")
                process.stdin.flush()
        return process


def _end(process: subprocess.Popen[str]) -> None:
    """End the process and what it started, gently first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(3)
