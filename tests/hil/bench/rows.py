"""Event logs written as little tables, for the functions that only read them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from gatebench.hil.bench.oracle import Judged
from gatebench.sim.log import EventLog

METADATA: dict[str, Any] = {
    "world": "sim", "start": "2024-01-01T07:00:00", "scenario": "desk", "policy": "it", "bench": {"portal": "gate-1"},
    "portals": {"gate-1": {"declared": "gate", "lanes": 2, "credential": ["in", "out"]}},
}  # fmt: skip


def log(text: str, **metadata: Any) -> pa.Table:
    """Rows `t event person/visit key=value ...`; `-` for nobody. Without a key: gate-1, lane 0, in."""
    rows = EventLog()
    for line in filter(str.strip, text.splitlines()):
        t, event, who, *more = line.split()
        said = dict(word.split("=") for word in more)
        person, visit = (None, None) if who == "-" else map(int, who.split("/"))
        number = {name: int(said[name]) if name in said else None for name in ("attempt", "cycle", "donor")}
        words = [said.get(name) for name in ("credential", "outcome", "reason", "way")]
        rows.record((
            float(t), event, said.get("at", "gate-1"), int(said.get("lane", 0)), said.get("to", "in"), person, visit,
            number["attempt"], number["cycle"], *words, number["donor"], float(said["value"]) if "value" in said else None,
        ))  # fmt: skip
    return rows.table(0, {**METADATA, **metadata})


def own(
    t: float,
    who: str,
    cycle: int,
    *,
    lane: int = 0,
    to: str = "in",
    credential: str = "card",
    late: float = 0.0,
) -> str:
    """Somebody comes, presents, is granted 1 s later and goes in; the door is locked 4 s after they came. `late`: seconds by
    which the decision and what follows come later."""
    at, there = f"lane={lane} to={to}", t + late
    return f"""
    {t} arrive {who} lane=-1 to={to}
    {t} present {who} {at} credential={credential} attempt=0
    {there + 1.0} decision {who} {at} credential={credential} outcome=grant reason=granted attempt=0 value={1.0 + late}
    {there + 1.1} unlock {who} {at} reason=own cycle={cycle} attempt=0
    {there + 1.5} open {who} {at} cycle={cycle} attempt=0
    {there + 2.5} pass {who} {at} way=own cycle={cycle} attempt=0
    {there + 3.5} close - {at} cycle={cycle} value=2
    {there + 4.0} relock - {at} cycle={cycle}
    """


def in_order(*stories: str) -> str:
    """Stories that overlap, as one."""
    lines = [line for story in stories for line in story.splitlines() if line.strip()]
    return "\n".join(sorted(lines, key=lambda line: float(line.split()[0])))


def judged(
    t: float,
    person: int,
    visit: int,
    *,
    observed: str | None = "grant",
    expected: str = "grant",
    not_tested: str = "",
) -> Judged:
    reason = "granted" if expected == "grant" else "unknown"
    answered = None if observed is None else t + 0.2
    return Judged(
        t,
        person,
        visit,
        0,
        0,
        "in",
        "card",
        "owner",
        expected,
        reason,
        observed,
        answered,
        40,
        41,
        not_tested,
    )
