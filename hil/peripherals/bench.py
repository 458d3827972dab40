"""Device, lines and judge of one walk, and the rows that are walked there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from ..osdp import replies as r
from .asking import Asker
from .desk import Desk
from .instrument import Scpi
from .judge import Judge
from .terminals import Terminals

NO_STIMULUS = (
    "nobody stands in front of it: the rig has no operator, card robot or terminals of an emulated device"
)
NO_LOOP = "the rig has no loop from a driven line of the box to a sensed one"


@dataclass(frozen=True)
class About:
    """What is known of the device beforehand: from the rig, never from the device."""

    kind: str
    """`reader`, `face-terminal` or `io-box`."""
    address: int = 0
    key: bytes | None = None
    secure_only: bool = False
    vendor: bytes | None = None
    """Its manufacturer's code; None: whichever."""
    doors: int = 4
    """Of an I/O box."""
    loop: tuple[str, str] | None = None
    """A driven line of the box that is wired to a sensed one."""


@dataclass
class Bench:
    """All that a row works with."""

    about: About
    desk: Desk
    judge: Judge
    terminals: Terminals | None
    lot: Random
    """For numbers that are drawn; seeded, so that a walk can be repeated."""
    first: tuple[r.Reply | None, r.Reply | None] | None = None
    """PDID and PDCAP as they were when the walk began."""
    panel: Asker = field(init=False)
    box: Scpi = field(init=False)

    def __post_init__(self) -> None:
        if self.about.kind == "io-box":
            self.box = Scpi(self.desk, self.judge)
        else:
            draw = lambda count: bytes(self.lot.randrange(256) for _ in range(count))
            self.panel = Asker(self.desk, self.judge, self.about.address, self.about.key, draw)

    @property
    def at(self) -> Terminals:
        """The terminals; only rows that need them may ask."""
        assert self.terminals is not None
        return self.terminals

    @property
    def ways(self) -> tuple[bool, ...]:
        """In the clear (False) and in the secure channel (True), where it works so."""
        return (True,) if self.about.secure_only else (False, True)


class Planned(NamedTuple):
    """A row before it is walked."""

    id: str
    title: str
    play: Callable[[Bench], object]
    stimulus: bool = False
    """Must somebody act on the device, or see what it shows?"""
    loop: bool = False
    """Is a wire from a driven to a sensed line of the box enough?"""
