"""RTSP by FFmpeg: through PyAV where it is installed, else through OpenCV.

Both give each frame the time stamp that came with it. PyAV alone tells it on the sender's wall clock, by its last report
(RTCP), and stamps arrival before it decodes.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from time import monotonic_ns
from typing import Any

from .address import Address
from .description import Described, describe
from .errors import CameraSilent, CameraUnfit, StreamEnded, StreamStalled, UnknownCodec
from .frame import Image
from .messages import Charge
from .picture import opencv
from .source import Shot, Source

TICK = 1 / 90_000
"""s: of RTP's time stamps for pictures."""
MEMORY = 64
"""Packets whose frames may still come."""
REPORTED = "prft"
"""FFmpeg's name for what a packet knows of the sender's wall clock."""


def open_rtsp(address: Address, charge: Charge) -> Source:
    """Raises: CameraError."""
    told = describe(address, charge.resource, charge.patience)
    decoder = charge.decoder or ("av" if find_spec("av") else "cv2")
    return (RtspAv if decoder == "av" else RtspCv)(address, charge, told)


def _options(charge: Charge) -> dict[str, str]:
    """What FFmpeg is told. Sound is left alone: with two streams it moves time stamps when reports come."""
    return {
        "rtsp_transport": "udp" if charge.udp else "tcp",
        "allowed_media_types": "video",
        "fflags": "nobuffer",
        "fpsprobesize": "0",  # else it reads twenty frames before it gives the first
    }


class _Rtsp:
    live = True
    resolution = TICK

    def __init__(self, address: Address, charge: Charge, told: Described) -> None:
        self._address, self._resource, self._patience = address, charge.resource, charge.patience
        self._told, self.fps = told, told.fps
        self._last = monotonic_ns()

    def _error(self, kind: type[Any], message: str, advice: str = "") -> Any:
        return kind(f"{self._address.shown}: {message}", resource=self._resource, advice=advice)

    def _not_opened(self, why: str = "") -> Any:
        waited = (monotonic_ns() - self._last) / 1e9
        if waited >= self._patience:
            return self._error(
                CameraSilent, f"it describes {self._told.codec} and gives no picture within {waited:.1f} s"
            )
        kind = CameraUnfit if self._told.codec in ("JPEG", "H264", "H265") else UnknownCodec
        return self._error(kind, f"it describes {self._told.codec}, and FFmpeg cannot open it{why}")

    def _no_frame(self, why: str = "") -> Any:
        """FFmpeg gave nothing: has the time run out, or has the stream?"""
        waited = (monotonic_ns() - self._last) / 1e9
        if waited >= 0.9 * self._patience:
            return self._error(StreamStalled, f"no frame for {waited:.1f} s")
        return self._error(StreamEnded, f"the camera ended the stream{why}")


class RtspCv(_Rtsp):
    """Through OpenCV: a Source."""

    decoder = "cv2"
    reports = False

    def __init__(self, address: Address, charge: Charge, told: Described) -> None:
        """Raises: CameraUnfit, UnknownCodec."""
        super().__init__(address, charge, told)
        joined = "|".join(f"{name};{value}" for name, value in _options(charge).items())
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = joined
        self._cv2 = cv2 = opencv()
        patience = round(charge.patience * 1000)
        settings = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, patience + 2000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, patience, cv2.CAP_PROP_N_THREADS, 1,
        ]  # fmt: skip
        self._capture = cv2.VideoCapture(address.text, cv2.CAP_FFMPEG, settings)
        if not self._capture.isOpened():
            raise self._not_opened()

    def next(self) -> Shot:
        if not self._capture.grab():
            raise self._no_frame()
        self._last = arrival = monotonic_ns()
        stamp = self._capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1e3
        return Shot(arrival, stamp, None, self._image)

    def _image(self) -> Image | None:
        found, image = self._capture.retrieve()
        return image if found else None

    def close(self) -> None:
        self._capture.release()


class RtspAv(_Rtsp):
    """Through PyAV: a Source."""

    decoder = "av"
    reports = True

    def __init__(self, address: Address, charge: Charge, told: Described) -> None:
        """Raises: CameraUnfit, UnknownCodec."""
        super().__init__(address, charge, told)
        try:
            import av
        except ImportError as error:
            raise self._error(
                CameraUnfit, f"PyAV is not installed ({error})", "pip install 'gatebench[av]'"
            ) from error
        self._failures = (av.FFmpegError,)
        timeout = (charge.patience + 2, charge.patience)
        try:
            self._container = av.open(address.text, options=_options(charge), timeout=timeout)
            self._stream = self._container.streams.video[0]
        except (*self._failures, IndexError) as error:
            raise self._not_opened(f": {error}") from error
        self._stream.codec_context.thread_count = 1
        self._packets = self._container.demux(self._stream)
        self._frames: list[tuple[int, float | None, Any]] = []
        self._came: dict[int | None, tuple[int, float | None]] = {}
        """Arrival and wall clock of packets whose frames are still to come, by time stamp."""

    def next(self) -> Shot:
        while not self._frames:
            self._demux()
        arrival, wall, frame = self._frames.pop(0)
        stamp = None if frame.pts is None else float(frame.pts * frame.time_base)
        return Shot(arrival, stamp, wall, lambda: frame.to_ndarray(format="bgr24"))

    def _demux(self) -> None:
        try:
            packet = next(self._packets)
            arrival = monotonic_ns()
            if not packet.size:
                raise self._no_frame()
            self._came[packet.pts] = arrival, _wall(packet)
            for frame in packet.decode():
                # H.264 gives a frame with a later packet than its own; that one tells when it came.
                came, wall = self._came.pop(frame.pts, (arrival, None))
                self._frames.append((came, wall, frame))
            while len(self._came) > MEMORY:
                del self._came[next(iter(self._came))]
        except StopIteration:
            raise self._no_frame() from None
        except self._failures as error:
            if error.strerror and "nvalid data" in error.strerror:
                return  # a frame that was spoilt on its way; its gap is told
            raise self._no_frame(f": {error.strerror}") from error
        if self._frames:
            self._last = arrival

    def close(self) -> None:
        self._container.close()


def _wall(packet: Any) -> float | None:
    """s since 1970 on the sender's wall clock, by its last report; None: it has not reported yet."""
    for side in packet.iter_sidedata():
        if side.data_type == REPORTED:
            return int.from_bytes(bytes(side)[:8], sys.byteorder, signed=True) / 1e6
    return None
