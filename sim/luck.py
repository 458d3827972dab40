"""Everybody's luck: draws by visit, made ready in blocks of persons and looked up one at a time.

The world calls these thousands of times a second, so a draw is a dictionary look-up and an index: 0.2 us. A block of
`BLOCK` neighbours is made with numpy when the first of them asks and stays an array: turned into Python's numbers at
once it would take three times as long to make and five times the room, and where few of them get as far as an eighth
visit or a third attempt, most would be made in vain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from struct import Struct
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..scenarios.distributions import Distribution
from .door import Sample, Timing
from .draws import BLOCK, Draws
from .visit import LEGS, Visit

_SHIFT, _MASK = BLOCK.bit_length() - 1, BLOCK - 1
_KEEP = 512
"""Blocks kept of one kind of draw. Then the oldest goes: those of visitors gone by, and of days past, are of no more
use; one that is, is made again."""
_SAMPLE = Struct("=dd?d")
_SAMPLES = np.dtype({"names": ["seconds", "actuate", "acquired", "luck"], "formats": ["f8", "f8", "?", "f8"]})
"""Of the same layout: without gaps."""

Floats = NDArray[np.float64]
By = Literal["visit", "attempt", "stay", "chances"]
Key = tuple[int, ...]
Block = TypeVar("Block")


class Luck:
    """Draws of one replication, keyed by purpose, person, visit, portal and attempt; never by policy."""

    def __init__(self, draws: Draws, ordinals: NDArray[np.int64]) -> None:
        """`ordinals` by person: their place in the stream that brought them, for sequences of values."""
        self._draws = draws
        self._ordinals = ordinals

    def uniform(self, purpose: str, *, by: By = "visit", portal: str = "") -> Callable[[Visit], float]:
        """A uniform number in (0, 1) a visit, or a visit and attempt, stay or chance."""
        return self._draw(purpose, portal, by, lambda u: u.data)

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
        return self._draw(purpose, portal, by, lambda u: distribution.ppf(u).data)

    def event(
        self, purpose: str, probability: float, *, by: By = "visit", portal: str = ""
    ) -> Callable[[Visit], bool]:
        """Does it happen?"""
        if probability <= 0.0:
            return lambda visit: False
        if probability >= 1.0:
            return lambda visit: True
        return self._draw(purpose, portal, by, lambda u: (u < probability).data)

    def walk(self, purpose: str, distribution: Distribution) -> Callable[[int, int], float] | None:
        """A time by person and visit number; None: always 0."""
        constant = distribution.constant
        if constant is not None:
            return (lambda person, visit: constant) if constant else None
        return self._by_person(purpose, lambda u: distribution.ppf(u).data)

    def lot(self, purpose: str) -> Callable[[int, int], float]:
        """A uniform number by person and journey."""
        return self._by_person(purpose, lambda u: u.data)

    def samples(
        self,
        credential: str,
        portal: str,
        stages: Sequence[Distribution],
        before_failure: int,
        actuate: Distribution,
        failure_to_acquire: float,
        masked: tuple[float, float] | None = None,
    ) -> Callable[[Visit], Sample]:
        """Attempts at a reader. `stages` follow one another up to the decision; an attempt without a sample ends
        after the first `before_failure` of them. `masked`: share of the journeys with a mask, and how often an attempt
        of somebody with one has no sample."""

        def make(number: int, nth: int, start: int) -> bytes:
            u = partial(self._draws.block, person=start, visit=number, portal=portal, attempt=nth)
            times = [
                self._times(stage, partial(u, f"{credential}.{n}"), start) for n, stage in enumerate(stages)
            ]
            fails: float | Floats = failure_to_acquire
            if masked is not None:
                fails = np.where(self._masks(number, start) < masked[0], masked[1], failure_to_acquire)
            acquired = u(f"{credential}.acquired") >= fails
            early, late = sum(times[:before_failure]), sum(times[before_failure:])
            samples = np.empty(BLOCK, _SAMPLES)
            samples["seconds"] = np.where(acquired, early + late, early)
            samples["actuate"] = self._times(actuate, partial(u, f"{credential}.actuate"), start)
            samples["acquired"] = acquired
            samples["luck"] = u(f"{credential}.match")
            return samples.tobytes()

        cache: dict[Key, bytes] = {}
        unpack, size = _SAMPLE.unpack_from, _SAMPLE.size

        def draw(visit: Visit) -> Sample:
            person = visit.person
            key = (visit.number, visit.attempt, person >> _SHIFT)
            block = cache.get(key) or _keep(cache, key, make(key[0], key[1], key[2] << _SHIFT))
            return unpack(block, (person & _MASK) * size)

        return draw

    def masked(self, share: float) -> Callable[[Visit], bool]:
        """Does somebody wear a mask on this journey?"""
        cache: dict[Key, memoryview] = {}

        def draw(visit: Visit) -> bool:
            person = visit.person
            key = (visit.number // LEGS, person >> _SHIFT)
            block = cache.get(key) or _keep(cache, key, (self._masks(visit.number, person) < share).data)
            return bool(block[person & _MASK])

        return draw

    def _masks(self, number: int, person: int) -> Floats:
        """Uniform numbers of a block of persons: who wears a mask on the journey of this visit."""
        return self._draws.block("masked", person, visit=number // LEGS)

    def _times(self, distribution: Distribution, u: Callable[[], Floats], start: int) -> Floats:
        if distribution.constant is not None:
            return np.full(BLOCK, distribution.constant)
        if distribution.sequence is not None:
            ordinals = self._ordinals[start : start + BLOCK] % len(distribution.sequence)
            return np.resize(np.asarray(distribution.sequence)[ordinals], BLOCK)
        return distribution.ppf(u())

    def _draw(
        self, purpose: str, portal: str, by: By, convert: Callable[[Floats], memoryview]
    ) -> Callable[[Visit], Any]:
        cache: dict[Key, memoryview] = {}
        draws = self._draws

        def fill(key: Key) -> memoryview:
            u = draws.block(purpose, key[2] << _SHIFT, visit=key[0], portal=portal, attempt=key[1])
            return _keep(cache, key, convert(u))

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

    def _by_person(self, purpose: str, convert: Callable[[Floats], memoryview]) -> Callable[[int, int], Any]:
        cache: dict[Key, memoryview] = {}
        draws = self._draws

        def draw(person: int, visit: int) -> Any:
            key = (visit, person >> _SHIFT)
            block = cache.get(key) or _keep(cache, key, convert(draws.block(purpose, person, visit=visit)))
            return block[person & _MASK]

        return draw


def _keep(cache: dict[Key, Block], key: Key, block: Block) -> Block:
    if len(cache) >= _KEEP:
        del cache[next(iter(cache))]
    cache[key] = block
    return block
