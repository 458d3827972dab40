"""Starting the program of a watching camera, and ending it."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from os import getpid
from pathlib import Path

from ..camera import errors as camera_errors
from ..camera.errors import CameraError, CameraSilent
from ..port.line import Line
from .options import EyesOptions

READY = 30.0
"""Seconds for the camera to give frames; the program gives up by itself before, with a name for what is wrong."""
ENDING = 5.0
"""Seconds to end; then it is killed."""


@dataclass(frozen=True)
class Keep:
    """What cameras see is stored, with people filled solid (`hil/camera/recording.py`)."""

    folder: Path
    why: str
    """For the manifest."""
    until: datetime
    """With a time zone: when it is to be deleted."""


@contextmanager
def watching(name: str, address: str, options: EyesOptions, keep: Keep | None = None) -> Iterator[Line]:
    """Its line, for as long as the block lasts. `name`: of the resource. Raises: CameraError of the kind that fits."""
    told = options.dumps()
    command = ["--camera", address, "--name", name, "--options", told, "--parent", str(getpid())]
    if keep is not None:
        command += ["--keep", str(keep.folder), "--why", keep.why, "--until", keep.until.isoformat()]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "gatebench.hil.eyes.program", *command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        yield Line(name, f"socket://{_ready(process, name)}")
    finally:
        process.terminate()
        try:
            process.wait(ENDING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: subprocess.Popen[str], name: str) -> str:
    """HOST:PORT."""
    assert process.stdout is not None
    waited = select.select([process.stdout], (), (), READY)[0]
    text = process.stdout.readline() if waited else ""
    try:
        told = json.loads(text)
    except ValueError:
        said = f"said {text!r}" if text else f"said nothing within {READY:g} s, or ended"
        raise CameraSilent(f"the program that watches it {said}", resource=name) from None
    if "error" in told:
        kind = getattr(camera_errors, told["error"], CameraError)
        raise kind(told["message"], resource=name, advice=told["advice"])
    return str(told["tcp"])
