"""Charts of a comparison as SVG, without scripts: what waits when, who is locked out, who comes in on others' grants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..sim.comparison import Comparison
from ..sim.metrics import METRICS, Missing, Where
from .entries import from_street, mean, ways_shown

PALETTE = ("#0b6e99", "#d1495b", "#3a7d44", "#8e5ea2", "#b8860b", "#444e86", "#ef8354", "#2a9d8f")
"""Told apart also by those who see few colours, and on light and dark ground."""
WIDTH, HEIGHT = 760, 240
FACTORS = 20.0
"""From this ratio of the largest to the smallest on, figures are drawn on a logarithmic scale."""
BESIDE = 0.7
"""Percent of probability between the points of two candidates."""
WAY_COLOURS = {
    "own": "#3a7d44", "guard": "#0b6e99", "remote": "#2a9d8f", "shared": "#b8860b", "tailgate": "#d1495b", "piggyback": "#ef8354",
    "reverse": "#8e5ea2", "free": "#9aa5ad", "unknown": "#5b6770", "crawl": "#7a1f2b", "climb": "#444e86",
}  # fmt: skip
"""What the access control let in is green and blue, what went past it red to violet."""


def wait_by_hour(comparison: Comparison) -> str | None:
    """Mean wait by hour of arrival, a line a policy. None: nobody came."""
    rows = [
        {"policy": policy, "hour": int(where.id), "value": told.mean}
        for policy, found in comparison.estimates.items()
        for where, figures in found.items()
        if where.kind == "hour" and not isinstance(told := figures["wait.mean"], Missing)
    ]
    if not rows:
        return None
    import altair as alt

    chart = (
        alt.Chart(_data(rows))
        .mark_line(point={"size": 28}, strokeWidth=2)
        .encode(
            x=alt.X(
                "hour:Q",
                title="hour of arrival",
                scale=alt.Scale(domain=[0, 23]),
                axis=alt.Axis(tickMinStep=1),
            ),
            y=alt.Y("value:Q", title="mean wait, s"),
            color=_color(comparison),
        )
    )
    return _svg(chart)


def by_group(comparison: Comparison, metric: str) -> str | None:
    """One figure by group, a bar a policy, with 95 % intervals. None: it is nowhere above 0."""
    rows: list[dict[str, Any]] = []
    for policy, found in comparison.estimates.items():
        for group in comparison.loaded.scenario.people:
            told = found.get(Where("group", group), {}).get(metric, Missing(""))
            if isinstance(told, Missing):
                continue
            scale = 100.0 if METRICS[metric].unit == "share" else 1.0
            low, high = told.ci95 or (told.mean, told.mean)
            rows.append({"policy": policy, "group": group, "value": told.mean * scale,
                         "low": max(0.0, low * scale), "high": high * scale})  # fmt: skip
    if not any(row["value"] > 0.0 for row in rows):
        return None
    import altair as alt

    base = alt.Chart(_data(rows)).encode(
        y=alt.Y("group:N", title=None, sort=list(comparison.loaded.scenario.people)),
        yOffset=alt.YOffset("policy:N", sort=list(comparison.estimates)),
    )
    unit = "%" if METRICS[metric].unit == "share" else METRICS[metric].unit
    bars = base.mark_bar().encode(
        x=alt.X("value:Q", title=f"{METRICS[metric].title}, {unit}"), color=_color(comparison)
    )
    intervals = base.mark_rule(strokeWidth=1.5, color="#555").encode(x="low:Q", x2="high:Q")
    return _svg(bars + intervals, height=max(HEIGHT, 16 * len(rows)))


def ways_in(comparison: Comparison) -> str | None:
    """Shares of the ways in: a stacked bar for each group and policy, by day and by night. None: nobody came in."""
    shown = ways_shown(comparison)
    rows: list[dict[str, Any]] = [
        {
            "policy": policy,
            "group": group,
            "period": f"by {period}",
            "way": way,
            "order": shown.index(way),
            "value": mean(told.share) * 100.0,
        }
        for (policy, group, period, way), told in from_street(comparison).items()
        if way in shown and mean(told.share) > 0.0
    ]
    if not rows:
        return None
    import altair as alt

    groups = [one for one in comparison.loaded.scenario.people if any(row["group"] == one for row in rows)]
    policies, periods = list(comparison.estimates), sorted({row["period"] for row in rows})
    gap = 150
    chart = (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            x=alt.X(
                "value:Q",
                title="% of those who came in",
                scale=alt.Scale(domain=[0, 100]),
                axis=alt.Axis(tickCount=5),
            ),
            y=alt.Y("policy:N", title=None, sort=policies, axis=alt.Axis(labelLimit=gap)),
            color=alt.Color(
                "way:N",
                sort=shown,
                scale=alt.Scale(domain=shown, range=[WAY_COLOURS[way] for way in shown]),
                legend=alt.Legend(orient="top", title=None, columns=len(shown)),
            ),
            order=alt.Order("order:Q"),
        )
        .properties(width=(WIDTH - gap - 90) / len(periods), height=18 * len(policies))
        .facet(
            row=alt.Row(
                "group:N",
                title=None,
                sort=groups,
                header=alt.Header(labelOrient="top", labelAnchor="start", labelFontWeight="bold"),
            ),
            column=alt.Column("period:N", title=None, sort=periods),
            spacing=14,
        )
    )
    return _svg(chart, None)


def headline_by_following(comparison: Comparison) -> str | None:
    """The headline at each probability of following, a line a policy, with 95 % intervals. None: it was not varied."""
    found = comparison.sensitivity
    if found is None:
        return None
    metric = METRICS[found.headline.metric]
    scale = 100.0 if metric.unit == "share" else 1.0
    rows: list[dict[str, Any]] = []
    for place, (policy, estimates) in enumerate(found.estimates.items()):
        for probability, told in zip(found.probabilities, estimates, strict=True):
            if not isinstance(told, Missing):
                low, high = told.ci95 or (told.mean, told.mean)
                # A little beside one another, so that no interval hides another.
                beside = probability * 100.0 + (place - (len(found.estimates) - 1) / 2.0) * BESIDE
                rows.append({"policy": policy, "beside": beside, "value": told.mean * scale,
                             "low": max(0.0, low * scale), "high": high * scale})  # fmt: skip
    if not rows:
        return None
    import altair as alt

    base = alt.Chart(_data(rows)).encode(
        x=alt.X(
            "beside:Q",
            title="probability that somebody without a usable credential follows, %",
            scale=alt.Scale(domain=[0, 100]),
            axis=alt.Axis(values=[one * 100.0 for one in found.probabilities]),
        ),
        color=_color(comparison),
    )
    where = [one for one in (found.headline.group, found.headline.portal) if one]
    unit = {"share": "%"}.get(metric.unit, metric.unit)
    # Candidates often differ by factors, and those that differ little would lie on the ground, one upon another.
    least, most = min(row["low"] for row in rows), max(row["high"] for row in rows)
    logarithmic = least > 0.0 and most / least >= FACTORS
    lines = base.mark_line(point={"size": 28}, strokeWidth=2).encode(
        y=alt.Y(
            "value:Q",
            title=f"{', '.join([metric.title, *where, unit])}{' (logarithmic)' if logarithmic else ''}",
            scale=alt.Scale(type="log", nice=False) if logarithmic else alt.Scale(),
            axis=alt.Axis(tickCount=5, format=",~g"),
        )
    )
    intervals = base.mark_rule(strokeWidth=1.5).encode(y="low:Q", y2="high:Q")
    return _svg(lines + intervals)


def _data(rows: list[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def _color(comparison: Comparison) -> Any:
    import altair as alt

    names: Sequence[str] = list(comparison.estimates)
    return alt.Color(
        "policy:N",
        sort=list(names),
        scale=alt.Scale(
            domain=list(names), range=[PALETTE[index % len(PALETTE)] for index in range(len(names))]
        ),
        legend=alt.Legend(orient="top", title=None, columns=3, labelLimit=400),
    )


def _svg(chart: Any, height: int | None = HEIGHT) -> str:
    """`height` None: the chart has its sizes already."""
    import vl_convert

    if height is not None:
        chart = chart.properties(width=WIDTH - 140, height=height)
    whole = chart.properties(background="transparent").configure(
        font="sans-serif",
        padding={"left": 24, "right": 8, "top": 5, "bottom": 5}, view={"stroke": None},
        axis={"gridColor": "#8884", "domainColor": "#888", "tickColor": "#888", "labelColor": "#777", "titleColor": "#777",
              "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
        legend={"labelColor": "#777", "labelFontSize": 12},
        header={"labelColor": "#777", "labelFontSize": 12},
    )  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(whole.to_dict())
    # Scales with the page instead of keeping its size.
    return re.sub(r'^<svg ([^>]*?)width="[\d.]+" height="[\d.]+"', r"<svg \1", svg, count=1)
