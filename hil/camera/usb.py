"""USB cameras by OpenCV (V4L2). The kernel stamps each buffer, on its monotonic clock."""

from __future__ import annotations

import errno
import math
import os
import stat
from time import monotonic_ns
from typing import Any

from .address import Address
from .errors import (
    CameraBusy,
    CameraDenied,
    CameraMissing,
    CameraSilent,
    CameraUnfit,
    StreamEnded,
    StreamStalled,
)
from .frame import Image
from .messages import Charge
from .picture import opencv
from .source import Shot

COMPRESSED = "MJPG"
"""Asked for together with a size or a rate: few cameras have USB's room for more than 30 raw pictures a second."""


class Usb:
    """An open camera: a Source."""

    decoder = "cv2"
    live = True
    resolution = 1e-6
    reports = False

    def __init__(self, address: Address, charge: Charge) -> None:
        """Raises: CameraError."""
        self._path, self._resource, self._patience = address.path, charge.resource, charge.patience
        self._look()
        os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = str(math.ceil(charge.patience))
        self._cv2 = cv2 = opencv()
        self._capture = cv2.VideoCapture(address.path, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise self._error(CameraUnfit, "it is no camera, or another program streams from it", "`v4l2-ctl --list-devices` names cameras, `fuser -v DEVICE` who has it")  # fmt: skip
        self._last = monotonic_ns()
        try:
            self._ask(charge)
        except CameraUnfit:
            self._capture.release()
            raise
        told = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps: float | None = told if 0 < told <= 1000 else None
        self._began = False

    def _look(self) -> None:
        """Raises: CameraMissing, CameraDenied, CameraBusy, CameraUnfit."""
        try:
            if not stat.S_ISCHR(os.stat(self._path).st_mode):
                raise self._error(CameraUnfit, "it is no device")
            os.close(os.open(self._path, os.O_RDWR | os.O_NONBLOCK))
        except OSError as error:
            if isinstance(error, CameraUnfit):
                raise
            why = os.strerror(error.errno or 0)
            if error.errno in (errno.EACCES, errno.EPERM):
                raise self._error(CameraDenied, why, "join the group that owns it (often `video`), then log in again") from error  # fmt: skip
            if error.errno == errno.EBUSY:
                raise self._error(CameraBusy, why) from error
            raise self._error(CameraMissing, why, "plug it in; `v4l2-ctl --list-devices` names those that are there") from error  # fmt: skip

    def _ask(self, charge: Charge) -> None:
        """Set what was asked for, and look whether it is."""
        cv2, capture = self._cv2, self._capture
        if charge.size or charge.fps:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*COMPRESSED))
        if charge.size:
            width, height = charge.size
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
            given = (
                round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            )
            if given != charge.size:
                raise self._error(CameraUnfit, f"it was asked for {width}x{height} and gives {given[0]}x{given[1]}", "`v4l2-ctl --list-formats-ext -d DEVICE` names what it can")  # fmt: skip
        if charge.fps:
            capture.set(cv2.CAP_PROP_FPS, charge.fps)
            given_fps = capture.get(cv2.CAP_PROP_FPS)
            if abs(given_fps - charge.fps) > 0.01 * charge.fps:
                raise self._error(CameraUnfit, f"it was asked for {charge.fps:g} fps and gives {given_fps:g}", "`v4l2-ctl --list-formats-ext -d DEVICE` names what it can")  # fmt: skip

    def _error(self, kind: type[Any], message: str, advice: str = "") -> Any:
        return kind(f"{self._path}: {message}", resource=self._resource, advice=advice)

    def next(self) -> Shot:
        if not self._capture.grab():
            waited = (monotonic_ns() - self._last) / 1e9
            if not self._began:
                raise self._error(CameraSilent, "it opens and gives no picture", "end the program that streams from it; or lower size and rate, where USB's room is shared")  # fmt: skip
            if waited >= 0.9 * self._patience:
                raise self._error(StreamStalled, f"no frame for {waited:.1f} s")
            raise self._error(StreamEnded, "the camera has gone", "plug it in again")
        self._last, self._began = monotonic_ns(), True
        stamp = self._capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1e3
        return Shot(self._last, stamp if stamp > 0 else None, None, self._image)

    def _image(self) -> Image | None:
        found, image = self._capture.retrieve()
        return image if found else None

    def close(self) -> None:
        self._capture.release()
