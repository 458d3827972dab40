"""What the benchmarks of the bench have in common: a line that answers by itself, a machine that is busy, figures.

`python benchmarks/desk.py` is that line: it prints a pty's name and sends back whatever comes, until its standard input ends.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

BUSY = "import os\nppid = os.getppid()\nwhile os.getppid() == ppid:\n sum(range(100000))"


def main() -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    print(os.ttyname(theirs), flush=True)
    while True:
        ready = select.select([ours, 0], (), ())[0]
        if 0 in ready:
            return
        os.write(ours, os.read(ours, 4096))


@contextmanager
def echo() -> Iterator[str]:
    """The name of a pty that echoes, from a process of its own."""
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that never rest; they end with this one."""
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def quantile(values: Sequence[float], p: float) -> float:
    """The inverse of the empirical distribution."""
    ordered = sorted(values)
    return ordered[max(0, -int(-p * len(ordered) // 1) - 1)]


if __name__ == "__main__":
    main()
