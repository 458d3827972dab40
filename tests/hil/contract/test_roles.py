"""What every driver of a role promises, whatever stands behind it."""

import time
from collections.abc import Callable

import pytest

from gatebench.hil import errors, roles

SOON = 2.0
"""Seconds within which a supply's output and a relay have certainly followed."""


def becomes(true: Callable[[], bool], seconds: float = SOON) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


# Every driver


def test_a_driver_says_whether_it_is_emulated_and_nobody_else_can(power, request):
    assert isinstance(power, roles.PowerSwitch)
    assert power.emulated is (request.node.callspec.id != "rig")
    with pytest.raises(AttributeError):
        power.emulated = False


def test_a_released_driver_is_released_again_without_harm_and_does_nothing_more(power):
    power.release()
    power.release()
    with pytest.raises(errors.PortLost):
        power.switch_power(True)


# PowerSwitch


def test_the_rail_follows_the_switch(power):
    for on in (True, True, False, False, True):
        power.switch_power(on)
        assert power.power_on() is on
        if on:
            assert becomes(lambda: power.rail_volts() > 11.4), power.rail_volts()  # 12 V - 5 %
        else:
            assert becomes(lambda: power.rail_volts() < 0.6), power.rail_volts()


def test_a_released_supply_is_off(power, reopen_power):
    power.switch_power(True)
    power.release()
    again = reopen_power()
    assert not again.power_on()
    assert becomes(lambda: again.rail_volts() < 0.6)


# DoorContact, ExitButton, FireInput


def test_the_contact_is_where_it_was_set(box):
    assert isinstance(box, roles.DoorContact)
    for wanted in (True, True, False, True, False):
        box.set_contact(wanted)
        assert box.contact_open() is wanted


def test_the_exit_button_is_pressed_for_as_long_as_asked(box):
    assert isinstance(box, roles.ExitButton)
    before = time.monotonic()
    box.press_exit(0.3)
    assert becomes(box.exit_pressed)
    assert becomes(lambda: not box.exit_pressed())
    assert time.monotonic() - before >= 0.3
    with pytest.raises(ValueError, match="exit button"):
        box.press_exit(-1)


def test_fire_is_as_it_was_set(box):
    assert isinstance(box, roles.FireInput)
    for wanted in (True, False):
        box.set_fire(wanted)
        assert box.fire() is wanted


def test_a_released_box_plays_a_closed_door_and_no_fire(box, reopen_box):
    box.set_contact(True)
    box.set_fire(True)
    box.release()
    again = reopen_box()
    assert not again.contact_open()
    assert not again.fire()


# PassageSensor


@pytest.mark.parametrize(("direction", "line"), [("in", "PASSIN"), ("out", "PASSOUT")])
def test_a_body_breaks_the_light_barrier_of_its_direction(sensor, direction, line):
    assert isinstance(sensor, roles.PassageSensor)
    sensor.driven_edges()
    sensor.pass_body(direction)
    edges = list(sensor.driven_edges())
    assert becomes(lambda: edges.extend(sensor.driven_edges()) or len(edges) >= 2)
    broken, free = edges
    assert broken.line == free.line and broken.line.rstrip("0123456789") == line
    assert (broken.level, free.level) == (1, 0)
    assert free.stamp - broken.stamp == pytest.approx(50e6, abs=20e6)  # relays close and open unequally
    with pytest.raises(ValueError, match="'up'"):
        sensor.pass_body("up")


# LockSensor


def test_the_sensor_sees_the_lock_and_stamps_its_edges(sensor):
    assert isinstance(sensor, roles.LockSensor)
    sensor.lock_edges()
    assert not sensor.lock_energised()
    sensor.press_exit(0.3)
    assert becomes(sensor.lock_energised)
    assert becomes(lambda: not sensor.lock_energised())
    up, down = sensor.lock_edges()
    assert (up.level, down.level) == (1, 0)
    assert up.line == down.line
    assert down.stamp - up.stamp == pytest.approx(300e6, abs=20e6)  # relays close and open unequally
    assert up.clock == sensor.resource and 0 < up.uncertainty < 1_000_000
    assert list(sensor.lock_edges()) == []


def test_the_clock_of_the_box_is_placed_on_the_hosts(sensor):
    join = sensor.join_clocks()
    sensor.driven_edges()
    before = time.monotonic_ns()
    sensor.press_exit(0.1)
    assert becomes(sensor.exit_pressed)
    assert becomes(lambda: not sensor.exit_pressed())
    after = time.monotonic_ns()
    pressed = sensor.driven_edges()[0]
    assert before - join.bound <= pressed.stamp + join.offset <= after + join.bound
