"""How soon the world acts on what a device says, and how late orders go out: ours and two peers, in turn in one run.

A device on a pty answers each question after 5 to 15 ms and says when: just before it writes, by the same clock. Reaction:
from there to the lane's next step. Lateness of an order: from the instant for which it was meant to its write. Beside the
lane four others only take naps. Loaded: two busy processes a core. `--help` has the sizes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pty
import random
import select
import statistics
import subprocess
import sys
import tempfile
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic_ns, sleep

import simpy.rt

from gatebench.hil.inbox import Inbox
from gatebench.hil.port.events import Failed, Heard, Sent
from gatebench.hil.port.line import Line
from gatebench.hil.port.port import Port
from gatebench.hil.port.process import be_realtime
from gatebench.hil.realtime import RealtimeClockwork
from gatebench.hil.transcript import Transcript

AHEAD, NAP, OTHERS, POLL = 0.010, 0.050, 4, 0.001
BAR = 5.0
"""ms: p99 of our reaction on a quiet host, with real-time priority where it is permitted."""


class Samples:
    """ns of each reaction and of each order's lateness."""

    def __init__(self) -> None:
        self.reaction: list[int] = []
        self.lateness: list[int] = []


def device() -> None:
    """Runs until its standard input ends. With real-time priority, as a device has a processor of its own."""
    be_realtime(60)
    fd, theirs = pty.openpty()
    tty.setraw(theirs)
    print(os.ttyname(theirs), flush=True)
    asked = b""
    while True:
        ready = select.select([fd, 0], [], [])[0]
        if 0 in ready:
            return
        asked += os.read(fd, 4096)
        *questions, asked = asked.split(b"\n")
        for question in questions:
            sleep(float(question))
            os.write(fd, b"%d\n" % monotonic_ns())


def ours(realtime: int) -> Callable[[str, list[float], Samples], None]:
    def run(line: str, answers: list[float], found: Samples) -> None:
        inbox, planned, rest, waits = Inbox(), {}, b"", []

        def heard(news):
            nonlocal rest
            event = news.event
            if isinstance(event, Heard):
                *lines, rest = (rest + event.data).split(b"\n")
                for text in lines:
                    waits.pop().succeed(int(text))
            elif isinstance(event, Sent):
                found.lateness.append(event.stamp - planned[event.order])
            elif isinstance(event, Failed):
                raise event.exception()

        def lane(env, port):
            for seconds in answers:
                at = env.clock.stamp(env.now + AHEAD)
                waits.append(env.event())
                planned[port.send(b"%f\n" % seconds, at=at)] = at
                said = yield waits[-1]
                found.reaction.append(monotonic_ns() - said)

        def other():
            while True:
                yield NAP

        with tempfile.TemporaryDirectory() as folder, Transcript(Path(folder) / "t.jsonl") as transcript:
            env = RealtimeClockwork(inbox, transcript, give_up=60.0)
            with Port(Line("device", line), realtime=realtime) as port:
                if realtime and not port.opened.realtime:
                    print(f"no real-time priority: {port.opened.why}", file=sys.stderr)
                env.listen(port, heard)
                for _ in range(OTHERS):
                    env.process(other())
                env.begin()
                env.run(env.process(lane(env, port)))
        inbox.close()

    return run


@contextmanager
def opened(line: str) -> Iterator[int]:
    fd = os.open(line, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        yield fd
    finally:
        os.close(fd)


def simpy_polls(line: str, answers: list[float], found: Samples) -> None:
    """`simpy.rt.RealtimeEnvironment`, which cannot be woken: a process looks every millisecond."""

    def lane(env, fd):
        for seconds in answers:
            at = round((env.real_start + env.now + AHEAD) * 1e9)
            yield env.timeout(AHEAD)
            found.lateness.append(monotonic_ns() - at)
            os.write(fd, b"%f\n" % seconds)
            said = b""
            while not said.endswith(b"\n"):
                yield env.timeout(POLL)
                try:
                    said += os.read(fd, 4096)
                except BlockingIOError:
                    pass
            found.reaction.append(monotonic_ns() - int(said))

    def other(env):
        while True:
            yield env.timeout(NAP)

    with opened(line) as fd:
        env = simpy.rt.RealtimeEnvironment(factor=1.0, strict=False)
        for _ in range(OTHERS):
            env.process(other(env))
        env.run(env.process(lane(env, fd)))


def asyncio_waits(line: str, answers: list[float], found: Samples) -> None:
    """A coroutine and `add_reader`."""

    async def lane(fd):
        loop, said = asyncio.get_running_loop(), asyncio.Queue()
        others = [asyncio.create_task(other()) for _ in range(OTHERS)]
        loop.add_reader(fd, lambda: said.put_nowait(os.read(fd, 4096)))
        for seconds in answers:
            at = loop.time() + AHEAD
            await asyncio.sleep(AHEAD)
            found.lateness.append(monotonic_ns() - round(at * 1e9))
            os.write(fd, b"%f\n" % seconds)
            text = b""
            while not text.endswith(b"\n"):
                text += await said.get()
            found.reaction.append(monotonic_ns() - int(text))
        loop.remove_reader(fd)
        for task in others:
            task.cancel()

    async def other():
        while True:
            await asyncio.sleep(NAP)

    with opened(line) as fd:
        asyncio.run(lane(fd))


WAYS: dict[str, Callable[[str, list[float], Samples], None]] = {
    "gatebench, real-time port": ours(50),
    "gatebench, ordinary port": ours(0),
    "simpy.rt, polling each ms": simpy_polls,
    "asyncio": asyncio_waits,
}


@contextmanager
def load(processes: int) -> Iterator[None]:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def quantile(samples: list[int], share: float) -> float:
    """ms: the smallest sample that at least this share does not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] / 1e6


def over_rounds(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=100, help="answers a round and way")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.device:
        device()
        return
    cores = len(os.sched_getaffinity(0))
    found: dict[tuple[str, str], list[Samples]] = {}
    before = os.getloadavg()[0]
    for number in range(options.rounds):
        answers = [random.Random(f"{number}/{n}").uniform(0.005, 0.015) for n in range(options.samples)]
        for state, processes in (("quiet", 0), ("loaded", 2 * cores)):
            with load(processes):
                for way, run in WAYS.items():
                    found.setdefault((state, way), []).append(samples := Samples())
                    command = [sys.executable, __file__, "--device"]
                    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as toy:
                        run(toy.stdout.readline().decode().strip(), answers, samples)
                        toy.stdin.close()
    print(
        f"{cores} cores, load {before:.1f} before and {os.getloadavg()[0]:.1f} after; {options.rounds} rounds of "
        f"{options.samples}: median (least to most) of the rounds, ms\n"
    )
    print("| | reaction p50 | p99 | order late p50 | p99 |\n|---|---|---|---|---|")
    for (state, way), rounds in found.items():
        cells = [
            over_rounds([quantile(one, share) for one in kind])
            for kind in ([each.reaction for each in rounds], [each.lateness for each in rounds])
            for share in (0.5, 0.99)
        ]
        print(f"| {state}: {way} | " + " | ".join(cells) + " |")
    p99 = statistics.median(quantile(each.reaction, 0.99) for each in found["quiet", next(iter(WAYS))])
    print(f"\nbar: p99 of the reaction on a quiet host {p99:.2f} ms, at most {BAR:g}: ", end="")
    if before > cores / 4:
        print("not judged, the host was not quiet")
        return
    print("met" if p99 <= BAR else "MISSED")
    sys.exit(p99 > BAR)


if __name__ == "__main__":
    main()
