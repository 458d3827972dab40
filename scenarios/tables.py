"""Columns of numbers from CSV files, with mistakes named by line and column of the CSV."""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import Finding, InputError

LIMIT = 50_000_000
"""Bytes; longer tables are refused."""


def read_columns(path: Path, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """The named columns of a CSV with a header, in the order of `names`. InputError: everything that is wrong with it."""
    lines = _text(path).splitlines()
    if not lines or not lines[0].strip():
        raise InputError(
            [Finding(str(path), 0, 0, "", "the file is empty; its first line must name the columns")]
        )
    header = [name.strip() for name in next(csv.reader([lines[0]]))]
    missing = [_missing(path, lines[0], header, name) for name in names if name not in header]
    if missing:
        raise InputError(missing)
    wanted = [(name, header.index(name)) for name in names]
    columns: dict[str, list[float]] = {name: [] for name in names}
    findings: list[Finding] = []
    for number, row in enumerate(csv.reader(io.StringIO("\n".join(lines[1:]))), start=2):
        if not row:
            continue
        for name, index in wanted:
            text = row[index].strip() if index < len(row) else ""
            try:
                value = float(text)
                if not math.isfinite(value):
                    raise ValueError
                columns[name].append(value)
            except ValueError:
                column = len(",".join(row[:index])) + (2 if index else 1)
                said = f"{text[:40]!r} is no number" if text else "there is no value"
                findings.append(Finding(str(path), number, column, name, said, lines[number - 1][:400]))
        if len(findings) >= 20:
            break
    if findings:
        raise InputError(findings)
    if not columns[names[0]]:
        raise InputError([Finding(str(path), 1, 1, "", "the table has a header but no rows", lines[0])])
    return {name: np.asarray(values) for name, values in columns.items()}


def _missing(path: Path, line: str, header: list[str], name: str) -> Finding:
    near = difflib.get_close_matches(name, header, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(header[:20])}"
    return Finding(str(path), 1, 1, "", f"there is no column {name!r}; {hint}", line[:400])


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LIMIT + 1)
    except OSError as error:
        raise InputError([Finding(str(path), 0, 0, "", f"cannot be read: {error.strerror}")]) from None
    if len(raw) > LIMIT:
        raise InputError([Finding(str(path), 0, 0, "", f"is larger than {LIMIT // 1_000_000} MB")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise InputError(
            [Finding(str(path), line, column, "", f"byte 0x{raw[error.start]:02x} is not UTF-8")]
        ) from None
