"""People from above: counted at least, timed, told apart where the picture does, and nothing said where it does not."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebench.hil.camera.frame import Frame
from gatebench.hil.observers.counting import Count, count, together
from gatebench.hil.observers.empty import BadReference
from gatebench.hil.observers.line import Line, Walk
from gatebench.hil.observers.people import People
from gatebench.hil.observers.region import BadRegion, Region

from .drawn_people import Hall, Person, walk

MIDDLE = 240.0
OFF = 0.05
"""s: people are drawn with 120 px/s on average, and the middle of a silhouette is good to some px; the benchmark has figures."""


def seen(hall: Hall, **settings: object):
    """What is said of a hall that is empty from 3 s to 5 s, or longer."""
    hall.start = 3.0
    people, said = People("hall", learn=2.0, **settings), []
    for frame in hall.frames():
        said += people.feed(frame)
    return people, said + people.finish()


def crossings(said):
    return [(round(one.t, 3), one.value) for one in said if one.event == "crossing"]


def test_each_person_is_timed_and_knows_their_way():
    _, said = seen(Hall([Person(walk(7, MIDDLE)), Person(walk(10, MIDDLE - 50, up=False))], 13))
    assert [one.value for one in said] == [1.0, -1.0]
    for one, truth in zip(said, (7.0, 10.0), strict=True):
        assert abs(one.t - truth) < OFF
        assert abs(one.t - truth) <= 2 * one.u


def test_every_note_says_that_a_camera_alone_is_no_evidence():
    people, said = seen(Hall([Person(walk(7, MIDDLE))], 10))
    assert "a camera alone is no evidence" in said[0].note
    assert "a camera alone is no evidence" in people.followers(6, 8).note


@pytest.mark.parametrize(
    "changed",
    [
        {"shadow": 0.35},
        {"noise": 10.0},
        {"fps": 8.0},
        {"floor": (20, 22, 25)},
        {"light": lambda t: 1.0 - 0.4 * min(t, 9) / 9},
        {"light": lambda t: 1.0 if t < 5.5 else 1.5},
        {"light": lambda t: 1.0 if t < 5.5 else 0.5},
        {"light": lambda t: 1.0 + 0.03 * math.sin(20 * t)},
        {"width": 1280, "height": 360},
    ],
    ids=["shadow", "noise", "slow camera", "dark", "dusk", "lights on", "lights off", "flicker", "wide"],
)
def test_one_person_is_one_person(changed):
    people, said = seen(Hall([Person(walk(8, MIDDLE))], 11, **changed), smallest=800.0)
    assert [one.value for one in said] == [1.0]
    assert abs(said[0].t - 8.0) < 2 * OFF  # a shadow of 20 px shifts the middle by 5
    assert not people.reasons


@pytest.mark.parametrize("size", [0.5, 0.7, 1.5, 2.5])
def test_people_of_any_size(size):
    _, said = seen(Hall([Person(walk(8, MIDDLE), size=size)], 12), smallest=300.0)
    assert [one.value for one in said] == [1.0]


@pytest.mark.parametrize("coat", [(230, 230, 230), (3, 3, 4), (110, 140, 165), (40, 40, 200)])
def test_coats_of_any_colour_even_the_floors(coat):
    _, said = seen(Hall([Person(walk(8, MIDDLE), coat=coat)], 11), smallest=300.0)
    assert [one.value for one in said] == [1.0]


def test_who_stands_still_for_a_long_time_is_not_taken_for_floor():
    path = [(6, MIDDLE, 380), (8, MIDDLE, 250), (68, MIDDLE, 250), (70, MIDDLE, -40)]
    people, said = seen(Hall([Person(path)], 73, fps=6.0), zone=Region.rectangle("mat", 200, 220, 80, 60))
    (crossing,) = [one for one in said if one.event == "crossing"]
    (left,) = [one for one in said if one.event == "zone_left"]
    assert 68 < crossing.t < 70
    assert left.value == pytest.approx(61, abs=1.0)  # by the path: in the zone from about 7.4 s to 68.5 s
    assert not people.reasons


def test_who_turns_back_on_the_line_crosses_nothing():
    _, said = seen(Hall([Person([(6, MIDDLE, 400), (9, MIDDLE, 178), (12, MIDDLE, 400)])], 13))
    assert not said


def test_two_who_part_again_after_the_line_are_two():
    one = [(6, MIDDLE - 22, 400), (9, MIDDLE - 22, 100), (11, MIDDLE - 150, 60)]
    other = [(6, MIDDLE + 22, 400), (9, MIDDLE + 22, 100), (11, MIDDLE + 150, 60)]
    people, said = seen(Hall([Person(one), Person(other, coat=(60, 90, 30))], 12))
    assert sum(one.value for one in said) == 2
    assert people.count(5, 12).at_least == 2


def test_a_pair_that_never_parts_is_at_least_one_and_likely_more():
    singles = [Person(walk(7 + 4 * n, MIDDLE)) for n in range(3)]
    pair = [Person(walk(19, MIDDLE - 24)), Person(walk(19.05, MIDDLE + 24))]
    people, _ = seen(Hall([*singles, *pair], 22))
    alone, both = people.count(6, 8), people.count(18, 20)
    assert alone.at_least == 1
    assert alone.more < 0.2
    assert both.at_least == 2 or both.more > 0.4


def test_a_follower_within_the_door_cycle_is_counted():
    people, _ = seen(Hall([Person(walk(8, MIDDLE)), Person(walk(9.2, MIDDLE)), Person(walk(13, MIDDLE))], 16))
    cycle = people.followers(7.0, 10.5)
    assert (cycle.passed.at_least, cycle.followers.at_least) == (2, 1)
    assert cycle.followers.confidence > 0.9
    assert people.followers(12, 14.5).followers.at_least == 0
    assert people.followers(0, 1).passed.at_least == 0


def test_people_who_pass_each_other_are_one_each_way():
    _, said = seen(Hall([Person(walk(8, MIDDLE - 20)), Person(walk(8, MIDDLE + 20, up=False))], 12))
    assert sorted(one.value for one in said) == [-1.0, 1.0]


def test_while_somebody_walks_about_the_empty_scene_is_not_learned():
    early = Person([(3, MIDDLE, 300), (4, MIDDLE, 100), (6, MIDDLE, -50)])
    people, said = seen(Hall([early, Person(walk(14, MIDDLE))], 17))
    assert [one.kind for one in people.reasons] == ["not empty"]
    assert "leave it empty" in people.reasons[0].note
    assert [one.value for one in said] == [1.0]
    assert abs(said[0].t - 14) < OFF


def test_who_stood_still_in_the_empty_picture_is_named_when_they_leave():
    early = Person([(0, MIDDLE, 150), (9, MIDDLE, 150), (11, MIDDLE, -40)])
    people, _ = seen(Hall([early], 15))
    assert "not empty" in [one.kind for one in people.reasons]
    assert "new picture of the empty scene" in people.reasons[-1].note


def test_a_covered_lens_is_named_and_nothing_counted():
    hall = Hall([Person(walk(8, MIDDLE))], 11, light=lambda t: 0.02 if t > 6.5 else 1.0)
    people, said = seen(hall)
    assert not said
    assert {one.kind for one in people.reasons} <= {"light", "reference"}
    assert people.reasons
    assert "not all was seen" in people.followers(6, 9).note


def test_a_camera_that_was_moved_is_named_and_nothing_counted():
    hall, people, said = Hall([], 4), People("hall", learn=2.0), []
    other = np.random.default_rng(1).integers(0, 255, (9, 12, 3), np.uint8)
    other = cv2.resize(other, (480, 360), interpolation=cv2.INTER_NEAREST)
    for frame in hall.frames():
        picture = frame.image if frame.t < 3 else other
        said += people.feed(Frame(frame.number, frame.t, 0.0, "source", 0, picture))
    assert not said
    assert people.reasons[0].kind in {"reference", "light"}


def test_a_picture_of_the_empty_scene_saves_the_learning():
    hall = Hall([Person(walk(5.2, MIDDLE))], 7)
    _, said = seen(hall, empty=np.clip(hall.empty, 0, 255).astype(np.uint8))
    assert [one.value for one in said] == [1.0]
    assert abs(said[0].t - 5.2) < OFF


def test_frames_of_another_size_than_the_empty_picture_are_refused():
    people = People("hall", empty=np.zeros((360, 480, 3), np.uint8))
    with pytest.raises(BadReference, match="480 × 360 px, and the camera's frames are 640 × 480"):
        people.feed(Frame(0, 0.0, 0.0, "source", 0, np.zeros((480, 640, 3), np.uint8)))


def test_a_change_of_size_is_refused():
    people = People("hall")
    people.feed(Frame(0, 0.0, 0.0, "source", 0, np.zeros((360, 480, 3), np.uint8)))
    with pytest.raises(BadReference, match="were 480 × 360 px and are 320 × 240"):
        people.feed(Frame(1, 0.1, 0.0, "source", 0, np.zeros((240, 320, 3), np.uint8)))


def test_a_zone_outside_of_the_picture_is_refused():
    people = People("hall", zone=Region.rectangle("mat", 400, 300, 200, 200))
    with pytest.raises(BadRegion, match="mat"):
        people.feed(Frame(0, 0.0, 0.0, "source", 0, np.zeros((360, 480, 3), np.uint8)))


@pytest.mark.parametrize(
    "wrong", [{"learn": -1.0}, {"smallest": 0.0}, {"person": math.nan}, {"overlap": 1.5}]
)
def test_settings_out_of_range_are_named(wrong):
    with pytest.raises(BadRegion, match=next(iter(wrong))):
        People("hall", **wrong)


def test_stays_of_two_in_turn_are_two():
    first = [(6, MIDDLE, 400), (8, MIDDLE, 200), (12, MIDDLE, 200), (13.5, MIDDLE, -40)]
    second = [(12.5, MIDDLE, 400), (15, MIDDLE, 200), (18, MIDDLE, 200), (19.5, 520, 200)]
    zone = Region.rectangle("mat", 200, 170, 80, 60)
    _, said = seen(Hall([Person(first), Person(second)], 21), zone=zone, line=None)
    services = [one.value for one in said if one.event == "zone_left"]
    assert len([one for one in said if one.event == "zone_entered"]) == 2
    assert services == pytest.approx([5.1, 4.3], abs=0.5)  # by the paths, from the touch of the mat's edge on


def test_who_passes_the_zone_does_not_stand_in_it():
    zone = Region.rectangle("mat", 200, 170, 80, 40)
    _, said = seen(Hall([Person(walk(8, MIDDLE, speed=200))], 11), zone=zone, line=None)
    assert not said


@pytest.mark.reference_data
def test_six_people_at_a_table_in_a_real_clip(reference_data):
    """Truth by eye, frame by frame: from the outline's first touch of the table top until it has left it."""
    clip = cv2.VideoCapture(str(reference_data / "pedestrian" / "one-by-one-person-detection.mp4"))
    table = Region.rectangle("table", 380, 78, 150, 76)
    named, unnamed = (People("hall", line=None, zone=zone) for zone in (table, "auto"))
    said, n = {named: [], unnamed: []}, 0
    while (read := clip.read())[0]:
        for people, what in said.items():
            what += people.feed(Frame(n, n / 10, 0.0, "source", 0, read[1]))
        n += 1
    assert n == 1394
    for people, what in said.items():
        services = [one.value for one in what + people.finish() if one.event == "zone_left"]
        assert services == pytest.approx(
            [12.0, 20.5, 18.0, 10.0, 25.5, 10.6], abs=1.0
        )  # the bar that was set
        assert not people.reasons
    entered = [one for one in said[named] if one.event == "zone_entered"]
    for one, truth in zip(entered, [6.75, 23.4, 50.9, 75.6, 93.0, 124.3], strict=True):
        assert abs(one.t - truth) <= 2 * one.u + 0.1  # by eye is ± 0.1 s


@given(area=st.floats(10, 1e5), single=st.floats(10, 1e4), spread=st.floats(0, 1), tracks=st.integers(1, 4))
def test_a_count_is_a_bound_with_chances(area, single, spread, tracks):
    counted = count(area, single, spread, tracks, 0.99)
    assert 1 <= counted.at_least <= 4
    assert 0 <= counted.confidence <= 1
    assert 0 <= counted.more <= 1
    assert counted.confidence + 1e-9 >= counted.more
    unknown = count(area, None, spread, tracks, 0.99)
    assert unknown.at_least >= 1


@given(ratio=st.floats(0.3, 6.0), step=st.floats(0.01, 2.0))
@settings(max_examples=200)
def test_more_area_is_never_fewer_people(ratio, step):
    small, large = (count(1000 * one, 1000.0, 0.2, 1, 0.99) for one in (ratio, ratio + step))
    assert large.at_least >= small.at_least


def test_counts_add_up():
    assert together([]) == Count(0, 1.0, 0.0)
    both = together([Count(1, 0.9, 0.2), Count(2, 0.8, 0.1)])
    assert both.at_least == 3
    assert both.confidence == pytest.approx(0.72)
    assert both.more == pytest.approx(0.28)


@given(
    speed=st.floats(20, 800),
    at=st.floats(1, 2),
    fps=st.sampled_from([5.0, 10.0, 30.0]),
    tilt=st.floats(-0.5, 0.5),
)
def test_a_straight_walk_is_timed_exactly(speed, at, fps, tilt):
    line = Line("door", (0, 100 - 100 * tilt), (400, 100 + 100 * tilt), (200, 0))
    walk, passed = Walk(), None
    for n in range(int(4 * fps)):
        t = n / fps
        passed = passed or walk.feed(line, t, 200.0, 100.0 - speed * (t - at), 20.0, 0.5)
    assert passed is not None
    assert passed.inwards
    assert passed.t == pytest.approx(at, abs=1e-6)  # linear interpolation of a linear walk: rounding only


def test_who_walks_around_the_end_of_the_line_does_not_cross_it():
    line, walk = Line("door", (100, 100), (200, 100), (150, 0)), Walk()
    assert all(walk.feed(line, n / 10, 260.0, 200.0 - 10 * n, 20.0, 0.5) is None for n in range(20))


@pytest.mark.parametrize("ends", [((0, 0), (1, 0), (5, 5)), ((0, 0), (10, 0), (5, 0))])
def test_a_line_without_length_or_sides_is_refused(ends):
    with pytest.raises(BadRegion, match="line 'door'"):
        Line("door", *ends)
