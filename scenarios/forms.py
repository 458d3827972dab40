"""The forms that a distribution of times may have: what each needs in a file, its mean, and its inverse.

A form is the same whether it is written as text (`lognormal median 1.2 s p95 4 s`) or as a mapping
(`{lognormal: {median: 1.2 s, p95: 4 s}}`): text is taken apart into the fields of the mapping.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from .model import Model
from .spelling import closest, quoted
from .tables import read_columns
from .units import TIME, Duration

Floats = NDArray[np.float64]
Values = tuple[float, ...]
# Standard normal 95 % quantile.
_Z95 = 1.6448536269514722
_WIDEST = 10.0
"""Sigma of a lognormal, and sd / mean of a gamma distribution; beyond, inverses leave what floats can hold."""

_STAGES = 1000


def _above_zero(value: float) -> float:
    if value <= 0.0:
        raise ValueError("must be above 0")
    return value


def _stages(value: Any) -> Any:
    number = int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}", value) else value
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= _STAGES:
        raise ValueError(f"must be a whole number from 1 to {_STAGES} (got {quoted(value)})")
    return number


Positive = Annotated[Duration, AfterValidator(_above_zero)]


class Form(Model):
    """The parameters of a form."""

    usual: ClassVar[str]
    """How it is written."""
    order: ClassVar[tuple[str, ...]] = ()
    """The parameters that need not be named, in this order."""

    @model_validator(mode="before")
    @classmethod
    def _without_names(cls, value: Any) -> Any:
        if isinstance(value, dict | Form):
            return value
        if "values" in cls.model_fields:
            return {"values": value if isinstance(value, list | tuple) else [value]}
        values = value if isinstance(value, list | tuple) else [value]
        if len(values) != len(cls.order):
            raise ValueError(f"write it like '{cls.usual}'")
        return dict(zip(cls.order, values, strict=True))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        named = handler.resolve_ref_schema(handler(schema))
        unnamed = ["string", "array"] if "values" in cls.model_fields or len(cls.order) == 1 else ["array"]
        return {"anyOf": [named, {"type": unnamed}]} if cls.order or "values" in cls.model_fields else named

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        """What is kept: a shape of `SHAPES` and its values. InputError: a file that it names is wrong."""
        raise NotImplementedError


class Constant(Form):
    """Always the same."""

    usual = "constant 2.5 s"
    order = ("value",)
    value: Duration

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        return "constant", (self.value,)


class Exponential(Form):
    """Without memory."""

    usual = "exponential 3 s"
    order = ("mean",)
    mean: Positive

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        return "exponential", (self.mean,)


class Uniform(Form):
    """Equally likely between two ends."""

    usual = "uniform 1 s 3 s"
    order = ("low", "high")
    low: Duration
    high: Duration

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.high:
            raise ValueError(f"'low' lies above 'high'; write it like '{self.usual}'")
        return self

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        return "uniform", (self.low, self.high)


class Triangular(Form):
    """Between two ends, most likely at the mode."""

    usual = "triangular 1 s 2 s 5 s"
    order = ("low", "mode", "high")
    low: Duration
    mode: Duration
    high: Duration

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not (self.low <= self.mode <= self.high and self.low < self.high):
            raise ValueError(f"must go from low over mode to high, like '{self.usual}'")
        return self

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        return "triangular", (self.low, self.mode, self.high)


class Lognormal(Form):
    """Skewed, as times of people are: by its median and 95 % quantile, or by mean and standard deviation."""

    usual = "lognormal median 1.2 s p95 4 s"
    median: Positive | None = None
    p95: Positive | None = None
    mean: Positive | None = None
    sd: Positive | None = None

    @model_validator(mode="after")
    def _one_pair(self) -> Self:
        if self.model_fields_set not in ({"median", "p95"}, {"mean", "sd"}):
            raise ValueError(f"needs 'median' and 'p95', or 'mean' and 'sd', like '{self.usual}'")
        if self.median is not None and self.p95 is not None and not self.median < self.p95:
            raise ValueError("'p95' must lie above 'median'")
        if not self._mu_sigma()[1] <= _WIDEST:
            raise ValueError("is wider than can be drawn from")
        return self

    def _mu_sigma(self) -> tuple[float, float]:
        if self.median is not None and self.p95 is not None:
            return math.log(self.median), math.log(self.p95 / self.median) / _Z95
        assert self.mean is not None and self.sd is not None
        ratio = self.sd / self.mean
        variance = math.log1p(ratio * ratio)
        return math.log(self.mean) - variance / 2.0, math.sqrt(variance)

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        return "lognormal", self._mu_sigma()


class Gamma(Form):
    """Skewed, with a lighter tail than the lognormal."""

    usual = "gamma mean 3 s sd 1 s"
    mean: Positive
    sd: Positive

    @model_validator(mode="after")
    def _can_be_drawn(self) -> Self:
        if not self.sd / self.mean <= _WIDEST or self.mean / self.sd > 1e6:
            raise ValueError("'sd' and 'mean' lie too far apart to be drawn from")
        return self

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        return "gamma", ((self.mean / self.sd) ** 2, self.sd * (self.sd / self.mean))


class Erlang(Form):
    """So many exponential stages, one after the other; `mean` is that of all together."""

    usual = "erlang 3 stages mean 6 s"
    order = ("stages", "mean")
    stages: Annotated[int, BeforeValidator(_stages), Field(ge=1, le=_STAGES)]
    mean: Positive

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        return "gamma", (float(self.stages), self.mean / self.stages)


class _Listed(Form):
    """Values in a list, or in a column of a CSV."""

    values: tuple[Duration, ...] = ()
    file: str | None = None
    """A CSV beside the scenario, instead of `values`."""
    column: str | None = None
    """Its column."""
    unit: Literal["ms", "s", "min", "h", "d"] = "s"
    """The unit of the numbers in the file."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = self.model_fields_set
        if not self.values and given.isdisjoint({"file", "column", "unit"}):
            raise ValueError(f"needs values, like '{self.usual}'")
        if "values" in given and len(given) > 1:
            raise ValueError("'values' and a file do not go together")
        if "values" not in given and not {"file", "column"} <= given:
            raise ValueError("a file needs its column, like '{file: waits.csv, column: seconds, unit: s}'")
        return self

    def listed(self, folder: Path | None) -> Values:
        """The values, s. InputError: the file is wrong."""
        if self.file is None or self.column is None:
            return self.values
        column = read_columns((folder or Path()) / self.file, (self.column,), least=0.0)[self.column]
        values: Values = tuple((column * TIME[self.unit]).tolist())
        return values


class Empirical(_Listed):
    """One of these values, each as likely as its share of the list."""

    usual = "empirical 1 s 2 s 2 s 3 s"

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        return "empirical", tuple(sorted(self.listed(folder)))


class InSequence(_Listed):
    """These values in this order."""

    usual = "sequence 100 s 7 s 6 s"

    def parameters(self, folder: Path | None) -> tuple[str, Values]:
        return "sequence", self.listed(folder)


FORMS: dict[str, type[Form]] = {
    "constant": Constant,
    "exponential": Exponential,
    "uniform": Uniform,
    "triangular": Triangular,
    "lognormal": Lognormal,
    "gamma": Gamma,
    "erlang": Erlang,
    "empirical": Empirical,
    "sequence": InSequence,
}


# ---- text


def _is_amount(word: str) -> bool:
    return re.match(r"[-+.]?[0-9]", word) is not None


def fields_of(form: type[Form], words: Sequence[str]) -> dict[str, Any]:
    """Take `median 1.2 s p95 4 s` apart. ValueError."""
    if "values" in form.model_fields:
        if words and not _is_amount(words[0]):
            return _file(form, words)
        return {"values": [amount for amount, _ in _amounts(form, words)]}
    found: dict[str, Any] = {}
    free = [name for name in form.order if name not in words]
    for amount, name in _amounts(form, words):
        if name is None and not free:
            names = ", ".join(form.model_fields)
            raise ValueError(f"which of {names} is {amount!r}? Write it like '{form.usual}'")
        name = name or free.pop(0)
        if name in found:
            raise ValueError(f"{name!r} stands twice")
        found[name] = amount
    missing = [name for name, field in form.model_fields.items() if field.is_required() and name not in found]
    if missing:
        raise ValueError(f"{missing[0]!r} is missing; write it like '{form.usual}'")
    return found


def _amounts(form: type[Form], words: Sequence[str]) -> list[tuple[str, str | None]]:
    """Amounts with their names: `sd 1 s`, `1 s`, and `3 stages`, whose name stands behind it."""
    found: list[tuple[str, str | None]] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name = word if word in form.model_fields else None
        if name is not None:
            if not rest or not _is_amount(rest[0]):
                raise ValueError(f"{name!r} has no value; write it like '{form.usual}'")
            word = rest.pop(0)
        elif not _is_amount(word):
            near = closest(word, form.model_fields)
            hint = f"did you mean {near!r}?" if near else f"write it like '{form.usual}'"
            raise ValueError(f"{quoted(word)} cannot stand here; {hint}")
        if rest[:1] == ["stages"] and "stages" in form.model_fields and name is None:
            name = rest.pop(0)
        elif rest and not _is_amount(rest[0]) and rest[0] not in form.model_fields:
            word = f"{word} {rest.pop(0)}"
        found.append((word, name))
    return found


def _file(form: type[Form], words: Sequence[str]) -> dict[str, Any]:
    if len(words) not in (3, 5) or list(words[1::2]) != ["column", "unit"][: len(words) // 2]:
        raise ValueError(
            f"needs values, like '{form.usual}', or a file, like 'empirical waits.csv column seconds unit s'"
        )
    return {"file": words[0], "column": words[2]} | ({"unit": words[4]} if len(words) == 5 else {})


# ---- what is kept of them


@dataclass(frozen=True)
class Shape:
    """Mean and inverse distribution function, from the values that are kept."""

    mean: Callable[[Values], float]
    ppf: Callable[[Values, Floats], Floats]


def _triangular(values: Values, u: Floats) -> Floats:
    low, mode, high = values
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - u) * (high - low) * (high - mode))
    return np.where(u < (mode - low) / (high - low), rising, falling)


def _lognormal(values: Values, u: Floats) -> Floats:
    from scipy.special import ndtri

    result: Floats = np.exp(values[0] + values[1] * ndtri(u))
    return result


def _gamma(values: Values, u: Floats) -> Floats:
    from scipy.special import gammaincinv

    result: Floats = values[1] * gammaincinv(values[0], u)
    return result


def _empirical(values: Values, u: Floats) -> Floats:
    """The smallest value whose cumulative share reaches u."""
    count = len(values)
    return np.asarray(values)[np.clip(np.ceil(u * count).astype(np.int64) - 1, 0, count - 1)]


def _sequence(values: Values, u: Floats) -> Floats:
    raise TypeError("a sequence is taken in order, not drawn")


def _mean(values: Values) -> float:
    return math.fsum(values) / len(values)


SHAPES: Mapping[str, Shape] = {
    "constant": Shape(lambda v: v[0], lambda v, u: np.full(u.shape, v[0])),
    "exponential": Shape(lambda v: v[0], lambda v, u: -v[0] * np.log1p(-u)),
    "uniform": Shape(_mean, lambda v, u: v[0] + (v[1] - v[0]) * u),
    "triangular": Shape(_mean, _triangular),
    "lognormal": Shape(lambda v: math.exp(v[0] + v[1] ** 2 / 2.0), _lognormal),
    "gamma": Shape(lambda v: v[0] * v[1], _gamma),
    "empirical": Shape(_mean, _empirical),
    "sequence": Shape(_mean, _sequence),
}

__all__ = ["FORMS", "SHAPES", "Floats", "Form", "Shape", "Values", "fields_of"]
