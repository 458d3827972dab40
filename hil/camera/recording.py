"""Storing what a camera saw. No picture leaves memory unless somebody asks for it, and then with people filled solid.

Always storable are signals, events and silhouettes (outlines, no picture). A video is written only where something says what to
fill, before the encoder sees the picture. It fails closed: nothing that says so, no file; it raises, no more frames.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import cv2
import numpy as np

from ..errors import BenchError
from ..observers.silhouettes import Silhouette
from . import manifest
from .fill import Fill, NotEmpty
from .frame import Frame
from .manifest import Entry

SOLID = (96, 96, 96)
"""BGR that is filled in. One colour: what was pixelated or blurred can still be recognised."""


class RecordingError(BenchError, RuntimeError):
    """A recording could not begin, or has ended before its time."""


class NoDetector(RecordingError):
    """Nothing says where people are, so no video is stored."""

    advice = "give a picture of the empty scene, or let it be learned (hil.camera.fill.PeopleFill)"


class FillFailed(RecordingError):
    """What says where people are has failed. The frame was not stored, and none is after it."""

    advice = "see what it raised; frames stored before are filled"


class NotWritten(RecordingError, OSError):
    """The file can't be written."""

    advice = "check the folder and the space left; the name ends in .avi"


class VideoRecording:
    """A video, Motion JPEG in .avi, of frames with people filled solid. Close it, or use it in a `with` block.

    file: name within the folder; why, until (with a time zone): for the manifest.
    Raises: NoDetector, NotWritten, BrokenManifest, OSError; nothing is stored then.
    """

    def __init__(
        self, folder: Path, file: str, *, fill: Fill | None, why: str, until: datetime, fps: float
    ) -> None:
        if fill is None:
            raise NoDetector("no video is stored: nothing says where people are", resource=file)
        if not 0 < fps <= 1000:
            raise NotWritten(f"{fps!r} frames per second", resource=file)
        self._folder, self._fill, self._fps = folder, fill, fps
        self._entry = _new(folder, file, ".avi", "video", why, until, fill.how)
        self._path = manifest.place(folder, self._entry)
        self._writer: cv2.VideoWriter | None = None
        self._size: tuple[int, int] | None = None
        self._ended = False
        self.frames = 0
        """Stored so far."""

    def feed(self, frame: Frame) -> None:
        """Fill and store the next frame. Raises: FillFailed, NotEmpty, NotWritten; the recording has ended then."""
        if self._ended:
            raise NotWritten("the recording has ended", resource=self._entry.file)
        try:
            mask = self._fill.mask(frame)
            if mask.dtype != np.bool_ or mask.shape != frame.image.shape[:2]:
                raise ValueError(
                    f"its mask is {mask.dtype} of shape {mask.shape}, not bool {frame.image.shape[:2]}"
                )
        except NotEmpty as error:
            # What is stored already shows somebody.
            self._end(f"deleted: {error.message}")
            self._path.unlink(missing_ok=True)
            raise
        except Exception as error:
            self._end(f"fill failed at {frame.t:.3f} s: {error}")
            raise FillFailed(
                f"frame {frame.number} was not stored, the recording has ended: {type(error).__name__}: {error}",
                resource=self._entry.file,
            ) from error
        picture = frame.image.copy()
        picture[mask] = SOLID
        try:
            self._write(picture)
        except NotWritten as error:
            self._end(error.message)
            raise
        self.frames += 1

    def _write(self, picture: np.ndarray) -> None:
        size = (picture.shape[1], picture.shape[0])
        if self._writer is None:
            fourcc = cv2.VideoWriter.fourcc(*"MJPG")
            self._writer = cv2.VideoWriter(str(self._path), fourcc, self._fps, size)
            if not self._writer.isOpened():
                raise NotWritten("can't be opened for writing", resource=self._entry.file)
            self._size = size
        if size != self._size:  # the writer would leave it out without a word
            raise NotWritten(f"frames were {self._size} px and are {size} now", resource=self._entry.file)
        self._writer.write(picture)

    def close(self) -> None:
        """No more frames."""
        self._end("closed")

    def _end(self, how: str) -> None:
        if self._ended:
            return
        self._ended = True
        if self._writer is not None:
            self._writer.release()
        _ended(self._folder, self._entry, self._path, how)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end("closed" if error is None else f"ended by {type(error).__name__}")


class SilhouetteRecording:
    """Outlines of silhouettes, one JSON object a line: t in s, scale (px of the outlines a pixel of the picture), outlines as lists of
    [x, y]. No picture can be made of them again.

    Raises: NotWritten, BrokenManifest, OSError.
    """

    def __init__(self, folder: Path, file: str, *, why: str, until: datetime) -> None:
        self._folder = folder
        self._entry = _new(folder, file, ".jsonl", "silhouettes", why, until, "outlines only, no picture")
        self._path = manifest.place(folder, self._entry)
        self._file: TextIO | None = self._path.open("w", encoding="utf-8")

    def feed(self, t: float, found: Sequence[Silhouette], scale: float) -> None:
        """Store the silhouettes of a frame."""
        if self._file is None:
            raise NotWritten("the recording has ended", resource=self._entry.file)
        outlines = [one.outline.reshape(-1, 2).tolist() for one in found]
        self._file.write(
            json.dumps({"t": round(t, 6), "scale": round(scale, 6), "outlines": outlines}) + "\n"
        )

    def close(self) -> None:
        """No more frames."""
        if self._file is not None:
            self._file.close()
            self._file = None
            _ended(self._folder, self._entry, self._path, "closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _new(folder: Path, file: str, ending: str, kind: str, why: str, until: datetime, filled: str) -> Entry:
    """List a file that is about to be written."""
    if not file.endswith(ending):
        raise NotWritten(
            f"its name does not end in {ending}", resource=file, advice=f"call it {Path(file).stem}{ending}"
        )
    if not why.strip():
        raise NotWritten("no reason is given why it is stored", resource=file, advice="say what it is for")
    if until.tzinfo is None:
        raise NotWritten(
            f"until {until} has no time zone", resource=file, advice="give a datetime with tzinfo"
        )
    folder.mkdir(parents=True, exist_ok=True)
    entry = Entry(file, kind, why, datetime.now(UTC), until, filled)
    if manifest.place(folder, entry).exists():
        raise NotWritten(
            "is there already", resource=file, advice="give it another name, or purge the folder"
        )
    manifest.add(folder, entry)
    return entry


def _ended(folder: Path, entry: Entry, path: Path, how: str) -> None:
    there = path.exists()
    size, sha = (path.stat().st_size, manifest.digest(path)) if there else (0, None)
    manifest.add(folder, replace(entry, ended=how, bytes=size, sha256=sha))
