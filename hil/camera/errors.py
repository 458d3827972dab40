"""What can go wrong with a camera, as types below `BenchError` (`hil/errors.py` shows where).

```
CameraError (BenchError)
├── CameraMissing (FileNotFoundError)   no such device, file, host, or path at the host
├── CameraDenied (PermissionError)      it wants a user and password, or others; or the file may not be read
├── CameraBusy (BlockingIOError)        somebody else has it, or it serves no more viewers
├── CameraSilent (TimeoutError)         it is there and does not answer, or gives no picture
├── CameraUnfit                         it answers and is no camera, or is not as it was asked to be
├── UnknownCodec (ValueError)           its pictures are in a form that cannot be decoded here
└── StreamError                         it was there, and frames came
    ├── StreamUnsettled                 frames come later and later, or never evenly
    ├── StreamStalled (TimeoutError)    no frame for too long
    ├── StreamEnded (EOFError)          it has ended
    ├── StreamBroken (ValueError)       pictures that cannot be decoded, time stamps that go back or are missing
    ├── SizeChanged (ValueError)        pictures have another size than before
    ├── FramesLost (BufferError)        some are missing, and none were to be
    └── ReaderDied (ConnectionAbortedError) the process that read it ended without being asked to
```

A StreamError keeps what was seen: `counts`, the `last` frame, and the `frames` that were collected.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import BenchError
from .frame import Frame


@dataclass(frozen=True)
class Counts:
    """What became of the frames so far."""

    frames: int = 0
    """Handed over."""
    lost: int | None = 0
    """Missing by the source's time stamps; None: it has none, so nobody can tell."""
    unread: int = 0
    """Not taken in time by whoever reads."""
    spoilt: int = 0
    """That could not be decoded."""
    discarded: int = 0
    """Of the stale start."""

    def __str__(self) -> str:
        lost = "an unknown number" if self.lost is None else str(self.lost)
        parts = [f"{self.frames} frames came", f"{lost} got lost"]
        parts += [f"{self.unread} were not taken in time"] if self.unread else []
        parts += [f"{self.spoilt} could not be decoded"] if self.spoilt else []
        return ", ".join(parts)


class CameraError(BenchError):
    """A camera, or what comes from it."""


class CameraMissing(CameraError, FileNotFoundError):
    """No such device, file, host, or path at the host."""

    advice = "check the address in the rig file, and that the camera is on and plugged in"


class CameraDenied(CameraError, PermissionError):
    """It wants a user and password, or others; or the device may not be opened."""

    advice = "write //USER:PASSWORD@HOST into the address, with %40 for @ and %3A for : in a password"


class CameraBusy(CameraError, BlockingIOError):
    """Somebody else has it, or it serves no more viewers."""

    advice = "end the program that holds it; `fuser -v DEVICE` names it"


class CameraSilent(CameraError, TimeoutError):
    """It is there and does not answer, or gives no picture."""

    advice = "check that it is a camera's port, and that the camera is not busy starting"


class CameraUnfit(CameraError):
    """It answers and is no camera, or is not as it was asked to be."""

    advice = "check the address: the camera's manual has the path of its stream"


class UnknownCodec(CameraError, ValueError):
    """Its pictures are in a form that cannot be decoded here."""

    advice = "set the camera to H.264 or MJPEG"


class StreamError(CameraError):
    """It was there, and frames came; what was seen is kept."""

    counts: Counts = Counts()
    last: Frame | None = None
    """The last frame that was handed over."""
    frames: tuple[Frame, ...] = ()
    """Those that were collected for whoever asked for several."""

    def keep(self, counts: Counts, last: Frame | None) -> None:
        """Note what was seen."""
        self.counts, self.last = counts, last

    def __str__(self) -> str:
        text, try_, advice = super().__str__().partition(". Try: ")
        return f"{text}; {self.counts}{try_}{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        return (*super().__reduce__(), {"counts": self.counts, "last": self.last, "frames": self.frames})


class StreamUnsettled(StreamError):
    """Frames come later and later, or never evenly."""

    advice = "lower the camera's size or rate, use a cable instead of radio, or close other programs"


class StreamStalled(StreamError, TimeoutError):
    """No frame for too long."""

    advice = "check cable, power and network of the camera"


class StreamEnded(StreamError, EOFError):
    """It has ended."""


class StreamBroken(StreamError, ValueError):
    """Pictures that cannot be decoded, time stamps that go back or are missing."""

    advice = "check the network for losses; over UDP, try TCP"


class SizeChanged(StreamError, ValueError):
    """Pictures have another size than before: regions and calibration no longer hold."""

    advice = "fix the size in the camera's settings, and open it again"


class FramesLost(StreamError, BufferError):
    """Some are missing, and none were to be."""

    advice = "lower the camera's size or rate, or read faster"


class ReaderDied(StreamError, ConnectionAbortedError):
    """The process that read it ended without being asked to."""

    advice = "see what killed it (memory, somebody else) in the system's journal"
