"""The uncertainty of one measured interval, as a budget that can be read and checked.

Source: JCGM 100:2008 (GUM). Type A (4.2) comes from the spread of a null test; type B (4.3) from what is known of stamps,
clocks and adapters. A quantity within ± a, no place likelier than another, has u = a / √3 (4.3.7).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import EmptySample
from .quantiles import CONFIDENCE, estimate

K = 2.0
"""Coverage factor of the expanded uncertainty."""


class Component(NamedTuple):
    """One line of a budget."""

    source: str
    u: float
    """Standard uncertainty, s."""
    type: str
    """A or B."""
    how: str
    """Where it comes from, with its figures."""


# ---- type B


def resolution(step: float, source: str = "resolution of the stamp") -> Component:
    """A stamp is taken in steps of so many s: u = step / √12."""
    return Component(source, _time(step) / math.sqrt(12.0), "B", f"steps of {shown(step)}, / √12")


def polled(period: float, source: str = "polling of the instrument") -> Component:
    """An instrument is asked every so many s, and the change was somewhere between: u = period / √12."""
    return Component(source, _time(period) / math.sqrt(12.0), "B", f"asked every {shown(period)}, / √12")


def latency_timer(period: float, source: str = "latency timer of the USB adapter") -> Component:
    """A USB adapter holds back what came for up to so many s (FTDI: 16 ms unless set otherwise): u = period / √12."""
    return Component(source, _time(period) / math.sqrt(12.0), "B", f"up to {shown(period)}, / √12")


def clock_rate(ppm: float, longest: float, source: str = "rate of the clock") -> Component:
    """A clock is wrong by up to `ppm` millionths, over intervals of up to `longest` s: u = a / √3."""
    bound = abs(_time(abs(ppm)) * 1e-6 * _time(longest))
    return Component(source, bound / math.sqrt(3.0), "B", f"± {ppm:g} millionths of {shown(longest)}, / √3")


def clock_join(bound: float, source: str = "join of the clocks") -> Component:
    """Two clocks are joined within ± `bound` s, half of the shortest round trip: u = a / √3."""
    return Component(source, _time(bound) / math.sqrt(3.0), "B", f"± {shown(bound)}, / √3")


# ---- type A


def spread(values: Sequence[float], source: str = "spread of the null test") -> Component:
    """Of single values around their median, from a null test: the larger of two, so that ± 2 u holds 95 % of them also
    where their distribution has a long tail.

    * the standard deviation, enlarged by Student's t for so few values (GUM G.3);
    * half of the upper 95 % confidence bound of the 95 % quantile of their distances from the median (from 59 values on).

    Raises: EmptySample for fewer than two values.
    """
    n = len(values)
    if n < 2:
        raise EmptySample(f"{n} values say nothing of a spread")
    from scipy.special import stdtrit

    factor = float(stdtrit(n - 1, (1.0 + CONFIDENCE) / 2.0)) / K
    deviation = statistics.stdev(values) * max(1.0, factor)
    middle = statistics.median(values)
    tail = estimate([abs(value - middle) for value in values], CONFIDENCE).upper / K
    if math.isfinite(tail) and tail > deviation:
        return Component(source, tail, "A", f"95 % of {n} lie within ± {shown(K * tail)}")
    return Component(source, deviation, "A", f"standard deviation of {n}")


def floor_doubt(values: Sequence[float], source: str = "the floor itself") -> Component:
    """Of the median that is subtracted: a quarter of its 95 % interval, or, of fewer than six values, what a normal
    distribution would give (1.25 s / √n). Raises: EmptySample for fewer than two values."""
    n = len(values)
    if n < 2:
        raise EmptySample(f"{n} values say nothing of a spread")
    found = estimate(values, 0.5)
    if math.isfinite(found.high - found.low):
        width = found.high - found.low
        return Component(source, width / (2.0 * K), "A", f"95 % interval of the median: {shown(width)} wide")
    return Component(source, 1.2533 * statistics.stdev(values) / math.sqrt(n), "A", f"median of {n}")


@dataclass(frozen=True)
class Budget:
    """What single values of one path are corrected by, and how uncertain they are then."""

    path: str
    correction: float
    """The floor, s: subtracted from each raw value."""
    components: tuple[Component, ...]

    def __post_init__(self) -> None:
        if not self.components:
            raise EmptySample(f"{self.path}: a budget without components would claim no uncertainty")

    @property
    def u(self) -> float:
        """Combined standard uncertainty, s; the components are independent (GUM 5.1.2)."""
        return math.hypot(*(one.u for one in self.components))

    @property
    def expanded(self) -> float:
        """U = 2 u, s: about 95 %."""
        return K * self.u

    def plus(self, *components: Component) -> Budget:
        """With further components."""
        return Budget(self.path, self.correction, (*self.components, *components))

    def rows(self) -> list[tuple[str, str, str, str]]:
        """(source, type, standard uncertainty, how) of each component, then what comes of them."""
        found = [(one.source, one.type, shown(one.u), one.how) for one in self.components]
        found.append(("combined", "", shown(self.u), "root of the sum of squares"))
        found.append(("expanded, U", "", shown(self.expanded), f"k = {K:g}, about 95 %"))
        return found

    def table(self) -> str:
        """For people, in columns."""
        rows = [("source", "type", "u", "how"), *self.rows()]
        wide = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [f"{self.path}: floor {shown(self.correction)}, subtracted from every value"]
        for source, type_, u, how in rows:
            lines.append(f"  {source:<{wide[0]}}  {type_:<{wide[1]}}  {u:>{wide[2]}}  {how}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        return {
            "path": self.path, "correction": self.correction, "u": self.u, "U": self.expanded, "k": K, "unit": "s",
            "components": [one._asdict() for one in self.components],
        }  # fmt: skip


def null_budget(path: str, values: Sequence[float], others: Iterable[Component] = ()) -> Budget:
    """Of a null test's raw values: their median is the floor. Raises: EmptySample for fewer than two values."""
    components = (spread(values), floor_doubt(values), *others)
    return Budget(path, statistics.median(values), components)


def shown(seconds: float) -> str:
    """With the unit that suits it: `48 µs`, `1.25 ms`, `2 s`."""
    size = abs(seconds)
    if size and size < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    return f"{seconds * 1e3:.4g} ms" if size < 1.0 else f"{seconds:.4g} s"


def _time(value: float) -> float:
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{value!r} is no width of an uncertainty: it is finite and not negative")
    return value
