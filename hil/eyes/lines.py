"""What a watching camera says: one line of text each, `WORD {JSON}`. Frames never leave its process.

```
EYES    the camera is open: its size, rate, clock, and the observers
SAW     a sighting: observer, event, t and u in s of the camera's clock, value, note
WHY     why nothing was seen, or not more: observer, kind, t, note
PACE    once a second: frames so far, frames missing, and the least time from a frame's beginning to its arrival, s
OVER    the stream is over: the kind of the error, and what it says
```
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ..observers.sighting import Reason, Sighting

SYNC, LAMP = "sync", "lamp"
"""Names of the observers of the lamp for the clock, and of that over the lane; their regions are called the same."""
WORDS = ("EYES", "SAW", "WHY", "PACE", "OVER")


def line(word: str, told: Mapping[str, Any]) -> bytes:
    """One of them, with its end."""
    return f"{word} {json.dumps(told, ensure_ascii=True, allow_nan=False, sort_keys=True)}\n".encode()


def saw(one: Sighting) -> bytes:
    """A sighting; one without a time, which no observer should give, is told as a reason instead."""
    if not (math.isfinite(one.t) and math.isfinite(one.u)):
        return line(
            "WHY",
            {"observer": one.observer, "kind": "no number", "t": None, "note": f"{one.event} has no time"},
        )
    value = one.value if one.value is not None and math.isfinite(one.value) else None
    return line("SAW", {"observer": one.observer, "event": one.event, "t": one.t, "u": one.u, "value": value, "note": one.note})  # fmt: skip


def why(one: Reason) -> bytes:
    t = one.t if math.isfinite(one.t) else None
    return line("WHY", {"observer": one.observer, "kind": one.kind, "t": t, "note": one.note})


def read(text: str) -> tuple[str, Mapping[str, Any]]:
    """Word and what follows. ValueError: it is no such line."""
    word, _, rest = text.partition(" ")
    told = json.loads(rest) if word in WORDS else None
    if not isinstance(told, dict):
        raise ValueError(f"no line of a watching camera: {text[:80]!r}")
    return word, told


def sighting(told: Mapping[str, Any]) -> Sighting:
    """Of a SAW. KeyError: something is missing."""
    value = None if told["value"] is None else float(told["value"])
    return Sighting(str(told["observer"]), str(told["event"]), float(told["t"]), float(told["u"]), value, str(told["note"]))  # fmt: skip


def reason(told: Mapping[str, Any]) -> Reason:
    """Of a WHY. KeyError: something is missing."""
    t = math.nan if told["t"] is None else float(told["t"])
    return Reason(str(told["observer"]), str(told["kind"]), t, str(told["note"]))
