"""Tables as they are written: columns and types of the event log and the persons, Parquet with metadata.

A real access log may have a few of the columns only: `read_events` takes it as CSV or Parquet, and what is
missing stays missing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from ..scenarios.errors import InputError

KEY = b"gatebench"
"""Where a table's own metadata stands in its schema, as JSON."""

_WORD = pa.dictionary(pa.int8(), pa.string())
_NAME = pa.dictionary(pa.int16(), pa.string())

EVENTS = pa.schema(
    [
        pa.field("rep", pa.int32(), nullable=False),
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("t", pa.float64(), nullable=False),
        pa.field("u", pa.float64(), nullable=False),
        pa.field("clock", _WORD, nullable=False),
        pa.field("portal", _NAME),
        pa.field("lane", pa.int16(), nullable=False),
        pa.field("direction", _WORD),
        pa.field("event", _WORD, nullable=False),
        pa.field("person", pa.int32()),
        pa.field("visit", pa.int64()),
        pa.field("attempt", pa.int16()),
        pa.field("cycle", pa.int64()),
        pa.field("credential", _NAME),
        pa.field("outcome", _WORD),
        pa.field("reason", _NAME),
        pa.field("way", _WORD),
        pa.field("donor", pa.int32()),
        pa.field("value", pa.float64()),
        pa.field("evidence", pa.int64()),
    ]
)
"""The event log; `t`, `u` in seconds; lane -1: none."""

PERSONS = pa.schema(
    [
        pa.field("person", pa.int32(), nullable=False),
        pa.field("household", pa.int32()),
        pa.field("group", _NAME),
        pa.field("age", pa.int16()),
        pa.field("entitled", pa.bool_()),
        pa.field("enrolment", _NAME),
        pa.field("consent", pa.bool_()),
    ]
)
"""The persons of a replication; `age` in years, `enrolment` as the run begins."""


def with_metadata(table: pa.Table, metadata: Mapping[str, Any]) -> pa.Table:
    """The same table carrying `metadata` (JSON values)."""
    text = json.dumps(dict(metadata), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return table.replace_schema_metadata({KEY: text.encode()})


def metadata_of(table: pa.Table) -> dict[str, Any]:
    """What the table says of itself; empty for a foreign one."""
    text = (table.schema.metadata or {}).get(KEY)
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def persons_table(columns: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> pa.Table:
    """The persons from columns by name (sequences or arrays of one length; negative numbers: not known)."""
    arrays = []
    for field in PERSONS:
        values = columns[field.name]
        if pa.types.is_integer(field.type) and field.nullable:
            values = pa.array(values, field.type)
            values = pc.if_else(pc.less(values, 0), pa.scalar(None, field.type), values)
        arrays.append(_typed(pa.array(values), field.type))
    return with_metadata(pa.Table.from_arrays(arrays, schema=PERSONS), metadata or {})


def write_events(path: str | Path, table: pa.Table, metadata: Mapping[str, Any] | None = None) -> None:
    """Write an event log; a reader sees the whole file or none. `metadata` replaces the table's own."""
    _write(Path(path), table if metadata is None else with_metadata(table, metadata))


write_persons = write_events


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Small groups and no trial dictionaries of numbers: 5 MB instead of 45 for 450,000 rows, and half the file.
        coded = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
        pq.write_table(table, unfinished, compression="zstd", row_group_size=65_536, use_dictionary=coded)
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def read_events(path: str | Path) -> pa.Table:
    """Read an event log: Parquet as written here, or a real access log as Parquet or CSV with some of the
    columns.

    Of a real log the columns that are known by name are kept. Where `t` is a date and time, it becomes
    seconds since the midnight before the first row, which then is the `start` of the metadata.

    Raises:
        InputError: the file cannot be read, has no `t`, or a column holds something else than it should.
    """
    return _read(Path(path), EVENTS, "t")


def read_persons(path: str | Path) -> pa.Table:
    """Read a persons table, as `read_events` does."""
    return _read(Path(path), PERSONS, "person")


def _read(path: Path, schema: pa.Schema, needed: str) -> pa.Table:
    try:
        if path.suffix == ".csv":
            table = _read_csv(path, schema)
        else:
            table = pq.read_table(path, columns=_known(pq.read_schema(path).names, schema))
        if table.column_names == schema.names and table.schema.equals(schema):
            return table
        if needed not in table.column_names:
            raise InputError(f"{path}: there is no column {needed!r}")
        if table.column(needed).null_count:
            raise InputError(f"{path}: column {needed!r} is empty in some rows")
        return _fitted(table, schema)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: {error}") from error


def _known(names: Sequence[str], schema: pa.Schema) -> list[str]:
    return [name for name in names if name in schema.names]


def _read_csv(path: Path, schema: pa.Schema) -> pa.Table:
    types = {
        field.name: pa.string() if pa.types.is_dictionary(field.type) else field.type for field in schema
    }
    types.pop("t", None)
    options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    table = pyarrow.csv.read_csv(path, convert_options=options)
    return table.select(_known(table.column_names, schema))


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Known columns in their types; clock times become seconds."""
    metadata = metadata_of(table) or {"world": "log"}
    arrays, fields = [], []
    for name in _known(schema.names, table.schema):
        column = table.column(name)
        if name == "t" and pa.types.is_timestamp(column.type):
            column, start = _seconds(column)
            metadata = {**metadata, "start": start}
        arrays.append(_typed(column, schema.field(name).type))
        fields.append(schema.field(name).with_nullable(True))
    return with_metadata(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), metadata)


def _typed(column: Any, kind: pa.DataType) -> Any:
    if pa.types.is_dictionary(kind):
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        return column.cast(pa.string()).dictionary_encode().cast(kind)
    return column.cast(kind)


def _seconds(column: Any) -> tuple[Any, str]:
    if column.type.tz == "UTC":
        raise pa.ArrowInvalid("column 't' has lost its zone: give local times without an offset")
    if column.type.tz is not None:
        column = pc.local_timestamp(column)
    midnight = pc.floor_temporal(pc.min(column), unit="day")
    microseconds = pc.cast(pc.subtract(column, midnight), pa.duration("us")).cast(pa.int64())
    return pc.divide(pc.cast(microseconds, pa.float64()), 1e6), midnight.as_py().replace(
        tzinfo=None
    ).isoformat()
