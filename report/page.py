"""report.html: a comparison as one page that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..scenarios.metrics import title_of
from ..sim.comparison import HEADLINES, Comparison, Judgement
from ..sim.metrics import METRICS, OVERALL, Missing, Where
from . import charts, words
from .entries import dependence, group_rows, overall, ways_shown

if TYPE_CHECKING:
    from ..hil.bench.result import BenchResult

_SLICES = (
    ("group", "By group"),
    ("portal", "By portal"),
    ("direction", "By direction"),
    ("hour", "By hour of arrival"),
)
_IN_SLICES = (
    "visits",
    "wait.mean",
    "wait.p95",
    "abandon.share",
    "lockout.persons",
    "lockout.minutes",
    "unbadged.share",
)
LIFT_PLANNING = "lift planning reckons with 5 to 8 % of the residents (Powell, ELEVCON 2008)"


@dataclass(frozen=True)
class _Picture:
    title: str
    text: str
    svg: Markup


def page(comparison: Comparison, played: BenchResult | None = None) -> str:
    """The page as HTML: no scripts, nothing from the network. `played`: what came of the bench."""
    environment = Environment(
        loader=PackageLoader("gatebench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    scenario = comparison.loaded.scenario
    return environment.get_template("report.html").render(
        comparison=comparison,
        scenario=scenario,
        runs=words.replications(comparison.n),
        single=words.SINGLE,
        policies=[(name, scenario.policies[name].title) for name in comparison.estimates],
        headline=[_headline(comparison, metric) for metric in HEADLINES if metric in comparison.told],
        everything=[_everything(comparison, metric) for metric in comparison.told],
        slices=[(title, _slice(comparison, kind)) for kind, title in _SLICES],
        slice_titles=[METRICS[metric].title for metric in _IN_SLICES],
        pictures=_pictures(comparison),
        ways=ways_shown(comparison),
        ways_rows=[(policy, group_rows(comparison, policy)) for policy in comparison.ways],
        night=str(scenario.night),
        lockouts={policy: overall(comparison, policy, "lockout.minutes") for policy in comparison.ways},
        deadlocks={policy: overall(comparison, policy, "deadlock.episodes") for policy in comparison.ways},
        dependence=dependence(comparison),
        peak=_peak(comparison),
        bench=None if played is None else _bench(played),
        judged=[(one, _judged(one)) for one in comparison.judgements],
    )


def _bench(played: BenchResult) -> dict[str, Any]:
    from .bench import part

    return part(played)


def _judged(one: Judgement) -> str:
    return "" if one.value is None else words.judged(one.value, METRICS[one.expectation.metric].unit)


def _headline(comparison: Comparison, metric: str) -> dict[str, Any]:
    cells = []
    for policy, found in comparison.estimates.items():
        told = found[OVERALL][metric]
        against = comparison.contrast(policy, metric)
        cells.append(
            {
                "figure": words.figure(metric, told),
                "why": told.why if isinstance(told, Missing) else "",
                "contrast": "" if policy == comparison.baseline else words.contrast(metric, against),
                "sure": against is not None and against.p_holm is not None and against.p_holm < 0.05,
            }
        )
    return {"title": title_of(metric, comparison.currency), "name": metric, "cells": cells}


def _everything(comparison: Comparison, metric: str) -> dict[str, Any]:
    cells = []
    for found in comparison.estimates.values():
        told = found[OVERALL][metric]
        if isinstance(told, Missing):
            cells.append({"figure": words.NOTHING, "interval": told.why})
        else:
            unit = METRICS[metric].unit
            interval = "" if told.ci95 is None else " to ".join(words.number(end, unit) for end in told.ci95)
            cells.append({"figure": words.number(told.mean, unit), "interval": interval})
    return {"name": metric, "title": title_of(metric, comparison.currency), "cells": cells}


def _slice(comparison: Comparison, kind: str) -> list[dict[str, Any]]:
    """Rows (slice, policy, figures)."""
    places = [where for where in comparison.estimates[comparison.baseline] if where.kind == kind]
    return [
        {"place": where.id, "policy": policy, "first": index == 0, "span": len(comparison.estimates),
         "cells": [words.figure(metric, found[where][metric]) for metric in _IN_SLICES]}
        for where in places
        for index, (policy, found) in enumerate(comparison.estimates.items())
        if where in found
    ]  # fmt: skip


def _pictures(comparison: Comparison) -> list[_Picture]:
    told = words.intervals(comparison.n)
    following = words.intervals(comparison.sensitivity.n) if comparison.sensitivity is not None else ""
    drawn = (
        ("How long people wait, by hour", "Mean wait by hour of arrival, one line a policy.", charts.wait_by_hour(comparison)),
        ("Who is locked out", f"People locked out by group and policy, mean a replication, {told}.",
         charts.by_group(comparison, "lockout.persons")),
        ("Who comes through without a grant of their own",
         f"Share of passages behind others or around the door, by group and policy, {told}.",
         charts.by_group(comparison, "unbadged.share")),
        ("How people come in, by day and by night",
         f"Shares of the ways in from the street, by group and policy; night is {comparison.loaded.scenario.night}.",
         charts.ways_in(comparison)),
        ("What it would be if people followed more or less readily",
         f"The scenario's headline by how readily people without a usable credential follow, {following}.",
         charts.headline_by_following(comparison)),
    )  # fmt: skip
    return [_Picture(title, text, Markup(svg)) for title, text, svg in drawn if svg is not None]


def _peak(comparison: Comparison) -> str:
    """The busiest five minutes at the doors of the towers, beside what lift planning reckons with."""
    portals = comparison.loaded.scenario.compound.portals
    found = comparison.estimates[comparison.baseline]
    for name, spec in portals.items():
        told = found.get(Where("portal", name), {}).get("peak5.share", Missing(""))
        if spec.one_for_each is not None and not isinstance(told, Missing):
            share = words.number(told.mean, "share")
            return f"In the busiest five minutes {share} of the residents pass {name}, both ways; {LIFT_PLANNING}."
    return ""
