"""The answer in the terminal: candidates beside each other, headlines below each other."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..scenarios.metrics import COSTS, title_of
from ..sim.comparison import Comparison
from ..sim.metrics import METRICS, OVERALL, Missing, Where
from . import words
from .entries import dependence, group_rows, overall, ways_shown

ROWS = (
    ("wait.p95", "wait, 95th percentile"),
    ("journey_time.mean", "street to home, mean"),
    ("first_try.share", "granted at the first try"),
    ("lockout.persons", "people locked out"),
    ("lockout.minutes", "time locked out"),
    ("abandon.share", "left without passing"),
    ("tailgating.share", "followed unnoticed"),
    ("piggybacking.share", "followed with consent"),
    ("unbadged.share", "without a grant of their own"),
    ("bypasses", "crawled or climbed"),
    ("deadlock.episodes", "deadlocks"),
    ("calls", "calls for help"),
    ("guard.minutes", "guard time"),
    ("captures", "faces imaged"),
)
BY_GROUP = ("lockout.persons", "unbadged.share")
"""Rows below which the groups stand that differ."""


def answer(comparison: Comparison, width: int) -> RenderableType:
    """Title, table, expectations; fits `width` columns by leaving out candidates from the right."""
    policies = list(comparison.estimates)
    room = max(2, 1 + (width - 34 - 10) // 23)
    shown = [comparison.baseline, *[one for one in policies if one != comparison.baseline]][:room]
    parts: list[RenderableType] = [Text(_title(comparison)), Text()]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("", overflow="fold")
    for policy in shown:
        table.add_column(policy, justify="right", overflow="fold")
    for metric, title in ROWS:
        _rows(table, comparison, shown, metric, title)
    for metric in COSTS:
        _rows(table, comparison, shown, metric, title_of(metric, comparison.currency))
    parts.append(table)
    notes = []
    if comparison.n == 1:
        behind = f"behind each figure its difference to {comparison.baseline}, " if len(policies) > 1 else ""
        notes.append(f"{behind}{words.SINGLE}")
    elif len(policies) > 1:
        notes.append(
            f"behind each figure its difference to {comparison.baseline}, ± half of the 95 % interval of the paired differences"
        )
    if len(shown) < len(policies):
        notes.append(
            f"the terminal is too narrow for {', '.join(p for p in policies if p not in shown)}; see the report"
        )
    if notes:
        parts += [Text(), *[Text(note, style="dim") for note in notes]]
    parts += [*_ways(comparison, width), *_dependence(comparison)]
    parts += [Text(), *_expectations(comparison)]
    return Group(*parts)


def _ways(comparison: Comparison, width: int) -> list[RenderableType]:
    """Below each candidate its groups: minutes locked out, and how they came in from the street by day and by night.

    Columns for which `width` is too narrow stand in further tables below.
    """
    shown = ways_shown(comparison)
    if not shown:
        return []
    heads = ["ways in", "locked out", "", "came in", *shown, "deadlocks"]
    rows: list[tuple[str, list[str]]] = []
    for policy in comparison.ways:
        lockout, deadlocks = (
            overall(comparison, policy, one) for one in ("lockout.minutes", "deadlock.episodes")
        )
        rows.append(("bold", [policy, lockout, "", "", *[""] * len(shown), deadlocks]))
        for row in group_rows(comparison, policy):
            first = [f"  {row.group}", row.lockout] if row.first else ["", ""]
            rows.append(("", [*first, row.period, row.entries, *row.shares, ""]))
    note = f"people who came in from the street, and the shares of them by each way; night is {comparison.loaded.scenario.night}"
    parts: list[RenderableType] = []
    for columns in _blocks([heads, *(cells for _, cells in rows)], width):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
        table.add_column(heads[0], overflow="fold", max_width=width // 2)
        for column in columns[1:]:
            table.add_column(heads[column], justify="left" if column in _REPEATED else "right", no_wrap=True)
        for style, cells in rows:
            table.add_row(*[cells[column] for column in columns], style=style)
        parts += [Text(), table]
    return [*parts, Text(), Text(note, style="dim")]


_REPEATED = (0, 2)
"""Columns of the ways in that say what a row is: name and period."""


def _blocks(rows: list[list[str]], width: int) -> list[list[int]]:
    """Columns of each of the tables that show `rows` within `width`; at least one besides those that are repeated."""
    room = [max(len(cells[column]) for cells in rows) + 2 for column in range(len(rows[0]))]
    # Names are broken rather than figures cut.
    room[0] = min(room[0], width // 2 + 2)
    fixed = sum(room[column] for column in _REPEATED)
    blocks: list[list[int]] = []
    left = 0
    for column in range(len(room)):
        if column in _REPEATED:
            continue
        if not blocks or room[column] > left:
            blocks.append(list(_REPEATED))
            left = width - fixed
        blocks[-1].append(column)
        left -= room[column]
    return [sorted(one) for one in blocks]


def _dependence(comparison: Comparison) -> list[RenderableType]:
    told = dependence(comparison)
    if told is None:
        return []
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("")
    for column in told.columns:
        table.add_column(column, justify="right")
    for policy, cells in told.rows:
        table.add_row(policy, *[f"{mean} ({interval})" if interval else mean for mean, interval in cells])
    return [Text(), Text(told.title), table, Text(told.notes, style="dim")]


def _title(comparison: Comparison) -> str:
    scenario = comparison.loaded.scenario
    people = comparison.estimates[comparison.baseline][OVERALL]["visits"]
    visits = f" · {people.mean:,.0f} visits a replication" if not isinstance(people, Missing) else ""
    cut = " (cut short)" if comparison.cut_short else ""
    runs = words.replications(1) if comparison.n == 1 else f"{comparison.n} paired replications"
    return f"{scenario.id} · {runs}{cut}{visits} · seed {comparison.seed}"


def _rows(table: Table, comparison: Comparison, shown: list[str], metric: str, title: str) -> None:
    if all(_is_idle(comparison, policy, metric) for policy in shown):
        return
    table.add_row(title, *[_cell(comparison, policy, metric, OVERALL) for policy in shown])
    if metric not in BY_GROUP:
        return
    for group in comparison.loaded.scenario.people:
        where = Where("group", group)
        cells = [_cell(comparison, policy, metric, where) for policy in shown]
        if any(cell not in (words.NOTHING, "0", "0 %") for cell in cells):
            table.add_row(f"  {group}", *cells, style="dim")


def _is_idle(comparison: Comparison, policy: str, metric: str) -> bool:
    told = comparison.estimates[policy][OVERALL].get(metric, Missing("not told"))
    return isinstance(told, Missing) or told.mean == 0.0


def _cell(comparison: Comparison, policy: str, metric: str, where: Where) -> str:
    told = comparison.estimates[policy].get(where, {}).get(metric, Missing("not measured"))
    text = words.figure(metric, told)
    if policy == comparison.baseline or text == words.NOTHING:
        return text
    against = words.contrast(metric, comparison.contrast(policy, metric, where))
    return text if against in (words.NOTHING, "+0", "±0") else f"{text}  {against}"


def _expectations(comparison: Comparison) -> list[Text]:
    judged = comparison.judgements
    if not judged:
        return []
    counts = []
    for those, verb in ((False, "hold"), (True, "that must fail do")):
        told = [one for one in judged if one.must_fail is those and one.verdict != "NOT_TESTED"]
        if told:
            counts.append(f"{sum(not one.failed for one in told)} of {len(told)} {verb}")
    failed = any(one.failed for one in judged)
    lines = [Text(f"expectations: {', '.join(counts) or 'none tested'}", style="bold" if failed else "")]
    for one in judged:
        text = f"  {one.policy}: {one.expectation.text}"
        value = words.judged(one.value or 0.0, METRICS[one.expectation.metric].unit)
        if one.verdict == "NOT_TESTED":
            lines.append(Text(f"{text} must fail; not tested: {one.why}", style="dim"))
        elif one.failed:
            found = f"has no figure: {one.why}" if one.value is None else f"is {value}"
            must = f" must fail (expected of {one.expected_of})" if one.must_fail else ""
            lines.append(Text(f"{text}{must}, but {one.expectation.metric} {found}", style="red"))
        elif one.must_fail:
            lines.append(Text(f"{text} fails, as it must: {value}", style="dim"))
    return lines


def show(comparison: Comparison, console: Console) -> None:
    """Print the answer."""
    console.print(answer(comparison, console.width), soft_wrap=False)
