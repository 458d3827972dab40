"""HTTP-MJPEG: each picture is stamped as it comes, and keeps the time that its part tells (`X-Timestamp`)."""

from __future__ import annotations

import math
import re
from collections import deque
from time import monotonic_ns
from urllib.parse import urlsplit

from .address import Address
from .connection import Answer, Connection
from .errors import CameraUnfit, StreamBroken, StreamEnded, StreamStalled, UnknownCodec
from .login import answer
from .messages import Charge
from .parts import Chunks, Part, Parts, boundary_of
from .picture import decode, opencv
from .source import Shot

STAMPS = ("x-timestamp", "timestamp", "x-timestamp-us", "x-ustreamer-grab-end-time")
"""Headers of a part in which servers tell when its picture was taken, in seconds."""
DECODED = ("image/jpeg", "image/jpg", "image/png", "image/webp", "image/bmp")


class Mjpeg:
    """An open stream: a Source."""

    decoder = "cv2"
    live = True
    fps: float | None = None
    reports = False

    def __init__(self, address: Address, charge: Charge) -> None:
        """Raises: CameraError."""
        self._cv2 = opencv()
        self._patience = charge.patience
        self.resolution = 1e-6
        self._connection, told = self._ask(address, charge)
        kind = told.header("content-type")
        boundary = boundary_of(kind)
        if boundary is None:
            self._connection.close()
            raise self._no_stream(kind)
        self._parts = Parts(boundary)
        self._chunks = Chunks() if "chunked" in told.header("transfer-encoding").lower() else None
        self._ready: deque[Part] = deque()
        self._header: str | None = None

    def _ask(self, address: Address, charge: Charge) -> tuple[Connection, Answer]:
        uri = urlsplit(address.url)
        path = (uri.path or "/") + (f"?{uri.query}" if uri.query else "")
        host = (
            f"{address.host}:{address.port}"
            if ":" not in address.host
            else f"[{address.host}]:{address.port}"
        )
        login = ""
        while True:
            connection = Connection(address, charge.resource, charge.patience)
            try:
                lines = [
                    f"GET {path} HTTP/1.1",
                    f"Host: {host}",
                    "User-Agent: gatebench",
                    "Accept: */*",
                    "Connection: close",
                ]
                lines += [f"Authorization: {login}"] if login else []
                connection.send(("\r\n".join(lines) + "\r\n\r\n").encode())
                told = connection.answer("HTTP/1")
                if told.status == 401 and not login and (address.user or address.password):
                    challenges = told.headers.get("www-authenticate", [])
                    login = answer(challenges, "GET", path, address.user, address.password) or ""
                    if login:
                        connection.close()
                        continue
                if told.status != 200:
                    raise connection.refused(told)
                return connection, told
            except BaseException:
                connection.close()
                raise

    def _no_stream(self, kind: str) -> Exception:
        error = self._connection.error
        if kind.startswith("image/"):
            return error(
                CameraUnfit,
                f"it gives a single picture ({kind})",
                "name the address of its stream, not of its snapshot",
            )
        if kind.startswith(("video/", "audio/")) or "mpegurl" in kind:
            return error(
                UnknownCodec,
                f"it sends {kind}; HTTP is read as MJPEG alone",
                "name its MJPEG or RTSP address",
            )
        return error(CameraUnfit, f"it sends {kind or 'something without a type'}, not a stream of pictures")

    def next(self) -> Shot:
        while not self._ready:
            self._receive()
        part = self._ready.popleft()
        kind = part.headers.get("content-type", "image/jpeg").partition(";")[0].strip().lower()
        if kind not in DECODED:
            raise self._connection.error(UnknownCodec, f"its pictures are {kind}")
        return Shot(part.stamp, self._stamp(part), None, lambda: decode(self._cv2, part.body))

    def _receive(self) -> None:
        error = self._connection.error
        try:
            data = self._connection.receive()
        except TimeoutError as late:
            raise error(StreamStalled, f"no frame for {self._patience:g} s") from late
        except OSError as gone:
            raise error(StreamEnded, f"the connection went: {gone.strerror or gone}") from gone
        stamp = monotonic_ns()
        if not data or self._parts.ended:
            raise error(StreamEnded, "the camera ended the stream")
        try:
            carried = data if self._chunks is None else self._chunks.feed(data)
            self._ready.extend(self._parts.feed(carried, stamp))
        except ValueError as broken:
            raise error(StreamBroken, f"its document is malformed: {broken}") from broken

    def _stamp(self, part: Part) -> float | None:
        """What the part says of its time. The first part decides which header counts."""
        if self._header is None:
            found = (name for name in STAMPS if seconds(part.headers.get(name, "")) is not None)
            self._header = next(found, "")
            told = part.headers.get(self._header, "")
            self.resolution = 10.0 ** -len(told.partition(".")[2])
        return seconds(part.headers.get(self._header, ""))

    def close(self) -> None:
        self._connection.close()


def seconds(text: str) -> float | None:
    """A time in decimal seconds; None: it is none."""
    if not re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text.strip()):
        return None
    value = float(text)
    return value if math.isfinite(value) else None
