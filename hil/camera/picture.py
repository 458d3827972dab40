"""OpenCV, imported where it is needed, and JPEG decoded by it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import CameraUnfit
from .frame import Image

EOI = b"\xff\xd9"


def opencv() -> Any:
    """The module `cv2`, of version 4 or 5. Raises: CameraUnfit: it is not installed."""
    try:
        import cv2
    except ImportError as error:
        raise CameraUnfit(
            f"OpenCV is not installed ({error})",
            advice="pip install 'gatebench[bench]'; of opencv-python and opencv-python-headless keep one",
        ) from error
    cv2.setNumThreads(1)
    return cv2


def decode(cv2: Any, data: bytes) -> Image | None:
    """A picture as the camera sees it, whatever its metadata say about which side is up; None: it cannot be decoded.

    A JPEG without its end is refused: OpenCV would fill it up with grey.
    """
    if data[:2] == b"\xff\xd8" and data.rfind(EOI, -64) < 0:
        return None
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    return image if image is None else np.asarray(image, np.uint8)
