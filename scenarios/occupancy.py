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
CLUSTERS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Diary:
    """One kind of day. Read-only shares that add up to 1 along the last axis."""

    states: Floats
    """Age band x state: what people of an age do at 04:00."""
    clusters: Floats
    """Age band x state at 04:00 x cluster: how those who do that spend the day."""
    transitions: Floats
    """Cluster x bin x state x next state."""


@cache
def diary(day: str) -> Diary:
    """The tables of a `weekday` or `weekend`. Source: library/occupancy/README.md.

    They give the share of each cluster by age, and what each cluster does at 04:00; here it is turned round.
    """
    shares, initial = np.zeros((len(AGES), CLUSTERS)), np.zeros((CLUSTERS, len(STATES)))
    transitions = np.zeros((CLUSTERS, BINS, len(STATES), len(STATES)))
    for row in _rows("clusters.csv"):
        if row["day"] == day:
            shares[AGES.index(row["age"])] = [float(row[str(k + 1)]) for k in range(CLUSTERS)]
    for row in _rows("initial.csv"):
        if row["day"] == day:
            initial[int(row["cluster"]) - 1] = [float(row[state]) for state in STATES]
    for row in _rows(f"{day}.csv"):
        place = int(row["cluster"]) - 1, int(row["bin"]), STATES.index(row["from"])
        transitions[place] = [float(row[state]) for state in STATES]
    both = as_shares("clusters", shares)[:, None, :] * as_shares("initial", initial).T
    states = both.sum(axis=-1)
    return Diary(
        as_shares("states", states),
        as_shares("clusters by state", both / states[..., None]),
        as_shares(day, transitions),
    )


def as_shares(name: str, table: Floats) -> Floats:
    """The table, read-only from now on. ValueError: a share is negative, or a row does not add up to 1 within 1e-6."""
    rows = table.reshape(-1, table.shape[-1])
    wrong = ~((rows >= 0).all(axis=1) & (np.abs(rows.sum(axis=1) - 1.0) <= 1e-6))
    if wrong.any():
        place = np.unravel_index(int(np.flatnonzero(wrong)[0]), table.shape[:-1])
        raise ValueError(
            f"occupancy table {name!r}, row {tuple(map(int, place))}: no shares that add up to 1"
        )
    table.flags.writeable = False
    return table


def _rows(name: str) -> list[dict[str, str]]:
    with (files("gatebench.scenarios") / "library" / "occupancy" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
