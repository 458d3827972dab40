"""Reading rig files."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from ...scenarios.reading import read, read_text
from .checks import problems
from .schema import Rig

EMULATED = "emulated"
"""Name of the rig that is made of twins alone, and comes along."""


def read_rig(path: str | Path | None = None) -> Rig:
    """A rig by its file; without one, or as `emulated`, the rig of twins. InputError: every mistake in it."""
    if path is None or str(path) == EMULATED:
        with as_file(files("gatebench.hil") / "rig" / "emulated.yaml") as found:
            return read(found, Rig, check=problems)
    return read(path, Rig, check=problems)


def read_rig_text(text: str, *, name: str = "<text>", folder: Path | None = None) -> Rig:
    """The same for text; files that it names lie in `folder`. InputError."""
    return read_text(text, Rig, name=name, folder=folder, check=problems)
