"""Everybody's luck: draws by visit, made ready in blocks of persons and looked up one at a time.

The world calls these thousands of times a second, so a draw is a dictionary look-up and an index; a block of
`BLOCK` neighbours is made with numpy when the first of them asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..scenarios.distributions import Distribution
from .door import Sample, Timing
from .draws import Draws
from .visit import Visit

BLOCK = 1024
_SHIFT, _MASK = 10, 1023
_KEEP = 4096
"""Blocks kept of one kind of draw before all are dropped: those of visitors gone by are of no more use."""

Floats = NDArray[np.float64]
By = Literal["visit", "attempt", "stay", "chances"]


class Luck:
    """Draws of one replication, keyed by purpose, person, visit, portal and attempt; never by policy."""

    def __init__(self, draws: Draws, ordinals: NDArray[np.int64]) -> None:
        """`ordinals` by person: their place in the stream that brought them, for sequences of values."""
        self._draws = draws
        self._ordinals = ordinals

    def uniform(self, purpose: str, *, by: By = "visit", portal: str = "") -> Callable[[Visit], float]:
        """A uniform number in (0, 1) a visit, or a visit and attempt, stay or chance."""
        return self._draw(purpose, portal, by, lambda u: u.tolist())

    def seconds(
        self, purpose: str, distribution: Distribution, *, by: By = "visit", portal: str = ""
    ) -> Timing:
        """A time in seconds."""
        constant = distribution.constant
        if constant is not None:
            return float(constant)
        values = distribution.sequence
        if values is not None:
            return lambda visit: values[visit.ordinal % len(values)]
        return self._draw(purpose, portal, by, lambda u: distribution.ppf(u).tolist())

    def event(
        self, purpose: str, probability: float, *, by: By = "visit", portal: str = ""
    ) -> Callable[[Visit], bool]:
        """Does it happen?"""
        if probability <= 0.0:
            return lambda visit: False
        if probability >= 1.0:
            return lambda visit: True
        return self._draw(purpose, portal, by, lambda u: (u < probability).tolist())

    def walk(self, purpose: str, distribution: Distribution) -> Callable[[int, int], float] | None:
        """A time by person and visit number; None: always 0."""
        constant = distribution.constant
        if constant is not None:
            return (lambda person, visit: constant) if constant else None
        return self._by_person(purpose, lambda u: distribution.ppf(u).tolist())

    def lot(self, purpose: str) -> Callable[[int, int], float]:
        """A uniform number by person and journey."""
        return self._by_person(purpose, lambda u: u.tolist())

    def samples(
        self,
        credential: str,
        portal: str,
        stages: Sequence[Distribution],
        before_failure: int,
        actuate: Distribution,
        failure_to_acquire: float,
    ) -> Callable[[Visit], Sample]:
        """Attempts at a reader. `stages` follow one another up to the decision; an attempt without a sample ends
        after the first `before_failure` of them."""

        def make(start: int, person_block: Callable[[str], Floats]) -> list[Sample]:
            times = [self._times(stage, partial(person_block, f"{credential}.{n}"), start) for n, stage in enumerate(stages)]
            acquired = person_block(f"{credential}.acquired") >= failure_to_acquire
            early, late = sum(times[:before_failure]), sum(times[before_failure:])
            total = np.where(acquired, early + late, early)
            lock = self._times(actuate, partial(person_block, f"{credential}.actuate"), start)
            return list(
                map(Sample, total.tolist(), lock.tolist(), acquired.tolist(), person_block(f"{credential}.match").tolist())
            )

        return self._blocks(portal, "attempt", make)

    def _times(self, distribution: Distribution, u: Callable[[], Floats], start: int) -> Floats:
        if distribution.constant is not None:
            return np.full(BLOCK, distribution.constant)
        if distribution.sequence is not None:
            ordinals = self._ordinals[start : start + BLOCK] % len(distribution.sequence)
            return np.resize(np.asarray(distribution.sequence)[ordinals], BLOCK)
        return distribution.ppf(u())

    def _draw(
        self, purpose: str, portal: str, by: By, convert: Callable[[Floats], list[Any]]
    ) -> Callable[[Visit], Any]:
        return self._blocks(portal, by, lambda start, block: convert(block(purpose)))

    def _blocks(
        self, portal: str, by: By, make: Callable[[int, Callable[[str], Floats]], list[Any]]
    ) -> Callable[[Visit], Any]:
        cache: dict[tuple[int, int, int], list[Any]] = {}
        draws = self._draws

        def fill(key: tuple[int, int, int]) -> list[Any]:
            number, nth, block = key
            if len(cache) >= _KEEP:
                cache.clear()
            start = block << _SHIFT
            made = cache[key] = make(
                start, lambda purpose: draws.block(purpose, start, visit=number, portal=portal, attempt=nth)
            )
            return made

        if by == "visit":

            def draw(visit: Visit) -> Any:
                person = visit.person
                key = (visit.number, 0, person >> _SHIFT)
                return (cache.get(key) or fill(key))[person & _MASK]

        elif by == "attempt":

            def draw(visit: Visit) -> Any:
                person = visit.person
                key = (visit.number, visit.attempt, person >> _SHIFT)
                return (cache.get(key) or fill(key))[person & _MASK]

        elif by == "stay":

            def draw(visit: Visit) -> Any:
                person = visit.person
                key = (visit.number, visit.stay, person >> _SHIFT)
                return (cache.get(key) or fill(key))[person & _MASK]

        else:

            def draw(visit: Visit) -> Any:
                person = visit.person
                key = (visit.number, visit.chances, person >> _SHIFT)
                return (cache.get(key) or fill(key))[person & _MASK]

        return draw

    def _by_person(self, purpose: str, convert: Callable[[Floats], list[Any]]) -> Callable[[int, int], Any]:
        cache: dict[tuple[int, int], list[Any]] = {}
        draws = self._draws

        def draw(person: int, visit: int) -> Any:
            key = (visit, person >> _SHIFT)
            block = cache.get(key)
            if block is None:
                block = cache[key] = convert(draws.block(purpose, key[1] << _SHIFT, visit=visit, portal="", attempt=0))
            return block[person & _MASK]

        return draw
