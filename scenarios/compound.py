"""The place: towers with flats, portals where they stand, and the routes between street and home."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from .distributions import CountDistribution, Distribution, constant
from .model import Model
from .portals import Portal
from .units import Id, Share

# NBS census 2020: mean 2.62 persons a household; split as Beijing 2010 (FACTS 2.3), six standing for six and more.
CENSUS_2020 = {1: 0.248, 2: 0.302, 3: 0.291, 4: 0.093, 5: 0.048, 6: 0.018}


def _households(value: Any) -> Any:
    return CENSUS_2020 if value == "census-2020" else value


class Towers(Model):
    """Equal residential towers."""

    count: int = Field(ge=1, le=500)
    """How many towers."""
    floors: int = Field(ge=1, le=200)
    """Floors with flats in each tower."""
    flats: int = Field(ge=1, le=200)
    """Flats on each floor."""
    occupied: Share = 1.0
    """Share of the flats in which somebody lives."""
    households: Annotated[CountDistribution, BeforeValidator(_households)] = CountDistribution.parse(
        CENSUS_2020, None
    )
    """Persons in a household: `census-2020`, a number, or shares by number."""


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


class Compound(Model):
    """What stands where."""

    towers: Towers | None = None
    """The residents' homes; without them only streams of `traffic` bring people."""
    portals: dict[Id, Portal] = Field(min_length=1)
    """The controlled openings, by id."""
    routes: tuple[Route, ...] = ()
    """Ways between the street and home. Needed where people live."""

    def route_shares(self) -> list[float]:
        """The share of each route; those that say nothing divide the rest."""
        spoken = sum(route.share for route in self.routes if route.share is not None)
        silent = sum(route.share is None for route in self.routes)
        return [route.share if route.share is not None else (1.0 - spoken) / silent for route in self.routes]
