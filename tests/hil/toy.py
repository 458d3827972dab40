"""A toy device on a pty, for the tests: `python toy.py`. Prints the pty's name, then a line each time the lock moves.

Hears, a line each: `ECHO ms text` (says `text` after so many ms), `OPEN` (`LOCK 0`), `RELEASE` (`LOCK 1`), `FLOOD n`
(says n bytes at once), `MUTE` (says nothing from now on). Ends at the end of its standard input, or without a parent.
"""

import heapq
import os
import pty
import select
import sys
import tty
from itertools import count
from time import monotonic_ns


def main() -> None:
    fd, theirs = pty.openpty()
    tty.setraw(theirs)
    name = os.ttyname(theirs)
    if "--hang-up" in sys.argv:
        os.close(theirs)  # then this end reports EIO while nobody has the other open
    print(name, flush=True)
    due, number, rest, mute = [], count(), b"", False
    while True:
        wait = max(0.0, (due[0][0] - monotonic_ns()) / 1e9) if due else None
        ready = select.select([fd, 0], [], [], wait)[0]
        if 0 in ready and not os.read(0, 100):
            return
        if fd in ready:
            rest += os.read(fd, 65536)
            *lines, rest = rest.split(b"\n")
            for line in lines:
                word, _, more = line.decode().partition(" ")
                if word == "ECHO":
                    ms, _, text = more.partition(" ")
                    heapq.heappush(due, (monotonic_ns() + round(float(ms) * 1e6), next(number), text))
                elif word == "OPEN":
                    heapq.heappush(due, (0, next(number), "LOCK 0"))
                elif word == "RELEASE":
                    heapq.heappush(due, (0, next(number), "LOCK 1"))
                elif word == "FLOOD":
                    heapq.heappush(due, (0, next(number), "x" * int(more)))
                elif word == "MUTE":
                    mute = True
        while due and due[0][0] <= monotonic_ns():
            text = heapq.heappop(due)[2]
            if not mute:
                os.write(fd, text.encode() + b"\n")
            if text.startswith("LOCK"):
                print(text, flush=True)  # what stands in the journal was said before


main()
