"""Tables of sleeping, being at home and being away: how people of an age spend a kind of day."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

BINS = 96
"""Quarter hours of a diary day."""
BIN = 900.0
DIARY_START = 4 * 3600.0
"""A diary day begins at 04:00."""
STATES = ("sleep", "home", "away")
AWAY = 2
AGES = ("15-24", "25-54", "55-64", "65-74", "75+")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Diary:
    """One kind of day."""

    clusters: Floats
    """Age band x cluster: shares."""
    initial: Floats
    """Cluster x state before the first bin."""
    transitions: Floats
    """Cluster x bin x from x to."""


@cache
def diary(day: str) -> Diary:
    """The tables of a `weekday` or `weekend`. Source: library/occupancy/README.md."""
    shares = {row["age"]: row for row in _rows("clusters.csv") if row["day"] == day}
    known = [
        next(name for name in shares if name == age or (age == "75+" and name.startswith("75")))
        for age in AGES
    ]
    clusters = np.array([[float(shares[age][str(k)]) for k in range(1, 6)] for age in known])
    initial = np.array(
        [[float(row[state]) for state in STATES] for row in _rows("initial.csv") if row["day"] == day]
    )
    transitions = np.zeros((5, BINS, 3, 3))
    for row in _rows(f"{day}.csv"):
        place = int(row["cluster"]) - 1, int(row["bin"]), STATES.index(row["from"])
        transitions[place] = [float(row[state]) for state in STATES]
    for table in (clusters, initial, transitions):
        if not np.allclose(table.sum(axis=-1), 1.0, atol=1e-6):
            raise ValueError(f"occupancy table of a {day}: shares do not add up to 1")
    return Diary(clusters, initial, transitions)


def _rows(name: str) -> list[dict[str, str]]:
    with (files("gatebench.scenarios") / "library" / "occupancy" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
