"""Drivers by name, as rig files name them: entry points of the group `gatebench.drivers`, each leading to a `Kind`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol

from ...scenarios.errors import InputError
from ...scenarios.spelling import unknown
from .. import roles
from ..camera.camera import Camera
from ..drivers.osdp_line import OsdpLine
from ..drivers.visa import Link
from ..port.line import Line
from .options import Options

GROUP = "gatebench.drivers"
OURS = {
    "access-server": "gatebench.hil.rig.ours:ACCESS_SERVER",
    "camera": "gatebench.hil.rig.ours:CAMERA",
    "io-box": "gatebench.hil.rig.ours:IO_BOX",
    "line-tap": "gatebench.hil.rig.ours:LINE_TAP",
    "network-switch": "gatebench.hil.rig.ours:NETWORK_SWITCH",
    "operator": "gatebench.hil.rig.ours:OPERATOR",
    "osdp-panel": "gatebench.hil.rig.ours:OSDP_PANEL",
    "osdp-reader": "gatebench.hil.rig.ours:OSDP_READER",
    "power-supply": "gatebench.hil.rig.ours:POWER_SUPPLY",
    "scpi": "gatebench.hil.rig.ours:SCPI",
}
"""As in pyproject.toml; a checkout has them before it is installed anew."""


class Access(Protocol):
    """What a driver gets of the resource that the rig file binds to it. It is closed when the driver is released."""

    @property
    def name(self) -> str:
        """Of the resource; errors name it."""

    @property
    def line(self) -> Line:
        """The resource as a line for a port process. Raises: PortMissing."""

    @property
    def view(self) -> tuple[str, bool]:
        """The address of the resource as a camera that another process opens, and whether an emulated one is behind it. Raises: PortUnfit for another."""

    def link(self, *, ending: str = "\n", patience: float = 2.0) -> Link:
        """An open link for an instrument that speaks in lines of ASCII; drivers of one resource share it. Raises: PortError."""

    def osdp(self) -> OsdpLine:
        """An open OSDP line, which the drivers of one resource share. Raises: PortError."""

    def camera(self, **settings: Any) -> Camera:
        """An open camera, which gives frames; `settings` as `Camera` takes them. Raises: CameraError, PortUnfit."""


@dataclass(frozen=True)
class Kind:
    """A kind of driver."""

    driver: type
    """The class: it has the methods of its roles (`hil/roles.py`)."""
    open: Callable[[Access, Any], roles.Driver]
    """Opens it; raises BenchError. The second argument is of type `options`."""
    options: type[Options] = Options
    """What the rig file may say of it."""
    takes: tuple[str, ...] = ("serial", "visa", "tcp")
    """Kinds of resources; a twin counts as what it speaks over. None: the driver has no resource."""
    channel: str | None = None
    """The option that says which channel of the resource it drives. None: it needs the resource for itself."""
    only: Callable[[Any], frozenset[str]] | None = None
    """Names of the roles that it has with these options; None: all of which it has the methods."""

    def roles(self, options: Options) -> frozenset[str]:
        """Names of the roles that it can fill."""
        if self.only is not None:
            return self.only(options)
        return frozenset(name for name, role in ROLES.items() if _methods(role) <= set(dir(self.driver)))


ROLES: dict[str, type] = {
    name: one
    for name, one in vars(roles).items()
    if isinstance(one, type)
    and getattr(one, "_is_protocol", False)
    and one is not roles.Driver
    and roles.Driver in one.__mro__
}
"""By name."""


@cache
def _methods(role: type) -> frozenset[str]:
    """What a role asks of a driver beyond what every driver has."""
    asked = {name for base in role.__mro__ if getattr(base, "_is_protocol", False) for name in vars(base)}
    return frozenset(name for name in asked if not name.startswith("_")) - set(dir(roles.Driver))


def names() -> tuple[str, ...]:
    """Every driver that is installed, in order."""
    return tuple(sorted({*OURS, *(one.name for one in entry_points(group=GROUP))}))


@cache
def kind(name: str) -> Kind:
    """A kind of driver by its name. InputError: there is none, or it cannot be loaded."""
    found = [one for one in entry_points(group=GROUP) if one.name == name]
    sources = {one.value for one in found} | ({OURS[name]} if name in OURS else set())
    if not sources:
        raise InputError(unknown("driver", name, names()))
    if len(sources) > 1:
        raise InputError(
            f"several packages have a driver {name!r}: {', '.join(sorted(sources))}; remove one of them"
        )
    source = sources.pop()
    module, _, attribute = source.partition(":")
    try:
        loaded = importlib.import_module(module)
        for part in attribute.split("."):
            loaded = getattr(loaded, part)
    except Exception as error:  # somebody else's module may fail in any way
        raise InputError(
            f"driver {name!r} ({source}) cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(loaded, Kind):
        raise InputError(f"driver {name!r}: {source} is no gatebench.hil.rig.drivers.Kind")
    return loaded
