"""What cameras saw, as rows of the event log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ...sim.events import Event
from ...sim.files import EVENTS
from ..clocks import WorldClock
from .witness import Witness


def with_sightings(table: pa.Table, witnesses: Sequence[Witness], clock: WorldClock, portal: str) -> pa.Table:
    """The log with a row `sighting` for each, in order of time. What cannot be told on the host's clock has no row:
    `Witness.why_no_clock` says why."""
    rows = [
        {
            "seq": 0, "t": clock.at(one.instant), "u": one.u, "clock": found.camera, "portal": portal, "lane": found.lane,
            "event": str(Event.SIGHTING), "reason": " ".join(filter(None, (one.sighting.event, _word(one.sighting.note)))),
            "value": one.sighting.value, "evidence": one.evidence,
        }
        for found in witnesses for one in found.seen
    ]  # fmt: skip
    if not rows:
        return table
    rep = table["rep"][0].as_py() if len(table) else 0
    columns = [
        pa.array([{"rep": rep, **row}.get(name) for row in rows], _plain(kind)) for name, kind in _fields()
    ]
    seen = pa.Table.from_arrays(columns, names=[name for name, _ in _fields()]).cast(EVENTS)
    about = table.schema.metadata
    both = pa.concat_tables([table.cast(EVENTS), seen]).unify_dictionaries()
    order = np.argsort(both["t"].to_numpy(), kind="stable")
    both = both.take(pa.array(order))
    seq = pa.array(np.arange(len(both), dtype=np.int64))
    both = both.set_column(both.schema.get_field_index("seq"), EVENTS.field("seq"), seq)
    return both.replace_schema_metadata(about)


def _fields() -> list[tuple[str, pa.DataType]]:
    return [(one.name, one.type) for one in EVENTS]


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _word(note: str) -> str:
    """A colour or a name; a sentence is for people, and stays in the transcript."""
    return note if note.isascii() and note.replace("-", "").isalnum() else ""
