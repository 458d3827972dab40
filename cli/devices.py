"""`gatebench devices`: emulated devices for playing by hand."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from ..scenarios.errors import InputError
from ..scenarios.spelling import unknown
from .output import echo_json

if TYPE_CHECKING:
    from ..hil.rig.schema import Rig
    from ..hil.starting import Started

SET = ("io_box", "power_supply", "access_server", "network_switch", "controller", "reader")
"""What is started where none is named."""
LOOK = 0.2
"""Seconds between two looks whether to end."""
TRY: dict[str, tuple[str, ...]] = {
    "io_box": ("*IDN?", "LOCK1?", "CONT1 OPEN", "EDGE1:DATA?"),
    "power_supply": ("*IDN?", ":APPL CH1,12,1", ":OUTP CH1,ON", ":MEAS:ALL? CH1"),
    "network_switch": ("*IDN?", "NETW OFF", "NETW ON", "NETW:CONN?"),
    "line_tap": ("*IDN?", "TAP:DEL 0.1", "TAP:COUN?"),
    "access_server": ('{"id": 1, "do": "uplink"}', '{"id": 2, "do": "events"}'),
    "reader": ("at the terminals: CARD C0FFEE00/26", "at the terminals: KEYS 1234#"),
    "face_terminal": ("at the terminals: ENROL anna 2:1173", "at the terminals: FACE anna"),
    "controller": ("an OSDP panel; provision it by its access server",),
    "camera": ("*IDN?", "CAM:STAL 2", "CAM:COUN?", "a player at its addresses"),
}
"""What to say to each."""


@click.command("devices")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--tcp", is_flag=True, help="Over TCP instead of pseudo-terminals.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON document on standard output, once all are ready."
)
def devices(names: tuple[str, ...], tcp: bool, as_json: bool) -> None:
    """Start emulated devices and print how to connect. They run until Ctrl-C.

    Of those that are started together, the controller is wired to the I/O box, to the power supply and to its access
    server, through the network switch if that is there. Its supply is off until you switch it on.
    """
    from ..hil.rig.schema import Rig
    from ..hil.rig.twins import TWINS

    chosen = list(dict.fromkeys(name.replace("-", "_") for name in names or SET))
    for name in chosen:
        if name not in TWINS:
            raise InputError(unknown("emulated device", name, tuple(TWINS)))
    if "network_switch" in chosen and not {"access_server", "io_box"} & set(chosen):
        raise InputError("network_switch: leads to an access_server or io_box; start one of them with it")
    told = {_id(name): {"twin": name, "options": _wired(name, chosen, tcp)} for name in chosen}
    rig = Rig.model_validate({"schema": "gatebench.rig/1", "id": "by-hand", "resources": told})
    _run(rig, as_json)


def _id(name: str) -> str:
    return name.replace("_", "-")


def _wired(name: str, chosen: list[str], tcp: bool) -> dict[str, object]:
    """Options of one device among the others."""
    options: dict[str, object] = {"line": "tcp"} if tcp and name != "access_server" else {}
    switch = "network_switch" if "network_switch" in chosen and "access_server" in chosen else "access_server"
    wires = {
        "controller": {"field": "io_box", "power": "power_supply", "uplink": switch},
        "network_switch": {"to": "access_server" if "access_server" in chosen else "io_box"},
    }
    return options | {key: _id(other) for key, other in wires.get(name, {}).items() if other in chosen}


def _run(rig: Rig, as_json: bool) -> None:
    """Until Ctrl-C or SIGTERM."""
    from ..hil.rig.opening import twins_of

    with ExitStack() as stack:
        running = stack.enter_context(twins_of(rig))
        if as_json:
            echo_json(json.dumps({one.name: dict(one.told) for one in running.values()}, indent=1))
        else:
            for one in running.values():
                click.echo("\n".join(_lines(one)))
            click.echo("Ctrl-C ends them.", err=True)
        _wait()


def _wait() -> None:
    """Nothing but a signal ends it; it is the way to end it, and no error."""
    try:
        while True:
            time.sleep(LOOK)
    except KeyboardInterrupt:
        click.echo("ended", err=True)


def _lines(one: Started) -> list[str]:
    """How to connect to a device, and what to say to it."""
    lines = [one.name]
    for key, value in (("pty", one.pty), ("tcp", one.tcp), ("terminals", one.field)):
        if value:
            lines.append(f"  {key:10} {value}")
    lines += [f"  {'VISA':10} {address}" for address in one.visa]
    others = ("port", "uplink", "left", "right", "rtsp", "mjpeg")
    lines += [f"  {key:10} {one.told[key]}" for key in others if key in one.told]
    lines += [f"  {'try':10} {text}" for text in TRY.get(one.name, ())]
    return lines
