"""A rig that is open: who runs, what is on, and what is left behind however it is left."""

import os
import signal
import time

import pytest

from gatebench.hil import errors
from gatebench.hil.port import finding
from gatebench.hil.port.finding import Place
from gatebench.hil.rig.opening import BenchErrors, OpenRig, _release_all, opened, started
from gatebench.hil.rig.reading import read_rig, read_rig_text

BOX = """
schema: gatebench.rig/1
id: desk
resources:
  box: {twin: io_box}
  supply: {twin: power_supply}
drivers:
  box-1: {driver: io-box, resource: box, door: 1}
  box-2: {driver: io-box, resource: box, door: 2}
  psu: {driver: power-supply, resource: supply, volts: 12, amps: 1, safe: true}
slots:
  - {id: one, power: psu, fire: box-2, lanes: [{lock: box-1, contact: box-1}]}
"""


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_emulated_rig_is_up_and_gone_again():
    said: list[str] = []
    with opened(read_rig(), tell=said.append) as bench:
        pids = [twin.pid for twin in bench.twins.values()]
        assert len(pids) == 7 and not any(map(ended, pids))
        assert all(driver.emulated for driver in bench.drivers.values())
        assert bench["supply-1"].power_on()
        until = time.monotonic() + 5
        while not bench["access-server"].connected() and time.monotonic() < until:
            time.sleep(0.02)
        assert bench["access-server"].connected()
        assert bench.rig.line("readers").device == bench.twins["readers"].pty
        bench["network"].switch_network(False)
        assert not bench["access-server"].connected()
    assert all(map(ended, pids))
    assert [line.split(":")[0] for line in said] == ["slot door, lane 1", "slot door, lane 0"]


def test_addresses_alone_without_drivers():
    with started(read_rig_text(BOX)) as rig:
        assert rig.line("box").device.startswith("/dev/pts/")
        assert rig.resources["box"].twin is None


def test_only_some_drivers():
    with opened(read_rig_text(BOX), only={"psu"}, tell=lambda text: None) as bench:
        assert set(bench.drivers) == {"psu"}
        assert bench["psu"].power_on()


def test_what_was_played_is_taken_back_when_a_run_fails(monkeypatch):
    said: list[str] = []
    with started(read_rig_text(BOX)) as rig:
        with pytest.raises(ZeroDivisionError), opened(rig, tell=said.append) as bench:
            bench["box-1"].set_contact(True)
            bench["box-2"].set_fire(True)
            bench["psu"].switch_power(False)
            raise ZeroDivisionError
        assert said == ["slot one, lane 0: lock without voltage (box-1)"]
        with opened(rig, only={"box-1", "box-2"}, tell=said.append) as bench:
            assert not bench["box-1"].contact_open() and not bench["box-2"].fire()


def test_errors_of_the_run_and_of_every_release_come_together():
    with pytest.raises(BenchErrors) as told, opened(read_rig_text(BOX), tell=lambda text: None) as bench:
        os.kill(bench.twins["box"].pid, signal.SIGKILL)
        os.kill(bench.twins["supply"].pid, signal.SIGKILL)
        bench["box-1"].set_contact(True)
    kinds = {type(error) for error in told.value.exceptions}
    assert errors.NotReleased in kinds
    named = {error.resource for error in told.value.exceptions}
    assert named == {"box", "supply"}
    assert isinstance(told.value.exceptions[0], errors.BenchError)
    assert "box" in str(told.value) and "supply" in str(told.value)


def test_ctrl_c_is_no_reason_to_leave_a_door_open():
    with started(read_rig_text(BOX)) as rig:
        with pytest.raises(KeyboardInterrupt), opened(rig, tell=lambda text: None) as bench:
            bench["box-1"].set_contact(True)
            raise KeyboardInterrupt
        with opened(rig, only={"box-1"}, tell=lambda text: None) as bench:
            assert not bench["box-1"].contact_open()


class Impatient:
    """Whose user presses Ctrl-C while it is released."""

    resource, emulated = "box", True

    def __init__(self) -> None:
        self.asked = 0

    def release(self) -> None:
        self.asked += 1
        if self.asked == 1:
            raise KeyboardInterrupt


def test_ctrl_c_while_it_is_released():
    one, other = Impatient(), Impatient()
    bench = OpenRig(read_rig_text(BOX), {}, {"box-1": one, "box-2": other})
    assert _release_all(bench, lambda text: None) == []
    assert one.asked == other.asked == 2


def test_everything_that_is_missing_is_named_at_once():
    text = """
schema: gatebench.rig/1
id: desk
resources:
  box: {visa: ASRL/dev/no-such-box::INSTR}
  readers: {serial: /dev/no-such-line}
  server: {tcp: "127.0.0.1:1"}
drivers:
  box-1: {driver: io-box, resource: box}
  reader-1: {driver: osdp-reader, resource: readers}
  access: {driver: access-server, resource: server}
"""
    with pytest.raises(BenchErrors) as told, opened(read_rig_text(text)):
        pytest.fail("opened")
    assert [type(error) for error in told.value.exceptions] == [errors.PortMissing] * 3
    assert [error.resource for error in told.value.exceptions] == ["box", "readers", "server"]


def test_an_instrument_that_is_another_is_refused_by_name():
    text = BOX.replace("{driver: io-box, resource: box, door: 1}", "{driver: line-tap, resource: box}")
    text = text.replace("  box-2: {driver: io-box, resource: box, door: 2}\n", "").split("slots:")[0]
    with (
        pytest.raises(errors.WrongAnswer, match="Tap does not speak to a IOBOX"),
        opened(read_rig_text(text)),
    ):
        pytest.fail("opened")


@pytest.mark.parametrize("driver", ["io-box", "osdp-reader"])
def test_an_ambiguous_adapter_is_refused_with_its_candidates(monkeypatch, driver):
    there = [Place("/dev/ttyUSB0", "A5", "1-1.1"), Place("/dev/ttyUSB1", "A5", "1-1.2")]
    monkeypatch.setattr(finding, "_plugged_in", lambda: there)
    text = f"schema: gatebench.rig/1\nid: desk\nresources:\n  it: {{serial: usb:A5}}\ndrivers:\n  one: {{driver: {driver}, resource: it}}\n"
    with (
        pytest.raises(errors.PortMissing, match=r"ttyUSB0 \(usb-path:1-1.1\), /dev/ttyUSB1"),
        opened(read_rig_text(text)),
    ):
        pytest.fail("opened")


def test_a_twin_that_does_not_start_says_why():
    text = (
        "schema: gatebench.rig/1\nid: desk\nresources:\n  box: {twin: io_box, options: {loop: FOO=LOCK1}}\n"
    )
    with (
        pytest.raises(errors.BenchError, match="box: io_box --loop FOO=LOCK1: ended with 2"),
        started(read_rig_text(text)),
    ):
        pytest.fail("started")
