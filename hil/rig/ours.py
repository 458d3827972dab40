"""The drivers that come along, as rig files name them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from ..drivers.camera import WatchingCamera
from ..drivers.generic import Generic, Words
from ..drivers.io_box import IoBox
from ..drivers.network import Network
from ..drivers.osdp_panel import OsdpPanel
from ..drivers.osdp_reader import OsdpReader
from ..drivers.power_supply import PowerSupply, power_supply
from ..drivers.prompt import Prompt
from ..drivers.server import AccessServer
from ..drivers.tap import Tap
from ..eyes.options import EyesOptions
from .drivers import Access, Kind
from .options import Options
from .twins import Address, Key

INSTRUMENTS = ("serial", "visa", "tcp")


class _Box(Options):
    door: Annotated[int, Field(ge=1)] = 1
    """Of the box, counted from 1."""


class _Supply(Options):
    channel: Annotated[int, Field(ge=1)] = 1
    volts: Annotated[float, Field(ge=0)]
    """What the device under test is fed with."""
    amps: Annotated[float, Field(gt=0)]
    """Limit of the current."""
    safe: bool = False
    """What is left behind: true leaves it on."""


class _Reader(Options):
    address: Address = 0
    key: Key | None = None
    """Of the secure channel; without it SCBK-D is taken."""
    secure_only: bool = False


class _Panel(Options):
    address: Address = 0
    key: Key | None = None
    default_key: bool = True
    """May the secure channel come up with SCBK-D?"""


class _Scpi(Options):
    words: Words
    """Its commands: docs/devices.md."""
    channel: str = ""
    """A name for what these words switch, where several drivers share an instrument."""

    @model_validator(mode="after")
    def _some_role(self) -> _Scpi:
        if not self.words.roles:
            raise ValueError("these words fill no role")
        return self


def reader_key(options: Any) -> bytes | None:
    """Of the secure channel, as the rig file gives it."""
    return None if options.key is None else bytes.fromhex(options.key)


def _open_panel(access: Access, options: _Panel) -> OsdpPanel:
    return OsdpPanel(
        access.osdp(), options.address, key=reader_key(options), default_key=options.default_key, character=access.line.character
    )  # fmt: skip


CAMERA = Kind(
    WatchingCamera,
    lambda access, options: WatchingCamera(access.name, access.view[0], options, emulated=access.view[1]),
    EyesOptions,
    ("camera",),
)
ACCESS_SERVER = Kind(AccessServer, lambda access, options: AccessServer(access.line), takes=("tcp", "serial"))
IO_BOX = Kind(
    IoBox, lambda access, options: IoBox(access.link(), options.door), _Box, INSTRUMENTS, channel="door"
)
LINE_TAP = Kind(Tap, lambda access, options: Tap(access.link()))
NETWORK_SWITCH = Kind(Network, lambda access, options: Network(access.link()))
OPERATOR = Kind(Prompt, lambda access, options: Prompt(access.name), takes=())
OSDP_PANEL = Kind(OsdpPanel, _open_panel, _Panel, ("serial", "tcp"))
OSDP_READER = Kind(
    OsdpReader,
    lambda access, options: OsdpReader(
        access.osdp(), options.address, key=reader_key(options), secure_only=options.secure_only
    ),
    _Reader,
    ("serial", "tcp"),
    channel="address",
)
POWER_SUPPLY = Kind(
    PowerSupply,
    lambda access, options: power_supply(
        access.link(), options.channel, volts=options.volts, amps=options.amps, safe=options.safe
    ),
    _Supply,
    INSTRUMENTS,
    channel="channel",
)
SCPI = Kind(
    Generic,
    lambda access, options: Generic(access.link(), options.words),
    _Scpi,
    INSTRUMENTS,
    channel="channel",
    only=lambda options: options.words.roles,
)
