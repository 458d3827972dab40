"""Arrow columns as numpy arrays; the only place of the metrics that touches Arrow.

What a table has not got raises `Absent`, which says why a metric cannot be known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int16]
"""-1: none."""
Flags = NDArray[np.bool_]


class Absent(Exception):
    """Something a metric needs is not in the tables."""

    def again(self) -> Absent:
        """The same without a traceback, fit to be kept: a traceback keeps all arrays of its frames."""
        return Absent(*self.args)


class Columns:
    """A table's columns by name. Numbers: null is -1 (floats: NaN); texts: codes and words, null is -1."""

    def __init__(self, table: pa.Table | None, what: str) -> None:
        self._table = table
        self._what = what

    def __len__(self) -> int:
        return 0 if self._table is None else int(self._table.num_rows)

    def floats(self, name: str) -> Floats:
        column = self._cast(name, pa.float64())
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)

    def ints(self, name: str) -> Ints:
        """In the width that the table has: widen before arithmetic that may overflow."""
        column = self._column(name)
        if not pa.types.is_signed_integer(column.type):
            column = self._cast(name, pa.int64())
        if column.null_count:
            column = column.fill_null(pa.scalar(-1, column.type))
        return np.asarray(column.to_numpy(zero_copy_only=False))

    def codes(self, name: str) -> tuple[NDArray[Any], list[str]]:
        column = self._column(name)
        if not pa.types.is_dictionary(column.type):
            column = self._cast(name, pa.string()).dictionary_encode()
        indices = column.indices
        if indices.null_count:
            indices = indices.fill_null(pa.scalar(-1, indices.type))
        return np.asarray(indices.to_numpy(zero_copy_only=False)), column.dictionary.to_pylist()

    def flags(self, name: str) -> NDArray[np.int8]:
        """1 true, 0 false, -1 not known."""
        column = pc.cast(self._cast(name, pa.bool_()), pa.int8()).fill_null(-1)
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.int8)

    def _cast(self, name: str, kind: pa.DataType) -> Any:
        column = self._column(name)
        try:
            return column.cast(kind)
        except pa.ArrowException as error:
            raise Absent(f"column {name!r} of the {self._what} holds {column.type}: {error}") from None

    def _column(self, name: str) -> Any:
        if self._table is None:
            raise Absent(f"there is no {self._what}")
        if name not in self._table.column_names:
            raise Absent(f"the {self._what} has no column {name!r}")
        column = self._table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        whole = column.combine_chunks()
        return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
