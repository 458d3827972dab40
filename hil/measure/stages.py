"""What passes between a credential that is shown and a door that moves, in stages that a rig can tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .sample import Sample
from .stalls import Stalls


class Instants(NamedTuple):
    """Of one attempt: stamps on the host's monotonic clock, ns; None where the rig did not see it."""

    presented: int
    """The credential is shown."""
    wired: int | None = None
    """Its first byte goes out on the wire: with OSDP, in the answer to a poll."""
    first_byte: int | None = None
    """The first byte of the decision comes in."""
    decided: int | None = None
    """The decision is whole."""
    struck: int | None = None
    """The voltage on the lock's wires changes."""
    contact: int | None = None
    """The door contact changes."""


STAGES: dict[str, tuple[str, str]] = {
    "presentation": ("presented", "wired"),
    "first-byte": ("wired", "first_byte"),
    "decision": ("wired", "decided"),
    "strike": ("decided", "struck"),
    "contact": ("struck", "contact"),
    "end-to-end": ("presented", "struck"),
}
"""Stage -> from which instant to which."""


def stages(attempts: Iterable[Instants], stalls: Stalls, *, shared: bool = False) -> dict[str, Sample]:
    """A sample of every stage that was seen at least once; attempts that lack one of its instants are not in it.

    `shared`: the device under test runs on this host.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    for attempt in attempts:
        told = attempt._asdict()
        for stage, (first, last) in STAGES.items():
            if told[first] is not None and told[last] is not None:
                spans.setdefault(stage, []).append((told[first], told[last]))
    return {stage: stalls.sample(stage, spans[stage], shared=shared) for stage in STAGES if stage in spans}
