"""Assertions on metrics, which make a scenario a test: `METRIC[group]@portal OPERATOR VALUE [UNIT]`.

An assertion may name candidates for which it must be wrong: one that holds of every policy says nothing of any.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from .headline import FIGURE, known_metric
from .metrics import METRICS, MONEY
from .model import Model
from .money import Money
from .reading import Location, Problem
from .spelling import closest, quoted
from .units import Id, parse_duration, parse_share

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_FORM = re.compile(FIGURE + r"(?P<operator><=|>=|==|!=|<|>)\s*(?P<value>\S.*?)\s*")
EXAMPLE = "wait.p95[refuser]@main-gate <= 30 s"


class Assertion(Model):
    """One sentence on a metric. It is judged on the mean of the metric over the replications."""

    text: str
    metric: str
    group: str | None = None
    portal: str | None = None
    operator: str
    limit: float
    """In the metric's unit (seconds, shares within 0-1, counts, money a household and month)."""
    currency: str | None = None
    """Of a limit in money."""

    def holds(self, value: float) -> bool:
        return OPERATORS[self.operator](value, self.limit)


def parse(text: Any) -> Any:
    """Read one assertion; ValueError says what is wrong with it."""
    if isinstance(text, Assertion):
        return text
    if not isinstance(text, str):
        raise ValueError(f"an expectation is text such as {EXAMPLE!r} (got {quoted(text)})")
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read {text!r} as an expectation; write it like {EXAMPLE!r}")
    name = known_metric(match["metric"])
    limit, currency = _limit(match["value"], METRICS[name].unit, name)
    return {
        "text": " ".join(text.split()),
        "metric": name,
        "group": match["group"],
        "portal": match["portal"],
        "operator": match["operator"],
        "limit": limit,
        "currency": currency,
    }


def _limit(text: str, unit: str, name: str) -> tuple[float, str | None]:
    """The limit in the metric's unit, and the currency where it is money."""
    if unit == "s":
        return parse_duration(text), None
    if unit == "share":
        return parse_share(text), None
    if unit == MONEY:
        money = Money.parse(re.sub(r"\s*(/|\bper\b|\ba\b)\s*household.*", "", text))
        return money.amount, money.currency
    words = text.split()
    try:
        value = float(words[0])
    except ValueError:
        raise ValueError(f"{name} is compared with a number of {unit}, not with {text!r}") from None
    if len(words) > 2 or (len(words) == 2 and words[1] not in (unit, unit.removesuffix("s"))):
        raise ValueError(f"{name} is counted in {unit}, not in {' '.join(words[1:])!r}")
    return value, None


AssertionText = Annotated[
    Assertion, BeforeValidator(parse), WithJsonSchema({"type": "string", "examples": [EXAMPLE]})
]


def _one_or_several(value: Any) -> Any:
    if value in ([], ()):
        raise ValueError("the list is empty; leave the key out, or name a policy for which it must be wrong")
    return value if isinstance(value, list | tuple) else [value]


class Expectation(Model):
    """What is expected of a policy, and of which others it must not be true."""

    expect: AssertionText
    """`METRIC[group]@portal OPERATOR VALUE`."""
    fails_for: Annotated[
        tuple[Id, ...], BeforeValidator(_one_or_several, json_schema_input_type=Id | tuple[Id, ...])
    ] = Field(default=(), max_length=100)
    """Policies, one or a list, for which the same sentence must be wrong."""

    @property
    def text(self) -> str:
        return self.expect.text

    @property
    def metric(self) -> str:
        return self.expect.metric

    @property
    def group(self) -> str | None:
        return self.expect.group

    @property
    def portal(self) -> str | None:
        return self.expect.portal

    @property
    def operator(self) -> str:
        return self.expect.operator

    @property
    def limit(self) -> float:
        return self.expect.limit

    def holds(self, value: float) -> bool:
        """Is the sentence true of this value?"""
        return self.expect.holds(value)


ExpectationText = Annotated[
    Expectation,
    BeforeValidator(
        lambda value: {"expect": value} if isinstance(value, str) else value,
        json_schema_input_type=AssertionText | Expectation,
    ),
]
"""Text, or `{expect: TEXT, fails_for: POLICY}`."""


def contradictions(
    expect: Mapping[str, Sequence[Expectation]], policies: Collection[str]
) -> Iterator[Problem]:
    """Candidates under `fails_for` that are not there, or of which the same sentence is expected."""
    for policy, expectations in expect.items():
        for index, one in enumerate(expectations):
            for place, name in enumerate(one.fails_for):
                loc: Location = ("expect", policy, index, "fails_for", place)
                loc = loc if len(one.fails_for) > 1 else loc[:-1]
                if name not in policies:
                    near = closest(name, policies)
                    rest = f"did you mean {near!r}?" if near else f"there are: {', '.join(policies)}"
                    yield Problem(loc, f"unknown policy {name!r}; {rest}")
                    continue
                if name in one.fails_for[:place]:
                    yield Problem(loc, f"{name!r} stands twice")
                expecting = next((by for by in ("every", name) if _expects(expect, by, one.text)), None)
                if expecting is not None:
                    yield Problem(
                        loc,
                        f"{one.text!r} is expected of {name!r} itself (under {expecting!r}) and cannot fail for it as well; "
                        "state it under the policies of which it is expected",
                    )


def _expects(expect: Mapping[str, Sequence[Expectation]], policy: str, text: str) -> bool:
    return any(one.text == text for one in expect.get(policy, ()))
