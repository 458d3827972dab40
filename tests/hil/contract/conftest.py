"""Each role's driver, on its twin over a pty and over TCP, and on the rig that GATEBENCH_RIG names.

The rig file says under `contract:` where the instruments are:

    contract:
      power-supply: {address: "TCPIP::192.168.1.5::5555::SOCKET", volts: 12, amps: 1}   # its output feeds no door
      io-box: {address: ASRL/dev/ttyACM0::INSTR, door: 1}                             # exit wired to lock sense
      osdp-reader: {line: /dev/ttyUSB0, baudrate: 9600, address: 0}                  # key: of its secure channel
      line-tap: {address: ASRL/dev/ttyACM1::INSTR}
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML

from gatebench.fixtures.devices.start import start
from gatebench.hil.drivers.generic import Generic, Words
from gatebench.hil.drivers.io_box import IoBox
from gatebench.hil.drivers.network import Network
from gatebench.hil.drivers.osdp_line import OsdpLine
from gatebench.hil.drivers.osdp_panel import OsdpPanel
from gatebench.hil.drivers.osdp_reader import OsdpReader
from gatebench.hil.drivers.power_supply import power_supply
from gatebench.hil.drivers.tap import Tap
from gatebench.hil.drivers.visa import VisaLink
from gatebench.hil.port.line import Line

LINES = {"pty": (), "tcp": ("--tcp", "127.0.0.1:0")}

RIGOL = Words(
    model="DP8.*",
    actions={
        "power on": (":APPL CH1,12,1", ":OUTP CH1,ON"),
        "power off": (":OUTP CH1,OFF",),
    },
    questions={
        "power on?": {"send": ":OUTP? CH1", "yes": "ON", "no": "OFF"},
        "rail volts?": {"send": ":MEAS:ALL? CH1", "number": r"([-+.\d]+),.*"},
    },
    safe=("power off",),
)
BOX = Words(
    model="IOBOX",
    actions={
        "contact open": ("CONT1 OPEN",),
        "contact closed": ("CONT1 CLOS",),
        "press exit": ("EXIT1:PULS {seconds}",),
        "fire on": ("FIRE1 ON",),
        "fire off": ("FIRE1 OFF",),
    },
    questions={
        "contact open?": {"send": "CONT1?", "yes": "OPEN", "no": "CLOS"},
        "exit pressed?": {"send": "EXIT1?", "yes": "PRES", "no": "REL"},
        "fire on?": {"send": "FIRE1?", "yes": "1", "no": "0"},
    },
    safe=("fire off", "contact closed"),
)

POWER = [f"{kind}-{line}" for kind in ("rigol", "siglent", "generic") for line in LINES]
BOXES = [f"{kind}-{line}" for kind in ("box", "generic") for line in LINES]
RIG = pytest.param("rig", marks=pytest.mark.hardware)


def on_rig(instrument: str) -> dict[str, Any]:
    """What the rig file says of an instrument. Not named: skipped. Named and not there: an error."""
    named = os.environ.get("GATEBENCH_RIG")
    if not named:
        pytest.skip("no rig: name a rig file by GATEBENCH_RIG")
    if not Path(named).is_file():
        pytest.fail(f"GATEBENCH_RIG names {named}, and there is no such file", pytrace=False)
    document = YAML(typ="safe", pure=True).load(Path(named))
    found = document.get("contract", {}).get(instrument) if isinstance(document, dict) else None
    if found is None:
        pytest.skip(f"the rig has no contract: {instrument}")
    return dict(found)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def twin(stack: ExitStack) -> Callable[..., str]:
    """Starts an emulated device; its VISA address."""
    return lambda name, line, *options: stack.enter_context(start(name, *LINES[line], *options)).visa[0]


@pytest.fixture(params=[*POWER, RIG])
def reopen_power(
    request: pytest.FixtureRequest, twin: Callable[..., str], stack: ExitStack
) -> Callable[[], Any]:
    """Opens the driver of the power supply; again, after it was released."""
    if request.param == "rig":
        told = on_rig("power-supply")
        address, volts, amps = told["address"], float(told["volts"]), float(told["amps"])
        return lambda: stack.enter_context(power_supply(VisaLink(address), volts=volts, amps=amps))
    kind, line = request.param.split("-")
    address = twin("power_supply", line, "--dialect", "siglent" if kind == "siglent" else "rigol")
    if kind == "generic":
        return lambda: stack.enter_context(Generic(VisaLink(address, resource="supply"), RIGOL))
    return lambda: stack.enter_context(power_supply(VisaLink(address, resource="supply"), volts=12, amps=1))


@pytest.fixture
def power(reopen_power: Callable[[], Any]) -> Any:
    return reopen_power()


def boxes(request: pytest.FixtureRequest, twin: Callable[..., str], stack: ExitStack) -> Callable[[], Any]:
    if request.param == "rig":
        told = on_rig("io-box")
        return lambda: stack.enter_context(IoBox(VisaLink(told["address"]), int(told.get("door", 1))))
    kind, line = request.param.split("-")
    address = twin("io_box", line, "--loop", "EXIT1=LOCK1:0.02")
    if kind == "generic":
        return lambda: stack.enter_context(Generic(VisaLink(address, resource="box"), BOX))
    return lambda: stack.enter_context(IoBox(VisaLink(address, resource="box")))


@pytest.fixture(params=[*BOXES, RIG])
def reopen_box(
    request: pytest.FixtureRequest, twin: Callable[..., str], stack: ExitStack
) -> Callable[[], Any]:
    """Opens what plays contact, exit button and fire; again, after it was released."""
    return boxes(request, twin, stack)


@pytest.fixture(params=[*(name for name in BOXES if "box" in name), RIG])
def sensor(request: pytest.FixtureRequest, twin: Callable[..., str], stack: ExitStack) -> Any:
    """A lock sensor whose wires follow the exit button of the same box."""
    return boxes(request, twin, stack)()


@pytest.fixture
def box(reopen_box: Callable[[], Any]) -> Any:
    return reopen_box()


# Lines: OSDP on both sides, the tap between, the network


@pytest.fixture
def joined(stack: ExitStack) -> Callable[..., tuple[str, str]]:
    """A line of ours with two ends, each a pty."""

    def make(*options: str) -> tuple[str, str]:
        tap = stack.enter_context(start("line_tap", *options))
        return tap.told["left"], tap.told["right"]

    return make


@pytest.fixture
def ends(joined: Callable[..., tuple[str, str]], stack: ExitStack) -> tuple[OsdpPanel, OsdpReader]:
    """Our panel and our reader, address 3, on one line."""
    left, right = joined()
    reader = stack.enter_context(OsdpReader(OsdpLine(Line("reader", right)), 3))
    panel = stack.enter_context(OsdpPanel(OsdpLine(Line("panel", left)), 3, default_key=True))
    return panel, reader


class ShownReader(NamedTuple):
    """A reader under test, and what shows cards to it."""

    panel: OsdpPanel
    credential: str
    """What shows card C0FFEE00, 26 bits, to it."""
    show: Callable[[str], None]
    """An order for its terminals, such as `CARD C0FFEE00/26`."""
    terminals: Callable[[], str]
    """All that they have told."""


@pytest.fixture(params=[f"{kind}-{line}" for kind in ("reader", "face_terminal") for line in LINES])
def shown(request: pytest.FixtureRequest, stack: ExitStack) -> ShownReader:
    """An emulated reader behind our panel, SCBK-D allowed."""
    kind, line = request.param.split("-")
    more = ("--enrol", "anna=C0FFEE00/26", "--acquire", "0.02", "--match", "0.01", "--refusal", "0.1")
    device = stack.enter_context(start(kind, *LINES[line], *(more if kind == "face_terminal" else ())))
    host, _, port = device.field.rpartition(":")
    field = stack.enter_context(socket.create_connection((host, int(port)), 5))
    field.setblocking(False)
    told = bytearray()

    def terminals() -> str:
        with suppress(BlockingIOError):
            while more := field.recv(4096):
                told.extend(more)
        return told.decode()

    panel = opened_panel(stack, device.pty or f"socket://{device.tcp}", {})
    credential = "FACE anna" if kind == "face_terminal" else "CARD C0FFEE00/26"
    return ShownReader(panel, credential, lambda order: field.sendall(order.encode() + b"\n"), terminals)


@pytest.fixture(params=["twin", RIG])
def panel(request: pytest.FixtureRequest, stack: ExitStack) -> OsdpPanel:
    """A panel towards a reader; on the rig `osdp-reader: {line: /dev/ttyUSB0, baudrate: 9600, address: 0}`."""
    told = on_rig("osdp-reader") if request.param == "rig" else {}
    return opened_panel(stack, told.get("line") or str(stack.enter_context(start("reader")).pty), told)


def opened_panel(stack: ExitStack, device: str, told: dict[str, Any]) -> OsdpPanel:
    line = Line("reader", device, int(told.get("baudrate", 9600)))
    key = bytes.fromhex(told["key"]) if "key" in told else None
    opened = OsdpPanel(
        OsdpLine(line), int(told.get("address", 0)), key=key, default_key=True, character=line.character
    )
    return stack.enter_context(opened)


@pytest.fixture(params=["twin-pty", "twin-tcp", RIG])
def tap(request: pytest.FixtureRequest, twin: Callable[..., str], stack: ExitStack) -> Any:
    """A line tap; on the rig `line-tap: {address: ASRL/dev/ttyACM1::INSTR}`."""
    rig = request.param == "rig"
    address = on_rig("line-tap")["address"] if rig else twin("line_tap", request.param.removeprefix("twin-"))
    return stack.enter_context(Tap(VisaLink(address, resource="tap")))


class Reached(NamedTuple):
    """A network switch, and what is reached through it."""

    switch: Network
    connect: Callable[[], socket.socket]


@pytest.fixture(params=["pty", "tcp"])
def network(request: pytest.FixtureRequest, stack: ExitStack) -> Reached:
    """An emulated network switch in front of an emulated I/O box."""
    box = stack.enter_context(start("io_box", "--tcp", "127.0.0.1:0", "--latency", "0"))
    device = stack.enter_context(start("network_switch", "--to", str(box.tcp), *LINES[request.param]))
    host, _, port = device.told["port"].rpartition(":")
    switch = stack.enter_context(Network(VisaLink(device.visa[0], resource="switch")))

    def connect() -> socket.socket:
        peer = stack.enter_context(socket.create_connection((host, int(port)), 5))
        peer.settimeout(5)
        return peer

    return Reached(switch, connect)
