"""What rows about an I/O box have in common: its lines, their names and limits, and how edges are held against orders."""

from __future__ import annotations

from ..walk.finding import Behaviour
from .bench import Bench
from .terminals import Shown

RELAY = 0.02
"""Seconds from an order to the relay."""
SAMPLE = 0.0002
"""Seconds by which a stamp may be off, and its rounding to microseconds."""
CLOCK = 5 / 86_400
"""How fast or slow its clock may be: 5 s a day."""
BODY = (0.02, 0.2)
"""Seconds for which a body breaks the light barrier."""
DRIVEN = ("CONTACT", "EXIT", "FIRE", "PASSIN", "PASSOUT")
ON = {
    "CONTACT": ("CONT{} OPEN", "CONT{} CLOS"),
    "EXIT": ("EXIT{} PRES", "EXIT{} REL"),
    "FIRE": ("FIRE{} ON", "FIRE{} OFF"),
}
ASKED = {
    "CONTACT": ("CONT{}?", ("CLOS", "OPEN")),
    "EXIT": ("EXIT{}?", ("REL", "PRES")),
    "FIRE": ("FIRE{}?", ("0", "1")),
}
NAMED = {
    "CONTACT": Behaviour.DOOR_STATE, "EXIT": Behaviour.FREE_EGRESS, "FIRE": Behaviour.FIRE, "PASSIN": Behaviour.DOOR_STATE,
    "PASSOUT": Behaviour.DOOR_STATE, "LOCK": Behaviour.LOCK_STATE,
}  # fmt: skip
KEPT = 512
"""Edges of a door that the box must keep (docs/devices.md)."""


def doors(bench: Bench) -> range:
    return range(1, bench.about.doors + 1)


def clean(bench: Bench) -> int:
    """Forget all edges; a mark in what the terminals told."""
    for door in doors(bench):
        bench.box.order(f"EDGE{door}:CLE")
    return 0 if bench.terminals is None else len(bench.terminals.shown)


def moved(bench: Bench, mark: int) -> list[Shown]:
    """What changed at the terminals since."""
    return [] if bench.terminals is None else bench.terminals.shown[mark:]


def wired(bench: Bench, source: str, target: str) -> bool:
    return bench.about.loop == (source, target)


def _told(some: list[tuple[str, int]]) -> str:
    return ", ".join(f"{line} {level}" for line, level in some[:12]) or "none"


def stamped(
    bench: Bench, door: int, wanted: list[tuple[str, int]], name: Behaviour = Behaviour.LOG
) -> list[tuple[str, int, int]]:
    """These edges and no others; what a loop adds is left out."""
    edges = bench.box.edges(door)
    loop = bench.about.loop
    found = [
        one
        for one in edges
        if loop is None or one[0] != loop[1] or any(line == loop[1] for line, _ in wanted)
    ]
    got = [(line, level) for line, level, _ in found]
    kind = Behaviour.LOG if sorted(got) == sorted(wanted) or len(got) != len(wanted) else name
    bench.judge.check(got == wanted, kind, f"edges {_told(wanted)}", lambda: _told(got))
    return found
