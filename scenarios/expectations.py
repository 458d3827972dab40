"""Assertions on metrics, which make a scenario a test: `METRIC[group]@portal OPERATOR VALUE [UNIT]`."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from .metrics import METRICS
from .model import Model
from .units import parse_duration, parse_share

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_FORM = re.compile(
    r"\s*(?P<metric>[a-z0-9_.]+)\s*(?:\[(?P<group>[^\]]*)\])?\s*(?:@\s*(?P<portal>[^\s<>=!]+))?"
    r"\s*(?P<operator><=|>=|==|!=|<|>)\s*(?P<value>\S.*?)\s*"
)
EXAMPLE = "wait.p95[refuser]@main-gate <= 30 s"


class Expectation(Model):
    """One assertion. It is judged on the mean of the metric over the replications."""

    text: str
    metric: str
    group: str | None = None
    portal: str | None = None
    operator: str
    limit: float
    """In the metric's unit (seconds, shares within 0-1, counts)."""

    def holds(self, value: float) -> bool:
        return OPERATORS[self.operator](value, self.limit)


def parse(text: Any) -> Any:
    """Read one assertion; ValueError says what is wrong with it."""
    if not isinstance(text, str):
        return text
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read {text!r} as an expectation; write it like {EXAMPLE!r}")
    name = match["metric"]
    if name not in METRICS:
        near = difflib.get_close_matches(name, METRICS, 1) or difflib.get_close_matches(
            f"{name}.mean", METRICS, 1
        )
        raise ValueError(
            f"unknown metric {name!r}"
            + (f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(METRICS)}")
        )
    return {
        "text": " ".join(text.split()),
        "metric": name,
        "group": match["group"],
        "portal": match["portal"],
        "operator": match["operator"],
        "limit": _limit(match["value"], METRICS[name].unit, name),
    }


def _limit(text: str, unit: str, name: str) -> float:
    if unit == "s":
        return parse_duration(text)
    if unit == "share":
        return parse_share(text)
    words = text.split()
    try:
        value = float(words[0])
    except ValueError:
        raise ValueError(f"{name} is compared with a number of {unit}, not with {text!r}") from None
    if len(words) > 2 or (len(words) == 2 and words[1] not in (unit, unit.removesuffix("s"))):
        raise ValueError(f"{name} is counted in {unit}, not in {' '.join(words[1:])!r}")
    return value


ExpectationText = Annotated[
    Expectation, BeforeValidator(parse), WithJsonSchema({"type": "string", "examples": [EXAMPLE]})
]
