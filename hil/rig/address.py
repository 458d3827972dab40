"""Addresses of a rig file: what VISA calls a line, and what a port process opens, are two names of one thing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from ...scenarios.model import folder_of
from ..camera.address import parse

_ASRL = re.compile(r"ASRL(?P<device>.+?)(::INSTR)?", re.IGNORECASE)
_SOCKET = re.compile(r"TCPIP\d*::(?P<host>.+)::(?P<port>\d{1,5})::SOCKET", re.IGNORECASE)
_OTHER = re.compile(r"(TCPIP\d*::.+|USB\d*::.+|GPIB\d*::.+|PXI\d*::.+|VICP::.+)::?.*", re.IGNORECASE)


def _tcp(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError(f"{text!r} is no address; write it as HOST:PORT, such as '192.0.2.8:4000'")
    return text


def _visa(text: str) -> str:
    if not any(kind.fullmatch(text) for kind in (_ASRL, _SOCKET, _OTHER)):
        raise ValueError(
            f"{text!r} is no VISA address; write it as ASRL/dev/ttyUSB0::INSTR or TCPIP::HOST::PORT::SOCKET"
        )
    return text


def _serial(text: str) -> str:
    kind, colon, rest = text.partition(":")
    if text.startswith("/") or re.fullmatch(r"COM\d+", text):
        return text
    if kind == "socket" and rest.startswith("//"):
        _tcp(rest.removeprefix("//").rstrip("/"))
        return text
    if kind == "twin" and re.fullmatch(r"[a-z][a-z0-9-]*\.(left|right)", rest):
        return text
    if colon and kind in ("usb", "usb-path") and rest:
        return text
    raise ValueError(
        f"{text!r} is no serial line; write a path (/dev/ttyUSB0), usb:SERIAL, usb-path:1-1.2, socket://HOST:PORT, "
        "or twin:TAP.left"
    )


def _camera(text: str, info: ValidationInfo) -> str:
    if parse(text).kind != "file":
        return text
    folder = folder_of(info)
    found = str(folder / text) if folder is not None else text
    if not Path(found).is_file():
        raise ValueError(f"there is no file {found}")
    return found


HostPort = Annotated[str, AfterValidator(_tcp)]
"""HOST:PORT."""
VisaAddress = Annotated[str, AfterValidator(_visa)]
"""An address that PyVISA knows."""
Device = Annotated[str, AfterValidator(_serial)]
"""A serial line, by path, USB adapter, address, or as an end of an emulated line tap."""

CameraAddress = Annotated[str, AfterValidator(_camera)]
"""A source of frames (`hil/camera/address.py`); a file lies where the rig file says, relative to it, and must be there."""


def line_device(visa: str) -> str | None:
    """What a port process opens for a VISA address; None: a kind of address that is no line."""
    if match := _SOCKET.fullmatch(visa):
        return f"socket://{match['host']}:{match['port']}"
    match = _ASRL.fullmatch(visa)
    return match["device"] if match else None


def visa_address(device: str) -> str:
    """The VISA address of a path or of `socket://HOST:PORT`."""
    if device.startswith("socket://"):
        host, _, port = device.removeprefix("socket://").rstrip("/").rpartition(":")
        return f"TCPIP::{host.strip('[]')}::{port}::SOCKET"
    return f"ASRL{device}::INSTR"
