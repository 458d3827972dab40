"""Slots for pictures in memory that two processes share and nobody has to tidy up: it has no name, and goes with the last of them."""

from __future__ import annotations

import mmap
import os
import tempfile

import numpy as np

from .frame import Image

LARGEST = 256 << 20
"""Bytes of all slots together."""
FEWEST = 4
"""Slots, however large pictures are."""


class Ring:
    """Slots of one size."""

    def __init__(self, fd: int, size: tuple[int, int], slots: int) -> None:
        """`fd`: of the memory, ours from now on; `size`: width and height, pixels."""
        self.fd, self.slots, self._shape = fd, slots, (size[1], size[0], 3)
        self._bytes = size[0] * size[1] * 3
        self._memory = mmap.mmap(fd, self._bytes * slots)

    @classmethod
    def new(cls, size: tuple[int, int], slots: int) -> Ring:
        """Memory for so many pictures, or as many as `LARGEST` holds."""
        fitting = max(FEWEST, min(slots, LARGEST // (size[0] * size[1] * 3)))
        fd = _memory()
        os.ftruncate(fd, size[0] * size[1] * 3 * fitting)
        return cls(fd, size, fitting)

    def write(self, slot: int, image: Image) -> None:
        """Put a picture of the ring's size into a slot."""
        np.copyto(self._view(slot), image)

    def read(self, slot: int) -> Image:
        """The picture of a slot, as a copy."""
        return self._view(slot).copy()

    def close(self) -> None:
        self._memory.close()
        os.close(self.fd)

    def _view(self, slot: int) -> Image:
        return np.frombuffer(self._memory, np.uint8, count=self._bytes, offset=slot * self._bytes).reshape(
            self._shape
        )


def _memory() -> int:
    try:
        return os.memfd_create("gatebench-camera")
    except AttributeError:  # not Linux: a file without a name does the same
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())
