"""Cameras in a bench run: lines of their program, the wires beside them, rows of the log."""

import numpy as np
import pytest

from gatebench.hil.bench.eyes import EyesLine, Seen, Toggle
from gatebench.hil.bench.sightings import with_sightings
from gatebench.hil.bench.witness import OPEN, UNLOCK, WireEdge, witness
from gatebench.hil.clocks import WorldClock
from gatebench.hil.eyes import lines
from gatebench.hil.observers.sighting import Reason, Sighting
from gatebench.hil.port.events import Heard
from gatebench.hil.realtime import News
from gatebench.hil.verdicts import Verdict
from gatebench.sim.log import EventLog

BEHIND = 40.0
"""s by which the camera's clock is behind the host's."""


def news(data: bytes, evidence: int = 7) -> News:
    return News(Heard("eye", 10**9, 0, data), 1.0, evidence)


@pytest.fixture
def eye():
    """A camera whose clock is known: its lamp was seen 30 times, to 2 ms."""
    line, random = EyesLine(None, "eye", 0, 3), np.random.default_rng(4)
    for number, t in enumerate(100.0 + np.cumsum(random.uniform(0.13, 0.33, 30))):
        lit = number % 2 == 0
        line.toggles.append(Toggle(round(t * 1e9), 1e-4, lit))
        see(
            line,
            "sync",
            "lamp_on" if lit else "lamp_off",
            t + random.normal(0, 2e-3),
            2e-3,
            "white" if lit else "",
        )
    return line


def see(line, observer, event, t, u=2e-3, note=""):
    """By the host's clock, s."""
    line.seen.append(Seen(Sighting(observer, event, t - BEHIND, u, None, note), news(b"")))


def edges(*told):
    return [WireEdge(what, round(t * 1e9), 1e-4) for what, t in told]


def always(level):
    return lambda instant: level


def test_lines_may_come_in_pieces(eye):
    one = Sighting("lamp", "lamp_on", 1.25, 0.002, 0.5, "green")
    data = lines.saw(one) + lines.why(Reason("leaf", "hidden", 2.0, "the marker is hidden"))
    for place in range(len(data)):
        fresh = EyesLine(None, "eye", 0, None)
        fresh.heard(news(data[:place]))
        fresh.heard(news(data[place:]))
        assert [seen.sighting for seen in fresh.seen] == [one]
        assert fresh.reasons == [Reason("leaf", "hidden", 2.0, "the marker is hidden")]


@pytest.mark.parametrize(
    "data", [b"HELLO {}\n", b"SAW []\n", b"SAW {\n", b'SAW {"observer": "lamp"}\n', b"PACE {}\n"]
)
def test_what_is_no_line_of_a_camera_loses_the_witness_and_not_the_run(eye, data):
    eye.heard(news(data))
    assert "says what it should not" in str(eye.lost)


def test_a_green_lamp_and_a_lock_that_lets_go_are_one_event(eye):
    see(eye, "lamp", "lamp_on", 200.001, note="green")
    found = witness(eye, edges((UNLOCK, 200.0)), always(True))
    assert found.verdict is Verdict.PASS
    (pair,) = found.pairs
    assert pair.agrees
    assert abs(pair.difference - 0.001) < 2e-3  # what the camera's clock is known to


def test_a_green_lamp_before_a_locked_door_is_a_contradiction(eye):
    see(eye, "lamp", "lamp_on", 200.0, note="green")
    found = witness(eye, edges((UNLOCK, 190.0)), always(False))
    assert found.verdict is Verdict.FAIL
    assert "the lock is locked" in found.contradictions[0].wires
    assert found.unseen == {UNLOCK: 1}


def test_a_green_lamp_over_a_lock_that_is_unlocked_already_contradicts_nothing(eye):
    see(eye, "lamp", "lamp_on", 200.0, note="green")
    assert witness(eye, [], always(True)).contradictions == []


def test_a_red_lamp_says_nothing_of_the_lock(eye):
    see(eye, "lamp", "lamp_on", 200.0, note="red")
    found = witness(eye, [], always(False))
    assert found.verdict is Verdict.NOT_TESTED


def test_a_leaf_that_moves_while_the_contact_is_shut_is_a_contradiction(eye):
    see(eye, "leaf", "leaf_moved", 200.0)
    found = witness(eye, [], always(True))
    assert "the contact is shut" in found.contradictions[0].wires


def test_first_motions_of_a_shut_leaf_are_held_against_the_contact(eye):
    for event, t in (
        ("leaf_moved", 200.0),
        ("leaf_open", 200.3),
        ("leaf_moved", 203.0),
        ("leaf_closed", 204.0),
    ):
        see(eye, "leaf", event, t)
    found = witness(eye, edges((OPEN, 200.0), (OPEN, 210.0)), always(True))
    assert [pair.what for pair in found.pairs] == [OPEN]
    assert found.unseen == {OPEN: 1}
    assert found.contradictions == []


def test_differences_beyond_what_both_say_fail_if_there_are_many(eye):
    for number in range(12):
        see(eye, "lamp", "lamp_on", 200.05 + 5 * number, note="green")
    found = witness(eye, edges(*((UNLOCK, 200.0 + 5 * number) for number in range(12))), always(True))
    assert not any(pair.agrees for pair in found.pairs)
    assert found.verdict is Verdict.FAIL


def test_without_a_lamp_for_its_clock_nothing_is_compared_and_it_is_said_why():
    line = EyesLine(None, "eye", 0, None)
    see(line, "lamp", "lamp_on", 200.0, note="green")
    found = witness(line, edges((UNLOCK, 200.0)), always(False))
    assert found.verdict is Verdict.NOT_TESTED
    assert "delay is not known" in found.why_no_clock


def test_sightings_are_rows_of_the_log_in_order_of_time_with_their_uncertainty(eye):
    log = EventLog()
    for t in (99.0, 115.0):
        log.record((t, "unlock", "gate", 0, "in", None, None, None, 1, None, None, "own", None, None, None))
    see(eye, "lamp", "lamp_on", 107.0, u=3e-3, note="green")
    found = witness(eye, [], always(True))
    rows = with_sightings(log.table(clock="host"), [found], WorldClock(0, 0.0), "gate").to_pylist()
    assert [row["event"] for row in rows] == ["unlock", "sighting", "unlock"]
    assert [row["seq"] for row in rows] == [0, 1, 2]
    assert rows[1]["reason"] == "lamp_on green"
    assert rows[1]["clock"] == "eye"
    assert rows[1]["evidence"] == 7
    assert 3e-3 <= rows[1]["u"] < 4e-3
