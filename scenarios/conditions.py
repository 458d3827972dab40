"""Chances that depend on the situation: `20 %`, or `{night and no guard: 60 %, guard: 0 %, otherwise: 5 %}`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from .model import Parsed
from .units import parse_share

NIGHT, GUARD, CAMERA, COMPANY = 1, 2, 4, 8
"""Bits of a situation: it is night; a guard is on duty at this portal; a camera looks at it; somebody else waits there."""
SITUATIONS = 16
WORDS: dict[str, tuple[int, bool]] = {
    "night": (NIGHT, True), "day": (NIGHT, False), "guard": (GUARD, True), "no guard": (GUARD, False),
    "camera": (CAMERA, True), "no camera": (CAMERA, False), "company": (COMPANY, True), "alone": (COMPANY, False),
}  # fmt: skip
OTHERWISE = "otherwise"
EXAMPLE = "{night and no guard: 60 %, guard: 0 %, otherwise: 5 %}"

Condition = tuple[tuple[int, bool], ...]
"""What must hold together: bits, each set or not."""


@dataclass(frozen=True)
class Chance(Parsed):
    """A probability: one share, or shares by situation (`night`, `day`, `guard`, `no guard`, `camera`, `no camera`,
    `company`, `alone`, joined with `and`); the first that fits counts, `otherwise` is for the rest."""

    rules: tuple[tuple[Condition, float], ...]
    otherwise: float
    text: str

    @property
    def constant(self) -> float | None:
        """The one share, if the situation does not matter."""
        return None if self.rules else self.otherwise

    @property
    def highest(self) -> float:
        """The largest share of any situation."""
        return max(self.table())

    def at(self, situation: int) -> float:
        """The share in a situation (bits)."""
        for condition, share in self.rules:
            if all(bool(situation & bit) == wanted for bit, wanted in condition):
                return share
        return self.otherwise

    def table(self) -> tuple[float, ...]:
        """By situation, 0 to 15."""
        return tuple(self.at(situation) for situation in range(SITUATIONS))

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of(cls, share: float) -> Self:
        """The same share always."""
        return cls((), share, f"{share!r}")

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        if not isinstance(value, Mapping):
            return cls.of(parse_share(value))
        if OTHERWISE not in value:
            raise ValueError(f"say what holds '{OTHERWISE}', as in {EXAMPLE}")
        rules: list[tuple[Condition, float]] = []
        for words, share in value.items():
            if words == OTHERWISE:
                continue
            condition = _condition(words)
            if any(condition == before for before, _ in rules):
                raise ValueError(f"{words!r} stands twice")
            try:
                rules.append((condition, parse_share(share)))
            except ValueError as error:
                raise ValueError(f"{words!r}: {error}") from None
        try:
            rest = parse_share(value[OTHERWISE])
        except ValueError as error:
            raise ValueError(f"'{OTHERWISE}': {error}") from None
        text = ", ".join(f"{words}: {share}" for words, share in value.items())
        return cls(tuple(rules), rest, f"{{{text}}}")

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        share = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string"}]}
        mapping = {"type": "object", "additionalProperties": share, "required": [OTHERWISE]}
        return {
            "anyOf": [*share["anyOf"], mapping],
            "examples": ["20 %", {"night and no guard": "60 %", "guard": "0 %", OTHERWISE: "5 %"}],
            "description": " ".join((cls.__doc__ or "").split()),
        }


def _condition(words: Any) -> Condition:
    found: list[tuple[int, bool]] = []
    for word in str(words).split(" and "):
        known = " ".join(word.split())
        if known not in WORDS:
            near = difflib.get_close_matches(known, WORDS, 1)
            rest = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(WORDS)}, {OTHERWISE}"
            raise ValueError(f"unknown condition {known!r}; {rest}")
        bit, wanted = WORDS[known]
        if (bit, not wanted) in found:
            raise ValueError(f"{words!r} can never hold: it names a thing and its opposite")
        if (bit, wanted) not in found:
            found.append((bit, wanted))
    return tuple(sorted(found))
