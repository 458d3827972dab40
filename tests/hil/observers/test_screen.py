"""A terminal's screen: recognised in any language, timed between frames, and named where it is not known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.observers.blend import Blend, instant
from gatebench.hil.observers.optics import Optics
from gatebench.hil.observers.region import BadRegion
from gatebench.hil.observers.screen import BadTemplate, Screen, Template

from .drawn_screen import CORNERS, Filmed, glyphs, text

WAIT, WELCOME = text("Bitte warten", "Gesicht zeigen"), text("Willkommen", paper=(30, 110, 30))
DENIED = glyphs(3)
KNOWN = [Template("wait", WAIT), Template("welcome", WELCOME), Template("denied", DENIED)]


def seen(filmed: Filmed, templates=KNOWN, **settings: object):
    screen, said = Screen("terminal", CORNERS, templates, **settings), []
    for frame in filmed.frames():
        said += screen.feed(frame)
    return screen, said + screen.finish()


@pytest.mark.parametrize(
    ("fps", "exposure", "readout"),
    [(60, 1 / 60, 0.0), (60, 1 / 60, 0.015), (60, 1 / 120, 0.015), (30, 1 / 30, 0.02), (60, 1 / 600, 0.0)],
)
def test_a_change_is_timed_within_its_uncertainty(fps, exposure, readout):
    changed = 0.5 + 0.37 / fps
    filmed = Filmed([(0, WAIT), (changed, WELCOME)], 0.8, fps, exposure, readout)
    screen, said = seen(filmed, optics=Optics(fps, exposure * 0.95, readout))
    (one,) = said
    assert (one.event, one.note, screen.showing) == ("screen", "welcome", "welcome")
    assert abs(one.t - changed) <= 2 * one.u
    assert one.u <= max(1e-3, 1 / fps / 12**0.5)  # never worse than "somewhere in this frame"
    assert one.value > 0.9


def test_without_optics_the_uncertainty_is_that_of_a_frame():
    filmed = Filmed([(0, WAIT), (0.507, WELCOME)], 0.8, 30, 1 / 60, 0.01)
    _, said = seen(filmed)
    assert abs(said[0].t - 0.507) <= 2 * said[0].u
    assert 0.002 < said[0].u < 0.03


def test_signs_of_any_script_are_told_apart():
    """Pictures are compared, no text is read: any three patterns of strokes will do."""
    templates = [Template(str(n), glyphs(n)) for n in range(5)]
    filmed = Filmed([(0, glyphs(0)), *((0.2 * n, glyphs(n)) for n in range(1, 5))], 1.0, 30, 1 / 60)
    _, said = seen(filmed, templates)
    assert [one.note for one in said] == ["1", "2", "3", "4"]


def test_an_unknown_screen_is_named_and_has_no_likeness():
    screen, said = seen(Filmed([(0, WAIT), (0.5, glyphs(7))], 0.8))
    assert said[0].value is None
    assert "unknown screen" in said[0].note
    assert screen.showing == "unknown"
    assert [one.kind for one in screen.reasons] == ["unknown screen"]


def test_templates_that_are_too_much_alike_are_not_chosen_between():
    almost = WELCOME.copy()
    almost[150:153, 200:210] = 255
    _, said = seen(Filmed([(0, WAIT), (0.5, WELCOME)], 0.8), [*KNOWN, Template("almost", almost)])
    assert said[0].value is None
    assert "templates that differ more" in said[0].note


def test_a_screen_upside_down_is_named():
    screen, _ = seen(Filmed([(0, WAIT)], 0.3, turned=True))
    assert "upside down it is wait" in screen.reasons[0].note


def test_corners_that_are_a_little_off_do_no_harm():
    off = tuple((x + 3, y - 2) for x, y in CORNERS)
    _, said = seen(Filmed([(0, WAIT), (0.5, WELCOME)], 0.8, corners=off))
    assert [one.note for one in said] == ["welcome"]


def test_a_dark_screen_is_one_too():
    off = np.zeros_like(WAIT)
    _, said = seen(Filmed([(0, off), (0.5, WELCOME), (0.8, off)], 1.1), [*KNOWN, Template("off", off)])
    assert [one.note for one in said] == ["welcome", "off"]


def test_what_moves_in_a_transparent_part_does_not_count():
    clear = np.dstack([WAIT, np.full(WAIT.shape[:2], 255, np.uint8)])
    clear[100:, 120:, 3] = 0
    moving = [(0, WAIT)]
    for n in range(1, 20):
        picture = WAIT.copy()
        picture[104:156, 124:236] = np.random.default_rng(n).integers(0, 255, 3)
        moving.append((n / 30, picture))
    screen, said = seen(Filmed(moving, 0.7, 30, 1 / 60), [Template("wait", clear)])
    assert (said, screen.showing, screen.reasons) == ([], "wait", [])


def test_a_screen_that_never_rests_is_named():
    moving = [(n / 15, glyphs(n)) for n in range(45)]
    screen, said = seen(Filmed(moving, 3.0, 15, 1 / 60))
    assert not said
    assert [one.kind for one in screen.reasons] == ["restless"]


def test_a_change_that_the_frames_cut_off_has_no_instant():
    screen, said = seen(Filmed([(0, WAIT), (0.497, WELCOME)], 0.51))
    assert not said
    assert [one.kind for one in screen.reasons] == ["ended"]


def test_a_camera_that_dims_is_no_change_of_the_screen():
    filmed = Filmed(
        [(0, WAIT), *((0.1 + n / 20, (WAIT * (1 - n / 40)).astype(np.uint8)) for n in range(10))], 0.8
    )
    _, said = seen(filmed)
    assert not said


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((20, 20, 2), np.uint8),
        np.zeros((20, 20), float),
        np.zeros((4, 4), np.uint8),
        np.zeros((20, 20, 4), np.uint8),
    ],
)
def test_a_template_that_is_no_picture_is_refused(picture):
    with pytest.raises(BadTemplate, match="template 'odd'"):
        Template("odd", picture)


def test_two_templates_of_one_name_are_refused():
    with pytest.raises(BadTemplate, match="names are unique"):
        Screen("terminal", CORNERS, [KNOWN[0], KNOWN[0]])


@pytest.mark.parametrize(
    "corners", [CORNERS[:3], ((0, 0), (9, 9), (9, 0), (0, 9)), ((0, 0), (1, 0), (2, 0), (3, 0))]
)
def test_corners_that_are_no_screen_are_refused(corners):
    with pytest.raises(BadRegion):
        Screen("terminal", corners, KNOWN)


def test_corners_outside_of_the_picture_are_refused():
    screen = Screen("terminal", ((600, 400), (700, 400), (700, 500), (600, 500)), KNOWN)
    with pytest.raises(BadRegion, match="terminal"):
        screen.feed(next(Filmed([(0, WAIT)], 0.1).frames()))


@given(
    at=st.floats(0.02, 0.06),
    exposure=st.floats(0.004, 1 / 60),
    readout=st.floats(0.0, 0.015),
    noise=st.floats(0.0, 0.02),
)
def test_the_instant_of_an_ideal_blend_is_found(at, exposure, readout, noise):
    blends = []
    for n in range(6):
        for band in range(8):
            row = (band + 0.5) / 8
            share = float(np.clip((n / 60 + readout * row + exposure - at) / exposure, 0, 1))
            blends.append(Blend(n / 60, row, (share,) * 3, noise))
    t, u = instant(blends, Optics(60, exposure, readout), 1 / 60)
    assert abs(t - at) <= 2.5 * u + 1e-4  # a uniform distribution ends at 1.7 u; the grid is 0.1 ms
    assert u < 1 / 60
