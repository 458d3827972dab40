"""What an RTSP server says of its stream, asked before anything else opens it: only so do failures have names."""

from __future__ import annotations

import re
from typing import NamedTuple

from .address import Address
from .connection import Answer, Connection
from .errors import CameraUnfit, UnknownCodec
from .login import answer

FIXED = {26: "JPEG", 31: "H261", 32: "MPV", 33: "MP2T", 34: "H263"}
"""Payload types whose meaning is fixed (RFC 3551)."""
DECODED = {
    "AV1", "H261", "H263", "H263-1998", "H263-2000", "H264", "H265", "JPEG", "MP2T", "MP4V-ES", "MPV", "VP8", "VP9",
}  # fmt: skip
"""Encodings that FFmpeg takes from RTP."""
LARGEST = 1 << 20
"""Bytes of a description."""


class Described(NamedTuple):
    """A stream of pictures."""

    codec: str
    fps: float | None


def describe(address: Address, resource: str, patience: float) -> Described:
    """Ask the server. Raises: CameraError of the kind that fits."""
    connection = Connection(address, resource, patience)
    try:
        told = _ask(connection, address)
        length = told.header("content-length")
        if not length.isdecimal() or int(length) > LARGEST:
            raise connection.error(CameraUnfit, "it describes no stream")
        text = connection.body(int(length)).decode("utf-8", "replace")
        found = read(text)
        if found is None:
            kinds = ", ".join(re.findall(r"^m=(\w+)", text, re.MULTILINE)) or "nothing"
            raise connection.error(CameraUnfit, f"its stream has no pictures ({kinds})")
        if found.codec not in DECODED:
            raise connection.error(UnknownCodec, f"its pictures are {found.codec}")
        return found
    finally:
        connection.close()


def _ask(connection: Connection, address: Address) -> Answer:
    login = ""
    for sequence in (1, 2):
        lines = [
            f"DESCRIBE {address.url} RTSP/1.0",
            f"CSeq: {sequence}",
            "Accept: application/sdp",
            "User-Agent: gatebench",
        ]
        lines += [f"Authorization: {login}"] if login else []
        connection.send(("\r\n".join(lines) + "\r\n\r\n").encode())
        told = connection.answer("RTSP/1.0")
        if told.status == 200:
            return told
        if told.status != 401 or login or not (address.user or address.password):
            break
        challenges = told.headers.get("www-authenticate", [])
        login = answer(challenges, "DESCRIBE", address.url, address.user, address.password) or ""
        if not login:
            break
        length = told.header("content-length")
        if length.isdecimal():
            connection.body(int(length))
    raise connection.refused(told)


def read(text: str) -> Described | None:
    """The first stream of pictures of a description (SDP, RFC 8866); None: it has none."""
    match = re.search(r"^m=video \S+ \S+ (\d+)(.*?)(?=^m=|\Z)", text, re.MULTILINE | re.DOTALL)
    if match is None:
        return None
    kind, rest = int(match[1]), match[2]
    named = re.search(rf"^a=rtpmap:{kind} ([^\s/]+)", rest, re.MULTILINE)
    codec = named[1].upper() if named else FIXED.get(kind, f"of payload type {kind}")
    rate = re.search(r"^a=framerate:\s*(\d+(?:\.\d+)?)", rest, re.MULTILINE)
    fps = float(rate[1]) if rate else 0.0
    return Described(codec, fps if 0 < fps <= 1000 else None)
