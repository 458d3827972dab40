"""Files, by OpenCV's FFmpeg: each frame with the time stamp that the file gives it. Who reads is waited for."""

from __future__ import annotations

import os
from time import monotonic_ns
from typing import Any

from .address import Address
from .errors import CameraDenied, CameraMissing, CameraUnfit, StreamEnded, UnknownCodec
from .frame import Image
from .messages import Charge
from .picture import opencv
from .source import Shot


class Clip:
    """An open file: a Source."""

    decoder = "cv2"
    live = False
    resolution = 1e-3
    """s: the coarsest that is common, that of Matroska."""
    reports = False

    def __init__(self, address: Address, charge: Charge) -> None:
        """Raises: CameraError."""
        self._path, self._resource = address.path, charge.resource
        try:
            if os.path.isdir(self._path):
                raise self._error(CameraUnfit, "it is a folder", "name a file in it")
            with open(self._path, "rb") as file:
                empty = not file.read(1)
        except CameraUnfit:
            raise
        except PermissionError as error:
            raise self._error(CameraDenied, "it may not be read", f"chmod +r {self._path}") from error
        except OSError as error:
            raise self._error(CameraMissing, os.strerror(error.errno or 0), "check the path; it is relative to the rig file") from error  # fmt: skip
        if empty:
            raise self._error(UnknownCodec, "it is empty", "record it again")
        self._cv2 = cv2 = opencv()
        self._capture = cv2.VideoCapture(self._path, cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise self._error(UnknownCodec, "FFmpeg finds no pictures in it that it can decode", "convert it: ffmpeg -i FILE -c:v libx264 new.mp4")  # fmt: skip
        told = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps: float | None = told if 0 < told <= 1000 else None

    def _error(self, kind: type[Any], message: str, advice: str = "") -> Any:
        return kind(f"{self._path}: {message}", resource=self._resource, advice=advice)

    def next(self) -> Shot:
        if not self._capture.grab():
            raise self._error(StreamEnded, "the file is over")
        stamp = self._capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1e3
        return Shot(monotonic_ns(), stamp, None, self._image)

    def _image(self) -> Image | None:
        found, image = self._capture.retrieve()
        return image if found else None

    def close(self) -> None:
        self._capture.release()
