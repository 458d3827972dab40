"""Charts of a comparison as SVG, without scripts: what waits when, who is locked out, who comes in on others' grants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..sim.comparison import Comparison
from ..sim.metrics import METRICS, Missing, Where

PALETTE = ("#0b6e99", "#d1495b", "#3a7d44", "#8e5ea2", "#b8860b", "#444e86", "#ef8354", "#2a9d8f")
"""Told apart also by those who see few colours, and on light and dark ground."""
WIDTH, HEIGHT = 760, 240


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


def _svg(chart: Any, height: int = HEIGHT) -> str:
    import vl_convert

    whole = chart.properties(width=WIDTH - 140, height=height, background="transparent").configure(
        font="sans-serif",
        padding={"left": 24, "right": 8, "top": 5, "bottom": 5}, view={"stroke": None},
        axis={"gridColor": "#8884", "domainColor": "#888", "tickColor": "#888", "labelColor": "#777", "titleColor": "#777",
              "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
        legend={"labelColor": "#777", "labelFontSize": 12},
    )  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(whole.to_dict())
    # Scales with the page instead of keeping its size.
    return re.sub(r'^<svg ([^>]*?)width="[\d.]+" height="[\d.]+"', r"<svg \1", svg, count=1)
