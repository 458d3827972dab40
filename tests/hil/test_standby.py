"""An instrument that the harness holds itself is made safe and read back by another process when the harness is killed."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from gatebench.fixtures.devices.start import start
from gatebench.hil.drivers.generic import Generic, Words
from gatebench.hil.drivers.io_box import IoBox
from gatebench.hil.drivers.power_supply import RigolDp800, SiglentSpd, power_supply
from gatebench.hil.drivers.visa import VisaLink
from gatebench.hil.port.line import Charge, Line, SafeOrder
from gatebench.hil.port.port import Port
from gatebench.hil.port.standby import Standby


@contextmanager
def standing_by(device, safe):
    """The process, and our end of its socket, which stands for the harness."""
    ours, theirs = socket.socketpair()
    charge = Charge(Line("door", device), safe, standby=True)
    command = [sys.executable, "-P", "-m", "gatebench.hil.port.process", charge.dumps()]
    with ours, subprocess.Popen(command, stdin=theirs.fileno()) as process:
        theirs.close()
        yield process, ours


def test_it_opens_nothing_until_its_harness_is_gone(toy, safe):
    with standing_by(toy.device, safe) as (process, harness):
        with Port(Line("door", toy.device)) as port:  # which would be busy
            port.send(b"OPEN\n")
            assert toy.says() == "LOCK 0"
        assert process.poll() is None
        harness.close()
        assert toy.says() == "LOCK 1"
        assert process.wait(10) == 0


def test_it_waits_for_a_line_that_is_not_yet_let_go_of(toy, safe):
    with standing_by(toy.device, safe) as (process, harness):
        with Port(Line("door", toy.device)):
            harness.close()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
        assert process.wait(10) == 0
    assert toy.says() == "LOCK 1"


def test_it_reads_back(toy):
    mute = SafeOrder(b"MUTE\nRELEASE\n", b"LOCK 1", within=0.05)
    with standing_by(toy.device, [mute]) as (process, harness):
        harness.close()
        assert process.wait(10) == 4
    assert toy.says() == "LOCK 1"


def test_who_wants_to_end_it_too_early_does_not(toy, safe):
    with standing_by(toy.device, safe) as (process, harness):
        with Port(Line("door", toy.device)):
            process.send_signal(signal.SIGINT)
        harness.close()
        assert process.wait(10) in (0, -signal.SIGINT)  # it may not have been up yet


def test_one_that_was_killed_is_replaced_when_it_is_told_anew(toy, safe):
    standby = Standby(Line("door", toy.device))
    first = standby.pid
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    standby.arm(safe)
    assert standby.pid != first
    standby.dismiss()
    standby.dismiss()


def test_it_is_dismissed_when_the_link_is_closed_in_order():
    """Who closes without releasing wants things to stay."""
    with start("io_box") as device:
        link = VisaLink(device.visa[0], resource="box")
        IoBox(link).set_contact(True)
        link.close()
        with IoBox(VisaLink(device.visa[0], resource="box")) as box:
            assert box.contact_open()


HARNESS = """
import sys
from gatebench.hil.drivers.generic import Generic, Words
from gatebench.hil.drivers.io_box import IoBox
from gatebench.hil.drivers.power_supply import power_supply
from gatebench.hil.drivers.visa import Shared, VisaLink
link = VisaLink(sys.argv[2], resource="instrument")
if sys.argv[1] == "box":
    shared = Shared(link)
    boxes = [IoBox(shared.user(), door) for door in (1, 2)]
    for box in boxes:
        box.set_contact(True)
        box.set_fire(True)
    ask = boxes[1].contact_open
elif sys.argv[1] == "generic":
    supply = Generic(link, Words.model_validate_json(sys.argv[3]))
    supply.switch_power(True)
    ask = supply.power_on
else:
    supply = power_supply(link, 2, volts=12, amps=1)
    supply.switch_power(True)
    ask = supply.power_on
assert ask()
print(link._standby.pid, flush=True)
while True:
    ask()  # so that it is killed within a question or between two
"""


@pytest.fixture
def killed(gone):
    """Runs a harness at a device, kills it, and waits until it was made safe."""

    def run(kind, address, *more):
        with subprocess.Popen(
            [sys.executable, "-c", HARNESS, kind, address, *more], stdout=subprocess.PIPE, text=True
        ) as harness:
            standby = int(harness.stdout.readline())
            harness.kill()
        assert gone(standby)

    return run


LINES = pytest.mark.parametrize("line", [(), ("--tcp", "127.0.0.1:0")], ids=["pty", "tcp"])


@LINES
def test_contacts_are_closed_and_fire_is_off_when_the_harness_is_killed(killed, line):
    with start("io_box", *line) as device:
        killed("box", device.visa[0])
        for door in (1, 2):
            with IoBox(VisaLink(device.visa[0], resource="box"), door) as box:
                assert not box.contact_open()
                assert not box.fire()


@LINES
@pytest.mark.parametrize("dialect", ["rigol", "siglent"])
def test_the_output_is_off_when_the_harness_is_killed(killed, line, dialect):
    with start("power_supply", "--dialect", dialect, *line) as device:
        killed("supply", device.visa[0])
        with power_supply(VisaLink(device.visa[0], resource="supply"), 2, volts=12, amps=1) as supply:
            assert not supply.power_on()


WORDS = Words(
    model="DP8.*",
    actions={"power on": (":APPL CH1,12,1", ":OUTP CH1,ON"), "power off": (":OUTP CH1,OFF",)},
    questions={
        "power on?": {"send": ":OUTP? CH1", "yes": "ON", "no": "OFF"},
        "rail volts?": {"send": ":MEAS:ALL? CH1", "number": r"([-+.\d]+),.*"},
    },
    safe=("power off",),
)


def test_an_instrument_by_its_words_is_made_safe_too(killed):
    with start("power_supply", "--dialect", "rigol") as device:
        killed("generic", device.visa[0], WORDS.model_dump_json())
        with Generic(VisaLink(device.visa[0], resource="supply"), WORDS) as supply:
            assert not supply.power_on()


@pytest.mark.parametrize("kind", [RigolDp800, SiglentSpd])
@pytest.mark.parametrize("safe", [False, True])
@pytest.mark.parametrize("on", [False, True])
@pytest.mark.parametrize("channel", [1, 2])
def test_what_confirms_a_safe_output_is_what_the_driver_reads(kind, safe, on, channel):
    """For every state of the outputs, and no answer counts before its end has come."""

    class Wire:
        resource, guarded = "wire", ()

        def write(self, message):
            pass

        def query(self, message):
            if message == "*IDN?":
                return "X,DP832,1,1" if kind is RigolDp800 else "X,SPD3303X,1,1"
            if message == "SYST:ERR?":
                return "0,No error"
            bits = (on << (3 + channel)) | others
            return ("ON" if on else "OFF") if kind is RigolDp800 else f"0x{bits:x}"

        def guard(self, safe):
            self.guarded = safe

    for others in (0x0, 0x1, 0x5, 0x9, 1 << (6 - channel), 1 << (6 - channel) | 0x5):
        supply = kind(wire := Wire(), channel, volts=12, amps=1, safe=safe)
        (order,) = wire.guarded
        answer = wire.query(order.send.decode().split("\n")[-2]).encode() + b"\n"
        assert bool(re.search(order.expect, answer)) == (supply.power_on() == safe), others
        for end in range(len(answer)):
            assert not re.search(order.expect, answer[:end])
