"""From what the rig file calls a line to the path that it has now. USB adapters come back under other names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..errors import PortMissing, PortUnfit


class Place(NamedTuple):
    """A USB adapter: its device now, its serial number, and where it is plugged in."""

    device: str
    serial_number: str | None = None
    location: str | None = None


def resolve(device: str, resource: str = "", adapters: Iterable[Place] | None = None) -> str:
    """The path of `usb:SERIAL` or `usb-path:LOCATION`; anything else is a path or an address already.

    Raises: PortMissing where none fits, or several do: an ambiguous match is refused with its candidates.
    """
    kind, colon, wanted = device.partition(":")
    if not colon or kind not in ("usb", "usb-path"):
        return device
    there = list(_plugged_in() if adapters is None else adapters)
    fitting = [one for one in there if wanted == (one.serial_number if kind == "usb" else one.location)]
    if len(fitting) == 1:
        return fitting[0].device
    if fitting:
        named = ", ".join(f"{one.device} (usb-path:{one.location})" for one in fitting)
        raise PortMissing(f"{device} fits {named}", resource=resource, advice="name one by usb-path")
    named = ", ".join(f"{one.device} (usb:{one.serial_number}, usb-path:{one.location})" for one in there)
    raise PortMissing(f"no {device}; there are: {named or 'none'}", resource=resource)


def _plugged_in() -> Iterable[Place]:
    try:
        from serial.tools.list_ports import comports
    except ImportError as error:
        raise PortUnfit("pyserial is not installed", advice="pip install 'gatebench[bench]'") from error
    return [
        Place(port.device, port.serial_number, port.location) for port in comports() if port.vid is not None
    ]
