"""What a LED shows, from its commands."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.osdp.commands import Light
from gatebench.hil.osdp.lamp import NEVER, TENTH, Lamp

RED, GREEN, AMBER = 1, 2, 3


def permanent(on: int, off: int = 0, colour: int = RED, other: int = 0) -> Light:
    return Light(permanent=1, on=on, off=off, on_colour=colour, off_colour=other)


def temporary(timer: int, colour: int = GREEN, on: int = 1, off: int = 0) -> Light:
    return Light(temporary=2, temporary_on=on, temporary_off=off, temporary_on_colour=colour, timer=timer)


def test_a_temporary_colour_covers_the_permanent_one_and_goes():
    lamp = Lamp()
    assert lamp.set(permanent(1), 0) == [(0, RED)]
    assert lamp.wakeup() == NEVER
    assert lamp.set(temporary(3), 5) == [(5, GREEN)]
    assert lamp.wakeup() == 5 + 3 * TENTH
    assert lamp.changes(5 + 3 * TENTH - 1) == []
    assert lamp.changes(10 * TENTH) == [(5 + 3 * TENTH, RED)]


def test_it_blinks():
    lamp = Lamp()
    lamp.set(permanent(2, 1, RED, AMBER), 0)
    assert lamp.changes(6 * TENTH) == [
        (2 * TENTH, AMBER),
        (3 * TENTH, RED),
        (5 * TENTH, AMBER),
        (6 * TENTH, RED),
    ]


def test_a_temporary_colour_is_cancelled():
    lamp = Lamp()
    lamp.set(temporary(50), 0)
    assert lamp.set(Light(temporary=1), TENTH) == [(TENTH, 0)]


def test_a_command_that_sets_nothing_changes_nothing():
    lamp = Lamp()
    lamp.set(permanent(1), 0)
    assert lamp.set(Light(), 5) == [] and lamp.shown == RED


numbers = st.integers(0, 5)
lights = st.builds(
    Light,
    temporary=st.integers(0, 2), temporary_on=numbers, temporary_off=numbers, temporary_on_colour=numbers,
    temporary_off_colour=numbers, timer=numbers, permanent=st.integers(0, 1), on=numbers, off=numbers,
    on_colour=numbers, off_colour=numbers,
)  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 20 * TENTH), lights), max_size=5), st.lists(st.integers(0, 60 * TENTH))
)
def test_how_often_it_is_asked_makes_no_difference(commands, looks):
    """The changes are the same however the time between is cut, in order, each to another colour."""
    end = 60 * TENTH
    commands = sorted(commands, key=lambda one: one[0])

    def play(times: list[int]) -> list[tuple[int, int]]:
        lamp, found = Lamp(), []
        steps = sorted([*((at, 1, light) for at, light in commands), *((at, 0, None) for at in [*times, end])],
                       key=lambda step: step[:2])  # fmt: skip
        for at, _, light in steps:
            found += lamp.changes(at) if light is None else lamp.set(light, at)
        return found

    once = play([])
    assert play(looks) == once
    assert [at for at, _ in once] == sorted(at for at, _ in once)
    assert all(before != after for (_, before), (_, after) in pairwise(once))
