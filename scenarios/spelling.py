"""Guessing what was meant, and quoting what was written."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

_LONGEST = 60


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word that was meant, if one is near enough. Capitals, dashes, spaces and underscores count for little."""
    return _closest(word, tuple(known), cutoff) if len(word) <= 200 else None


@lru_cache(1000)
def _closest(word: str, known: tuple[str, ...], cutoff: float) -> str | None:
    same = {_bare(name): name for name in reversed(known)}.get(_bare(word))
    return same or next(iter(difflib.get_close_matches(word, known, 1, cutoff)), None)


def _bare(word: str) -> str:
    return re.sub(r"[-_ ]", "", word.lower())


def quoted(value: Any) -> str:
    """A value as messages quote it: short, in one line."""
    if value is None:
        return "nothing"
    text = repr(value if isinstance(value, str | int | float) else str(value))
    return (
        text
        if len(text) <= _LONGEST
        else f"{text[: _LONGEST - 4]}...{text[0] if isinstance(value, str) else ''}"
    )


def unknown(what: str, name: str, known: Collection[str]) -> str:
    """`unknown portal 'gte'; did you mean 'gate'?`"""
    near = closest(name, known)
    rest = f"did you mean {near!r}?" if near else f"there are: {', '.join(known) or 'none'}"
    return f"unknown {what} {name!r}; {rest}"
