"""Processes that yield seconds, parking and waking, entries by `at`: small stories on a clock and a log."""

import traceback

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from gatebench.sim.clockwork import PARK, Clockwork, Walk


@pytest.fixture
def clock():
    return Clockwork()


@pytest.fixture
def log():
    return []


def test_a_process_may_yield_seconds(clock, log):
    def walker():
        yield 2.5
        log.append(clock.now)
        yield 0.0
        log.append(clock.now)
        return "home"

    assert clock.run(clock.process(walker())) == "home"
    assert log == [2.5, 2.5]


def test_seconds_and_simpys_events_mix(clock, log):
    def opener(bell):
        yield 3.0
        bell.succeed("open")

    def walker(bell):
        yield clock.timeout(1)
        log.append((yield bell))
        yield 1.0
        log.append(clock.now)

    bell = clock.event()
    clock.process(opener(bell))
    clock.process(walker(bell))
    clock.run()
    assert log == ["open", 4.0]


@pytest.mark.parametrize("seconds", [-1.0, -1e-300, float("nan"), float("inf"), float("-inf")])
def test_seconds_that_cannot_pass_raise_at_the_users_line(clock, seconds):
    def walker():
        yield 1.0
        yield seconds  # here

    clock.process(walker())
    with pytest.raises(ValueError, match=r"a process cannot wait for .* s") as caught:
        clock.run()
    assert "yield seconds  # here" in "".join(traceback.format_exception(caught.value))
    assert clock.now == 1.0


def test_refused_seconds_can_be_caught_and_mended(clock, log):
    def walker():
        try:
            yield -1.0
        except ValueError:
            yield 1.0
        log.append(clock.now)

    clock.process(walker())
    clock.run()
    assert log == [1.0]


@pytest.mark.parametrize("seconds", [1, np.float64(1.0)])
def test_other_numbers_than_floats_are_refused_with_a_hint(clock, seconds):
    def walker():
        yield seconds

    clock.process(walker())
    with pytest.raises(RuntimeError, match="seconds are a plain float"):
        clock.run()


def test_an_interrupted_nap_rings_nobody(clock, log):
    def sleeper():
        try:
            yield 10.0
        except simpy.Interrupt as interrupt:
            log.append((clock.now, interrupt.cause))
        yield 20.0
        log.append(clock.now)

    def waker(process):
        yield 3.0
        process.interrupt("early")

    clock.process(waker(clock.process(sleeper())))
    clock.run()
    assert log == [(3.0, "early"), 23.0]


def test_interrupts_of_one_instant_all_arrive(clock, log):
    def sleeper():
        for _ in range(3):
            try:
                yield 10.0
            except simpy.Interrupt as interrupt:
                log.append((clock.now, interrupt.cause))

    def waker(process):
        yield 3.0
        process.interrupt(1)
        process.interrupt(2)

    clock.process(waker(clock.process(sleeper())))
    clock.run()
    assert log == [(3.0, 1), (3.0, 2)]
    assert clock.now == 13.0


def test_a_parked_process_goes_on_within_the_step_of_who_wakes_it(clock, log):
    def lane():
        while True:
            visit = yield PARK
            log.append((clock.now, visit))
            if visit == "slow":
                yield 5.0

    def street(lane):
        yield 1.0
        lane.wake("slow")
        log.append(clock.active_process is process)
        with pytest.raises(RuntimeError, match="is not parked"):
            lane.wake("too soon")
        yield 5.5
        lane.wake("next")

    process = clock.process(street(clock.process(lane())))
    clock.run()
    assert log == [(1.0, "slow"), True, (6.5, "next")]


def test_a_parked_process_can_be_interrupted_and_park_again(clock, log):
    def lane():
        try:
            yield PARK
        except simpy.Interrupt:
            log.append("interrupted")
        log.append((yield PARK))

    def street(lane):
        yield 1.0
        lane.interrupt()
        yield 1.0
        lane.wake("woken")

    clock.process(street(clock.process(lane())))
    clock.run()
    assert log == ["interrupted", "woken"]


def test_nobody_wakes_a_process_that_has_ended_or_not_begun(clock):
    def short():
        yield 1.0

    process = clock.process(short())
    for _ in range(2):
        with pytest.raises(RuntimeError, match="is not parked"):
            process.wake()
        clock.run()


def test_what_fails_in_a_woken_process_is_its_own_failure(clock, log):
    def lane():
        yield PARK
        raise LookupError("no such door")

    def street(lane):
        yield 1.0
        lane.wake()
        log.append("unharmed")
        try:
            yield lane
        except LookupError as error:
            log.append(str(error))

    clock.process(street(clock.process(lane())))
    clock.run()
    assert log == ["unharmed", "no such door"]


def test_entries_come_by_time_then_priority_then_as_entered(clock, log):
    clock.at(2.0, log.append, "second")
    clock.at(1.0, log.append, "last of its instant", priority=2)
    clock.at(1.0, log.append, "first")
    clock.timeout(1.0).callbacks.append(lambda event: log.append("event"))
    clock.at(1.0, log.append, "after the event")
    clock.run()
    assert log == ["first", "event", "after the event", "last of its instant", "second"]


@pytest.mark.parametrize("t", [0.5, float("nan"), float("inf")])
def test_an_entry_needs_an_instant_that_is_not_past(clock, t):
    clock.run(1.0)
    with pytest.raises(ValueError, match="cannot enter"):
        clock.at(t, print)


def test_an_entry_can_be_made_for_now(clock, log):
    clock.at(1.0, lambda value: clock.at(clock.now, log.append, value), "now")
    clock.run()
    assert log == ["now"]


@pytest.mark.parametrize("go", [Clockwork.run, Clockwork.play])
def test_a_cancelled_entry_does_nothing(clock, log, go):
    entries = [clock.at(float(t), log.append, t) for t in range(1, 4)]
    clock.at(1.5, lambda value: entries[1].cancel())
    go(clock)
    entries[2].cancel()
    assert log == [1, 3]


@pytest.mark.parametrize("go", [Clockwork.run, Clockwork.play])
def test_what_happens_at_the_end_is_left_for_later(clock, log, go):
    for t in (1.0, 2.0, 3.0):
        clock.at(t, log.append, t)
    go(clock, 2.0)
    assert (log, clock.now) == ([1.0], 2.0)
    go(clock, 10.0)
    assert (log, clock.now) == ([1.0, 2.0, 3.0], 10.0)
    for until in (10.0, 9.0):
        with pytest.raises(ValueError, match="until"):
            go(clock, until)


@pytest.mark.parametrize("go", [Clockwork.run, Clockwork.play])
def test_an_error_that_nobody_takes_ends_the_run(clock, go):
    def walker():
        yield 1.0
        raise LookupError("no such door")

    clock.process(walker())
    with pytest.raises(LookupError, match="no such door") as caught:
        go(clock)
    assert 'raise LookupError("no such door")' in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("go", [Clockwork.run, Clockwork.play])
def test_a_subclass_that_overrides_step_alone_is_obeyed(go):
    class Counting(Clockwork):
        steps = 0

        def step(self):
            self.steps += 1
            super().step()

    clock, log = Counting(), []
    clock.at(1.0, log.append, 1)
    clock.at(2.0, log.append, 2)
    go(clock)
    assert log == [1, 2]
    assert clock.steps == 3  # the third finds the calendar empty
    clock.at(3.0, log.append, 3)
    go(clock, 2.5)
    assert (log, clock.now) == ([1, 2], 2.5)


WISHES = st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5]), max_size=6), min_size=1, max_size=5)


@given(WISHES)
def test_seconds_pass_as_simpys_timeouts_do(wishes):
    """The same story told three ways: with SimPy's own classes, with seconds, and played."""

    def story(environment, wait, go):
        log = []

        def walker(name, naps):
            for seconds in naps:
                yield wait(environment, seconds)
                log.append((environment.now, name))

        for name, naps in enumerate(wishes):
            environment.process(walker(name, naps))
        go(environment)
        return log

    told = story(simpy.Environment(), simpy.Environment.timeout, simpy.Environment.run)
    assert story(Clockwork(), lambda environment, seconds: seconds, Clockwork.run) == told
    assert story(Clockwork(), lambda environment, seconds: seconds, Clockwork.play) == told


def test_processes_are_walks(clock):
    def walker():
        yield 1.0

    assert type(clock.process(walker())) is Walk
