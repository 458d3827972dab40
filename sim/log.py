"""The event log: collected as one flat list, kept as typed columns, handed on as an Arrow table.

The world records an event with `log.record(row)`: `row` is a tuple in the order of `events.ROW`, and `record` is
`list.extend` itself, the cheapest call there is. So that Python objects don't pile up, somebody calls `log.breathe()`
now and then (once a trip will do); it turns what has gathered into 54 bytes a row. Files: `files.py`.

Conventions of the rows, which the metrics lean on:

* rows come in order of time; a number that is None or negative, and a text that is None, is not there;
* a visit's number is `journey * legs + leg`, unique for its person; `legs` stands in the metadata;
* `arrive` has the reason `no-credential` when the person holds nothing usable that is accepted there and then;
* `queue` begins a wait in line, after rejoining as well; the wait ends with the visit's next `present`, `pass`,
  `bypass`, `abandon`, `guard_start` or `wait_other`, or where a lane takes them (start of `stage` `occupied`);
* `present` begins an attempt, `decision` closes it (outcome, reason, value: seconds since its `present`), and
  `acquire_failed` stands where no decision was reached;
* `wait_other` ends with the visit's next `pass`, `bypass`, `abandon`, `present` or `guard_start`;
* a lane's occupancy is one `stage` row with the reason `occupied`, written when it is released, value: its seconds;
* `guard_end` has the guard's seconds as its value; `capture` is one for each face attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..scenarios.errors import EngineError
from .events import ROW, Direction, Event, Outcome, Way
from .files import EVENTS, with_metadata

WIDTH = len(ROW)
CHUNK = 16_384
"""Rows that may gather before `breathe` turns them into columns: about 4 MB of Python objects."""

_CLOSED: dict[str, type[StrEnum]] = {"event": Event, "direction": Direction, "outcome": Outcome, "way": Way}
_WORDS = ("event", "portal", "direction", "credential", "outcome", "reason", "way")


class _Codes(dict[str | None, int]):
    """Text -> code, in order of first use; None -> -1."""

    def __init__(self, words: Iterable[str] = (), *, closed: bool = False) -> None:
        super().__init__({None: -1})
        self.closed = closed
        for word in words:
            self[str(word)] = len(self) - 1

    def __missing__(self, word: str) -> int:
        if self.closed or not isinstance(word, str):
            raise KeyError(word)
        code = self[str(word)] = len(self) - 1
        return code

    def words(self) -> list[str]:
        return [word for word in self if word is not None]


class EventLog:
    """Rows of one replication."""

    def __init__(self) -> None:
        self._flat: list[Any] = []
        self.record = self._flat.extend
        """Record one event: takes a tuple in the order of `events.ROW`. Stays the same function for good."""
        self._codes = {name: _Codes(_CLOSED.get(name, ()), closed=name in _CLOSED) for name in _WORDS}
        self._chunks: list[tuple[NDArray[Any], ...]] = []
        self._kept = 0

    def __len__(self) -> int:
        """Rows so far."""
        return self._kept + len(self._flat) // WIDTH

    def breathe(self) -> None:
        """Turn what has gathered into columns, if it is much. Costs next to nothing otherwise."""
        if len(self._flat) >= CHUNK * WIDTH:
            self._flush()

    def _flush(self) -> None:
        flat = self._flat
        count, over = divmod(len(flat), WIDTH)
        if over:
            raise EngineError(f"event log: {len(flat)} values are not rows of {WIDTH}: {flat[-WIDTH:]!r}")
        if not count:
            return
        self._chunks.append(tuple(self._column(name, flat[place::WIDTH]) for place, name in enumerate(ROW)))
        self._kept += count
        flat.clear()

    def _column(self, name: str, values: list[Any]) -> NDArray[Any]:
        try:
            if name in self._codes:
                dtype = np.int8 if name in _CLOSED else np.int16
                return np.fromiter(map(self._codes[name].__getitem__, values), dtype, len(values))
            kind = EVENTS.field(name).type
            column = pa.array(values, kind)
            if pa.types.is_integer(kind):
                column = column.fill_null(-1)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise EngineError(f"event log: column {name!r} cannot take {error}") from error
        return np.asarray(column.to_numpy(zero_copy_only=False))

    def table(
        self, rep: int = 0, metadata: Mapping[str, Any] | None = None, *, clock: str = "sim"
    ) -> pa.Table:
        """Every row so far, with the columns and types of `files.EVENTS`. `metadata` travels with the table."""
        self._flush()
        count = self._kept
        arrays = []
        for field in EVENTS:
            if field.name in ROW:
                arrays.append(self._arrow(field))
            elif field.name == "rep":
                arrays.append(pa.array(np.full(count, rep, np.int32)))
            elif field.name == "seq":
                arrays.append(pa.array(np.arange(count, dtype=np.int64)))
            elif field.name == "u":
                arrays.append(pa.array(np.zeros(count)))
            elif field.name == "clock":
                arrays.append(_coded(np.zeros(count, np.int8), [clock]))
            else:
                arrays.append(pa.nulls(count, field.type))
        return with_metadata(pa.Table.from_arrays(arrays, schema=EVENTS), metadata or {})

    def _arrow(self, field: pa.Field) -> pa.Array:
        place = ROW.index(field.name)
        parts = [chunk[place] for chunk in self._chunks]
        if field.name in self._codes:
            codes = self._codes[field.name]
            kind = np.int8 if codes.closed else np.int16
            return _coded(np.concatenate([np.empty(0, kind), *parts]), codes.words())
        whole = np.concatenate([np.empty(0, field.type.to_pandas_dtype()), *parts])
        if not field.nullable:
            return pa.array(whole, field.type)
        return pa.array(whole, field.type, mask=np.isnan(whole) if whole.dtype.kind == "f" else whole < 0)


def _coded(codes: NDArray[Any], words: list[str]) -> pa.Array:
    indices = pa.array(codes, mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))
