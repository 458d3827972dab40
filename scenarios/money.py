"""Money as it stands in files: an amount and its currency, an hour's pay, a thing's price and life."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from .model import Model, Parsed
from .spelling import quoted
from .units import _NUMBER, LARGEST, quantity

CURRENCY = r"[^\W\d_]{1,12}|[€£¥$]"
_MONEY = re.compile(rf"\s*(?P<number>[+-]?{_NUMBER})\s*(?P<currency>{CURRENCY})\s*(?P<rest>\S.*?)?\s*")
_AN_HOUR = re.compile(r"(?:/|per\b|an?\b)\s*(?:h|hr|hour)")
_OVER = re.compile(r"\bover\b")


def _currency(value: str) -> str:
    if not re.fullmatch(CURRENCY, value):
        raise ValueError(f"a currency is a word of up to 12 letters, such as 'CNY' (got {quoted(value)})")
    return value


Currency = Annotated[str, AfterValidator(_currency)]
"""A word such as CNY."""


def _read(value: Any, example: str) -> tuple[float, str, str]:
    """Amount, currency, and what stands behind them. ValueError."""
    match = _MONEY.fullmatch(value) if isinstance(value, str) and len(value) <= 200 else None
    if match is None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        hint = f"money needs its currency, e.g. {example!r}" if number else f"write it like {example!r}"
        raise ValueError(f"cannot read {quoted(value)} as money; {hint}")
    amount = float(match["number"])
    if amount < 0.0:
        raise ValueError(f"a price cannot be negative (got {value!r})")
    if not amount <= LARGEST:
        raise ValueError(f"{value!r} is too large")
    return abs(amount), match["currency"], match["rest"] or ""


@dataclass(frozen=True)
class Money(Parsed):
    """`12 CNY`."""

    amount: float
    currency: str

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        amount, currency, rest = _read(value, "12 CNY")
        if rest:
            raise ValueError(
                f"there is an amount and a currency, like '12 CNY' (got {quoted(rest)} behind them)"
            )
        return cls(amount, currency)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": rf"^\s*\+?{_NUMBER}\s*\S+\s*$",
            "examples": ["12 CNY"],
            "description": "an amount with its currency",
        }

    def __str__(self) -> str:
        return f"{self.amount:g} {self.currency}"


@dataclass(frozen=True)
class HourlyPay(Parsed):
    """`45 CNY/h`."""

    amount: float
    """For one hour."""
    currency: str

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        amount, currency, rest = _read(value, "45 CNY/h")
        if not _AN_HOUR.fullmatch(rest):
            said = f"{quoted(rest)} is no hour" if rest else "it needs its time"
            raise ValueError(f"a guard is paid by the hour, like '45 CNY/h' ({said})")
        return cls(amount, currency)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": rf"^\s*\+?{_NUMBER}\s*\S+\s*(/|per|an?)\s*(h|hr|hour)\s*$",
            "examples": ["45 CNY/h"],
            "description": "money for an hour",
        }

    def __str__(self) -> str:
        return f"{self.amount:g} {self.currency}/h"


_YEARS = {"years": 1.0, "year": 1.0, "months": 1.0 / 12.0, "month": 1.0 / 12.0}
_A_YEAR = {"%/year": 0.01, "/year": 1.0}


def _life(value: Any) -> float:
    years = quantity(value, _YEARS, "life", "8 years")
    if years <= 0.0:
        raise ValueError("a life is longer than 0 years")
    return years


Life = Annotated[
    float,
    BeforeValidator(_life),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^\s*\+?{_NUMBER}\s*(years?|months?)\s*$",
            "unit": "years",
            "examples": ["8 years"],
            "description": "how long a thing lasts, in years or months",
        }
    ),
]
"""Years."""
YearlyShare = Annotated[
    float,
    BeforeValidator(lambda value: quantity(value, _A_YEAR, "share a year", "6 %/year")),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^\s*\+?{_NUMBER}\s*%?\s*(/|\bper\b)\s*year\s*$",
            "unit": "/year",
            "examples": ["6 %/year"],
            "description": "a share of the price or of the stock, a year",
        }
    ),
]
"""Per year."""


class _Thing(Model):
    """Something bought that lasts for a while."""

    price: Money
    """Of one."""
    life: Life
    """After which it is bought anew. Its price is spread evenly over these years, without interest."""
    upkeep: YearlyShare = 0.0
    """A year, as a share of the price."""

    @property
    def monthly(self) -> float:
        """Money for one and a month: a twelfth of the price over the life and of the upkeep."""
        return self.price.amount * (1.0 / self.life + self.upkeep) / 12.0


def with_life(value: Any) -> Any:
    """`8000 CNY over 8 years` as a mapping."""
    if isinstance(value, dict | Model):
        return value
    price, *life = _OVER.split(value) if isinstance(value, str) else [value]
    if len(life) != 1:
        raise ValueError(f"needs a price and a life, like '8000 CNY over 8 years' (got {quoted(value)})")
    # Read here so that a mistake is shown once, in the words of the part that is wrong.
    return {"price": Money.parse(price), "life": f"{_life(life[0]):.17g} years"}


_TEXT = WithJsonSchema(
    {
        "type": "string",
        "pattern": r"\bover\b",
        "examples": ["8000 CNY over 8 years"],
        "description": "a price spread evenly over a life",
    }
)
Thing = Annotated[_Thing, BeforeValidator(with_life, json_schema_input_type=Annotated[str, _TEXT] | _Thing)]
"""`8000 CNY over 8 years`, or `{price, life, upkeep}`."""


class _Cards(_Thing):
    """Tokens of one kind that are handed out."""

    per_holder: Annotated[int, AfterValidator(lambda value: _counted(value))] = 1
    """How many each holder has from the beginning."""
    replaced: YearlyShare = 0.0
    """Lost, broken or handed out anew, a year, as a share of the stock; each at the price of one."""

    @property
    def monthly(self) -> float:
        """Money for one holder and a month."""
        again = self.price.amount * self.replaced / 12.0
        return self.per_holder * (super().monthly + again)


def _counted(value: int) -> int:
    if not 1 <= value <= 20:
        raise ValueError(f"a holder has 1 to 20 of them (got {value})")
    return value


Cards = Annotated[_Cards, BeforeValidator(with_life, json_schema_input_type=Annotated[str, _TEXT] | _Cards)]
"""The same with `per_holder` and `replaced`."""
