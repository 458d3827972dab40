"""A picture with the instant at which it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
"""(height, width, 3), BGR."""
Clock: TypeAlias = Literal["source", "sender", "arrival"]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One of them."""

    number: int
    """Counted at the source from 0; a gap means drops."""
    t: float
    """s on `clock`: when the exposure of its first row began, as well as the source can tell."""
    u: float
    """s, standard uncertainty of `t`. A delay that is the same for all frames is no part of it."""
    clock: Clock
    """`source`: its own time stamps; `sender`: its wall clock, by its reports (RTCP), Unix seconds; `arrival`: this host's
    monotonic clock, when it came."""
    arrival: int
    """ns of this host's monotonic clock."""
    image: Image
