"""What differs between model and bench, as data, as JSON, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from ..measure.quantiles import Quantile, shown

Whose: TypeAlias = tuple[int, int]
"""Person and visit; (-1, -1): nobody's."""
TIMING, UNFINISHED = "timing", "unfinished"
"""What else than a cause explains a consequence: nothing but another order, or that the bench ended before."""


@dataclass(frozen=True)
class Cause:
    """Something that a device did and the policy does not say."""

    number: int
    """From 1, in order of time."""
    kind: str
    """`decision`: another outcome; `no-answer`; `not-unlocked`: granted, and the lock did not let go in time (or fell too
    early); `not-relocked`; `alarm-missing`: a leaf was forced or kept open, and the device's log does not say so; `stray-answer`: a decision for which nobody had asked."""
    t: float
    person: int
    """-1: nobody's doing."""
    visit: int
    attempt: int
    lane: int
    direction: str
    credential: str
    group: str
    expected: str
    reason: str
    """Why, by the policy."""
    observed: str
    evidence: int
    """Position in the transcript; -1: none."""
    not_tested: str
    """Why this proves nothing about the device; empty: it does."""

    def text(self) -> str:
        who = f"person {self.person}" if self.person >= 0 else "nobody"
        shown_what = f" with {self.credential}" if self.credential else ""
        said = f"expected {self.expected}" + (f" ({self.reason})" if self.reason else "")
        doubt = f"; not tested: {self.not_tested}" if self.not_tested else ""
        where = "" if self.evidence < 0 else f" [transcript {self.evidence}]"
        return (
            f"{self.number}. {self.kind} at {self.t:.3f} s, lane {self.lane} {self.direction}, {who}{shown_what}: {said}, "
            f"observed {self.observed}{where}{doubt}"
        )


@dataclass(frozen=True)
class Consequence:
    """A row that differs though no device contradicted the policy there."""

    person: int
    visit: int
    event: str
    nth: int
    t: float
    """On the bench, or at the model if the bench has no such row."""
    model: str | None
    bench: str | None
    """What the row says; None: there is none."""
    follows: int | None
    """Number of the cause."""
    why: str
    """`cause`, `timing` or `unfinished`."""


@dataclass(frozen=True)
class DecisionTimes:
    """Seconds from the presentation to the decision, of one credential in one direction."""

    credential: str
    direction: str
    model: tuple[int, Quantile | None, Quantile | None]
    """How many, p50, p95."""
    bench: tuple[int, Quantile | None, Quantile | None]


@dataclass(frozen=True)
class Drift:
    """By how much later rows of a kind come on the bench, each since its person's arrival, s."""

    event: str
    n: int
    p50: float
    p95: float
    largest: float
    """Of either sign."""


@dataclass(frozen=True)
class Slip:
    """A passage that was later than at the model, s."""

    person: int
    visit: int
    t: float
    """When they arrived at the model."""
    arrived_late: float
    passed_late: float | None
    """None: did not pass in both."""


@dataclass(frozen=True)
class Divergence:
    """The model and the bench, side by side."""

    compared: int
    """So many pairs of rows match in whose and what they are."""
    judged: int
    agree: int
    not_tested: int
    """Attempts that prove nothing about the device, agreeing or not."""
    causes: tuple[Cause, ...]
    consequences: tuple[Consequence, ...]
    not_played: tuple[Whose, ...]
    """Visits that the bench did not come to."""
    decision_times: tuple[DecisionTimes, ...]
    drifts: tuple[Drift, ...]
    slips: tuple[Slip, ...]
    slip_limit: float

    @property
    def proven(self) -> tuple[Cause, ...]:
        """Causes that do prove something about the device."""
        return tuple(one for one in self.causes if not one.not_tested)

    def to_json(self) -> dict[str, Any]:
        """As JSON has it: the same tables give the same, times rounded to ns."""
        found = _rounded(asdict(self))
        found["decision_times"] = [
            {
                "credential": one.credential,
                "direction": one.direction,
                **{
                    name: {"n": n, "p50": p50 and p50.to_json(), "p95": p95 and p95.to_json()}
                    for name, (n, p50, p95) in (("model", one.model), ("bench", one.bench))
                },
            }
            for one in self.decision_times
        ]
        found["not_played"] = [{"person": person, "visit": visit} for person, visit in self.not_played]
        assert isinstance(found, dict)
        return found

    def text(self, most: int = 20) -> str:
        """For people; at the most so many entries of each list."""
        lines = [
            f"{self.judged} decisions judged: {self.agree} as the policy says, {self.judged - self.agree} not"
        ]
        if self.not_tested:
            lines[0] += f"; {self.not_tested} prove nothing about the device"
        lines += _listed("cause", [one.text() for one in self.causes], most)
        lines += _listed("consequence", [_told(one) for one in self.consequences], most)
        lines += _listed(
            "visit not played", [f"person {person}, visit {visit}" for person, visit in self.not_played], most
        )
        if self.decision_times:
            lines.append("seconds to the decision, p50 and p95 with 95 % intervals:")
        for one in self.decision_times:
            for name, side in (("model", one.model), ("bench", one.bench)):
                lines.append(f"  {one.credential} {one.direction}, {name}: {_spread(*side)}")
        for drift in self.drifts:
            lines.append(
                f"  {drift.event}: {1000 * drift.p50:+.0f} ms against the model (p95 {1000 * drift.p95:+.0f}, "
                f"largest {1000 * drift.largest:+.0f}, n = {drift.n})"
            )
        late = [
            f"person {one.person}, visit {one.visit}: arrived {one.arrived_late:+.3f} s"
            + ("" if one.passed_late is None else f", passed {one.passed_late:+.3f} s")
            for one in self.slips
        ]
        lines += _listed(f"passage more than {self.slip_limit:g} s late", late, most)
        return "\n".join(lines)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value


def _listed(what: str, entries: Sequence[str], most: int) -> list[str]:
    if not entries:
        return []
    more = [f"  and {len(entries) - most} more"] if len(entries) > most else []
    return [f"{what} ({len(entries)}):", *(f"  {one}" for one in entries[:most]), *more]


def _told(one: Consequence) -> str:
    whose = "nobody" if one.person < 0 else f"person {one.person}, visit {one.visit}"
    why = f"follows from {one.follows}" if one.follows is not None else one.why
    return f"{whose}: {one.model or f'no {one.event}'} at the model, {one.bench or 'nothing'} on the bench ({why})"


def _spread(n: int, p50: Quantile | None, p95: Quantile | None) -> str:
    if p50 is None or p95 is None:
        return "none"
    return f"n = {n}, {shown(p50)}, {shown(p95)}"
