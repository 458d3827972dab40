"""Keyed random numbers: the same person has the same luck, whatever else is drawn, and in whatever order.

The uniforms of one key (seed, replication, purpose, visit, portal, attempt) form one vector over all persons, made by
numpy's counter-based Philox: element p depends on the key and on p alone. Policies are no part of any key, so
candidates are compared under common random numbers.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

BLOCK = 1024
"""Persons whose draws are made together on the hot path. A multiple of 4: one Philox step gives four numbers."""
_PER_STEP = 4
_TINY = 2.0**-54
"""Half the spacing of `Generator.random`: shifts its [0, 1) into the open interval (0, 1)."""

Floats = NDArray[np.float64]


class Draws:
    """All the luck of one replication."""

    def __init__(self, seed: int, replication: int) -> None:
        self.seed, self.replication = seed, replication
        self._root = f"{seed}/{replication}/".encode()

    def uniforms(self, purpose: str, count: int, *, visit: int = 0, portal: str = "", attempt: int = 0) -> Floats:
        """Uniforms in (0, 1) of persons (or whatever is numbered) 0 to `count` - 1."""
        return self._generator(purpose, visit, portal, attempt, 0).random(count) + _TINY

    def block(self, purpose: str, start: int, *, visit: int = 0, portal: str = "", attempt: int = 0) -> Floats:
        """The `BLOCK` uniforms of persons from `start` on; `start` is a multiple of `BLOCK`."""
        return self._generator(purpose, visit, portal, attempt, start // _PER_STEP).random(BLOCK) + _TINY

    def _generator(self, purpose: str, visit: int, portal: str, attempt: int, step: int) -> Generator:
        key = blake2b(self._root + f"{purpose}/{visit}/{portal}/{attempt}".encode(), digest_size=16).digest()
        return Generator(Philox(key=np.frombuffer(key, np.uint64), counter=step))
