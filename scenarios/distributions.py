"""Distributions of times, counts and shares, as they stand in files and as inverse distribution functions.

Drawing by the inverse of one uniform number keeps common random numbers common: who is slow under one policy is slow
under every other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from .tables import read_columns
from .units import TIME, parse_duration, parse_share

Floats = NDArray[np.float64]
# Standard normal 95 % quantile.
_Z95 = 1.6448536269514722
EXAMPLES = ("2.5 s", "exponential 3 s", "lognormal median 1.2 s p95 4 s", "triangular 1 s 2 s 5 s")


class _Parsed:
    """Reads itself from text or a mapping (`parse`, which raises ValueError)."""

    _examples: tuple[Any, ...] = ()

    @classmethod
    def parse(cls, value: Any, folder: Path | None) -> Any:
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, info: ValidationInfo) -> Any:
            if isinstance(value, cls):
                return value
            return cls.parse(
                value, Path(info.context["folder"]) if info.context and "folder" in info.context else None
            )

        return core_schema.with_info_plain_validator_function(
            read, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": ["string", "object", "number"],
            "examples": list(cls._examples),
            "description": cls.__doc__,
        }


@dataclass(frozen=True)
class Distribution(_Parsed):
    """A time: `2.5 s`, `exponential 3 s`, `uniform 1 s 3 s`, `triangular 1 s 2 s 5 s` (low, mode, high),
    `lognormal mean 3 s sd 1 s`, `lognormal median 1.2 s p95 4 s`, `gamma mean 3 s sd 1 s`, `erlang stages 3 mean 6 s`,
    `empirical 1 s 2 s 2 s`, `empirical waits.csv column seconds`, `sequence 100 s 7 s`."""

    form: str
    values: tuple[float, ...]
    """Parameters in seconds, in the order of the form's constructor below; for lognormal mu and sigma of the logarithm,
    for gamma and erlang shape and scale."""
    text: str = field(compare=False)
    _examples = EXAMPLES

    @property
    def constant(self) -> float | None:
        """The one value that it always has, if so."""
        return self.values[0] if self.form == "constant" else None

    @property
    def sequence(self) -> tuple[float, ...] | None:
        """Values taken in order: the nth person of a stream gets the nth; they begin anew when used up."""
        return self.values if self.form == "sequence" else None

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return _FORMS[self.form].mean(self.values)

    def ppf(self, u: Floats) -> Floats:
        """Inverse distribution function: the values at probabilities `u` in (0, 1), s."""
        return _FORMS[self.form].ppf(self.values, u)

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, value: Any, folder: Path | None) -> Distribution:
        """Read text or a mapping; ValueError says what is wrong."""
        text = _as_text(value)
        words = text.split()
        if not words:
            raise ValueError(f"expected a time such as {EXAMPLES[0]!r} or {EXAMPLES[2]!r}")
        form = words[0]
        if re.match(r"[0-9.+-]", form):
            return cls("constant", (parse_duration(text),), text)
        if form not in _READERS:
            import difflib

            near = difflib.get_close_matches(form, _READERS, 1)
            raise ValueError(
                f"unknown distribution {form!r}; "
                + (f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(_READERS)}")
            )
        name, values = _READERS[form](
            words[1:], folder, f"{form} needs {_NEEDS[form]}, e.g. '{_SHOWN[form]}'"
        )
        return cls(name, values, text)


def constant(seconds: float) -> Distribution:
    """A time that is always the same."""
    return Distribution("constant", (seconds,), f"{seconds:g} s")


@dataclass(frozen=True)
class _Form:
    mean: Callable[[tuple[float, ...]], float]
    ppf: Callable[[tuple[float, ...], Floats], Floats]


def _triangular(values: tuple[float, ...], u: Floats) -> Floats:
    low, mode, high = values
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - u) * (high - low) * (high - mode))
    return np.where(u < turn, rising, falling)


def _lognormal(values: tuple[float, ...], u: Floats) -> Floats:
    from scipy.special import ndtri

    result: Floats = np.exp(values[0] + values[1] * ndtri(u))
    return result


def _gamma(values: tuple[float, ...], u: Floats) -> Floats:
    from scipy.special import gammaincinv

    result: Floats = values[1] * gammaincinv(values[0], u)
    return result


def _empirical(values: tuple[float, ...], u: Floats) -> Floats:
    """Inverse of the empirical distribution: the smallest value whose cumulative share reaches u."""
    ordered = np.asarray(values)
    return ordered[np.clip(np.ceil(u * len(ordered)).astype(np.int64) - 1, 0, len(ordered) - 1)]


def _mean_of(values: tuple[float, ...]) -> float:
    return math.fsum(values) / len(values)


def _no_ppf(values: tuple[float, ...], u: Floats) -> Floats:
    raise TypeError("a sequence is taken in order, not drawn")


_FORMS = {
    "constant": _Form(lambda v: v[0], lambda v, u: np.full(u.shape, v[0])),
    "exponential": _Form(lambda v: v[0], lambda v, u: -v[0] * np.log1p(-u)),
    "uniform": _Form(_mean_of, lambda v, u: v[0] + (v[1] - v[0]) * u),
    "triangular": _Form(_mean_of, _triangular),
    "lognormal": _Form(lambda v: math.exp(v[0] + v[1] ** 2 / 2), _lognormal),
    "gamma": _Form(lambda v: v[0] * v[1], _gamma),
    "empirical": _Form(_mean_of, _empirical),
    "sequence": _Form(_mean_of, _no_ppf),
}

Words = list[str]
Read = tuple[str, tuple[float, ...]]


def _durations(words: Words, usage: str) -> list[float]:
    """`1 s 2.5 s` or `1s 2.5s` -> seconds."""
    found: list[float] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if rest and rest[0] in TIME and not word.endswith(tuple(TIME)):
            word = f"{word} {rest.pop(0)}"
        try:
            found.append(parse_duration(word))
        except ValueError as error:
            raise ValueError(f"{error}; {usage}") from None
    return found


def _named(words: Words, names: tuple[str, ...], usage: str) -> dict[str, float]:
    """`mean 3 s sd 1 s` -> seconds by name; `stages 3` is a plain number."""
    at = [index for index, word in enumerate(words) if word in names]
    if not at or at[0] != 0:
        raise ValueError(usage)
    found: dict[str, float] = {}
    for begin, end in zip(at, [*at[1:], len(words)], strict=True):
        name, own = words[begin], words[begin + 1 : end]
        if name in found:
            raise ValueError(f"{name!r} stands twice; {usage}")
        if name == "stages":
            if len(own) != 1 or not re.fullmatch(r"[1-9]\d{0,3}", own[0]):
                raise ValueError(f"'stages' is a whole number from 1 on; {usage}")
            found[name] = float(own[0])
        else:
            values = _durations(own, usage)
            if len(values) != 1:
                raise ValueError(usage)
            found[name] = values[0]
    return found


def _read_exponential(words: Words, folder: Path | None, usage: str) -> Read:
    values = _durations([word for word in words if word != "mean"], usage)
    if len(values) != 1 or values[0] <= 0:
        raise ValueError(usage)
    return "exponential", (values[0],)


def _read_uniform(words: Words, folder: Path | None, usage: str) -> Read:
    values = _durations(words, usage)
    if len(values) != 2 or not values[0] <= values[1]:
        raise ValueError(usage)
    return "uniform", tuple(values)


def _read_triangular(words: Words, folder: Path | None, usage: str) -> Read:
    values = _durations(words, usage)
    if len(values) != 3 or not (values[0] <= values[1] <= values[2] and values[0] < values[2]):
        raise ValueError(usage)
    return "triangular", tuple(values)


def _read_lognormal(words: Words, folder: Path | None, usage: str) -> Read:
    found = _named(words, ("mean", "sd", "median", "p95"), usage)
    if set(found) == {"mean", "sd"} and found["mean"] > 0 and found["sd"] > 0:
        variance = math.log1p((found["sd"] / found["mean"]) ** 2)
        return "lognormal", (math.log(found["mean"]) - variance / 2, math.sqrt(variance))
    if set(found) == {"median", "p95"} and 0 < found["median"] < found["p95"]:
        return "lognormal", (math.log(found["median"]), math.log(found["p95"] / found["median"]) / _Z95)
    raise ValueError(usage)


def _read_gamma(words: Words, folder: Path | None, usage: str) -> Read:
    found = _named(words, ("mean", "sd"), usage)
    if set(found) != {"mean", "sd"} or found["mean"] <= 0 or found["sd"] <= 0:
        raise ValueError(usage)
    return "gamma", ((found["mean"] / found["sd"]) ** 2, found["sd"] ** 2 / found["mean"])


def _read_erlang(words: Words, folder: Path | None, usage: str) -> Read:
    found = _named(words, ("stages", "mean"), usage)
    if set(found) != {"stages", "mean"} or found["mean"] <= 0:
        raise ValueError(usage)
    return "gamma", (found["stages"], found["mean"] / found["stages"])


def _read_empirical(words: Words, folder: Path | None, usage: str) -> Read:
    if len(words) == 3 and words[1] == "column":
        table = read_columns((folder or Path()) / words[0], (words[2],))
        values = table[words[2]].tolist()
        if min(values) < 0:
            raise ValueError(f"{words[0]}: column {words[2]!r} has negative times")
    else:
        values = _durations(words, usage)
    if not values:
        raise ValueError(usage)
    return "empirical", tuple(sorted(values))


def _read_sequence(words: Words, folder: Path | None, usage: str) -> Read:
    values = _durations(words, usage)
    if not values:
        raise ValueError(usage)
    return "sequence", tuple(values)


_READERS: dict[str, Callable[[Words, Path | None, str], Read]] = {
    "exponential": _read_exponential, "uniform": _read_uniform, "triangular": _read_triangular,
    "lognormal": _read_lognormal, "gamma": _read_gamma, "erlang": _read_erlang, "empirical": _read_empirical,
    "sequence": _read_sequence,
}  # fmt: skip
_NEEDS = {
    "exponential": "a mean above 0",
    "uniform": "a lower and an upper end, in this order",
    "triangular": "low, mode and high, in this order",
    "lognormal": "mean and sd, or median and p95, above 0",
    "gamma": "mean and sd, above 0",
    "erlang": "stages and mean",
    "empirical": "values, or a CSV file and its column",
    "sequence": "values",
}
_SHOWN = {
    "exponential": "exponential 3 s",
    "uniform": "uniform 1 s 3 s",
    "triangular": "triangular 1 s 2 s 5 s",
    "lognormal": "lognormal median 1.2 s p95 4 s",
    "gamma": "gamma mean 3 s sd 1 s",
    "erlang": "erlang stages 3 mean 6 s",
    "empirical": "empirical waits.csv column seconds",
    "sequence": "sequence 100 s 7 s",
}


def _as_text(value: Any) -> str:
    """The mapping form says the same in other words: `{lognormal: {median: 1.2 s, p95: 4 s}}`, `{sequence: [1 s, 2 s]}`."""
    if isinstance(value, str):
        return value if len(value) <= 200_000 else ""
    if isinstance(value, Mapping) and len(value) == 1:
        ((form, inner),) = value.items()
        if isinstance(inner, Mapping):
            if set(inner) == {"file", "column"}:
                return f"{form} {inner['file']} column {inner['column']}"
            return " ".join([str(form), *(f"{key} {entry}" for key, entry in inner.items())])
        if isinstance(inner, list):
            return " ".join([str(form), *map(str, inner)])
        return f"{form} {inner}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        parse_duration(value)
    raise ValueError(f"expected a time such as {EXAMPLES[0]!r} or {EXAMPLES[2]!r}")


@dataclass(frozen=True)
class CountDistribution(_Parsed):
    """How many: `2`, shares by number `{1: 70 %, 2: 30 %}`, or `sequence 1 2 3`."""

    counts: tuple[int, ...]
    shares: tuple[float, ...]
    """Of each count; empty for a sequence."""
    _examples = (2, {"1": "70 %", "2": "30 %"}, "sequence 1 2 3")

    @property
    def constant(self) -> int | None:
        return self.counts[0] if len(self.counts) == 1 else None

    @property
    def sequence(self) -> tuple[int, ...] | None:
        return None if self.shares else self.counts

    @property
    def mean(self) -> float:
        """Expected count."""
        if not self.shares:
            return math.fsum(self.counts) / len(self.counts)
        return math.fsum(count * share for count, share in zip(self.counts, self.shares, strict=True))

    def ppf(self, u: Floats) -> NDArray[np.int64]:
        """Inverse distribution function; for a sequence the counts in order, whatever u."""
        if not self.shares:
            return np.resize(np.asarray(self.counts, np.int64), len(u))
        edges = np.cumsum(self.shares)[:-1]
        return np.asarray(self.counts, np.int64)[np.searchsorted(edges, u, side="right")]

    @classmethod
    def parse(cls, value: Any, folder: Path | None) -> CountDistribution:
        """Read a number, text or a mapping; ValueError says what is wrong."""
        if isinstance(value, int) and not isinstance(value, bool):
            return cls((cls._count(value),), (1.0,))
        if isinstance(value, str):
            words = value.split()
            if words[:1] == ["sequence"] and len(words) > 1:
                return cls(tuple(cls._count(word) for word in words[1:]), ())
            return cls((cls._count(value),), (1.0,))
        if isinstance(value, Mapping) and value:
            pairs = sorted((cls._count(count), parse_share(share)) for count, share in value.items())
            total = math.fsum(share for _, share in pairs)
            if not math.isclose(total, 1.0, abs_tol=1e-9):
                raise ValueError(f"the shares add up to {total:.6g}, not to 1")
            return cls(tuple(count for count, _ in pairs), tuple(share for _, share in pairs))
        raise ValueError("expected a whole number such as 2, or shares by number such as {1: 70 %, 2: 30 %}")

    @staticmethod
    def _count(value: Any) -> int:
        text = str(value).strip()
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,6}", text) or int(text) < 1:
            raise ValueError(f"{str(value)[:40]!r} is no whole number from 1 on")
        return int(text)


ONE = CountDistribution((1,), (1.0,))


@dataclass(frozen=True)
class Beta(_Parsed):
    """A share that differs from person to person: `beta mean 1.5 % sd 4 %`; or one share for all."""

    mean: float
    sd: float
    _examples = ("1.5 %", "beta mean 1.5 % sd 4 %")

    @property
    def constant(self) -> float | None:
        return self.mean if self.sd == 0.0 else None

    def ppf(self, u: Floats) -> Floats:
        """Inverse distribution function."""
        from scipy.special import betaincinv

        if self.sd == 0.0:
            return np.full(u.shape, self.mean)
        size = self.mean * (1 - self.mean) / self.sd**2 - 1
        result: Floats = betaincinv(self.mean * size, (1 - self.mean) * size, u)
        return result

    @classmethod
    def parse(cls, value: Any, folder: Path | None) -> Beta:
        """Read text or a number; ValueError says what is wrong."""
        if isinstance(value, str) and value.split()[:1] == ["beta"]:
            match = re.fullmatch(r"beta mean (\S+(?: %)?) sd (\S+(?: %)?)", " ".join(value.split()))
            if match is None:
                raise ValueError("write it like 'beta mean 1.5 % sd 4 %'")
            mean, sd = parse_share(match[1]), parse_share(match[2])
            if not (0 < mean < 1 and 0 < sd and sd**2 < mean * (1 - mean)):
                raise ValueError(
                    "no beta distribution has this mean and sd: sd² must be above 0 and below mean x (1 - mean)"
                )
            return cls(mean, sd)
        return cls(parse_share(value), 0.0)
