"""Each role's driver, on its twin over a pty and over TCP, and on the rig that GATEBENCH_RIG names.

The rig file says under `contract:` where the instruments are:

    contract:
      power-supply: {address: "TCPIP::192.168.1.5::5555::SOCKET", volts: 12, amps: 1}   # its output feeds no door
      io-box: {address: ASRL/dev/ttyACM0::INSTR, door: 1}                             # exit wired to lock sense
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gatebench.fixtures.devices.start import start
from gatebench.hil.drivers.generic import Generic, Words
from gatebench.hil.drivers.io_box import IoBox
from gatebench.hil.drivers.power_supply import power_supply
from gatebench.hil.drivers.visa import VisaLink

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
