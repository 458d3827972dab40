"""Which intervals a stall of the host touches, and the stages that come of stamps."""

from gatebench.hil.measure.sample import STALLED
from gatebench.hil.measure.stages import Instants, stages
from gatebench.hil.measure.stalls import Stalls
from gatebench.hil.port.events import Heard, Sent, Stalled

MS = 1_000_000


def test_a_stall_touches_what_it_may_have_delayed():
    stalls = Stalls([Stalled("line", 100 * MS, 130 * MS)])
    assert stalls.touch(90 * MS, 110 * MS)  # a stamp within it
    assert stalls.touch(90 * MS, 130 * MS + 50_000)  # what came meanwhile is read right after it
    assert stalls.touch(120 * MS, 200 * MS)
    assert not stalls.touch(10 * MS, 90 * MS)
    assert not stalls.touch(140 * MS, 200 * MS)


def test_a_stall_between_two_stamps_matters_only_to_a_device_on_the_same_host():
    stalls = Stalls([Stalled("line", 100 * MS, 130 * MS)])
    assert not stalls.touch(50 * MS, 200 * MS)
    assert stalls.touch(50 * MS, 200 * MS, shared=True)


def test_waiting_to_run_counts_from_a_millisecond_on():
    short, long = Heard("line", 50 * MS, MS - 1, b"x"), Heard("line", 80 * MS, 3 * MS, b"x")
    stalls = Stalls([short, long])
    assert stalls.spans == [(77 * MS, 80 * MS)]
    assert stalls.marks(10 * MS, 80 * MS) == (STALLED,) and stalls.marks(10 * MS, 50 * MS) == ()


def test_a_write_that_took_long_is_a_stall():
    assert Stalls([Sent("line", 10 * MS, 14 * MS, 1, b"x")]).touch(10 * MS, 100 * MS)
    assert not Stalls([Sent("line", 10 * MS, 10 * MS + 9_000, 1, b"x")]).spans


def test_stages_from_stamps_with_what_was_not_seen_left_out():
    seen = Instants(0, 20 * MS, 60 * MS, 61 * MS, 70 * MS)
    denied = Instants(100 * MS, 110 * MS, 150 * MS, 152 * MS)
    found = stages([seen, denied], Stalls([Stalled("line", 149 * MS, 160 * MS)]))
    assert {stage: one.values for stage, one in found.items()} == {
        "presentation": (0.02, 0.01),
        "first-byte": (0.04, 0.04),
        "decision": (0.041, 0.042),
        "strike": (0.009,),
        "end-to-end": (0.07,),
    }
    assert found["decision"].touched == (1,) and found["strike"].touched == ()


def test_no_attempts_no_stages():
    assert stages([], Stalls()) == {}
