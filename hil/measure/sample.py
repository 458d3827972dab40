"""Values that were measured, all of them, and what is to be said against some."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..errors import EmptySample
from .quantiles import CONFIDENCE, Quantile, estimate

STALLED = "host stalled"
BENCH_ERROR = "touched by an error of the bench"


@dataclass(frozen=True)
class Sample:
    """Values of one kind in order of time, s. None is ever taken out: one that is doubtful is marked, and what follows from
    that is the judgement's affair."""

    name: str
    values: tuple[float, ...]
    """Raw, or corrected by `corrected` alone."""
    marks: tuple[tuple[str, ...], ...] = ()
    """What is to be said against each value; as long as `values`, or empty where there is nothing at all."""
    correction: float = 0.0
    """What has been subtracted from each raw value."""

    def __post_init__(self) -> None:
        """Raises: EmptySample; ValueError for values that are no numbers, or marks that do not fit them."""
        if not self.values:
            raise EmptySample(f"nothing was measured of {self.name}")
        if not all(math.isfinite(value) for value in self.values):
            raise ValueError(
                f"{self.name}: {next(v for v in self.values if not math.isfinite(v))!r} is no time"
            )
        if not self.marks:
            object.__setattr__(self, "marks", ((),) * len(self.values))
        if len(self.marks) != len(self.values):
            raise ValueError(f"{self.name}: {len(self.marks)} marks for {len(self.values)} values")

    @classmethod
    def of(cls, name: str, pairs: Iterable[tuple[float, Iterable[str]]]) -> Sample:
        """From values with their marks. Raises: EmptySample."""
        told = [(value, tuple(marks)) for value, marks in pairs]
        return cls(name, tuple(value for value, _ in told), tuple(marks for _, marks in told))

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def touched(self) -> tuple[int, ...]:
        """Which values are marked, counted from 0."""
        return tuple(place for place, marks in enumerate(self.marks) if marks)

    def why_touched(self) -> dict[str, int]:
        """How many values carry each mark."""
        found: dict[str, int] = {}
        for marks in self.marks:
            for mark in dict.fromkeys(marks):
                found[mark] = found.get(mark, 0) + 1
        return found

    def quantile(self, p: float, confidence: float = CONFIDENCE) -> Quantile:
        """Of all values, whatever is said against them."""
        return estimate(self.values, p, confidence)

    def corrected(self, by: float) -> Sample:
        """With `by` seconds subtracted from each value: the floor of a null test."""
        values = tuple(value - by for value in self.values)
        return replace(self, values=values, correction=self.correction + by)

    def raw(self) -> tuple[float, ...]:
        """The values as they were measured, up to rounding."""
        return tuple(value + self.correction for value in self.values)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "n": self.n, "values": list(self.values), "correction": self.correction, "unit": "s",
            "marks": {str(place): list(self.marks[place]) for place in self.touched},
        }  # fmt: skip
