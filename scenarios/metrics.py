"""Names and units of the metrics: what reports show and what `expect:` may speak of. Definitions: docs/metrics.md."""

from __future__ import annotations

from typing import NamedTuple


class Metric(NamedTuple):
    """A figure of one replication."""

    unit: str
    """`s`, `share`, `minutes`, `MONEY`, or what is counted."""
    title: str
    """What a reader calls it."""


MONEY = "money/household/month"
"""Unit of costs; in results the scenario's currency stands in place of the first word."""
COSTS = ("costs.guard", "costs.cards", "costs.calls", "costs.capital", "costs.total")
"""Told only where the scenario gives prices for them; elsewhere they are no metrics at all."""

_TIMES = {
    "wait": "wait from arrival to the first attempt",
    "passage_time": "time from arrival to passing",
    "journey_time": "time over the whole route",
}
_STATISTICS = {
    "mean": "mean",
    "p50": "median",
    "p95": "95th percentile",
    "p99": "99th percentile",
    "max": "longest",
}

METRICS: dict[str, Metric] = {
    **{
        f"{name}.{short}": Metric("s", f"{title}, {long}")
        for name, title in _TIMES.items()
        for short, long in _STATISTICS.items()
    },
    "abandon.share": Metric("share", "left without passing"),
    "lockout.episodes": Metric("episodes", "lockouts"),
    "lockout.persons": Metric("persons", "people locked out"),
    "lockout.minutes": Metric("minutes", "time locked out"),
    "lockout.share": Metric("share", "locked out, of the entitled people who came"),
    "tailgating.share": Metric("share", "followed somebody unnoticed"),
    "piggybacking.share": Metric("share", "followed with consent"),
    "unbadged.share": Metric("share", "came through without a grant of their own"),
    "intrusion": Metric("passes", "passages of people who are not entitled"),
    "free.share": Metric("share", "came through where the door stood open"),
    "open.minutes": Metric("minutes", "doors propped open or switched off"),
    "first_try.share": Metric("share", "granted at the first try"),
    "utilisation": Metric("share", "lanes busy"),
    "queue": Metric("persons", "people waiting, mean over time"),
    "deadlock.episodes": Metric("episodes", "deadlocks"),
    "guard.minutes": Metric("minutes", "guard time"),
    "captures": Metric("captures", "faces imaged"),
    "captures.without_consent": Metric("captures", "faces imaged without consent"),
    "template_days": Metric("days", "stored faces times days"),
    "costs.guard": Metric(MONEY, "guards on duty"),
    "costs.cards": Metric(MONEY, "cards"),
    "costs.calls": Metric(MONEY, "calls handled"),
    "costs.capital": Metric(MONEY, "readers, lanes and systems"),
    "costs.total": Metric(MONEY, "costs"),
    "peak5.share": Metric("share", "busiest five minutes both ways, of the residents"),
    "visits": Metric("visits", "visits"),
    "passes": Metric("passes", "passages"),
    "bypasses": Metric("passes", "crawled under or climbed over"),
    "decisions": Metric("decisions", "decisions"),
    "calls": Metric("calls", "calls for help"),
}


def unit_of(name: str, currency: str | None) -> str:
    """A metric's unit, money in the currency: `CNY/household/month`."""
    unit = METRICS[name].unit
    return unit if currency is None or unit != MONEY else unit.replace("money", currency, 1)


def title_of(name: str, currency: str | None) -> str:
    """A metric's title, money with its currency."""
    title = METRICS[name].title
    money = METRICS[name].unit == MONEY and currency is not None
    return f"{title}, {currency} a household and month" if money else title
