"""Lamps in synthesised clips whose truth is known; and what is said where nothing can be told."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebench.fixtures.scene.camera import Camera
from gatebench.fixtures.scene.clip import shots
from gatebench.fixtures.scene.lamp import Lamp as Light
from gatebench.fixtures.scene.scene import Scene
from gatebench.hil.camera.frame import Frame
from gatebench.hil.observers.belief import Belief
from gatebench.hil.observers.lamp import Lamp
from gatebench.hil.observers.optics import Optics
from gatebench.hil.observers.region import Region

WIDE, HIGH = 192, 144
JITTER = 1e-4
HELD = 4.0
"""Standard uncertainties within which an error lies: a normal one leaves them once in 16,000."""


class Seen(NamedTuple):
    sightings: list
    observer: Lamp

    @property
    def kinds(self):
        return [reason.kind for reason in self.observer.reasons]


def camera(fps=60.0, exposure=1.0, off=(1.0, 1.0), **more):
    """What it is and what is told of it, which is off by these factors."""
    told = Optics(fps, exposure / fps, 0.8 / fps, 2.2)
    real = Camera(
        fps,
        told.exposure * off[0],
        told.readout,
        2.2 * off[1],
        jitter=JITTER,
        width=WIDE,
        height=HIGH,
        **more,
    )
    return real, told


def scene(real, x=96.0, y=72.0, radius=9.0, brightness=0.6, seed=1, **more):
    lamps = {"lamp": Light(x, y, radius, brightness), "other": Light(150.0, 72.0, 6.0, 2.0)}
    return Scene(real, lamps=lamps, markers=(), seed=seed, **more)


def watched(made, told, seconds, region=None, skip=lambda number: False, **more):
    light = made.lamps["lamp"]
    around = 1.5 * light.radius
    region = region or Region.rectangle(
        "lamp", round(light.x - around), round(light.y - around), 2 * around, 2 * around
    )
    observer, found = Lamp("door-lamp", region, told, **more), []
    for shot in shots(made, seconds, seed=3):
        if not skip(shot.number):
            found += observer.feed(Frame(shot.number, shot.stamp, JITTER, "source", 0, shot.image))
    return Seen(found + observer.finish(), observer)


def close(sighting, event, t, note):
    assert (sighting.observer, sighting.event, sighting.note, sighting.value) == (
        "door-lamp",
        event,
        note,
        None,
    )
    assert abs(sighting.t - t) <= HELD * sighting.u


@given(
    phase=st.floats(0, 1), colour=st.sampled_from(["red", "amber", "green", "blue", "white"]), x=st.floats(40, 150),
    y=st.floats(40, 104), brightness=st.sampled_from([0.3, 0.6, 5.0]), longer=st.sampled_from([0.9, 1.0, 1.1]),
    steeper=st.sampled_from([0.9, 1.1]), fps=st.sampled_from([25.0, 60.0, 120.0]), exposure=st.sampled_from([0.3, 0.5, 1.0]),
)  # fmt: skip
@settings(max_examples=40)
def test_its_instants_lie_within_what_is_said_of_them(
    phase, colour, x, y, brightness, longer, steeper, fps, exposure
):
    real, told = camera(fps, exposure, (longer, steeper))
    made = scene(real, x, y, brightness=brightness)
    on, off = (20 + phase) / fps, (44 + 0.6 * phase) / fps
    made.set_lamp(colour, on)
    made.set_lamp(None, off)
    seen = watched(made, told, 64 / fps)
    assert len(seen.sightings) == 2 and not seen.kinds
    close(seen.sightings[0], "lamp_on", on, colour)
    close(seen.sightings[1], "lamp_off", off, colour)
    gap = max(0.0, 1 - exposure)  # in which nothing is seen, whatever one does
    assert all(one.u <= (0.1 * exposure + 0.45 * gap) / fps + 2e-4 for one in seen.sightings)


def test_it_is_told_within_half_a_millisecond_when_the_camera_is_known():
    real, told = camera()
    errors = []
    for phase in np.linspace(0.0, 0.95, 12):
        made = scene(real, seed=int(100 * phase))
        made.set_lamp("green", (20 + phase) / 60)
        [sighting] = watched(
            made, Optics(told.fps, told.exposure, told.readout, 2.2, tolerance=0.0), 0.7
        ).sightings
        errors.append(sighting.t - (20 + phase) / 60)
        assert sighting.u <= 0.3e-3
    assert np.abs(errors).max() <= 0.5e-3  # jitter of 0.1 ms, noise of 2 of 255


def test_a_change_of_colour_is_off_and_on_at_one_instant():
    real, told = camera()
    made = scene(real)
    for number, colour in enumerate(("red", "green", "amber", "white", "green", None)):
        made.set_lamp(colour, 0.4 + 0.4 * number)
    seen = watched(made, told, 2.9)
    assert [(one.event, one.note) for one in seen.sightings] == [
        ("lamp_on", "red"), ("lamp_off", "red"), ("lamp_on", "green"), ("lamp_off", "green"), ("lamp_on", "amber"),
        ("lamp_off", "amber"), ("lamp_on", "white"), ("lamp_off", "white"), ("lamp_on", "green"), ("lamp_off", "green"),
    ]  # fmt: skip
    for number, pair in enumerate(zip(seen.sightings[1:-1:2], seen.sightings[2:-1:2], strict=True)):
        assert pair[0].t == pair[1].t and abs(pair[0].t - (0.8 + 0.4 * number)) <= HELD * pair[0].u


def test_a_lamp_that_is_lit_when_one_begins_to_look_is_named_if_that_is_said():
    real, told = camera()
    made = scene(real)
    made.set_lamp("red", -1.0)
    made.set_lamp("amber", 0.5)
    made.set_lamp(None, 1.0)
    told_so = [(one.event, one.note) for one in watched(made, told, 1.5, lit_at_start=True).sightings]
    assert told_so == [("lamp_off", "red"), ("lamp_on", "amber"), ("lamp_off", "amber")]


def test_only_the_colours_of_this_lamp_are_named():
    real, told = camera()
    made = scene(real)
    made.set_lamp("amber", 0.5)
    [sighting] = watched(made, told, 1.0, colours=("red", "green")).sightings
    assert sighting.note == "red"


def test_the_room_s_own_light_and_a_region_that_is_too_large_do_not_matter():
    real, told = camera()
    made = scene(real, room=1.0, radius=5.0)
    made.set_lamp("blue", 0.5)
    [sighting] = watched(made, told, 1.0, Region.rectangle("lamp", 40, 20, 100, 100)).sightings
    close(sighting, "lamp_on", 0.5, "blue")


def test_frames_that_are_missing_widen_what_is_said():
    real, told = camera()
    made = scene(real)
    made.set_lamp("green", 0.508)
    whole, gap = (
        watched(made, told, 1.0, skip=lambda n, skip=skip: n in skip) for skip in ((), range(29, 33))
    )
    assert len(whole.sightings) == len(gap.sightings) == 1
    assert abs(gap.sightings[0].t - 0.508) <= HELD * gap.sightings[0].u
    assert gap.sightings[0].u > 10 * whole.sightings[0].u


def test_what_is_seen_sharpens_what_is_believed_of_the_camera():
    real, told = camera(off=(0.9, 1.1), noise=1.0)
    made, belief = scene(real, radius=16.0), Belief(told)
    for number in range(12):
        made.set_lamp("green" if number % 2 == 0 else None, 0.4 + 0.4037 * number)
    watched(made, told, 5.4, belief=belief)
    assert belief.exposure == pytest.approx(0.9 / 60, rel=3 * belief.u[0]) and belief.u[0] < 0.05
    assert belief.gamma == pytest.approx(2.42, rel=3 * belief.u[1]) and belief.u[1] < 0.05


def test_compression_is_lived_with():
    real, told = camera(quality=80)
    made = scene(real)
    made.set_lamp("red", 0.5123)
    made.set_lamp(None, 1.0123)
    seen = watched(made, told, 1.5)
    assert len(seen.sightings) == 2
    close(seen.sightings[0], "lamp_on", 0.5123, "red")
    close(seen.sightings[1], "lamp_off", 1.0123, "red")


class Card:
    """Something that is moved before the lamp."""

    def __init__(self, *where):
        self.where = where

    def still(self, begin, end):
        return None

    def onto(self, light, t, camera):
        for since, until, rows, columns in self.where:
            if since <= t < until:
                light[rows, columns] = 0.02
        return slice(0, HIGH), slice(0, WIDE)


def covered(made, *where):
    """Cards are drawn over everything else."""
    layers = made._layers
    made._layers = lambda t: [*layers(t), (None, Card(*where).onto)]
    return made


def test_half_a_lamp_will_do():
    real, told = camera()
    made = covered(scene(real), (-9, 99, slice(0, HIGH), slice(98, WIDE)))
    made.set_lamp("green", 0.5)
    [sighting] = watched(made, told, 1.0).sightings
    close(sighting, "lamp_on", 0.5, "green")


def test_somebody_who_passes_before_it_is_no_lamp():
    real, told = camera()
    made = scene(real)
    made.set_lamp("green", 0.5)
    made.walk("ann", [(0.8, 20.0, 72.0), (1.6, 180.0, 72.0)], clothes=3)
    seen = watched(covered(made, *_crossing(0.9, 1.3)), told, 2.2)
    assert [one.event for one in seen.sightings] == ["lamp_on"]
    assert seen.kinds and set(seen.kinds) <= {"passed", "hidden", "beside", "restless"}


def _crossing(since, until):
    """A hand's breadth that moves from left to right, by steps of a frame."""
    steps = np.arange(since, until, 1 / 60)
    places = np.linspace(60, 120, len(steps))
    return [
        (t, t + 1 / 60, slice(50, 100), slice(int(x), int(x) + 25))
        for t, x in zip(steps, places, strict=True)
    ]


def reasons(made, told, seconds=1.2, **more):
    seen = watched(made, told, seconds, **more)
    assert all(
        "region 'lamp'" in reason.note and reason.observer == "door-lamp" for reason in seen.observer.reasons
    )
    return seen.sightings, seen.kinds


def test_a_neighbour_s_light_is_not_its_own():
    real, told = camera()
    made = scene(real, x=120.0)
    made.set_lamp("red", 0.5, "other")
    assert reasons(made, told) == ([], ["beside"])


def test_the_room_s_light_is_not_its_own():
    real, told = camera()

    class Switched(Card):
        def onto(self, light, t, camera):
            light *= 1.8 if t > 0.5 else 1.0
            return slice(0, HIGH), slice(0, WIDE)

    made = scene(real)
    made.add("room", Switched())
    assert reasons(made, told) == ([], ["light"])


def test_a_flash_is_too_short():
    real, told = camera()
    made = scene(real)
    made.set_lamp("green", 0.503)
    made.set_lamp(None, 0.515)
    assert reasons(made, told) == ([], ["too short"])


def test_light_that_fades_in_is_no_step():
    real, told = camera()

    class Fading(Card):
        def onto(self, light, t, camera):
            rows, columns, spot = Light(96.0, 72.0, 9.0, 0.6).spot(camera)
            light[rows, columns] += spot[:, :, None] * np.float32(np.clip((t - 0.5) / 0.2, 0, 1))
            return rows, columns

    made = scene(real)
    made.add("fading", Fading())
    assert reasons(made, told) == ([], ["slow"])


def test_a_faint_lamp_is_not_guessed_at():
    real, told = camera()
    made = scene(real, brightness=0.02)
    made.set_lamp("green", 0.5)
    assert reasons(made, told) == ([], ["faint"])


def test_of_a_lamp_without_a_pixel_that_tells_only_the_frame_is_told():
    real, told = camera()

    class Glaring(Card):
        def onto(self, light, t, camera):
            light[60:84, 84:108] += 50.0 * (t > 0.49)
            return slice(60, 84), slice(84, 108)

    made = scene(real)
    made.add("glaring", Glaring())
    sightings, kinds = reasons(made, told)
    assert kinds == ["saturated"] and 2e-3 < sightings[0].u < 12e-3
    # It came on after the exposure of the frame before 0.5 s, and before the end of that at 0.5 s, at half height.
    assert 0.5 + 0.4 / 60 < sightings[0].t < 0.5 + 1.4 / 60


def test_nothing_is_said_where_nothing_happens():
    real, told = camera(quality=80, noise=4.0)
    assert reasons(scene(real), told, 3.0) == ([], [])


def test_pictures_of_another_size_begin_anew():
    real, told = camera()
    made = scene(real)
    observer = Lamp("door-lamp", Region.rectangle("lamp", 60, 50, 60, 50), told)
    for number in range(60):
        image = made.frame(number / 60)
        if number > 30:
            image = np.zeros((480, 640, 3), np.uint8)
        assert observer.feed(Frame(number, number / 60, JITTER, "source", 0, image)) == []
    assert observer.finish() == []
