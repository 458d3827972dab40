"""Latency by stage: what was measured, and what is said of limits."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...scenarios.errors import InputError
from ...scenarios.spelling import unknown
from ...scenarios.units import parse_duration
from ..measure import judging
from ..measure.sample import Sample
from ..measure.stalls import Stalls
from ..measure.uncertainty import Budget, clock_join, spread
from ..verdicts import Judgement, Rule, not_tested
from .timings import STAGES, Timing

_LIMIT = re.compile(r"\s*([a-z-]+)\.(?:p(\d{1,2}(?:\.\d+)?)|(max))(?:\[([a-z][a-z0-9-]*)\])?\s*<=\s*(.+?)\s*")


@dataclass(frozen=True)
class Limit:
    """A quantile of a stage that must not be exceeded."""

    stage: str
    p: float
    credential: str | None
    """None: with whatever was shown."""
    seconds: float
    text: str


def parse_limit(text: str) -> Limit:
    """`decision.p95 <= 500 ms`, `end-to-end.max[card] <= 2 s`. InputError."""
    match = _LIMIT.fullmatch(text)
    if match is None:
        raise InputError(
            f"--limit {text!r}: write it as 'STAGE.pNN <= TIME', such as 'decision.p95 <= 500 ms'"
        )
    stage, p, _, credential, time = match.groups()
    if stage not in STAGES:
        raise InputError(f"--limit {text!r}: {unknown('stage', stage, STAGES)}")
    if p is not None and float(p) == 0.0:
        raise InputError(f"--limit {text!r}: there is no 0th percentile; write p50, p95 or max")
    try:
        seconds = parse_duration(time)
    except ValueError as error:
        raise InputError(f"--limit {text!r}: {error}") from None
    return Limit(stage, 1.0 if p is None else float(p) / 100.0, credential, seconds, text)


@dataclass(frozen=True)
class Latency:
    """One stage with one credential in one direction."""

    stage: str
    credential: str
    """Empty where none was shown."""
    direction: str
    sample: Sample
    u: float
    """Expanded uncertainty (k = 2) of one value, s."""

    def to_json(self) -> dict[str, Any]:
        return {
            "stage": self.stage, "credential": self.credential, "direction": self.direction, "U": self.u,
            "p50": self.sample.quantile(0.5).to_json(), "p95": self.sample.quantile(0.95).to_json(), **self.sample.to_json(),
        }  # fmt: skip


@dataclass(frozen=True)
class Conditions:
    """Under which a run was measured."""

    trips: Sequence[float]
    """Round trips to an instrument that answers at once, s: the spread of two stamps."""
    stalls: Stalls
    shared: bool
    """Do the devices run on this host, too?"""

    def sample(self, stage: str, rows: Sequence[Timing]) -> Sample:
        return self.stalls.sample(stage, ((row.begin, row.end) for row in rows), shared=self.shared)

    def expanded(self, rows: Sequence[Timing]) -> float:
        """U (k = 2) of one value, s."""
        doubt = float(np.median([row.doubt for row in rows])) / 1e9
        parts = [spread(self.trips, "stamps of the port processes")]
        return Budget("", 0.0, tuple([*parts, clock_join(doubt)] if doubt else parts)).expanded


def latencies(timings: Iterable[Timing], under: Conditions) -> list[Latency]:
    """By stage, credential and direction."""
    found: dict[tuple[str, str, str], list[Timing]] = defaultdict(list)
    for one in timings:
        found[one.stage, one.credential, one.direction].append(one)
    order = list(STAGES)
    return [
        Latency(*key, under.sample(key[0], rows), under.expanded(rows))
        for key, rows in sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0]))
    ]


def judge(limit: Limit, timings: Sequence[Timing], under: Conditions, rule: Rule) -> Judgement:
    """A limit, over all directions."""
    rows = [one for one in timings if one.stage == limit.stage and limit.credential in (None, one.credential)]
    if not rows:
        why = f"nothing was measured of {limit.stage}" + (
            f" with {limit.credential}" if limit.credential else ""
        )
        return not_tested(limit.text, limit.seconds, limit.p, why, rule=rule)
    return judging.judge(
        under.sample(limit.stage, rows), limit.p, limit.seconds, under.expanded(rows), rule, what=limit.text
    )
