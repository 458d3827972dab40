"""A person's day as a story: rows of the event log into sentences, each with the rows that back it.

Pure: nothing is read here. What the log does not say is not said. Every row that concerns the person is told in exactly
one sentence, or is of a kind that `LEFT_OUT` lists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from ..sim.events import OCCUPIED, Event
from ..sim.visit import LEGS
from . import phrases
from .visit_story import LONG, Row, Sentence, VisitStory, quoted

LEFT_OUT = {("stage", OCCUPIED): "how long the lane was taken: the lane's business, not theirs"}
"""Rows with the person's number that are told in no sentence: (event, reason) -> why."""
WANTED = (
    "seq", "t", "portal", "direction", "event", "person", "visit", "credential", "outcome", "reason", "way", "donor",
    "value",
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """A person's day under one candidate."""

    policy: str
    sentences: tuple[Sentence, ...]
    """In order of time."""
    left_out: tuple[int, ...]
    """`seq` of the rows that are told in no sentence."""


class Clock:
    """Clock times of a scenario's zone."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        """`start` (ISO, local) and `zone` of the tables' metadata; ValueError where there are none. Without a zone (a
        real log) clocks are taken to run through."""
        zone = ZoneInfo(str(metadata["zone"])) if metadata.get("zone") else UTC
        self._zone = zone
        self._start = datetime.fromisoformat(str(metadata["start"])).replace(tzinfo=zone).astimezone(UTC)

    def at(self, t: float) -> datetime:
        """The local instant, to the whole second before."""
        return (self._start + timedelta(seconds=int(t // 1))).astimezone(self._zone)


def rows_of(events: pa.Table, person: int) -> list[Row]:
    """What concerns somebody: their own rows, those in which they are the donor, and every cutover; by `t`, `seq`."""
    mine = pc.equal(events["person"], person)
    given = pc.equal(events["donor"], person)
    for_all = pc.equal(events["event"].cast(pa.string()), Event.CUTOVER.value)
    wanted = pc.or_kleene(pc.or_kleene(mine, given), for_all)
    found = events.select(WANTED).filter(pc.fill_null(wanted, False))
    columns = [
        (column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column).to_pylist()
        for column in found.columns
    ]
    return sorted((Row(*values) for values in zip(*columns, strict=True)), key=lambda row: (row.t, row.seq))


def tell(policy: str, rows: Iterable[Row], person: int, legs: int = LEGS) -> Story:
    """The story of one person. `rows`: those of `rows_of`; `legs`: visits that a journey may have."""
    visits: dict[int, list[Row]] = defaultdict(list)
    others: list[Row] = []
    sentences: list[Sentence] = []
    left_out: list[int] = []
    for row in rows:
        if row.person == person and (row.event, row.reason or "") in LEFT_OUT:
            left_out.append(row.seq)
        elif row.person == person and row.visit is not None:
            visits[row.visit].append(row)
        elif row.person != person and row.donor == person:
            others.append(row)
        else:
            sentences.append(Sentence(row.t, _alone(row), (row.seq,)))
    for number, those in visits.items():
        sentences += VisitStory(those, number % legs > 0).sentences()
    sentences += _by_others(others)
    sentences.sort(key=lambda one: (one.t, one.rows))
    return Story(policy, tuple(sentences), tuple(left_out))


def who(person: Mapping[str, Any]) -> str:
    """A row of the persons table in words."""
    group = person.get("group")
    parts = [phrases.article(phrases.plain(group)) if group else "of no known group"]
    if person.get("age") is not None:
        parts.append(f"{person['age']} years old")
    if person.get("household") is not None:
        parts.append(f"of household {person['household']}")
    if person.get("entitled") is not None:
        parts.append("entitled to enter" if person["entitled"] else "not entitled to enter")
    if person.get("enrolment") is not None:
        parts.append(phrases.enrolment(person["enrolment"]))
    return f"Person {person['person']}: {', '.join(parts)}."


# ---- what happens outside of visits


def _alone(row: Row) -> str:
    text = None
    if row.event in (Event.ENROL, Event.STAGE):
        text = phrases.enrolled(row.reason, row.credential, row.value)
    elif row.event == Event.CUTOVER and row.person is None:
        text = phrases.cut_over(row.credential, row.reason)
    return text or f"{quoted(row)[0].upper()}{quoted(row)[1:]}."


def _by_others(rows: Sequence[Row]) -> Iterator[Sentence]:
    """What others did through this person; neighbours that did the same on the same occasion share a sentence."""
    batch: list[Row] = []
    for row in [*rows, None]:
        if batch and (row is None or not _same_occasion(batch[-1], row)):
            yield Sentence(batch[0].t, _batch_text(batch), tuple(one.seq for one in batch))
            batch = []
        if row is not None:
            batch.append(row)


def _same_occasion(a: Row, b: Row) -> bool:
    return a.event == b.event == "pass" and a[2:4] == b[2:4] and a.way == b.way and b.t - a.t <= LONG


def _batch_text(batch: list[Row]) -> str:
    first = batch[0]
    text = None
    if first.event == Event.PASS:
        text = phrases.helped([one.person or 0 for one in batch], first.way, first.direction)
    elif first.event == Event.DECISION:
        credential = phrases.plain(first.credential or "credential")
        text = (
            f"At {phrases.place(first.portal)} the {credential} of person {first.person} is taken for theirs."
        )
    if text is None:
        text = "; ".join(f"{quoted(one)}, person {one.person}, and names them as the donor" for one in batch)
        text = f"{text[0].upper()}{text[1:]}."
    return text
