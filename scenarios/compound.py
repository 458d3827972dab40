"""The place: towers with flats, portals where they stand, and the routes between street and home."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from .distributions import CountDistribution, Distribution, constant
from .model import Model, Parsed
from .portals import Portal
from .units import Id, Share, parse_share

# NBS census 2020: mean 2.62 persons a household; split as Beijing 2010 (FACTS 2.3), six standing for six and more.
CENSUS_2020 = {1: 0.248, 2: 0.302, 3: 0.291, 4: 0.093, 5: 0.048, 6: 0.018}


def _households(value: Any) -> Any:
    return CENSUS_2020 if value == "census-2020" else value


_HOUSEHOLDS = re.compile(r"\s*([0-9]{1,7})\s*households?\s*")


@dataclass(frozen=True)
class Occupied(Parsed):
    """In how many flats somebody lives: a share, each flat by a lot of its own, or exactly so many households."""

    share: float | None
    households: int | None
    text: str

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        """Read `90 %`, 0.9 or `2882 households`. ValueError: what is wrong with it."""
        if isinstance(value, str) and (match := _HOUSEHOLDS.fullmatch(value)):
            return cls(None, int(match[1]), f"{int(match[1])} households")
        try:
            return cls(parse_share(value), None, str(value))
        except ValueError as error:
            raise ValueError(f"{error}; or give a number, such as '480 households'") from None

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        return {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string"}],
                "examples": ["90 %", "480 households"]}  # fmt: skip

    def of(self, flats: int) -> float:
        """Share of so many flats."""
        return self.share if self.households is None else self.households / flats  # type: ignore[return-value]

    def __str__(self) -> str:
        return self.text


class Towers(Model):
    """Equal residential towers. Where there are several kinds, `towers` is a list of these."""

    count: int = Field(ge=1, le=500)
    """How many towers."""
    floors: int = Field(ge=1, le=200)
    """Floors with flats in each tower."""
    flats: int = Field(ge=1, le=200)
    """Flats on each floor."""
    occupied: Occupied = Occupied(1.0, None, "100 %")
    """Share of the flats in which somebody lives, or the number of households in all these towers together."""
    households: Annotated[CountDistribution, BeforeValidator(_households)] = CountDistribution.parse(
        CENSUS_2020, None
    )
    """Persons in a household: `census-2020`, a number, or shares by number."""

    @model_validator(mode="after")
    def _has_room(self) -> Towers:
        wanted = self.occupied.households
        if wanted is not None and wanted > self.all_flats:
            raise ValueError(f"{wanted} households, but these towers have {self.all_flats} flats")
        return self

    @property
    def all_flats(self) -> int:
        """Flats in all these towers together."""
        return self.count * self.floors * self.flats


def _through(value: Any) -> Any:
    return {"through": value} if isinstance(value, list) else value


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


class _Route(Model):
    through: tuple[Id, ...] = Field(min_length=1)
    """Portals in the order in which somebody coming home meets them."""
    walk: Annotated[tuple[Distribution, ...], BeforeValidator(_as_list)] = (constant(60.0),)
    """Walking time behind each portal on the way in (the last one leads to the flat); one value serves for all."""
    share: Share | None = None
    """Share of the journeys that take this way; those that say nothing divide the rest."""

    def walk_after(self, position: int) -> Distribution:
        """The walk behind the portal at `position` (0 is the one at the street) on the way in."""
        return self.walk[position if len(self.walk) > 1 else 0]


Route = Annotated[_Route, BeforeValidator(_through)]


SomeTowers = Annotated[
    tuple[Towers, ...],
    Field(min_length=1),
    BeforeValidator(_as_list, json_schema_input_type=Towers | tuple[Towers, ...]),
]
"""One kind of towers, or a list of kinds; they are numbered in this order."""


class Compound(Model):
    """What stands where."""

    towers: SomeTowers | None = None
    """The residents' homes; without them only streams of `traffic` bring people."""
    portals: dict[Id, Portal] = Field(min_length=1)
    """The controlled openings, by id."""
    routes: tuple[Route, ...] = ()
    """Ways between the street and home. Needed where people live."""

    @property
    def tower_count(self) -> int:
        """Towers of all kinds."""
        return sum(kind.count for kind in self.towers or ())

    def tower_shares(self) -> list[float]:
        """Each tower's share of the households, as it is expected; equal ones where nobody lives in any."""
        homes = [
            kind.occupied.of(kind.all_flats) * kind.floors * kind.flats
            for kind in self.towers or ()
            for _ in range(kind.count)
        ]
        total = sum(homes)
        return [one / total if total else 1.0 / len(homes) for one in homes]

    def route_shares(self) -> list[float]:
        """The share of each route; those that say nothing divide the rest."""
        spoken = sum(route.share for route in self.routes if route.share is not None)
        silent = sum(route.share is None for route in self.routes)
        return [route.share if route.share is not None else (1.0 - spoken) / silent for route in self.routes]
