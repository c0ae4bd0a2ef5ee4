"""``make bench``: measure every bar in one run, print one table, end with status 1 where one is missed."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from bench.banner import banner
from bench.choosing import choices
from bench.memory import memory
from bench.pages import processor_time, throughput
from bench.queries import queries
from bench.report import Row, as_json, as_table, missed
from bench.workbench import Workbench, workbench


def main() -> int:
    """Run what was asked for and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--quick", action="store_true", help="shorter and fewer rounds: rougher figures, sooner")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # However it ends, the servers are stopped.
    subjects: list[tuple[str, Callable[[Workbench], list[Row]]]] = [
        ("queries and commits", queries),
        ("the banner's weight", banner),
        ("processor time", lambda bench: processor_time(bench, options.quick)),
        ("pages through gunicorn", lambda bench: throughput(bench, options.quick)),
        ("choices through gunicorn", lambda bench: choices(bench, options.quick)),
        ("memory", memory),
    ]
    rows: list[Row] = []
    with workbench() as bench:
        machine = _machine(bench.folder)
        for subject, measure in subjects:
            print(f"measuring: {subject} …", file=sys.stderr, flush=True)
            rows += measure(bench)
    print(as_json(machine, rows) if options.json else f"\n{machine}\n\n{as_table(rows)}")
    return 1 if missed(rows) else 0


def _machine(folder: Path) -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parts = [
        f"{cores} core{'s' if cores > 1 else ''}",
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in ("Flask", "gunicorn", "SQLAlchemy")),
        f"store on {_file_system(folder)}",
    ]
    return ", ".join(parts)


def _file_system(folder: Path) -> str:
    """Return the kind of file system that a folder is on: a bar on disk means nothing where there is none."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return "an unknown file system"
    found = [(m[1], m[2]) for m in mounts if folder.is_relative_to(m[1].replace("\\040", " "))]
    return max(found, key=lambda mount: len(mount[0]))[1] if found else "an unknown file system"


if __name__ == "__main__":
    sys.exit(main())
