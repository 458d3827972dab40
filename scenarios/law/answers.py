"""What a rule answers, and the somebody for whom it fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """A rule's answer. It indicates; it proves nothing."""

    BREACH = "indicates breach"
    DEPENDS = "depends"
    COMPLIANT = "indicates compliant"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Witness:
    """Somebody, somewhere, at some hour, for whom a rule fails."""

    portal: str
    direction: str
    group: str | None
    """None: anybody."""
    hours: tuple[tuple[float, float], ...]
    """Times of the local day at which it holds, half-open, in seconds after midnight; ((0, 86400),): all day."""
    lacks: str
    """What is missing: `no path without a face`."""
    why: str
    """What is accepted there instead, and what the person has."""
    refused: bool = False
    """Others of the group have the biometric; whoever refuses it stands here."""
    fault: str | None = None
    """Only while this fault lasts."""

    @property
    def at(self) -> float:
        """One time of day at which it holds: ten minutes into the last of the hours, which is the night's where there is one."""
        begin, end = self.hours[-1]
        return begin + min(600.0, (end - begin) / 2)

    def __str__(self) -> str:
        who = "anybody" if self.group is None else f"a {self.group}"
        who += " who refused" if self.refused else ""
        whole = self.hours == ((0.0, 86400.0),)
        spans = ", ".join(f"{clock(begin)}-{clock(end)}" for begin, end in self.hours)
        when = f"at {clock(self.at)} ({'as at every hour' if whole else f'as at {spans}'})"
        during = f", while {self.fault} lasts" if self.fault else ""
        return f"{who}, at {self.portal}, on the way {self.direction}, {when}{during}, has {self.lacks}: {self.why}"


@dataclass(frozen=True)
class Judgement:
    """What one rule says of one policy."""

    answer: Answer
    why: str
    witnesses: tuple[Witness, ...] = ()
    repair: str = ""
    """What would put it right."""
    needs: tuple[str, ...] = ()
    """Fields of `law:` that would settle it."""
    unmeasured: bool = False
    """Would figures of a simulation settle it?"""


def clock(seconds: float) -> str:
    """`23:10`."""
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"
