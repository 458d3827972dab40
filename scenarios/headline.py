"""Which figure a scenario is about: `METRIC[group]@portal`, as in expectations, without operator and limit."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from .metrics import METRICS
from .model import Parsed
from .spelling import quoted

FIGURE = r"\s*(?P<metric>[a-z0-9_.]+)\s*(?:\[(?P<group>[^\]]*)\])?\s*(?:@\s*(?P<portal>[^\s<>=!]+))?\s*"
"""How a figure is named."""
EXAMPLE = "lockout.persons[refuser]@main-gate"


def known_metric(name: str) -> str:
    """The name, if there is such a metric. ValueError: what was meant."""
    if name not in METRICS:
        near = difflib.get_close_matches(name, METRICS, 1) or difflib.get_close_matches(
            f"{name}.mean", METRICS, 1
        )
        raise ValueError(
            f"unknown metric {name!r}"
            + (f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(METRICS)}")
        )
    return name


@dataclass(frozen=True)
class Headline(Parsed):
    """The figure whose dependence on assumptions is told with every comparison: `lockout.persons[refuser]@main-gate`."""

    metric: str
    group: str | None = None
    portal: str | None = None

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        if not isinstance(value, str):
            raise ValueError(f"a headline is text such as {EXAMPLE!r} (got {quoted(value)})")
        match = re.fullmatch(FIGURE, value) if len(value) <= 400 else None
        if match is None:
            hint = "leave operator and limit out; " if re.search(r"[<>=!]", value) else ""
            raise ValueError(f"cannot read {quoted(value)} as a headline; {hint}write it like {EXAMPLE!r}")
        return cls(known_metric(match["metric"]), match["group"], match["portal"])

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        description = " ".join((cls.__doc__ or "").split())
        return {"type": "string", "examples": [EXAMPLE], "description": description}

    def __str__(self) -> str:
        group = "" if self.group is None else f"[{self.group}]"
        return f"{self.metric}{group}" + ("" if self.portal is None else f"@{self.portal}")
