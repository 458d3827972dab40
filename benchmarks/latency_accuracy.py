"""How well the bench measures how long a controller takes, where that is known.

    python benchmarks/latency_accuracy.py [--trials 200] [--delays 20,100,400,2000] [--only quiet,real-time]

The emulated controller answers a card after a programmed delay. The truth is not that delay but the controller's own
stamps, which it notes as it reads the card and as it writes the reader's light (its `--journal`). The bench measures over
its real path: a port process on a pty, OSDP readers that answer polls, the stage `decision`. From each value the floor is
subtracted that a null test gives, on a line that answers at once and is measured beside, under the same load; so is U.
Delays are measured at the same time, each on a controller of its own. Four conditions: the port processes with and without
real-time priority, on a machine that is quiet or has two processes that never rest. Bars, where it is quiet: |median error|
at most 0.3 ms, 95 % of errors within 1 ms, and U holds at least 95 % of them. Exit code 1 if one is missed, or if the
machine was not quiet (others than the benchmark took more than a tenth of its cores).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import Random
from time import monotonic_ns
from typing import Any

from desk import busy, echo

from gatebench.fixtures.devices.start import start
from gatebench.hil import wiegand
from gatebench.hil.inbox import Inbox
from gatebench.hil.measure import null, stages
from gatebench.hil.measure.null import KnownDelay, NullTest, known_delay
from gatebench.hil.measure.quantiles import estimate
from gatebench.hil.measure.sample import Sample
from gatebench.hil.measure.stages import Instants
from gatebench.hil.measure.stalls import Stalls
from gatebench.hil.osdp import commands as c
from gatebench.hil.osdp import replies as r
from gatebench.hil.osdp.events import Commanded, Send
from gatebench.hil.osdp.reader import Reader, Settings
from gatebench.hil.port.events import Failed, Heard, Sent
from gatebench.hil.port.line import Line
from gatebench.hil.port.port import Port
from gatebench.scenarios.provisioning import Door, OnFault, Provisioning, Unlock

MEDIAN, SPREAD, COVERAGE = 0.3e-3, 1.0e-3, 0.95
"""Bars: s, s, share."""
QUIET = 0.1
"""Share of the cores that others may take on a quiet machine."""
POLL = 0.1
"""Seconds between two polls of a reader; slower than usual, so that five controllers leave the machine quiet."""
LONG = 1.0
"""Seconds from which on a controller has eight readers that are used at the same time, or a run would take too long."""
LOST = 3.0
"""Seconds beyond the delay after which a card counts as lost, and for which its reader then rests."""
REST = (0.02, 0.15)
"""Seconds between an answer and the next card: uniform, so that every phase of the poll occurs."""
CONDITIONS = {
    "quiet, real-time": (0, 50), "quiet": (0, 0), "two busy processes, real-time": (2, 50), "two busy processes": (2, 0),
}  # fmt: skip


def provisioning(lanes: int) -> str:
    """A door that knows nobody: every card is denied, by a red light."""
    unlock = Unlock(3 * 10**9, 3 * 10**9, False, False, False)
    faults = (OnFault("network-down", "last-list", False),)
    door = Door("d", (("in", "out"),) * lanes, ("in", "out"), unlock, 30 * 10**9, (), False, (), faults)
    return Provisioning("p", "UTC", 0, (), (door,), (), (), 10 * 10**9, None, None, ()).to_json()


class Desk:
    """One controller, its port, and readers that are shown cards until there were enough."""

    def __init__(
        self, device: Path, pty: str, delay: float, readers: int, trials: int, realtime: int
    ) -> None:
        self.delay, self.trials, self._journal = delay, trials, device
        self.port = Port(Line(f"readers-{delay:g}", pty), realtime=realtime)
        self.readers = {address: Reader(Settings(address=address)) for address in range(readers)}
        self.stalls = Stalls()
        self.instants: list[tuple[Instants, bytes, bytes]] = []
        """With the bytes of card and light."""
        self._random = Random(f"{delay}")
        self._shown: dict[int, tuple[r.Raw, int, bytes]] = {}
        self._next = dict.fromkeys(self.readers, 0)
        self._orders: dict[int, int] = {}
        self._wired: dict[int, int] = {}
        self._cards = self.trials_begun = 0
        self.lost = 0
        """Cards that were never answered: the panel gave up a reader that this host did not let answer in time."""

    @property
    def over(self) -> bool:
        return len(self.instants) >= self.trials

    def heed(self, event: Any) -> None:
        self.stalls.note(event)
        if isinstance(event, Failed):
            raise event.exception()
        if isinstance(event, Sent) and event.order in self._orders:
            self._wired[self._orders.pop(event.order)] = event.stamp
        elif isinstance(event, Heard):
            for address, reader in self.readers.items():
                for one in reader.receive(event.data, event.stamp):
                    self._act(address, one, event.data)

    def _act(self, address: int, one: Any, heard: bytes) -> None:
        shown = self._shown.get(address)
        if isinstance(one, Send):
            order = self.port.send(one.data)
            if shown is not None and one.message is shown[0] and not one.repeated:
                self._orders[order] = address
                self._shown[address] = shown[0], shown[1], one.data
        elif isinstance(one, Commanded) and isinstance(one.command, c.Led) and shown is not None and shown[2]:
            wired = self._wired.pop(address, None)
            if wired is None:
                return  # the light of a card that was given up
            self.instants.append((Instants(shown[1], wired, one.began, one.instant), shown[2], heard))
            del self._shown[address]
            self._next[address] = monotonic_ns() + round(self._random.uniform(*REST) * 1e9)

    def show(self) -> int:
        """Show what is due; when the next is, ns."""
        now = monotonic_ns()
        for address, (card, began, _) in list(self._shown.items()):
            if now - began > (self.delay + LOST) * 1e9:
                self.readers[address].forget(card)
                self._wired.pop(address, None)
                del self._shown[address]
                self._next[address] = now + round(
                    LOST * 1e9
                )  # a late answer must not be taken for the next one's
                self.lost += 1
                self.trials_begun -= 1
        for address, at in self._next.items():
            if address in self._shown or not self.readers[address].online or self.trials_begun >= self.trials:
                continue
            if at <= now:
                self._cards += 1
                self.trials_begun += 1
                card = r.Raw(*wiegand.encode(7, self._cards))
                self.readers[address].report(card)
                self._shown[address] = card, now, b""
        waiting = [at for address, at in self._next.items() if address not in self._shown]
        return min(waiting, default=now + 10**9)

    def truths(self) -> list[float]:
        """Seconds from the controller's reading of each card to its writing of the light, by its own stamps."""
        log = [line.split() for line in self._journal.read_text("ascii").splitlines()]
        entries = [(way, int(stamp), bytes.fromhex(data)) for way, stamp, data in log]
        found = []
        for instants, card, light in self.instants:
            assert instants.wired is not None and instants.decided is not None
            read = [
                stamp for way, stamp, data in entries
                if way == "<" and card in data and instants.wired <= stamp <= instants.decided
            ]  # fmt: skip
            written = [
                stamp for way, stamp, data in entries
                if way == ">" and data in light and instants.wired <= stamp <= instants.decided
            ]  # fmt: skip
            found.append((written[-1] - read[0]) / 1e9)
        return found


class NullLine:
    """A line that answers at once, measured again and again beside the controllers."""

    def __init__(self, pty: str, realtime: int) -> None:
        self.port = Port(Line("null", pty), realtime=realtime)
        self.stalls = Stalls()
        self.spans: list[tuple[int, int]] = []
        self._random = Random("null")
        self._at = self._sent = 0
        self._waiting, self._heard = False, b""

    def heed(self, event: Any) -> None:
        self.stalls.note(event)
        if isinstance(event, Failed):
            raise event.exception()
        if isinstance(event, Sent):
            self._sent = event.stamp
        elif isinstance(event, Heard):
            self._heard += event.data
            if len(self._heard) == len(null.MESSAGE):
                self.spans.append((self._sent, event.stamp))
                self._waiting, self._heard = False, b""
                self._at = monotonic_ns() + round(self._random.uniform(*REST) * 1e9)

    def show(self) -> int:
        now = monotonic_ns()
        if not self._waiting and self._at <= now:
            self._waiting = True
            self.port.send(null.MESSAGE)
        return now + 10**9 if self._waiting else self._at

    def test(self) -> NullTest:
        sample = self.stalls.sample("null", self.spans, shared=True)
        return NullTest("null", "write → read, 16 bytes", sample, null.timers(self.port))


def processor() -> tuple[float, float]:
    """Seconds for which processors were busy since the start of the machine, and by this program and its children that have
    ended."""
    user, nice, system, _idle, _wait, irq, soft, steal, *_ = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK"), sum(os.times()[:4])


def measure(
    delays: list[float], trials: int, realtime: int
) -> tuple[NullTest, dict[float, tuple[Sample, list[float]]], int]:
    """The null test; raw decision times and the truths; cards that were never answered."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desks: list[Desk] = []
        for delay in delays:
            lanes = 4 if delay >= LONG else 1
            told, journal = folder / f"{lanes}.json", folder / f"{delay:g}.txt"
            told.write_text(provisioning(lanes))
            device = stack.enter_context(
                start(
                    "controller", "--provisioning", str(told), "--decision", f"{delay:g}", "--poll", f"{POLL:g}",
                    "--journal", str(journal),
                )
            )  # fmt: skip
            assert device.pty is not None
            desks.append(Desk(journal, device.pty, delay, 2 * lanes, trials, realtime))
            stack.enter_context(desks[-1].port)
        beside = NullLine(stack.enter_context(echo()), realtime)
        stack.enter_context(beside.port)
        at: dict[Port, Desk | NullLine] = {one.port: one for one in (*desks, beside)}
        inbox = Inbox(*at)
        stack.callback(inbox.close)
        end = monotonic_ns() + 600 * 10**9
        while not all(desk.over for desk in desks):
            due = min(one.show() for one in at.values())
            for port, event in inbox.wait(min(0.1, max(0.0, (due - monotonic_ns()) / 1e9))):
                at[port].heed(event)
            if monotonic_ns() > end:
                raise TimeoutError("not done within ten minutes")
        found = {}
        for desk in desks:
            sample = stages.stages([one for one, _, _ in desk.instants], desk.stalls, shared=True)["decision"]
            found[desk.delay] = sample, desk.truths()
        return beside.test(), found, sum(desk.lost for desk in desks)


def row(known: KnownDelay, delay: float) -> dict[str, Any]:
    clean = [
        abs(error) <= known.budget.expanded
        for error, marks in zip(known.errors, known.sample.marks, strict=True)
        if not marks
    ]
    return {
        "delay": delay, "n": known.sample.n, "median": known.median_error, "p95": known.within(0.95), "max": known.within(1.0),
        "U": known.budget.expanded, "coverage": known.coverage, "touched": len(known.sample.touched),
        "coverage_untouched": sum(clean) / len(clean) if clean else None,
        "emulator_late": estimate([true - delay for true in known.known], 0.5).value,
    }  # fmt: skip


def met(one: dict[str, Any]) -> bool:
    return abs(one["median"]) <= MEDIAN and one["p95"] <= SPREAD and one["coverage"] >= COVERAGE


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--trials", type=int, default=200, help="of each delay")
    options.add_argument("--delays", default="20,100,400,2000", help="ms")
    options.add_argument("--only", help="one condition: " + "; ".join(CONDITIONS))
    options.add_argument("--json", type=Path, help="file for every single value")
    chosen = options.parse_args()
    delays = [float(text) / 1e3 for text in chosen.delays.split(",")]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {chosen.trials} trials each; ms")
    head = ("delay", "n", "median", "95 %", "max", "U", "held", "stalled", "held else", "emulator +")
    print(("{:>7}{:>5}" + "{:>9}" * 6 + "{:>11}{:>12}").format(*head))
    bad, kept = 0, {}
    for name, (load, realtime) in CONDITIONS.items():
        if chosen.only not in (None, name):
            continue
        began, (all_before, ours_before) = monotonic_ns(), processor()
        with busy(load):
            null_test, found, lost = measure(delays, chosen.trials, realtime)
        all_after, ours_after = processor()
        wall = (monotonic_ns() - began) / 1e9
        others = ((all_after - all_before) - (ours_after - ours_before)) / wall / (os.cpu_count() or 1)
        quiet = not load and others <= QUIET
        print(
            f"{name}: {wall:.0f} s, others took {others:.0%} of the cores; null test of {null_test.sample.n}: "
            f"floor {null_test.floor * 1e3:.3f}, U {null_test.expanded * 1e3:.3f}; {lost} cards without an answer"
        )
        bad += not load and not quiet
        rows = [
            row(known_delay(null_test, sample, truths), delay) for delay, (sample, truths) in found.items()
        ]
        kept[name] = {
            "null": null_test.to_json(), "others": others, "rows": rows,
            "values": {delay: [list(sample.values), truths] for delay, (sample, truths) in found.items()},
        }  # fmt: skip
        for one in rows:
            ms = [f"{1e3 * one[key]:9.3f}" for key in ("median", "p95", "max", "U")]
            clean = "-" if one["coverage_untouched"] is None else f"{one['coverage_untouched']:.1%}"
            bar = ("  met" if met(one) else "  MISSED") if quiet else "" if load else "  not quiet"
            bad += quiet and not met(one)
            print(
                f"{one['delay'] * 1e3:7.0f}{one['n']:5}{''.join(ms)}{one['coverage']:9.1%}{one['touched']:9}{clean:>11}"
                f"{one['emulator_late'] * 1e3:12.3f}{bar}",
                flush=True,
            )
    if chosen.json:
        chosen.json.write_text(json.dumps(kept))
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
