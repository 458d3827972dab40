"""Distributions of times, counts and shares, as they stand in files and as inverse distribution functions.

Drawing by the inverse of one uniform number keeps common random numbers common: who is slow under one policy is slow
under every other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError, create_model

from .forms import FORMS, SHAPES, Floats, Form, Values, fields_of
from .model import Model, Parsed
from .spelling import closest, quoted
from .units import Share, parse_duration, parse_share

LONGEST = 100_000
"""Characters of one text."""
EXAMPLES = ["2.5 s", "exponential 3 s", "lognormal median 1.2 s p95 4 s", "triangular 1 s 2 s 5 s"]


def _one_of(name: str, kinds: Mapping[str, type[Model]]) -> type[Model]:
    """A mapping with one of these keys."""
    fields: dict[str, Any] = {kind: (model | None, None) for kind, model in kinds.items()}
    return create_model(name, __base__=Model, **fields)


def _mapping_schema(model: type[Model], **more: Any) -> dict[str, Any]:
    """JSON Schema of a mapping with one of a model's keys."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    inner = {
        name: definitions[branch["$ref"].rsplit("/", 1)[-1]] if "$ref" in branch else branch
        for name, entry in schema["properties"].items()
        for branch in entry["anyOf"][:1]
    }
    return {
        "type": "object",
        "properties": inner | more,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


_TIMES = _one_of("Times", FORMS)


@dataclass(frozen=True)
class Distribution(Parsed):
    """A time: `2.5 s`, `exponential 3 s`, `uniform 1 s 3 s`, `triangular 1 s 2 s 5 s` (low, mode, high),
    `lognormal median 1.2 s p95 4 s`, `lognormal mean 3 s sd 1 s`, `gamma mean 3 s sd 1 s`, `erlang 3 stages mean 6 s`,
    `empirical 1 s 2 s 2 s`, `empirical waits.csv column seconds unit s`, `sequence 100 s 7 s`; or the same as a mapping,
    `{lognormal: {median: 1.2 s, p95: 4 s}}`."""

    form: str
    values: Values
    """Seconds, as the form's shape keeps them; for lognormal mu and sigma of the logarithm, for gamma (and Erlang) shape
    and scale."""
    text: str = field(compare=False)
    """As it was written."""

    @property
    def constant(self) -> float | None:
        """The one value that it always has, if so."""
        return self.values[0] if self.form == "constant" else None

    @property
    def sequence(self) -> Values | None:
        """Values to be taken in order: the nth of a stream gets the nth, and behind the last they begin anew."""
        return self.values if self.form == "sequence" else None

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return SHAPES[self.form].mean(self.values)

    def ppf(self, u: Floats) -> Floats:
        """Inverse distribution function: the values at probabilities `u` in (0, 1), s. TypeError: a sequence has none."""
        return SHAPES[self.form].ppf(self.values, u)

    def __str__(self) -> str:
        return self.text

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        return {
            "anyOf": [{"type": "string"}, _mapping_schema(_TIMES)],
            "examples": EXAMPLES,
            "description": " ".join((cls.__doc__ or "").split()),
        }

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        if isinstance(value, Mapping):
            form, fields = _single(_TIMES, value, EXAMPLES[2])
            shape, values = fields.parameters(folder)
            return cls(shape, values, _spoken(form, value[form]))
        if not isinstance(value, str):
            if isinstance(value, int | float) and not isinstance(value, bool):
                parse_duration(value)
            raise ValueError(
                f"must be a time such as {EXAMPLES[0]!r} or {EXAMPLES[2]!r} (got {quoted(value)})"
            )
        words = _words(value)
        if not words or re.match(r"[-+.]?[0-9]", words[0]):
            return cls("constant", (parse_duration(value),), " ".join(words))
        if words[0] not in FORMS:
            near = closest(words[0], FORMS)
            hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(FORMS)}"
            raise ValueError(f"unknown distribution {quoted(words[0])}; {hint}")
        shape, values = _form(words).parameters(folder)
        return cls(shape, values, " ".join(words))


def constant(seconds: float) -> Distribution:
    """A time that is always the same."""
    return Distribution("constant", (seconds,), f"{seconds:g} s")


def _words(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise ValueError("is too long; keep long tables in CSV files")
    return text.split()


def _form(words: list[str]) -> Form:
    """The form that text names with its parameters. ValueError."""
    name, kind = words[0], FORMS[words[0]]
    try:
        return kind.model_validate(fields_of(kind, words[1:]))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        parts = [f"value {part + 1}" if isinstance(part, int) else part for part in first["loc"]]
        where = ": ".join([name, *(part for part in parts if part != "values")])
        cause = first.get("ctx", {}).get("error")
        raise ValueError(f"{where}: {cause or first['msg'].lower()}") from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _single(model: type[Model], value: Mapping[Any, Any], example: str) -> tuple[str, Any]:
    """The one key of a mapping with what it holds. ValueError."""
    found = model.model_validate(dict(value))
    given = [name for name in value if getattr(found, name) is not None]
    if len(value) != 1 or not given:
        raise ValueError(f"must be one form with its parameters, such as {example!r}")
    return given[0], getattr(found, given[0])


def _spoken(form: str, inner: Any) -> str:
    """The mapping form as text."""
    if isinstance(inner, Mapping):
        entries = [f"{key} {inner[key]}" for key in sorted(inner) if key not in ("file", "values")]
        return " ".join([form, *_texts(inner.get("file", inner.get("values", []))), *entries])
    return " ".join([form, *_texts(inner)])


def _texts(value: Any) -> list[str]:
    return [str(entry) for entry in (value if isinstance(value, list | tuple) else [value])]


class _Geometric(Model):
    mean: float


class _Counts(Model):
    geometric: _Geometric | None = None
    sequence: tuple[int, ...] | None = None


_SHARES = TypeAdapter(dict[str, Share])


@dataclass(frozen=True)
class CountDistribution(Parsed):
    """How many: `2`, shares by number `{1: 70 %, 2: 30 %}` or `1 70 % 2 30 %`, `geometric mean 1.3`, `sequence 1 2 3`."""

    counts: tuple[int, ...]
    shares: tuple[float, ...]
    """Of each count; empty for a sequence and a geometric distribution."""
    geometric: float | None = None
    """Mean of a geometric distribution from 1 on."""

    @property
    def constant(self) -> int | None:
        """The one count that it always is, if so."""
        return self.counts[0] if len(self.counts) == 1 else None

    @property
    def sequence(self) -> tuple[int, ...] | None:
        """Counts to be taken in order; behind the last they begin anew."""
        return self.counts if not self.shares and self.geometric is None else None

    @property
    def mean(self) -> float:
        """Expected count."""
        if self.geometric is not None:
            return self.geometric
        if not self.shares:
            return math.fsum(self.counts) / len(self.counts)
        return math.fsum(count * share for count, share in zip(self.counts, self.shares, strict=True))

    def ppf(self, u: Floats) -> NDArray[np.int64]:
        """Inverse distribution function at probabilities in (0, 1); of a sequence the counts in order, whatever u."""
        if self.geometric is not None:
            if self.geometric == 1.0:
                return np.ones(u.shape, np.int64)
            return np.ceil(np.log1p(-u) / math.log1p(-1.0 / self.geometric)).clip(1.0).astype(np.int64)
        if not self.shares:
            return np.resize(np.asarray(self.counts, np.int64), len(u))
        return np.asarray(self.counts, np.int64)[np.searchsorted(self._edges, u, side="left")]

    @cached_property
    def _edges(self) -> Floats:
        return np.cumsum(self.shares)[:-1]

    def __str__(self) -> str:
        if self.geometric is not None:
            return f"geometric mean {self.geometric!r}"
        if not self.shares:
            return " ".join(["sequence", *map(str, self.counts)])
        if len(self.counts) == 1:
            return str(self.counts[0])
        return " ".join(f"{count} {share!r}" for count, share in zip(self.counts, self.shares, strict=True))

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string"},
                _mapping_schema(_Counts),
                {
                    "type": "object",
                    "patternProperties": {"^[0-9]+$": {"type": ["string", "number"]}},
                    "additionalProperties": False,
                },
            ],
            "examples": [2, {"1": "70 %", "2": "30 %"}, "geometric mean 1.3", "sequence 1 2 3"],
            "description": " ".join((cls.__doc__ or "").split()),
        }

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        if isinstance(value, Mapping) and value:
            return cls._from_mapping({str(key): entry for key, entry in value.items()})
        words = _words(value) if isinstance(value, str) else []
        if words[:1] == ["sequence"]:
            if len(words) == 1:
                raise ValueError("sequence: needs numbers, like 'sequence 1 2 3'")
            return cls(tuple(map(_count, words[1:])), ())
        if words[:1] == ["geometric"]:
            return cls._geometric(words)
        if len(words) > 1:
            return cls._from_shares(*_pairs(" ".join(words)))
        if words or (isinstance(value, int) and not isinstance(value, bool)):
            return cls((_count(value),), (1.0,))
        raise ValueError(
            f"must be a whole number such as 2, or shares like '1 70 % 2 30 %' (got {quoted(value)})"
        )

    @classmethod
    def _from_mapping(cls, value: dict[str, Any]) -> Self:
        if not any(name[:1].isdigit() for name in value):
            _, found = _single(_Counts, value, "geometric mean 1.3")
            if isinstance(found, tuple):
                return cls.parse(" ".join(["sequence", *map(str, found)]))
            return cls._geometric(["geometric", "mean", str(found.mean)])
        return cls._from_shares(value, len(value))

    @classmethod
    def _from_shares(cls, value: Mapping[str, Any], entries: int) -> Self:
        shares = _SHARES.validate_python(dict(value))
        pairs = sorted((_count(count), share) for count, share in shares.items())
        if len({count for count, _ in pairs}) < entries:
            raise ValueError("a number stands twice")
        total = math.fsum(share for _, share in pairs)
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(f"the shares add up to {total:.6g}, not to 1")
        kept = [(count, share) for count, share in pairs if share > 0.0]
        return cls(tuple(count for count, _ in kept), tuple(share for _, share in kept))

    @classmethod
    def _geometric(cls, words: list[str]) -> Self:
        mean = words[2] if len(words) == 3 and words[1] == "mean" else ""
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{0,20})?", mean) or float(mean) < 1.0:
            raise ValueError("write it like 'geometric mean 1.3', with a mean of 1 or more")
        return cls((), (), float(mean))


def _pairs(text: str) -> tuple[dict[str, str], int]:
    """`1 70 % 2 30 %` as shares by number, and how many numbers there are. ValueError."""
    pairs = re.findall(r"([0-9]+) ([0-9.eE+-]+(?: ?%)?)(?: |$)", text)
    if text.replace(" %", "%") != " ".join(f"{count} {share}" for count, share in pairs).replace(" %", "%"):
        raise ValueError(f"cannot read {quoted(text)}; write shares like '1 70 % 2 30 %'")
    return dict(pairs), len(pairs)


def _count(value: Any) -> int:
    text = str(value).strip() if len(str(value)) < 100 else ""
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 1:
        raise ValueError(f"{quoted(value)} is no whole number from 1 on")
    return int(text)


ONE = CountDistribution((1,), (1.0,))


class _BetaForm(Model):
    mean: Share
    sd: Share


_BETA = _one_of("Shares", {"beta": _BetaForm})


@dataclass(frozen=True)
class Beta(Parsed):
    """A share that differs from person to person: `beta mean 1.5 % sd 4 %`; or one share for all."""

    mean: float
    sd: float

    @property
    def constant(self) -> float | None:
        """The one share that all have, if so."""
        return self.mean if self.sd == 0.0 else None

    def ppf(self, u: Floats) -> Floats:
        """Inverse distribution function at probabilities in (0, 1)."""
        if self.sd == 0.0:
            return np.full(u.shape, self.mean)
        from scipy.special import betaincinv

        size = self.mean * (1.0 - self.mean) / self.sd**2 - 1.0
        result: Floats = betaincinv(self.mean * size, (1.0 - self.mean) * size, u)
        return result

    def __str__(self) -> str:
        return repr(self.mean) if self.sd == 0.0 else f"beta mean {self.mean!r} sd {self.sd!r}"

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "string"},
                _mapping_schema(_BETA),
            ],
            "examples": ["1.5 %", 0.015, "beta mean 1.5 % sd 4 %"],
            "description": " ".join((cls.__doc__ or "").split()),
        }

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        if isinstance(value, Mapping):
            _, found = _single(_BETA, value, "beta mean 1.5 % sd 4 %")
            return cls._with(found.mean, found.sd)
        if isinstance(value, str) and value.split()[:1] == ["beta"]:
            match = re.fullmatch(r"beta mean (\S+(?: %)?) sd (\S+(?: %)?)", " ".join(_words(value)))
            if match is None:
                raise ValueError("write it like 'beta mean 1.5 % sd 4 %'")
            return cls._with(parse_share(match[1]), parse_share(match[2]))
        return cls(parse_share(value), 0.0)

    @classmethod
    def _with(cls, mean: float, sd: float) -> Self:
        widest = math.sqrt(mean * (1.0 - mean))
        if not 0.0 < sd < widest:
            raise ValueError(
                f"with a mean of {mean:.4g} the sd of a share lies between 0 and {widest:.4g} (got {sd:.4g})"
            )
        return cls(mean, sd)


__all__ = ["EXAMPLES", "ONE", "Beta", "CountDistribution", "Distribution", "constant"]
