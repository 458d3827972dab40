"""Keyed random numbers: the same person has the same luck, whatever else is drawn, and in whatever order.

The uniforms of one key (seed, replication, purpose, visit, portal, attempt) form one vector over all persons, made by
numpy's counter-based Philox: element p depends on the key and on p alone. Policies are no part of any key, so
candidates are compared under common random numbers. Only Philox's raw numbers are used, which numpy promises to keep
from version to version; what `Generator` makes of them it does not.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.random import Philox
from numpy.typing import NDArray

BLOCK = 1024
"""Persons whose draws are made together on the hot path. A multiple of 4: one Philox step gives four numbers."""
_PER_STEP = 4

Floats = NDArray[np.float64]


class Draws:
    """All the luck of one replication."""

    def __init__(self, seed: int, replication: int) -> None:
        self.seed, self.replication = seed, replication
        self._root = f"{seed}/{replication}/".encode()
        # One generator for all keys: to set its state takes 0.8 us, to make another 7.
        self._philox = Philox(key=0)
        self._state = self._philox.state

    def uniforms(
        self, purpose: str, count: int, *, visit: int = 0, portal: str = "", attempt: int = 0
    ) -> Floats:
        """Uniforms in (0, 1) of persons (or whatever is numbered) 0 to `count` - 1."""
        return self._draw(purpose, visit, portal, attempt, 0, count)

    def block(
        self, purpose: str, person: int, *, visit: int = 0, portal: str = "", attempt: int = 0
    ) -> Floats:
        """The `BLOCK` uniforms among which that of `person` is, at `person % BLOCK`."""
        return self._draw(purpose, visit, portal, attempt, person // BLOCK * BLOCK, BLOCK)

    def _draw(self, purpose: str, visit: int, portal: str, attempt: int, start: int, count: int) -> Floats:
        key = blake2b(self._root + f"{purpose}/{visit}/{portal}/{attempt}".encode(), digest_size=16).digest()
        state = self._state
        state["state"]["key"] = np.frombuffer(key, "<u8")
        state["state"]["counter"][0] = start // _PER_STEP
        self._philox.state = state
        # 2**52 numbers, evenly spaced and as far from 0 as from 1.
        u: Floats = (self._philox.random_raw(count) >> np.uint64(12)) + np.float64(0.5)
        u *= 2.0**-52
        return u
