"""Latency by stage: what was measured, and verdicts on limits."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binom

from ...scenarios.errors import InputError
from ...scenarios.spelling import unknown
from ...scenarios.units import parse_duration
from ..errors import EmptySample
from ..verdicts import Verdict
from .quantiles import Quantile, quantile
from .timings import STAGES, Timing

CONFIDENCE = 0.95
_LIMIT = re.compile(r"\s*([a-z-]+)\.(?:p(\d{1,2}(?:\.\d+)?)|(max))(?:\[([a-z][a-z0-9-]*)\])?\s*<=\s*(.+?)\s*")


@dataclass(frozen=True)
class Limit:
    """A quantile of a stage that must not be exceeded."""

    stage: str
    p: float
    credential: str | None
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
    try:
        seconds = parse_duration(time)
    except ValueError as error:
        raise InputError(f"--limit {text!r}: {error}") from None
    return Limit(stage, 1.0 if p is None else float(p) / 100.0, credential, seconds, text)


@dataclass(frozen=True)
class Latency:
    """One stage with one credential in one direction. Seconds."""

    stage: str
    credential: str
    direction: str
    values: tuple[float, ...]
    """Raw, in order of time."""
    stalled: int
    """So many of them while a port process was kept from running."""
    u: float
    """Expanded uncertainty (k = 2) of one value."""

    @property
    def n(self) -> int:
        return len(self.values)

    def quantile(self, p: float) -> float:
        """The inverse of the empirical distribution."""
        return quantile(self.values, p).value

    def interval(self, p: float) -> Quantile:
        """A quantile with its two-sided 95 % interval."""
        return quantile(self.values, p)

    def to_json(self) -> dict[str, Any]:
        told = {name: quantile(self.values, p).to_json() for name, p in (("p50", 0.5), ("p95", 0.95))}
        return {
            "stage": self.stage, "credential": self.credential, "direction": self.direction, "n": self.n,
            "min": min(self.values), **told, "max": max(self.values), "stalled": self.stalled, "U": self.u,
            "values": list(self.values), "unit": "s",
        }  # fmt: skip


def bound(values: Sequence[float], p: float, confidence: float) -> float:
    """One-sided bound of a quantile: an order statistic that it exceeds with probability 1 - `confidence` at the most (above
    0.5: an upper bound; below: a lower one). Infinite where there are too few values."""
    ordered, n = sorted(values), len(values)
    if not n:
        raise EmptySample("nothing was measured, so there is no quantile")
    rank = int(binom.ppf(confidence, n, p)) + (1 if confidence > 0.5 else 0)
    if confidence > 0.5:
        return ordered[rank - 1] if rank <= n else math.inf
    return ordered[rank - 1] if rank >= 1 else -math.inf


def latencies(timings: Iterable[Timing], floor: float) -> list[Latency]:
    """By stage, credential and direction. `floor`: standard uncertainty of a stamp on this host, s."""
    found: dict[tuple[str, str, str], list[Timing]] = defaultdict(list)
    for one in timings:
        found[one.stage, one.credential, one.direction].append(one)
    order = list(STAGES)
    told = []
    for (stage, credential, direction), rows in sorted(
        found.items(), key=lambda item: (order.index(item[0][0]), item[0])
    ):
        doubt = float(np.median([row.doubt for row in rows])) / 1e9
        u = 2.0 * math.hypot(floor, doubt / math.sqrt(3.0))
        values = tuple(row.seconds for row in rows)
        told.append(Latency(stage, credential, direction, values, sum(row.stalled for row in rows), u))
    return told


@dataclass(frozen=True)
class Verdicted:
    """A limit and what is said of it. Seconds."""

    limit: Limit
    verdict: Verdict
    n: int
    value: float | None
    lower: float | None
    upper: float | None
    u: float | None
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {
            "limit": self.limit.text, "verdict": str(self.verdict), "n": self.n, "value": self.value,
            "bounds": [_finite(self.lower), _finite(self.upper)], "U": self.u, "reason": self.reason, "unit": "s",
        }  # fmt: skip


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value


def judge(limit: Limit, measured: Sequence[Latency], rule: str) -> Verdicted:
    """By the decision rule (`guard-band` or `simple`), fixed before the first sample."""
    rows = [
        one for one in measured if one.stage == limit.stage and limit.credential in (None, one.credential)
    ]
    values = [value for one in rows for value in one.values]
    if not values:
        why = f"nothing was measured of {limit.stage}" + (
            f" with {limit.credential}" if limit.credential else ""
        )
        return Verdicted(limit, Verdict.NOT_TESTED, 0, None, None, None, None, why)
    whole = Latency(
        limit.stage,
        limit.credential or "",
        "",
        tuple(values),
        sum(one.stalled for one in rows),
        max(one.u for one in rows),
    )
    value, u = whole.quantile(limit.p), whole.u
    lower, upper = bound(values, limit.p, 1.0 - CONFIDENCE), bound(values, limit.p, CONFIDENCE)
    above = sum(v > limit.seconds for v in values)
    if rule == "simple":
        verdict = Verdict.PASS if value <= limit.seconds else Verdict.FAIL
    elif upper + u <= limit.seconds:
        verdict = Verdict.PASS
    elif lower - u > limit.seconds:
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.INDETERMINATE
    reason = f"{above} of {len(values)} above the limit"
    if verdict is Verdict.INDETERMINATE and math.isinf(upper):
        reason += f"; {len(values)} values are too few to bound this quantile"
    if whole.stalled and verdict is not Verdict.PASS:
        verdict, reason = (
            Verdict.INDETERMINATE,
            f"host stalled during {whole.stalled} of {len(values)}; {reason}",
        )
    return Verdicted(limit, verdict, len(values), value, lower, upper, u, reason)
