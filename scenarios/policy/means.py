"""Means: what one shows to pass. One credential, or several together, to a reader or to a guard."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

GUARD = "guard"
"""The pseudo-credential of the guard's own judgement."""
WRITE_IT_LIKE = "write it like 'card', 'card + pin', 'registration-card at guard' or 'guard'"

_MEANS = re.compile(
    r"\s*(?P<credentials>[a-z][a-z0-9-]*(?:\s*\+\s*[a-z][a-z0-9-]*)*)(?:\s+at\s+(?P<where>\S+))?\s*"
)


class Means(NamedTuple):
    """One credential, or a combination of several of the same person, in either order."""

    credentials: tuple[str, ...]
    shown_at: Literal["reader", "guard"] = "reader"

    def __str__(self) -> str:
        text = " + ".join(self.credentials)
        return text if self.shown_at == "reader" or self.credentials == (GUARD,) else f"{text} at guard"


def parse_means(value: Any) -> Means:
    """Read `card`, `card + pin`, `registration-card at guard` or `guard`. ValueError: what is wrong with it."""
    if isinstance(value, Means):
        return value
    match = _MEANS.fullmatch(value) if isinstance(value, str) and len(value) <= 200 else None
    if match is None:
        shown = repr(value)
        raise ValueError(f"cannot read {shown if len(shown) <= 60 else shown[:57] + '...'}; {WRITE_IT_LIKE}")
    credentials = tuple(re.split(r"\s*\+\s*", match["credentials"]))
    if match["where"] not in (None, GUARD):
        raise ValueError(
            f"{value!r}: credentials are shown to a reader, or 'at guard'; portals stand in the rule's 'at'"
        )
    if len(set(credentials)) < len(credentials):
        raise ValueError(f"{value!r} names a credential twice")
    if GUARD in credentials and len(credentials) > 1:
        raise ValueError(
            f"in {value!r} 'guard' (the guard's own judgement) stands beside others; write 'card at guard' instead"
        )
    return Means(credentials, "guard" if match["where"] or credentials == (GUARD,) else "reader")
