"""Null tests and known delays over real ptys and the emulated box. Nothing here asserts how quick this machine is."""

import os
import pty
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gatebench.fixtures.devices.start import start
from gatebench.hil import errors
from gatebench.hil.actuations import Actuations, ActuationsSpent
from gatebench.hil.drivers.io_box import IoBox
from gatebench.hil.drivers.visa import VisaLink
from gatebench.hil.measure import null
from gatebench.hil.measure.sample import STALLED, Sample
from gatebench.hil.measure.uncertainty import resolution
from gatebench.hil.port.line import Line
from gatebench.hil.port.port import Port


@contextmanager
def plug(change=lambda data: data) -> Iterator[str]:
    """A serial line whose sending pin is wired to its receiving one."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)

    def echo():
        try:
            while data := os.read(ours, 4096):
                os.write(ours, change(data))
        except OSError:
            pass  # closed: the end of the test

    thread = threading.Thread(target=echo)
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        os.write(theirs, b"")
        os.close(theirs)  # with the port's end closed before, the read above ends
        thread.join(10)
        os.close(ours)


def test_a_line_wired_to_itself():
    with plug() as device, Port(Line("line", device)) as port:
        found = null.echoed("line", port, trials=60)
    assert found.sample.n == 60 and min(found.samples) > 0
    assert found.floor == pytest.approx(found.budget.correction)
    assert found.expanded == found.budget.expanded > 0
    assert found.to_json()["samples"] == list(found.samples)


def test_a_line_that_changes_what_it_says_or_says_nothing():
    changed = pytest.raises(errors.WrongAnswer, match="line: it came back changed")
    with plug(bytes.upper) as device, Port(Line("line", device)) as port, changed:
        null.echoed("line", port, trials=2)
    with plug(lambda data: b"") as device, Port(Line("line", device)) as port:
        with pytest.raises(errors.NoAnswer, match="Try: check the plug"):
            null.echoed("line", port, trials=2)
        with pytest.raises(ValueError, match="0 trials"):
            null.echoed("line", port, trials=0)


def test_the_box_over_a_port_measures_a_known_delay():
    with start("io_box", "--loop", "EXIT1=LOCK1:0", "--loop", "EXIT2=LOCK2:0.02") as device:
        assert device.pty is not None
        with Port(Line("box", device.pty)) as port:
            asked = null.asked("clock", port, rb"SYST:CLOC?" + b"\n", rb"\d+\n", trials=5)
            floor, inside = null.pulsed("box", port, 1, trials=5)
            late, inside_late = null.pulsed("box", port, 2, trials=5, delay=0.02)
    # A relay takes 3 ms, an answer 0.2 ms; both are lower bounds however busy the machine is.
    assert min(floor.samples) >= 0.003 and min(asked.samples) >= 0.000_2
    assert min(late.samples) >= 0.023
    # By the box's own stamps the loop takes nothing, or what it was told: each stamp is rounded up by 100 µs at most.
    assert max(map(abs, inside.samples)) <= 1e-4
    known = null.known_delay(inside, inside_late.sample, 0.02)
    assert known.sound and known.coverage == 1.0 and known.within(0.95) <= 1e-4


def test_the_box_through_its_driver():
    with start("io_box", "--loop", "EXIT1=LOCK1:0") as device, IoBox(VisaLink(device.visa[0])) as box:
        budget = Actuations(100)
        ordered, inside = null.pressed("loop", box, box, 3, actuations=budget)
        assert budget.spent == 6
        assert min(ordered.samples) > 0.002 and max(map(abs, inside.samples)) <= 1e-4
        assert {one.type for one in ordered.budget.components} == {"A", "B"}
        with pytest.raises(ActuationsSpent):
            null.pressed("loop", box, box, 3, actuations=Actuations(1))


def test_a_loop_that_is_not_wired():
    silent = pytest.raises(errors.NoAnswer, match="no edge came back")
    with start("io_box") as device, IoBox(VisaLink(device.visa[0])) as box, silent:
        null.pressed("loop", box, box, 1)


def test_a_rig_that_measures_something_else_than_it_says_is_not_sound():
    floor = null.NullTest("x", "", Sample("x", (0.001, 0.0011, 0.0012)), (resolution(1e-4),))
    right = null.known_delay(floor, Sample("x", (0.1011, 0.1012)), 0.1)
    assert right.sound and right.median_error == pytest.approx(5e-5)
    assert not null.known_delay(floor, Sample("x", (0.106, 0.106)), 0.1).sound
    with pytest.raises(ValueError, match="3 known delays for 2 values"):
        null.known_delay(floor, Sample("x", (0.1, 0.1)), (0.1, 0.1, 0.1))


def test_stalled_values_stay_and_are_counted():
    sample = Sample.of("x", [(0.1, ()), (0.5, [STALLED])])
    assert (null.NullTest("x", "", sample).stalled, null.NullTest("x", "", sample).samples) == (1, (0.1, 0.5))


def test_a_stall_does_not_widen_the_budget_unless_they_are_the_rule():
    quiet = [(0.1 + place * 1e-6, ()) for place in range(60)]
    clean = null.NullTest("x", "", Sample.of("x", quiet))
    some = null.NullTest("x", "", Sample.of("x", [*quiet, (0.5, [STALLED])]))
    assert some.budget == clean.budget and some.floor == clean.floor
    most = null.NullTest("x", "", Sample.of("x", [*quiet, *[(0.5, [STALLED])] * 70]))
    assert most.expanded > 0.1
