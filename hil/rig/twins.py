"""The emulated devices that a rig file may ask for: their options, and what is wired between them.

They are started as programs; nothing of them is imported here (`docs/decisions/0013-twins-are-programs.md`). A test holds
these options against those that the programs take.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from ...scenarios.model import folder_of
from ...scenarios.units import Duration, Id
from .address import HostPort
from .options import Options


@dataclass(frozen=True, eq=False)
class Wire:
    """An option that leads to another twin: what that says of itself when it is ready, by kind of twin."""

    leads_to: Mapping[str, tuple[str, ...]]


def _file(text: str, info: ValidationInfo) -> str:
    folder = folder_of(info)
    return str(folder / text) if folder is not None else text


def _existing(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError(f"there is no file {text}")
    return text


def _key(text: str) -> str:
    try:
        sound = len(bytes.fromhex(text)) == 16
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("a key is 32 hexadecimal digits")
    return text


def _size(text: str) -> str:
    sides = text.split("x")
    if len(sides) != 2 or not all(side.isdecimal() and 8 <= int(side) <= 2040 for side in sides):
        raise ValueError(f"{text!r} is no size; write it as 640x480, in multiples of 8 up to 2040")
    if any(int(side) % 8 for side in sides):
        raise ValueError(f"{text}: width and height are multiples of 8")
    return text


def _timed(text: str) -> str:
    if not re.fullmatch(r"\d{1,4}(\.\d+)?:\d{1,4}(\.\d+)?", text):
        raise ValueError(f"{text!r} is no stall; write it as 2:1.5, in seconds: after how many, for how many")
    return text


def _resized(text: str) -> str:
    after, _, size = text.partition(":")
    if not re.fullmatch(r"\d{1,4}(\.\d+)?", after):
        raise ValueError(
            f"{text!r} is no change of size; write it as 2:320x240: after how many seconds, to what"
        )
    return f"{after}:{_size(size)}"


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


NewFile = Annotated[str, AfterValidator(_file)]
"""A file that need not exist, relative to the rig file."""
OldFile = Annotated[str, AfterValidator(_file), AfterValidator(_existing)]
"""A file that exists, relative to the rig file."""
Key = Annotated[str, AfterValidator(_key)]
"""A key of the secure channel, 32 hexadecimal digits."""
Several = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""Text, or a list of it."""
Address = Annotated[int, Field(ge=0, le=126)]
"""Of a reader on an OSDP line."""


class TwinOptions(Options):
    """What every twin takes."""

    line: Literal["pty", "tcp"] | None = None
    """Over what it speaks; a pty unless given, where the system has any. Access servers speak over TCP alone."""
    linger: Duration | None = None
    """How long it stays when whoever started it has gone."""
    journal: NewFile | None = None
    """File for what it did; docs/devices.md."""


class IoBoxOptions(TwinOptions):
    """An I/O box."""

    doors: Annotated[int, Field(ge=1, le=16)] | None = None
    latency: Duration | None = None
    relay: Duration | None = None
    sample: Duration | None = None
    drift: float | None = None
    """Of its clock, in parts in a million."""
    loop: Several | None = None
    """A driven line wired to a sensed one: `EXIT1=LOCK1:0.02` (seconds)."""
    defect: Several | None = None
    """Names of defects (docs/defects-devices.md): a device that a bench must not pass."""
    seed: int | None = None
    """Of defects that show now and then."""


class PowerSupplyOptions(TwinOptions):
    """A laboratory power supply."""

    dialect: Literal["rigol", "siglent"] | None = None
    latency: Duration | None = None
    delay: Duration | None = None
    rise: Duration | None = None
    fall: Duration | None = None
    load: Annotated[float, Field(gt=0)] | None = None
    """Ohms."""


class NetworkSwitchOptions(TwinOptions):
    """A switch in the uplink."""

    to: Annotated[Id, Wire({"access_server": ("uplink",), "io_box": ("tcp",)})]
    """The twin that it leads to."""
    delay: Duration | None = None
    silent: bool | None = None
    response: Duration | None = None


_LINES = Wire({"controller": ("pty", "tcp"), "reader": ("pty", "tcp"), "face_terminal": ("pty", "tcp")})


class LineTapOptions(TwinOptions):
    """A pump between two ends of a line. An end that is not given is `twin:NAME.left` or `twin:NAME.right`."""

    left: Annotated[Id, _LINES] | None = None
    right: Annotated[Id, _LINES] | None = None
    baud: Annotated[int, Field(ge=0, le=4_000_000)] | None = None
    seed: int | None = None


class ReaderOptions(TwinOptions):
    """A card reader with keypad."""

    address: Address | None = None
    key: Key | None = None
    secure_only: bool | None = None
    latency: Duration | None = None
    read: Duration | None = None
    press: Duration | None = None
    defect: Several | None = None
    """Names of defects (docs/defects-devices.md): a device that a bench must not pass."""
    seed: int | None = None
    """Of defects that show now and then."""


class FaceTerminalOptions(TwinOptions):
    """A face terminal."""

    address: Address | None = None
    key: Key | None = None
    secure_only: bool | None = None
    latency: Duration | None = None
    enrol: Several | None = None
    """People that it knows: `anna=2:1173`."""
    acquire: Duration | None = None
    match: Duration | None = None
    refusal: Duration | None = None
    defect: Several | None = None
    """Names of defects (docs/defects-devices.md): a device that a bench must not pass."""
    seed: int | None = None
    """Of defects that show now and then."""


class ControllerOptions(TwinOptions):
    """A door controller: its OSDP line is the twin's line."""

    field: Annotated[Id, Wire({"io_box": ("field",)})] | None = None
    """The I/O box at its terminals."""
    power: Annotated[Id, Wire({"power_supply": ("field",)})] | None = None
    """The supply that feeds it; without one there is always power."""
    channel: Annotated[int, Field(ge=1, le=3)] | None = None
    uplink: Annotated[Id, Wire({"access_server": ("uplink",), "network_switch": ("port",)})] | None = None
    """The access server above it, or the switch before that."""
    door: str | None = None
    """Which of the provisioned doors is wired."""
    provisioning: OldFile | None = None
    events: Annotated[int, Field(ge=0)] | None = None
    defect: Several | None = None
    """Names of defects (docs/defects.md): a device that a bench must not pass."""
    seed: int | None = None
    """Of defects that show now and then."""
    silence: Duration | None = None
    decision: Duration | None = None
    relay: Duration | None = None
    poll: Duration | None = None
    key: Key | None = None
    default_key: bool | None = None


class AccessServerOptions(TwinOptions):
    """The access server above a controller."""

    events: NewFile | None = None
    """File for what controllers report."""
    silence: Duration | None = None


class CameraOptions(TwinOptions):
    """A network camera; its line is the one by which it is made to ail. It looks at a time code, or at a lane of a door."""

    door: Annotated[Id, Wire({"controller": ("field",)})] | None = None
    """The controller that drives the lamp over the lane."""
    box: Annotated[Id, Wire({"io_box": ("field",)})] | None = None
    """The I/O box that plays leaf and passages there."""
    lane: Annotated[int, Field(ge=1, le=63)] | None = None
    sync: str | None = None
    """The box's line that lights the lamp for the clock, such as EXIT3."""

    rtsp: HostPort | None = None
    """Where it serves; a free port of this host unless given."""
    http: HostPort | None = None
    size: Annotated[str, AfterValidator(_size)] | None = None
    fps: Annotated[float, Field(ge=0.1, le=1000)] | None = None
    exposure: Duration | None = None
    readout: Duration | None = None
    delay: Duration | None = None
    jitter: Duration | None = None
    drop: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: int | None = None
    quality: Annotated[int, Field(ge=1, le=100)] | None = None
    backlog: Duration | None = None
    user: str | None = None
    password: str | None = None
    login: Literal["digest", "basic"] | None = None
    no_stamps: bool | None = None
    stall: Annotated[str, AfterValidator(_timed)] | None = None
    """`2:1.5`: 2 s after somebody first looked, for 1.5 s."""
    freeze: Duration | None = None
    resize: Annotated[str, AfterValidator(_resized)] | None = None
    """`2:320x240`."""
    end: Duration | None = None
    response: Duration | None = None


TWINS: dict[str, type[TwinOptions]] = {
    "access_server": AccessServerOptions,
    "camera": CameraOptions,
    "controller": ControllerOptions,
    "face_terminal": FaceTerminalOptions,
    "io_box": IoBoxOptions,
    "line_tap": LineTapOptions,
    "network_switch": NetworkSwitchOptions,
    "power_supply": PowerSupplyOptions,
    "reader": ReaderOptions,
}


def wires(options: TwinOptions) -> dict[str, tuple[str, Wire]]:
    """By option: the resource that it names, and where that may lead."""
    found = {}
    for name, field in type(options).model_fields.items():
        wire = next((one for one in _annotations(field) if isinstance(one, Wire)), None)
        value = getattr(options, name)
        if wire is not None and value is not None:
            found[name] = value, wire
    return found


def _annotations(field: Any) -> Sequence[Any]:
    """Those of a field, also where it may be left out: `Annotated[…] | None` keeps them in its branch."""
    inner = [
        meta
        for branch in getattr(field.annotation, "__args__", ())
        for meta in getattr(branch, "__metadata__", ())
    ]
    return [*field.metadata, *inner]


def arguments(name: str, options: TwinOptions, told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The program's options. `told`: what each twin that is ready said of itself."""
    found: list[str] = []
    wired = wires(options)
    if options.line == "tcp" and name != "access_server":
        found += ["--tcp", "127.0.0.1:0"]
    for key in type(options).model_fields:
        value = getattr(options, key)
        if value is None or value is False or key == "line":
            continue
        option = "--" + key.replace("_", "-")
        if key in wired:
            other, wire = wired[key]
            said = told[other]
            value = next(said[one] for one in wire.leads_to[str(said["device"])] if said.get(one))
        for one in value if isinstance(value, tuple) else (value,):
            found += (
                [option] if one is True else [option, f"{one:.12g}" if isinstance(one, float) else str(one)]
            )
    return found


def in_order(twins: Mapping[str, TwinOptions]) -> list[list[str]]:
    """Names of twins, those that wait for none first, then those that wait for them only, and so on.

    ValueError: they lead to each other in a circle.
    """
    order: list[list[str]] = []
    left = dict(twins)
    while left:
        free = [
            name
            for name, options in left.items()
            if not any(other in left for other, _ in wires(options).values())
        ]
        if not free:
            raise ValueError(f"{', '.join(left)} lead to each other in a circle")
        order.append(free)
        for name in free:
            del left[name]
    return order
