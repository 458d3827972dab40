"""How people came in and how the headline depends on following, laid out for the terminal and the page alike."""

from __future__ import annotations

from dataclasses import dataclass

from ..scenarios.metrics import title_of
from ..sim.comparison import Comparison
from ..sim.metrics import METRICS, OVERALL, Missing, Where
from ..sim.metrics.ways import PERIODS, WAYS
from ..sim.statistics import Estimate
from ..sim.ways import ALL, WayIn
from . import words


@dataclass(frozen=True)
class GroupRow:
    """A group's entries in one period under one policy, as text."""

    policy: str
    group: str
    first: bool
    """The group's first row, which tells what belongs to both periods."""
    period: str
    lockout: str
    """Minutes, of day and night together."""
    entries: str
    shares: tuple[str, ...]
    """In the order of the ways shown."""
    why: str
    """Why there are no figures."""


def from_street(comparison: Comparison) -> dict[tuple[str, str, str, str], WayIn]:
    """Entries from the street by (policy, group, period, way)."""
    return {
        (policy, one.slot.group, one.slot.period, one.way): one
        for policy, found in comparison.ways.items()
        for one in found
        if one.slot.portal is None
    }


def ways_shown(comparison: Comparison) -> list[str]:
    """Ways by which anybody came in from the street under any candidate."""
    taken = {
        one.way
        for found in comparison.ways.values()
        for one in found
        if one.slot.portal is None and mean(one.count)
    }
    return [way for way in WAYS if way in taken]


def mean(told: Estimate | Missing) -> float:
    """0 where there is none."""
    return 0.0 if isinstance(told, Missing) else told.mean


def group_rows(comparison: Comparison, policy: str) -> list[GroupRow]:
    """Every group that came in at all under any candidate, by day and by night."""
    found, shown = from_street(comparison), ways_shown(comparison)
    rows: list[GroupRow] = []
    for group in comparison.loaded.scenario.people:
        if not any(
            mean(found[other, group, period, ALL].count) for other in comparison.ways for period in PERIODS
        ):
            continue
        lockout = (
            comparison.estimates[policy].get(Where("group", group), {}).get("lockout.minutes", Missing(""))
        )
        first = True
        for period in PERIODS:
            entries = found[policy, group, period, ALL].count
            if isinstance(entries, Missing) and any(
                mean(found[policy, group, other, ALL].count) for other in PERIODS if other != period
            ):
                continue
            shares = tuple(_share(found[policy, group, period, way].share) for way in shown)
            rows.append(
                GroupRow(
                    policy,
                    group,
                    first,
                    period,
                    words.figure("lockout.minutes", lockout),
                    words.NOTHING if isinstance(entries, Missing) else words.number(entries.mean, "entries"),
                    shares,
                    entries.why if isinstance(entries, Missing) else "",
                )
            )
            first = False
    return rows


def _share(told: Estimate | Missing) -> str:
    """A share without its unit's digits in excess: `96.2 %`, and nothing where nobody went that way."""
    if isinstance(told, Missing):
        return words.NOTHING
    return words.number(told.mean, "share") if told.mean else ""


def overall(comparison: Comparison, policy: str, metric: str) -> str:
    return words.figure(metric, comparison.estimates[policy][OVERALL].get(metric, Missing("")))


@dataclass(frozen=True)
class Dependence:
    """The headline at each probability of following, as text."""

    title: str
    notes: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """Policy, and by probability its mean and interval."""


UNMEASURED = "nobody has measured how readily people follow others into a residential compound"


def dependence(comparison: Comparison) -> Dependence | None:
    """None: nobody can follow, or it was left out."""
    found = comparison.sensitivity
    if found is None:
        return None
    metric, unit = found.headline.metric, METRICS[found.headline.metric].unit
    percent = [words.number(one, "share") for one in found.probabilities]
    where = [found.headline.group or "", f"at {found.headline.portal}" if found.headline.portal else ""]
    name = ", ".join([title_of(metric, comparison.currency), *filter(None, where)])
    rows = tuple(
        (
            policy,
            tuple(
                (words.NOTHING, told.why)
                if isinstance(told, Missing)
                else (
                    words.number(told.mean, unit),
                    ""
                    if told.ci95 is None
                    else " to ".join(words.number(max(end, 0.0), unit) for end in told.ci95),
                )
                for told in estimates
            ),
        )
        for policy, estimates in found.estimates.items()
    )
    runs = "1 replication" if found.n == 1 else f"{found.n} replications"
    cut = ", cut short" if found.cut_short else ""
    return Dependence(
        f"Headline ({name}) if people follow with probability {' / '.join(percent)}: nobody has measured it",
        f"{runs} each{cut}, with 95 % intervals; the scenario assumes {words.number(found.assumed, 'share')}",
        tuple(percent),
        rows,
    )
