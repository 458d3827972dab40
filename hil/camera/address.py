"""Where frames come from, as rig files write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

Kind = Literal["usb", "rtsp", "mjpeg", "file", "twin"]
FORMS = (
    "write it as rtsp://HOST/PATH, http://HOST/PATH (MJPEG), /dev/video0, the path of a file, "
    "or twin:NAME for an emulated camera"
)
_TWIN = re.compile(r"twin:(?P<name>[a-z][a-z0-9-]*)(?:\.(?P<service>rtsp|mjpeg))?")
_PORTS = {"rtsp": 554, "http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """A source of frames."""

    text: str
    """As it is written, password included."""
    kind: Kind
    user: str = ""
    password: str = ""
    host: str = ""
    port: int = 0
    path: str = ""
    """Of a stream, with its query; of a device or a file."""
    name: str = ""
    """Of an emulated camera."""
    service: str = "rtsp"
    """Of an emulated camera: `rtsp` or `mjpeg`."""

    @property
    def secure(self) -> bool:
        """Is it HTTP within TLS?"""
        return self.text.lower().startswith("https:")

    @property
    def shown(self) -> str:
        """For people: without its password."""
        if not self.password:
            return self.text
        scheme, _, rest = self.text.partition("://")
        return f"{scheme}://{rest.rpartition('@')[0].partition(':')[0]}:***@{rest.rpartition('@')[2]}"

    @property
    def url(self) -> str:
        """Of a stream, without user and password: what a server is asked for."""
        scheme, _, rest = self.text.partition("://")
        authority, slash, path = rest.partition("/")
        return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"


def parse(text: str) -> Address:
    """ValueError: it is no address of a camera."""
    if text.startswith("twin:"):
        match = _TWIN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no emulated camera; write it as twin:NAME or twin:NAME.mjpeg")
        return Address(text, "twin", name=match["name"], service=match["service"] or "rtsp")
    if "://" in text:
        return _stream(text)
    if not text.strip() or "\0" in text:
        raise ValueError(f"{text!r} is no camera; {FORMS}")
    if text.isdecimal():
        raise ValueError(f"{text!r} is no camera; write /dev/video{text}")
    return Address(text, "usb" if text.startswith("/dev/") else "file", path=text)


def _stream(text: str) -> Address:
    shown = re.sub(r"(?<=:)[^:/@]*(?=@)", "***", text)
    try:
        parts = urlsplit(text)
    except ValueError:  # whose message may quote the password, as may that about the port
        raise ValueError(f"{shown!r} is no address of a stream: its host is malformed") from None
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"{shown!r}: its port is no number from 1 to 65535") from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise ValueError(f"{shown!r}: a stream is rtsp:// or http://; {FORMS}")
    if not parts.hostname or port == 0:
        raise ValueError(f"{shown!r} names no host; {FORMS}")
    if any(character.isspace() for character in text):
        raise ValueError(f"{shown!r} has a space; write %20 for it")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isprintable():
        raise ValueError(f"{shown!r}: no user and no password has control characters")
    return Address(
        text,
        "rtsp" if scheme == "rtsp" else "mjpeg",
        user,
        password,
        parts.hostname,
        port or _PORTS[scheme],
        _path(parts),
    )


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
