"""From a YAML file to a model, or to every mistake in it at once, each with its place and the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from .errors import Finding, InputError
from .places import Document, Location, parse
from .source import Source
from .wording import findings

LIMIT = 500_000
"""Bytes; as much is read within a second."""
MOST = 100
"""Mistakes shown; the others are counted."""

M = TypeVar("M", bound=BaseModel)


class Problem(NamedTuple):
    """A mistake that only shows between the parts of a file."""

    loc: Location
    """Where: keys and positions in lists, as in the file."""
    message: str
    on_key: bool = False
    """Point at the key rather than at its value."""


Check = Callable[[M], Iterable[Problem]]


def read(path: str | Path, model: type[M], *, check: Check[M] | None = None) -> M:
    """Read a file; other files that it names lie relative to it.

    Raises:
        InputError: every mistake in it. What `check` finds is looked for once nothing else is wrong.
    """
    path = Path(path)
    return _read(Source.read(path, LIMIT, _ADVICE), model, path.parent, check)


def read_bytes(
    raw: bytes,
    model: type[M],
    *,
    name: str = "<text>",
    folder: Path | None = None,
    check: Check[M] | None = None,
) -> M:
    """The same for the bytes of a file; `folder` is where other files that it names lie."""
    return _read(Source.decoded(name, raw, LIMIT, _ADVICE), model, folder or Path(), check)


def read_text(
    text: str,
    model: type[M],
    *,
    name: str = "<text>",
    folder: Path | None = None,
    check: Check[M] | None = None,
) -> M:
    """The same for text."""
    return read_bytes(text.encode("utf-8", "surrogatepass"), model, name=name, folder=folder, check=check)


_ADVICE = "keep long tables in CSV files and refer to them"


def _read(source: Source, model: type[M], folder: Path, check: Check[M] | None) -> M:
    document = parse(source)
    found, unshown = list(document.findings), 0
    result: M | None = None
    try:
        result = model.model_validate(document.root.value, context={"folder": folder})
    except ValidationError as error:
        more, unshown = findings(error, model, document, MOST)
        found += more
    if result is not None and not found and check is not None:
        found += _checked(document, check(result))
    if found or result is None:
        found.sort()
        raise InputError(found[:MOST], unshown=unshown + len(found[MOST:]))
    return result


def _checked(document: Document, problems: Iterable[Problem]) -> list[Finding]:
    return [document.finding(problem.loc, problem.message, on_key=problem.on_key) for problem in problems]


__all__ = ["LIMIT", "MOST", "Check", "Location", "Problem", "read", "read_bytes", "read_text"]
