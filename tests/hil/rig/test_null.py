"""Null tests: their figures where the truth is known, and what is said where the wire is missing."""

import math

import pytest

from gatebench.hil.drivers.io_box import IoBox
from gatebench.hil.drivers.tap import Tap
from gatebench.hil.drivers.visa import VisaLink
from gatebench.hil.errors import EmptySample, NoAnswer, WrongAnswer
from gatebench.hil.port.line import Line
from gatebench.hil.rig.null import NullPath, echoed_on, latency_timer, pressed
from gatebench.hil.starting import start


def test_the_figures_of_a_path():
    path = NullPath("x", "a → b", (1.0, 3.0, 2.0), (("resolution", 2.0), ("join", 2.0)))
    assert (path.floor, path.jitter) == (2.0, 1.0)
    assert path.expanded == pytest.approx(2 * math.sqrt(1 + 4 + 4))
    assert path.to_json()["samples"] == [1.0, 3.0, 2.0]
    with pytest.raises(EmptySample):
        NullPath("x", "a → b", (1.0,))


def test_a_loop_of_known_delay():
    """Between its own stamps the box knows the delay to its resolution of 0.1 ms, however busy the host is."""
    with (
        start("io_box", "--loop", "EXIT1=LOCK1:0.02") as device,
        IoBox(VisaLink(device.visa[0], resource="box")) as box,
    ):
        host, within = pressed("box", box, box, 5)
    assert all(delay == pytest.approx(0.02, abs=0.0002) for delay in within.samples)
    assert len(host.samples) == 5 and min(host.samples) > 0.02
    assert {name for name, _ in host.components} == {"resolution of the stamp", "join of the clocks"}
    assert host.expanded >= 2 * host.jitter


def test_a_loop_that_is_not_wired():
    with (
        start("io_box") as device,
        IoBox(VisaLink(device.visa[0], resource="box")) as box,
        pytest.raises(NoAnswer, match="box: no edge came back within 1 s.*check the wire"),
    ):
        pressed("box", box, box, 2)


def test_a_line_to_itself_and_what_changes_on_it():
    with start("line_tap") as device, Tap(VisaLink(device.visa[0])) as tap:
        ends = [Line("left", device.told["left"]), Line("right", device.told["right"])]
        path = echoed_on("line", ends, 5)
        assert len(path.samples) == 5 and min(path.samples) > 0 and path.components == ()
        tap.corrupt(1)
        with pytest.raises(WrongAnswer, match="right: it came back changed"):
            echoed_on("line", ends, 5)
        tap.restore()
        tap.cut(60)
        with pytest.raises(NoAnswer, match="did not come back"):
            echoed_on("line", ends, 5)


def test_what_has_no_latency_timer():
    assert latency_timer("/dev/null") == 0.0
    assert latency_timer("socket://127.0.0.1:1") == 0.0
