"""The process of a watching camera: `python -m gatebench.hil.eyes.program --camera ADDRESS --options JSON`.

It prints one line of JSON when the camera gives frames, then tells what its observers see (`lines.py`) to whoever connects to
its port on this host: what was said before is told first. It ends with its parent, or when whoever listened hangs up.

Exit codes: 0 as asked; 3 no camera, with the reason on standard output as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from ..camera.camera import Camera, Failed, Missed
from ..camera.fill import PeopleFill
from ..camera.frame import Clock, Frame
from ..camera.recording import VideoRecording
from ..errors import BenchError
from ..observers.quality import Quality
from ..observers.sighting import Observer, Reason, Sighting
from . import lines
from .options import EyesOptions
from .watching import observers, quality

BEAT = 1.0
"""Seconds between two PACEs."""
HELD = 4 << 20
"""Bytes kept for a listener; one that reads no more is hung up on."""


class Eyes:
    """Camera, observers, and who is told."""

    def __init__(
        self, camera: Camera, watching: list[Observer], quality: Quality, server: socket.socket, parent: int,
        recording: VideoRecording | None = None,
    ) -> None:  # fmt: skip
        self.camera, self.watching, self.server = camera, watching, server
        self.quality, self.recording = quality, recording
        self.out = bytearray()
        self.listener: socket.socket | None = None
        self.frames = self.missing = 0
        self.least: float | None = None
        self._told = {id(one): 0 for one in watching}
        try:
            self._parent = os.pidfd_open(parent)
        except (AttributeError, OSError):
            self._parent = -1
        self._pid = parent

    def run(self) -> None:
        """Until the parent, the listener or the camera has gone."""
        beat, over = monotonic() + BEAT, False
        while not over or self.out:
            watched = [self.server.fileno()] if self.listener is None else [self.listener.fileno()]
            if not over and self.camera.fileno() >= 0:
                watched.append(self.camera.fileno())
            if self._parent >= 0:
                watched.append(self._parent)
            mouths = [self.listener.fileno()] if self.listener is not None and self.out else []
            wait = 0.0 if self.camera.waiting and not over else max(0.0, min(beat - monotonic(), 0.5))
            ready, able, _ = select.select(watched, mouths, (), wait)
            if self._parent in ready or (self._parent < 0 and os.getppid() != self._pid):
                return
            if self.server.fileno() in ready:
                self.listener, _ = self.server.accept()
                self.listener.setblocking(False)
            elif self.listener is not None and self.listener.fileno() in ready and self._hung_up():
                return
            if not over:
                over = self._look()
            if monotonic() >= beat and not over:
                beat += BEAT
                self._pace()
            if able and not self._say():
                return
            if len(self.out) > HELD:
                return

    def _look(self) -> bool:
        """What came of the camera; True: the stream is over."""
        for event in self.camera.take():
            if isinstance(event, Frame):
                self.frames += 1
                delay = event.arrival / 1e9 - event.t
                self.least = delay if self.least is None else min(self.least, delay)
                self._watch(event)
            elif isinstance(event, Missed):
                self.missing += event.missing
            elif isinstance(event, Failed):
                for one in self.watching:
                    self._tell(one, one.finish())
                self._pace()
                self.out += lines.line(
                    "OVER", {"kind": type(event.error).__name__, "message": event.error.message}
                )
                return True
        return False

    def _watch(self, frame: Frame) -> None:
        """An observer that cannot go on is told of, and asked no more; the others go on."""
        if self.recording is not None:
            try:
                self.recording.feed(frame)
            except BenchError as error:
                self.out += lines.why(Reason("recording", type(error).__name__, frame.t, str(error)))
                self.recording = None
        told = len(self.quality.reasons)
        self.quality.feed(frame)
        for reason in self.quality.reasons[told:]:
            self.out += lines.why(reason)
        for one in list(self.watching):
            try:
                seen = one.feed(frame)
            except BenchError as error:
                self.out += lines.why(Reason(one.name, type(error).__name__, frame.t, str(error)))
                self.watching.remove(one)
                continue
            self._tell(one, seen)

    def _tell(self, one: Observer, seen: list[Sighting]) -> None:
        problem = self.quality.forbids(one.name) if seen else None
        for sighting in seen:
            if problem is None:
                self.out += lines.saw(sighting)
            else:
                note = f"{sighting.event} is not told: {problem}"
                self.out += lines.why(Reason(one.name, problem.kind, sighting.t, note))
        for reason in one.reasons[self._told[id(one)] :]:
            self.out += lines.why(reason)
        self._told[id(one)] = len(one.reasons)

    def _pace(self) -> None:
        self.out += lines.line("PACE", {"frames": self.frames, "missing": self.missing, "least": self.least})

    def _hung_up(self) -> bool:
        assert self.listener is not None
        try:
            return not self.listener.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _say(self) -> bool:
        assert self.listener is not None
        try:
            del self.out[: self.listener.send(self.out)]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True


def main() -> int:
    found = argparse.ArgumentParser(prog="python -m gatebench.hil.eyes.program", description=__doc__)
    found.add_argument("--camera", required=True, metavar="ADDRESS")
    found.add_argument("--name", default="", help="of the camera's resource; errors name it")
    found.add_argument("--options", required=True, metavar="JSON", help="as in the rig file")
    found.add_argument("--keep", type=Path, metavar="FOLDER", help="store video there, people filled solid")
    found.add_argument("--why", default="", help="for the manifest of what is stored")
    found.add_argument(
        "--until", type=datetime.fromisoformat, metavar="TIME", help="when it is to be deleted"
    )
    found.add_argument("--parent", type=int, default=os.getppid(), metavar="PID")
    chosen = found.parse_args()
    options = EyesOptions.model_validate_json(chosen.options)
    # With a lamp for the clock there is no need to wait for the sender's.
    clock: Clock | None = "source" if options.sync is not None and _stamped(chosen.camera) else None
    try:
        watching = observers(options)
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            Camera(chosen.camera, resource=chosen.name, clock=clock) as camera,
            ExitStack() as stored,
        ):
            opened = camera.opened
            recording = None
            if chosen.keep is not None:
                file = f"{chosen.name or 'camera'}-{datetime.now(UTC):%Y%m%dT%H%M%S}.avi"
                recording = stored.enter_context(
                    VideoRecording(
                        chosen.keep,
                        file,
                        fill=PeopleFill(),
                        why=chosen.why,
                        until=chosen.until,
                        fps=options.fps,
                    )
                )
            eyes = Eyes(camera, watching, quality(options), server, chosen.parent, recording)
            about = {
                "camera": opened.address, "size": list(opened.size), "fps": opened.fps, "clock": opened.clock, "u": opened.u,
                "observers": [one.name for one in watching],
            }  # fmt: skip
            eyes.out += lines.line("EYES", about)
            host, port = server.getsockname()[:2]
            print(json.dumps({"device": "eyes", "pid": os.getpid(), "tcp": f"{host}:{port}"}), flush=True)
            eyes.run()
    except BenchError as error:
        told = {"error": type(error).__name__, "message": error.message, "advice": error.advice}
        print(json.dumps(told), flush=True)
        return 3
    return 0


def _stamped(address: str) -> bool:
    """Do its frames come with time stamps of the source? Those of HTTP need not."""
    return not address.startswith("http")


if __name__ == "__main__":
    sys.exit(main())
