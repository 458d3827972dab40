"""What a lock has to do, by the walk's own reckoning."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gatebench.hil.walk.lock import LockModel, Times

TIMES = Times(5.0, 15.0, False, True, False, 30.0, True)


def locked(**change):
    return LockModel(Times(**{**TIMES.__dict__, **change}), 0.0, "by-grant")


def turns(model, until):
    model.advance(until)
    return [(turn.t, turn.unlocked) for turn in model.turns[1:]]


def test_a_grant_unlocks_for_its_time():
    model = locked()
    model.granted(10.0, False, "")
    model.granted(12.0, True, "")
    assert turns(model, 100.0) == [(10.0, True), (27.0, False)]


def test_a_second_grant_does_not_lengthen_it_where_that_is_said():
    model = locked(restart_on_grant=False)
    model.granted(10.0, False, "")
    model.granted(12.0, False, "")
    assert turns(model, 100.0) == [(10.0, True), (15.0, False)]


def test_an_open_leaf_keeps_it_from_falling_and_is_told_of():
    model = locked()
    model.granted(10.0, False, "")
    model.contact(11.0, True)
    model.contact(50.0, False)
    assert turns(model, 100.0) == [(10.0, True), (50.0, False)]
    assert [(alarm.t, alarm.name) for alarm in model.alarms] == [(41.0, "held-open")]


def test_it_falls_with_the_leaf_where_that_is_said():
    model = locked(relock_on_close=True)
    model.granted(10.0, False, "")
    model.contact(11.0, True)
    model.contact(12.0, False)
    assert turns(model, 100.0) == [(10.0, True), (12.0, False)]


def test_a_leaf_that_opens_though_locked_is_forced():
    model = locked()
    model.contact(3.0, True)
    assert [alarm.name for alarm in model.alarms] == ["forced"]


def test_without_power_springs_have_it_and_no_grant_survives():
    model = locked()
    model.granted(10.0, False, "")
    model.held(11.0, "locked", "power", "fallback", dead=True)
    model.granted(12.0, False, "")
    model.contact(12.5, True)
    model.contact(13.0, False)
    model.held(14.0, "by-grant", "power", "recovery")
    assert turns(model, 100.0) == [(10.0, True), (11.0, False)]
    assert model.alarms == []


happenings = st.lists(
    st.tuples(
        st.sampled_from((0.0, 0.25, 1.0, 4.75, 5.0, 31.0)),
        st.sampled_from(("grant", "slow", "open", "shut", "pass", "unlocked", "by-grant", "locked")),
    ),
    max_size=30,
)


@given(happenings, st.booleans(), st.booleans(), st.booleans())
def test_turns_alternate_in_order_of_time_and_it_is_locked_in_the_end(happened, on_pass, on_grant, on_close):
    model = locked(restart_on_pass=on_pass, restart_on_grant=on_grant, relock_on_close=on_close)
    t = 0.0
    for pause, what in happened:
        t += pause
        match what:
            case "grant" | "slow":
                model.granted(t, what == "slow", "")
            case "open" | "shut":
                model.contact(t, what == "open")
            case "pass":
                model.passed(t)
            case _:
                model.held(t, what, "", "fallback", dead=what == "locked")
    model.held(t, "by-grant", "", "recovery")
    model.contact(t, False)
    model.advance(t + 60.0)
    assert not model.unlocked
    assert all(
        a.t <= b.t and a.unlocked != b.unlocked for a, b in zip(model.turns, model.turns[1:], strict=False)
    )


@pytest.mark.parametrize(
    ("open_for", "maybe"), [(2.99, True), (3.0, True), (3.02, True), (2.9, None), (3.1, False)]
)
def test_a_leaf_that_shuts_just_as_its_alarm_is_due_may_have_it_or_not(open_for, maybe):
    times = Times(1.0, 2.0, False, False, False, 3.0, False)
    lane = LockModel(times, 0.0, "by-grant")
    lane.granted(1.0, False, "a card")
    lane.contact(1.5, True)
    lane.contact(1.5 + open_for, False)
    held = [one.maybe for one in lane.alarms if one.name == "held-open"]
    assert held == ([] if maybe is None else [maybe])


def test_a_body_through_an_open_leaf_starts_the_time_anew_also_where_that_was_over():
    lane = LockModel(Times(1.0, 2.0, True, False, False, 30.0, False), 0.0, "by-grant")
    lane.granted(1.0, False, "a card")
    lane.contact(1.5, True)
    lane.passed(3.0)  # a second after the unlock time: only the leaf keeps the lock
    lane.contact(3.1, False)
    lane.advance(10.0)
    assert [(turn.t, turn.unlocked) for turn in lane.turns] == [(0.0, False), (1.0, True), (4.0, False)]
