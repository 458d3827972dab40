"""Doors for walks at sound devices: those of the library and of `defects.yaml`, and doors drawn by lot.

A walk in virtual time is the same each time, so a hundred of one door would be one. `door(seed)` gives each seed a door of its
own: every second one is drawn (kind, springs, timers, readers, who may what, suspension, anti-passback, fallbacks, hours),
the others come in turn from scenarios that people wrote. `Conditions` draws what a device and its lines are like.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from gatebench.scenarios import Loaded, load

HERE = Path(__file__).parent
WRITTEN = (
    (str(HERE / "defects.yaml"), "strict", "gate"),
    ("zhengzhou-2021", "face-or-card", "main-gate"),
    ("fire-drill", "keeps-its-list", "gate"),
    (str(HERE / "defects.yaml"), "areas", "door"),
    ("fire-drill", "asks-its-server", "gate"),
)
"""(scenario, policy, portal): pins and combinations at a fail-secure lock, faces, anti-passback, denied while off-line."""


@dataclass(frozen=True)
class Conditions:
    """What may differ between two sound devices and the rigs they hang on."""

    seed: int

    @cached_property
    def _lot(self) -> Random:
        return Random(f"conditions/{self.seed}")

    @cached_property
    def controller(self) -> list[str]:
        """Time to an answer and of the relay, s."""
        lot = self._lot
        return ["--decision", f"{lot.uniform(0.005, 0.25):.3f}", "--relay", f"{lot.uniform(0.002, 0.05):.3f}"]

    @property
    def line_tap(self) -> list[str]:
        """Which bits flip when bits flip."""
        return ["--seed", str(self.seed)]

    @cached_property
    def io_box(self) -> list[str]:
        """Time of its relays, s, and drift of its clock, ppm."""
        lot = Random(f"box/{self.seed}")
        return ["--relay", f"{lot.uniform(0.001, 0.01):.4f}", "--drift", f"{lot.uniform(-50, 50):.1f}"]

    @property
    def key(self) -> bytes | None:
        """Of the secure channel, in every fifth walk."""
        return bytes(range(16)) if self.seed % 5 == 0 else None

    @property
    def poll(self) -> float:
        """Seconds between two polls of a reader."""
        return (0.05, 0.1, 0.08)[self.seed % 3]

    @property
    def factor(self) -> float:
        """How much faster timers run."""
        return (10.0, 10.0, 5.0, 10.0)[self.seed // 2 % 4]

    @property
    def fillers(self) -> int:
        """More people on the list than a walk needs."""
        return (100, 0, 200)[self.seed // 3 % 3]


def door(seed: int) -> tuple[Loaded, str, str]:
    """(scenario, policy, portal) of a seed."""
    if seed % 2 == 0:
        name, policy, portal = WRITTEN[seed // 2 % len(WRITTEN)]
        return load(name), policy, portal
    with TemporaryDirectory() as folder:
        path = Path(folder, f"drawn-{seed}.yaml")
        path.write_text(drawn(seed), encoding="utf-8")
        return load(path), "drawn", "gate"


def drawn(seed: int) -> str:
    """The text of a scenario with one door and one policy, by lot."""
    lot = Random(f"door/{seed}")
    one = lot.choice
    kind, springs = one(("swing-door", "speed-gate", "turnstile")), one(("open", "locked"))
    readers = one(("[in, out]", "[in]", "[in, out]"))
    unlock = f"{{time: {one((3, 5, 8))} s, extended: {one((10, 15))} s, restart_on_grant: {one(('true', 'false'))}, restart_on_pass: {one(('true', 'false'))}}}"
    relock = one(("true", "false"))
    levels = [
        f"{{direction: {way}, who: {group}, accept: {one(ACCEPTED)}}}"
        for way in ("in", "out")
        if way in readers
        for group in ("resident", "worker")
    ]
    if lot.random() < 0.5:
        levels.insert(0, f'{{who: resident, hours: "{one(HOURS)}", accept: card}}')
    lines = [f"    access: [{', '.join(levels)}, {{accept: []}}]"]
    if lot.random() < 0.7:
        lines.append(
            f"    suspension: {{after: {lot.randint(2, 5)}, lasts: {one((30, 60, 90))} s, of: {one(('person', 'reader'))}}}"
        )
    if lot.random() < 0.3:
        lines.append(f"    wrong_try_alarm: {lot.randint(2, 4)}")
    if lot.random() < 0.5:
        lasts = {"timed": ", lasts: 60 s"}
        places = one(("hard", "soft", "timed") if "out" in readers else ("soft", "timed"))
        lines.append(
            f"    anti_passback: {{at: gate, kind: {places}, update: {one(('pass', 'grant'))}{lasts.get(places, '')}}}"
        )
    if lot.random() < 0.3:
        lines.append(f'    hold_open: {{at: gate, hours: "{one(HOURS)}"}}')
    faults = [
        f"{fault}: {one(does)}"
        for fault, does in (
            ("network-down", ("last-list", "deny", "release", "ignore")), ("reader-tampered", ("deny", "ignore")),
            ("store-corrupt", ("deny", "release", "ignore")), ("reader-unplugged", ("release", "ignore")), ("power-cut", ("ignore",) if springs == "locked" else ()),
        )
        if does and lot.random() < 0.7
    ]  # fmt: skip
    lines.append(f"    faults: {{{', '.join(faults)}}}")
    lines.append(f"    fire: {{releases: {one(('all', 'all', '[]'))}}}")
    return TEXT.format(
        seed=seed, zone=one(ZONES), kind=kind, readers=readers, springs=springs, held=one((15, 20, 30)), unlock=unlock, relock=relock,
        policy="\n".join(lines),
    )  # fmt: skip


ACCEPTED = ("card", "[face, card]", "[face, card, pin]", "[card + pin]", "[pin, card]", "[face]")
HOURS = ("07:00-17:00", "22:00-05:00", "08:30-09:15")
ZONES = (
    "2023-03-06T00:00+01:00 Europe/Berlin",
    "2021-10-11T00:00+08:00 Asia/Shanghai",
    "2023-11-04T00:00-04:00 America/New_York",
)
TEXT = """\
scenario: drawn-{seed}
title: A door drawn by lot
start: {zone}
duration: 1 d
compound:
  portals:
    gate: {{kind: {kind}, lanes: 2, readers: {readers}, without_power: {springs}, held_open_alarm: {held} s, unlock: {unlock}, relock_on_close: {relock}}}
people:
  resident: {{holds: [face, card, pin]}}
  worker: {{holds: [card, pin]}}
traffic:
  in: {{arrivals: {{every: exponential 60 s}}, group: resident, at: gate}}
policies:
  drawn:
{policy}
bench: {{portal: gate, policy: drawn}}
"""
