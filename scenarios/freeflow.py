"""How many people can pass an opening of a width: the flow beyond which no lane is believable."""

from __future__ import annotations

import math

import numpy as np

MEASURED = (
    (0.50, 1.250),
    (0.60, 1.393),
    (0.70, 1.951),
    (0.95, 1.961),
    (1.00, 2.460),
    (1.20, 2.549),
    (1.45, 2.817),
    (1.80, 2.917),
)
"""(width in m, persons/s): the fastest run at each width, over all people or the middle 80 % of them.

Worked out from trajectories of the Juelich data archive: HERMES 2009, one-directional, with corridors narrowing at the
entry or the exit; at 0.5 m also the entrance gate of "Crowds in front of bottlenecks". People walked freely and in one
direction; nobody stopped to show anything.
"""
_WIDTHS, _FLOWS = (np.array(column) for column in zip(*MEASURED, strict=True))


def free_flow(width: float) -> float:
    """Persons per second through an opening of `width` metres without a door, one way.

    Between the measured widths on the straight line; below and above them in proportion to the width. ValueError: the
    width is not above 0.
    """
    if not (math.isfinite(width) and width > 0.0):
        raise ValueError(f"a width must be above 0 (got {width!r})")
    nearest = min(max(width, float(_WIDTHS[0])), float(_WIDTHS[-1]))
    return float(np.interp(nearest, _WIDTHS, _FLOWS)) * width / nearest
