"""The I/O box: lock sense, door contact, exit button and fire input of one door, edges stamped in the box.

Its commands stand in `fixtures/devices/io_box.py` and docs/devices.md; a microcontroller with four lines can speak them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from time import monotonic, monotonic_ns, sleep
from typing import NamedTuple

from .. import errors
from ..port.line import SafeOrder
from ..roles import Edge
from .scpi import Instrument, safe_order
from .visa import Link

SWITCHED = 0.5
"""Seconds for a relay to follow its order."""
RESOLUTION = 100_000
"""ns between two looks of the box at its lines; a stamp is up to that late, uniformly: u = RESOLUTION / √12."""


class ClockJoin(NamedTuple):
    """Where the box's clock stands on the host's: host = box + offset, ns, known within ± `bound`."""

    offset: int
    bound: int
    """Half the shortest round trip, ns: the box read its clock somewhere within it."""
    instant: int
    """Of the host's monotonic clock, ns, at which that holds; the two drift."""


class IoBox(Instrument):
    """One door's lines of a box. Doors that share a box have a driver each, on one `visa.Shared` link.

    LockSensor, DoorContact, ExitButton, PassageSensor, FireInput. Released: door closed, nobody at the button, no fire.
    """

    fits = "IOBOX"

    def __init__(self, link: Link, door: int = 1) -> None:
        """Raises: Refused if the box has no such door."""
        super().__init__(link)
        self.door = door
        self._sensed: list[Edge] = []
        self._driven: list[Edge] = []
        try:
            self.lock_energised()
        except errors.NoAnswer as error:
            found = self._errors(f"LOCK{door}?")
            if not found:
                raise
            raise errors.Refused(
                f"it has no door {door}",
                resource=self.resource,
                sent=f"LOCK{door}?".encode(),
                received=f'{found[0][0]},"{found[0][1]}"'.encode(),
                advice="name a door that the box has",
            ) from error
        link.guard(self.safe_orders())

    # LockSensor

    def lock_energised(self) -> bool:
        return self.ask(f"LOCK{self.door}?", "[01]")[0] == "1"

    def lock_edges(self) -> Sequence[Edge]:
        self._fetch()
        edges, self._sensed = self._sensed, []
        return edges

    def driven_edges(self) -> Sequence[Edge]:
        """What the box's own relays of this door did since this was last asked, in order. Raises: as lock_edges."""
        self._fetch()
        edges, self._driven = self._driven, []
        return edges

    def _fetch(self) -> None:
        query = f"EDGE{self.door}:DATA?"
        answer = self.ask(query, r"\d+(,[A-Z]+\d+,[01],\d+)*")[0]
        count, *rest = answer.split(",")
        if len(rest) != 3 * int(count):
            raise errors.WrongAnswer(
                f"{count} edges announced, {len(rest) // 3} sent",
                resource=self.resource,
                sent=query.encode(),
                received=answer.encode(),
            )
        uncertainty = round(RESOLUTION / 12**0.5)
        for line, level, stamp in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
            edge = Edge(line, int(level), int(stamp) * 1000, self.resource, uncertainty)
            (self._sensed if line == f"LOCK{self.door}" else self._driven).append(edge)
        query = f"EDGE{self.door}:LOST?"
        if lost := int(self.ask(query, r"\d+")[0]):
            self.order(f"EDGE{self.door}:CLE")
            raise errors.TooMuch(
                f"the box had no room for {lost} edges",
                resource=self.resource,
                sent=query.encode(),
                received=str(lost).encode(),
                advice="fetch edges more often; a lock that bounces without end is defective",
            )

    def join_clocks(self, tries: int = 16) -> ClockJoin:
        """Ask the box for its time again and again; the shortest round trip counts. Raises: EmptySample without tries."""
        best: ClockJoin | None = None
        for _ in range(tries):
            before = monotonic_ns()
            box = int(self.ask("SYST:CLOC?", r"\d+")[0]) * 1000
            after = monotonic_ns()
            middle = (before + after) // 2
            if best is None or (after - before) // 2 < best.bound:
                best = ClockJoin(middle - box, (after - before) // 2, middle)
        if best is None:
            raise errors.EmptySample("the box was not asked for its time", resource=self.resource)
        return best

    # DoorContact

    def set_contact(self, open: bool) -> None:
        self._drive("CONT", "OPEN" if open else "CLOS")

    def contact_open(self) -> bool:
        return self.ask(f"CONT{self.door}?", "OPEN|CLOS")[0] == "OPEN"

    # ExitButton

    def press_exit(self, seconds: float) -> None:
        if not 0.01 <= seconds <= 60:
            raise ValueError(f"{seconds!r} s at the exit button: the box presses for 0.01 to 60 s")
        self.order(f"EXIT{self.door}:PULS {seconds:g}")

    def exit_pressed(self) -> bool:
        return self.ask(f"EXIT{self.door}?", "PRES|REL")[0] == "PRES"

    # PassageSensor

    def pass_body(self, direction: str) -> None:
        if direction not in ("in", "out"):
            raise ValueError(f"{direction!r} is no direction: in or out")
        self.order(f"PASS{self.door} {direction.upper()}")

    # FireInput

    def set_fire(self, alarm: bool) -> None:
        self._drive("FIRE", "1" if alarm else "0")

    def fire(self) -> bool:
        return self.ask(f"FIRE{self.door}?", "[01]")[0] == "1"

    # Inside

    def make_safe(self) -> None:
        self._drive("FIRE", "0")
        self._drive("EXIT", "REL")
        self._drive("CONT", "CLOS")

    def safe_orders(self) -> tuple[SafeOrder, ...]:
        lines = (("FIRE", "0"), ("EXIT", "REL"), ("CONT", "CLOS"))
        return tuple(
            safe_order(f"{line}{self.door} {level}", f"{line}{self.door}?", answer=level)
            for line, level in lines
        )

    def _drive(self, line: str, level: str) -> None:
        """Order a relay and wait until the box reports it there."""
        self.order(f"{line}{self.door} {level}")
        until = monotonic() + SWITCHED
        while not re.fullmatch(level, answer := self.link.query(f"{line}{self.door}?")):
            if monotonic() > until:
                raise errors.WrongAnswer(
                    f"its relay did not follow within {SWITCHED:g} s",
                    resource=self.resource,
                    sent=f"{line}{self.door} {level}".encode(),
                    received=answer.encode(),
                    advice="check the box's supply and its relay",
                )
            sleep(0.001)
