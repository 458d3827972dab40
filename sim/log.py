"""The event log: collected as one flat list of numbers, handed on as an Arrow table of columns.

A row is nine numbers: when, what (`kind`: event, credential, outcome, reason and way as one code), where
(`place`: portal, lane and direction as one code), who, which visit, attempt and cycle, the donor, a value.
`log.write(row)` takes one row or several end to end and is `list.extend` itself, the cheapest call there is:
0.1 microseconds a row, and 0.25 more when all become columns (`array.extend` was slower by half, text instead
of codes three times). `log.record(row)` takes a row of words instead, in the order of `events.ROW`. Files:
`files.py`.

As Python objects a row takes 150 bytes, as columns 46: `log.breathe()` turns what has gathered into columns
if it is much, and otherwise costs 0.07 microseconds.

Conventions of the rows, which the metrics lean on:

* rows come in order of time; a number that is None or negative, and a text that is None, is not there;
* a visit's number is `journey * legs + leg`, unique for its person; `legs` stands in the metadata;
* `arrive` has the reason `no-credential` when the person holds nothing usable that is accepted there and
  then;
* `queue` begins a wait in line, after rejoining as well; the wait ends with the visit's next `present`,
  `pass`, `bypass`, `abandon`, `guard_start` or `wait_other`, or where a lane takes them (start of `stage`
  `occupied`);
* `present` begins an attempt, `decision` closes it (outcome, reason, value: seconds since its `present`), and
  `acquire_failed` stands where no decision was reached;
* `wait_other` ends with the visit's next `pass`, `abandon`, `present`, `guard_start` or `call`, or when it sets out for
  its `bypass` (whose value is the seconds that it took);
* a lane's occupancy is one `stage` row with the reason `occupied`, written when it is released, value: its
  seconds;
* `guard_end` has the guard's seconds as its value; `capture` is one for each face attempt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..scenarios.errors import EngineError
from .events import ROW, Direction, Event, Outcome, Way
from .files import EVENTS, with_metadata

_CLOSED = {
    name: frozenset(map(str, words))
    for name, words in (("event", Event), ("direction", Direction), ("outcome", Outcome), ("way", Way))
}
_KIND = ("event", "credential", "outcome", "reason", "way")
_NUMBERS = ("person", "visit", "attempt", "cycle", "donor", "value")
_KEPT: dict[str, type[np.generic]] = {
    "t": np.float64, "kind": np.int32, "place": np.int32, "person": np.int32, "visit": np.int64, "attempt": np.int16,
    "cycle": np.int64, "donor": np.int32, "value": np.float64,
}  # fmt: skip
"""A row, and the types in which its columns are kept."""
WIDTH = len(_KEPT)
CHUNK = 16_384
"""Rows that may gather before `breathe` makes columns of them: 3 MB of Python objects."""
NONE = -1
NO_VALUE = float("nan")


class EventLog:
    """Rows of one replication."""

    def __init__(self) -> None:
        self._flat: list[float] = []
        self.write = self._flat.extend
        """Write rows of `WIDTH` numbers: t, kind, place, person, visit, attempt, cycle, donor (-1: none),
        value (NaN: none). Stays the same function for good."""
        self._chunks: list[list[NDArray[Any]]] = []
        self._kept = 0
        self._kinds: dict[tuple[str | None, ...], int] = {}
        self._places: dict[tuple[str | None, int, str | None], int] = {}

    def __len__(self) -> int:
        """Rows so far."""
        return self._kept + len(self._flat) // WIDTH

    def kind(
        self,
        event: str,
        *,
        credential: str | None = None,
        outcome: str | None = None,
        reason: str | None = None,
        way: str | None = None,
    ) -> int:
        """The code of what happens. EngineError for an event, outcome or way that there is not."""
        key = (event, credential, outcome, reason, way)
        code = self._kinds.get(key)
        if code is None:
            for name, word in zip(_KIND, key, strict=True):
                if name in _CLOSED and word is not None and word not in _CLOSED[name]:
                    raise EngineError(f"event log: there is no {name} {word!r}")
            code = self._kinds[key] = len(self._kinds)
        return code

    def place(self, portal: str | None, lane: int = NONE, direction: str | None = None) -> int:
        """The code of where it happens."""
        key = (portal, lane, direction)
        code = self._places.get(key)
        if code is None:
            if direction is not None and direction not in _CLOSED["direction"]:
                raise EngineError(f"event log: there is no direction {direction!r}")
            code = self._places[key] = len(self._places)
        return code

    def record(self, row: tuple[Any, ...]) -> None:
        """Write one row of words and numbers, in the order of `events.ROW`; None: not there."""
        said = dict(zip(ROW, row, strict=True))
        kind = self.kind(said["event"], **{name: said[name] for name in _KIND[1:]})
        lane = NONE if said["lane"] is None else said["lane"]
        numbers = [NONE if said[name] is None else said[name] for name in _NUMBERS[:-1]]
        value = NO_VALUE if said["value"] is None else said["value"]
        self.write((said["t"], kind, self.place(said["portal"], lane, said["direction"]), *numbers, value))

    def breathe(self) -> None:
        """Turn what has gathered into columns, if it is much."""
        if len(self._flat) >= CHUNK * WIDTH:
            self._gather()

    def _gather(self) -> None:
        flat = self._flat
        rows, over = divmod(len(flat), WIDTH)
        if over:
            raise EngineError(f"event log: {len(flat)} numbers are not rows of {WIDTH}")
        if rows:
            self._chunks.append([_narrow(flat[index::WIDTH], name) for index, name in enumerate(_KEPT)])
            self._kept += rows
            flat.clear()

    def _columns(self) -> dict[str, NDArray[Any]]:
        """All that was gathered, as one chunk; tables share its memory."""
        self._gather()
        if len(self._chunks) != 1:
            whole = []
            for index, kind in enumerate(_KEPT.values()):
                whole.append(np.concatenate([np.empty(0, kind), *(chunk[index] for chunk in self._chunks)]))
                for chunk in self._chunks:
                    chunk[index] = np.empty(0, kind)
            self._chunks = [whole]
        return dict(zip(_KEPT, self._chunks[0], strict=True))

    def table(
        self, rep: int = 0, metadata: Mapping[str, Any] | None = None, *, clock: str = "sim"
    ) -> pa.Table:
        """Every row so far, with the columns and types of `files.EVENTS`. `metadata` travels with the
        table."""
        kept = self._columns()
        rows = self._kept
        columns: dict[str, pa.Array] = {
            "rep": pa.array(np.full(rows, rep, np.int32)),
            "seq": pa.array(np.arange(rows, dtype=np.int64)),
            "t": pa.array(kept["t"]),
            "u": pa.array(np.zeros(rows)),
            "clock": _coded(np.zeros(rows, np.int8), [clock], pa.int8()),
            "evidence": pa.nulls(rows, pa.int64()),
        }
        columns["lane"] = pa.array(_looked_up([lane for _, lane, _ in self._places], kept["place"], np.int16))
        for index, column in ((0, "portal"), (2, "direction")):
            columns[column] = _words(
                [key[index] for key in self._places], kept["place"], EVENTS.field(column).type
            )
        for index, column in enumerate(_KIND):
            columns[column] = _words(
                [key[index] for key in self._kinds], kept["kind"], EVENTS.field(column).type
            )
        for column in _NUMBERS:
            values = kept[column]
            columns[column] = pa.array(values, mask=np.isnan(values) if column == "value" else values < 0)
        return with_metadata(
            pa.Table.from_arrays([columns[field.name] for field in EVENTS], schema=EVENTS), metadata or {}
        )


def _narrow(values: list[float], name: str) -> NDArray[Any]:
    """Numbers of a column in its type; EngineError where they don't fit."""
    numbers = np.array(values)
    found: NDArray[Any] = numbers.astype(_KEPT[name], copy=False)
    if numbers.dtype != found.dtype and found.dtype.kind != "f" and not np.array_equal(found, numbers):
        wrong = numbers[found != numbers][0]
        raise EngineError(f"event log: {name} cannot be {wrong}")
    return found


def _looked_up(values: list[Any], codes: NDArray[np.int32], dtype: type) -> NDArray[Any]:
    found: NDArray[Any] = np.array(values, dtype)[codes] if len(codes) else np.empty(0, dtype)
    return found


def _words(said: list[Any], codes: NDArray[np.int32], kind: pa.DataType) -> pa.Array:
    """A dictionary column from the word of every code."""
    words: list[str] = sorted({str(word) for word in said if word is not None})
    index = [-1 if word is None else words.index(str(word)) for word in said]
    return _coded(_looked_up(index, codes, np.int16), words, kind.index_type)


def _coded(codes: NDArray[Any], words: list[str], index: pa.DataType) -> pa.Array:
    indices = pa.array(codes, mask=codes < 0).cast(index)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))
