"""Columns of numbers from CSV files (UTF-8, commas, a header), with mistakes by line and column of the CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import Finding, InputError
from .source import Source, whole
from .spelling import closest, quoted

LIMIT = 20_000_000
"""Bytes; longer tables are refused."""
MOST = 20
"""Mistakes shown."""

Floats = NDArray[np.float64]
_Row = tuple[int, list[str]]


def read_columns(
    path: Path,
    names: Sequence[str],
    *,
    optional: Sequence[str] = (),
    least: float = -math.inf,
    header: bool = True,
) -> dict[str, Floats]:
    """The named columns of a CSV, and those of `optional` that it has.

    With `header=False` the first line may already be a row of numbers; the columns then are `names` and `optional` in
    this order.

    Raises:
        InputError: all that is wrong with it: no such file or column, a value that is no finite number or below `least`.
    """
    source = Source.read(path, LIMIT, "take a sample of it")
    rows = _rows(source)
    if header or not all(map(is_number, rows[0][1])):
        titles = [title.strip() for title in rows.pop(0)[1]]
    else:
        titles = [*names, *optional][: max(len(names), len(rows[0][1]))]
    present = [*names, *(name for name in optional if name in titles)]
    _check_header(source, titles, present)
    if not rows:
        raise InputError([source.finding(0, "", "there is a header, and no row below it")])
    places = {name: titles.index(name) for name in present}
    try:
        columns = {name: np.array([float(row[place]) for _, row in rows]) for name, place in places.items()}
    except (ValueError, IndexError):
        columns = {}
    right = columns and all(np.isfinite(one).all() and one.min() >= least for one in columns.values())
    if right and "_" not in source.text[source.begin(rows[0][0]) :]:
        return columns
    found = list(_wrong(source, rows, places, least))
    raise InputError(found[:MOST], unshown=len(found[MOST:]))


def is_number(text: str) -> bool:
    """Is this a finite number, as it stands in a table?"""
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def _rows(source: Source) -> list[_Row]:
    """The rows that are not blank, each with the line in which it ends; the first is that of the first line."""
    reader = csv.reader(io.StringIO(source.text, newline=""), skipinitialspace=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise InputError([source.finding(source.begin(reader.line_num), "", f"no CSV: {error}")]) from None
    if not rows or rows[0][0] != 1:
        raise InputError(
            [whole(source.name, "is empty, or its first line is; that one must name the columns")]
        )
    return rows


def _check_header(source: Source, header: Sequence[str], names: Sequence[str]) -> None:
    found = []
    for name in names:
        if header.count(name) > 1:
            again = header.index(name, header.index(name) + 1)
            found.append(source.finding(_cell(source, 1, again), "", f"the column {name!r} stands twice"))
        elif name not in header:
            found.append(source.finding(0, "", f"there is no column {name!r}; {_hint(name, header)}"))
    if found:
        raise InputError(found)


def _hint(name: str, header: Sequence[str]) -> str:
    if len(header) == 1 and ";" in header[0]:
        return "the columns are separated by ';', and must be by ','"
    near = closest(name, header)
    return f"did you mean {near!r}?" if near else f"there are: {', '.join(header[:20])}"


def _wrong(source: Source, rows: Sequence[_Row], places: dict[str, int], least: float) -> Iterator[Finding]:
    for line, row in rows:
        for name, place in places.items():
            said = _complaint(row[place].strip() if place < len(row) else "", least)
            if said:
                yield source.finding(_cell(source, line, place), name, said)


def _complaint(text: str, least: float) -> str:
    if not text:
        return "there is no value"
    if not is_number(text):
        return f"{quoted(text)} is no number"
    return f"must be {least:g} or more (got {quoted(text)})" if float(text) < least else ""


def _cell(source: Source, line: int, place: int) -> int:
    """Where a cell begins; the end of its line, if the line is too short."""
    text, quoted, commas = source.line(line), False, 0
    for index, character in enumerate(text):
        if commas == place and not character.isspace():
            return source.begin(line) + index
        quoted ^= character == '"'
        commas += character == "," and not quoted
    return source.begin(line) + len(text)


__all__ = ["LIMIT", "is_number", "read_columns"]
