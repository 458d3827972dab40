"""The folder that a run writes its results to."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..scenarios import InputError


@contextmanager
def claimed(folder: Path) -> Iterator[Path]:
    """The folder, there and writable before anything is computed, and this process's own until the block is left.

    InputError: it cannot be written, or another run writes to it. The claim ends with the process, however that ends; where the
    system or the file system has no locks nothing is claimed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"--out {folder}: cannot be written: {error.strerror}") from None
    lock = _locked(folder)
    try:
        yield folder
    finally:
        if lock is not None:
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; the folder itself has it, so that no file is left behind."""
    try:
        import fcntl
    except ImportError:
        return None
    lock = None
    try:
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        assert lock is not None
        os.close(lock)
        raise InputError(
            f"--out {folder}: another run is writing there; wait until it has ended, or name another folder"
        ) from None
    except OSError:
        if lock is not None:
            os.close(lock)
        return None
    return lock
