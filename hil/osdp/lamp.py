"""What a reader's LED shows: from the commands that it was given, the colour at each instant. Instants: ns."""

from __future__ import annotations

from .commands import Light

COLOURS = ("off", "red", "green", "amber", "blue", "magenta", "cyan", "white")
"""By their numbers on the wire; further numbers are colours of the manufacturer."""
TENTH = 100_000_000
"""ns: the unit of all times in a LED command."""
NEVER = 1 << 63


def colour(number: int) -> str:
    """Its name."""
    return COLOURS[number] if number < len(COLOURS) else f"colour-{number}"


class Lamp:
    """One LED: a permanent setting, and a temporary one that covers it while it lasts.

    Ask for `changes` in order of time: what it returns was passed.
    """

    def __init__(self) -> None:
        self.shown = 0
        """Number of the colour, as of the last change that was fetched."""
        self._permanent, self._since = Light(), 0
        self._temporary: Light | None = None
        self._began = self._ends = 0

    def set(self, light: Light, instant: int) -> list[tuple[int, int]]:
        """Take a command; what changed up to and at this instant, as (instant, colour)."""
        found = self.changes(instant)
        if light.permanent == 1:
            self._permanent, self._since = light, instant
            if light.temporary == 0:
                self._temporary = None
        if light.temporary == 1:
            self._temporary = None
        elif light.temporary == 2:
            self._temporary, self._began = light, instant
            self._ends = instant + light.timer * TENTH
        return found + self._look(instant)

    def wakeup(self) -> int:
        """When the colour may change next, ns; NEVER if nothing is to come."""
        return self._next

    def changes(self, instant: int) -> list[tuple[int, int]]:
        """What changed since this was last asked, up to this instant, in order."""
        found: list[tuple[int, int]] = []
        while self._next <= instant:
            at = self._next
            if self._temporary is not None and at >= self._ends:
                self._temporary = None
            found += self._look(at)
        return found

    _next = NEVER

    def _look(self, instant: int) -> list[tuple[int, int]]:
        """The colour from this instant on, if it is another, and when to look again."""
        if self._temporary is not None:
            one = self._temporary
            phase = (one.temporary_on, one.temporary_off, one.temporary_on_colour, one.temporary_off_colour)
            number, self._next = _blink(*phase, self._began, instant)
            self._next = min(self._next, self._ends)
        else:
            one = self._permanent
            number, self._next = _blink(one.on, one.off, one.on_colour, one.off_colour, self._since, instant)
        if number == self.shown:
            return []
        self.shown = number
        return [(instant, number)]


def _blink(on: int, off: int, on_colour: int, off_colour: int, began: int, instant: int) -> tuple[int, int]:
    """Colour at an instant, and when it changes next. Without an off time it is always on."""
    if off == 0 or on + off == 0:
        return on_colour, NEVER
    if on == 0:
        return off_colour, NEVER
    turns, phase = divmod(instant - began, (on + off) * TENTH)
    start = began + turns * (on + off) * TENTH
    if phase < on * TENTH:
        return on_colour, start + on * TENTH if on_colour != off_colour else NEVER
    return off_colour, start + (on + off) * TENTH if on_colour != off_colour else NEVER
