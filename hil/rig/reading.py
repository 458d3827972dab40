"""Reading rig files."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from ...scenarios.reading import read, read_text
from .checks import problems
from .schema import Rig

EMULATED, FAULTS = "emulated", "emulated-faults"
"""Names of the rigs that are made of twins alone, and come along; the second has a tap in the readers' line."""


def read_rig(path: str | Path | None = None) -> Rig:
    """A rig by its file, or by the name of one that comes along; `emulated` without either. InputError: every mistake in
    it."""
    name = EMULATED if path is None else str(path)
    if name in (EMULATED, FAULTS):
        with as_file(files("gatebench.hil") / "rig" / f"{name}.yaml") as found:
            return read(found, Rig, check=problems)
    return read(name, Rig, check=problems)


def read_rig_text(text: str, *, name: str = "<text>", folder: Path | None = None) -> Rig:
    """The same for text; files that it names lie in `folder`. InputError."""
    return read_text(text, Rig, name=name, folder=folder, check=problems)
