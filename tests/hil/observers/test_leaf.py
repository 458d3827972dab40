"""The leaf observer on synthesised clips whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebench.fixtures.scene.camera import Camera
from gatebench.fixtures.scene.clip import Shot, shots
from gatebench.fixtures.scene.leaf import Leaf as DrawnLeaf
from gatebench.fixtures.scene.motion import Cosine, Glide, Law, Smooth, Spring
from gatebench.fixtures.scene.scene import REFERENCE, Marker, Scene
from gatebench.hil.camera.frame import Frame
from gatebench.hil.observers.leaf import Leaf
from gatebench.hil.observers.onset import onset
from gatebench.hil.observers.optics import Optics
from gatebench.hil.observers.sighting import Sighting

FPS = 30.0
OPTICS = Optics(FPS, 0.8 / FPS, 0.01)
CAMERA = Camera(fps=FPS, exposure=OPTICS.exposure, readout=OPTICS.readout)
ABOVE = 3.0
"""Standard uncertainties within which a single figure has to lie: 2.7 in 1000 do not, and the seeds are fixed."""

Change = Callable[[Shot], np.ndarray]


def frames(scene: Scene, seconds: float, change: Change | None = None) -> Iterator[Frame]:
    for shot in shots(scene, seconds):
        image = change(shot) if change is not None else shot.image
        yield Frame(shot.number, shot.stamp, 1e-4, "source", 0, image)


def watched(observer: Leaf, scene: Scene, seconds: float, change: Change | None = None) -> list[Sighting]:
    found: list[Sighting] = []
    for frame in frames(scene, seconds, change):
        found += observer.feed(frame)
    return found + observer.finish()


def observer(**settings: object) -> Leaf:
    return Leaf("front", marker=1, reference=2, optics=OPTICS, **settings)  # type: ignore[arg-type]


def kinds(observer: Leaf) -> list[str]:
    return [reason.kind for reason in observer.reasons]


def near(sighting: Sighting, truth: float) -> bool:
    return abs(sighting.t - truth) <= ABOVE * sighting.u


@settings(max_examples=4, derandomize=True, deadline=None)
@given(phase=st.floats(0.0, 1.0), law=st.sampled_from([Glide(40), Cosine(50), Smooth(50, 2.0), Spring(25)]))
def test_first_motion_and_the_angle_are_timed_whatever_the_phase_and_the_law(phase: float, law: Law) -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf())
    begin = 0.9 + phase / FPS
    scene.move_leaf(law, begin)
    opened = scene.leaf.instant(10.0)  # type: ignore[union-attr]
    moved, opening = watched(observer(), scene, opened + 0.3)
    assert (moved.event, opening.event) == ("leaf_moved", "leaf_open")
    assert near(moved, begin) and near(opening, opened)
    assert moved.value == pytest.approx(0.0, abs=0.1)  # degrees: a third of a pixel at the marker
    assert opening.value == 10.0 and opening.note == "degrees"


@pytest.mark.parametrize("turned", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180])
def test_a_camera_hung_another_way_round_sees_the_same(turned: int) -> None:
    camera = CAMERA.with_(readout=0.0)  # rows are columns when it is turned
    optics = Optics(FPS, OPTICS.exposure, 0.0)
    scene = Scene(camera, leaf=DrawnLeaf())
    scene.move_leaf(40.0, 0.91)
    leaf = Leaf("front", marker=1, reference=2, optics=optics)
    found = watched(leaf, scene, 1.8, lambda shot: cv2.rotate(shot.image, turned))
    assert [each.event for each in found] == ["leaf_moved", "leaf_open"]
    assert near(found[0], 0.91) and near(found[1], scene.leaf.instant(10.0))  # type: ignore[union-attr]


def test_rolling_rows_are_reckoned_with() -> None:
    found = []
    for y in (120.0, 380.0):  # of 480: 16 ms apart with a readout of 30 ms
        camera = CAMERA.with_(readout=0.03)
        scene = Scene(camera, leaf=DrawnLeaf(kind="slide", y=y), markers=(Marker(2, 420.0, 240.0, 40.0),))
        scene.move_leaf(Glide(120, 400, 150), 0.9)
        leaf = Leaf("gate", marker=1, reference=2, optics=Optics(FPS, OPTICS.exposure, 0.03), slides=True)
        found.append(watched(leaf, scene, 1.4)[0])
    assert all(near(each, 0.9) for each in found)
    assert abs(found[0].t - found[1].t) < 0.008  # half of what the rows are apart


def test_a_sliding_leaf_is_measured_in_sides_of_its_marker() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf(kind="slide"))
    scene.move_leaf(Glide(120, 400, 150), 0.9)
    found = watched(observer(slides=True), scene, 1.9)
    assert [(each.event, each.value) for each in found][1] == ("leaf_open", 1.0)
    assert near(found[0], 0.9)
    # 36 px are drawn as 36.18: a texture has whole pixels, 101 for 134 of which the marker has 96
    assert near(found[1], scene.leaf.instant(36.18))  # type: ignore[union-attr]


def test_a_leaf_that_comes_back_is_closed_when_it_rests() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf())
    scene.move_leaf(Glide(25, 150, 60), 0.8)
    scene.move_leaf(Glide(-25, 100, 40), 2.2)
    closed = 2.2 + Glide(-25, 100, 40).duration
    found = watched(observer(), scene, closed + 0.6)
    assert [each.event for each in found] == ["leaf_moved", "leaf_open", "leaf_moved", "leaf_closed"]
    assert near(found[2], 2.2) and near(found[3], closed)
    assert found[2].value == pytest.approx(25.0, abs=0.3) and found[3].value == pytest.approx(0.0, abs=0.1)


def test_a_leaf_that_does_not_come_all_the_way_back_is_not_closed() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf())
    scene.move_leaf(Glide(25, 150, 60), 0.8)
    scene.move_leaf(Glide(-22, 100, 40), 2.2)
    found = watched(observer(), scene, 3.8)
    assert "leaf_closed" not in {each.event for each in found}


def test_a_nudged_camera_is_no_motion_of_the_leaf() -> None:
    def nudged(shot: Shot) -> np.ndarray:
        if shot.number < 40:
            return shot.image
        turn = cv2.getRotationMatrix2D((320, 240), 0.8, 1.0)
        turn[:, 2] += (7, -4)
        return cv2.warpAffine(shot.image, turn, (640, 480), borderMode=cv2.BORDER_REPLICATE)

    scene = Scene(CAMERA, leaf=DrawnLeaf())
    scene.move_leaf(40.0, 2.6)
    found = watched(observer(), scene, 3.5, nudged)
    assert [each.event for each in found] == ["leaf_moved", "leaf_open"]
    assert near(found[0], 2.6)


def covered(x: float, y: float, first: int, last: int) -> Change:
    def change(shot: Shot) -> np.ndarray:
        image = shot.image.copy()
        if first <= shot.number < last:
            cv2.circle(image, (round(x), round(y)), 45, (90, 120, 160), -1)
        return image

    return change


def test_a_hidden_marker_gives_a_reason_and_no_number() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf())
    scene.move_leaf(Glide(5, 50, 20), 1.0)
    leaf = observer()
    assert watched(leaf, scene, 2.0, covered(280, 330, 26, 48)) == []
    assert "hidden" in kinds(leaf)
    assert "marker 1 (leaf)" in leaf.reasons[0].note


def test_a_hidden_reference_gives_a_reason_and_no_number() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf())
    scene.move_leaf(40.0, 1.0)
    leaf = observer()
    assert watched(leaf, scene, 1.6, covered(REFERENCE.x, REFERENCE.y, 20, 99)) == []
    assert "hidden" in kinds(leaf) and "marker 2 (reference)" in leaf.reasons[0].note


def test_markers_that_never_come_are_named() -> None:
    leaf = observer()
    assert watched(leaf, Scene(CAMERA, leaf=None), 1.0) == []
    assert kinds(leaf) == ["hidden"] and "DICT_4X4_50" in leaf.reasons[0].note


def test_two_doors_in_view_give_a_reason_and_no_number() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf(), markers=(REFERENCE, Marker(1, 520.0, 200.0, 36.0)))
    scene.move_leaf(40.0, 0.9)
    leaf = observer()
    assert watched(leaf, scene, 1.6) == []
    assert kinds(leaf) == ["two of them"]


def test_a_picture_of_another_size_begins_anew() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf())
    leaf = observer()

    def changed(shot: Shot) -> np.ndarray:
        return shot.image if shot.number < 20 else cv2.resize(shot.image, (800, 600))

    assert watched(leaf, scene, 1.2, changed) == []
    assert kinds(leaf) == ["size changed"]
    assert "640 × 480" in leaf.reasons[0].note and "800 × 600" in leaf.reasons[0].note


def test_a_leaf_too_fast_for_the_exposure_gives_a_reason_and_no_angle() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf())
    scene.move_leaf(Glide(80, 1500, 600), 0.9)
    leaf = observer()
    found = watched(leaf, scene, 1.4)
    assert "leaf_open" not in {each.event for each in found}
    assert {"too fast", "unseen"} & set(kinds(leaf))


def test_a_dropped_stretch_around_the_motion_gives_a_reason_and_no_number() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf())
    scene.move_leaf(Glide(40), 1.0)
    leaf, found = observer(), []
    for frame in frames(scene, 1.8):
        if not 0.95 < frame.t < 1.15:
            found += leaf.feed(frame)
    assert "leaf_moved" not in {each.event for each in found}
    assert "unseen" in kinds(leaf)


def test_a_door_that_stays_shut_says_nothing() -> None:
    leaf = observer()
    assert watched(leaf, Scene(CAMERA, leaf=DrawnLeaf()), 2.0) == []
    assert leaf.reasons == []


@pytest.mark.parametrize(
    "wrong",
    [{"marker": 2}, {"marker": 50}, {"open": 0.3}, {"open": float("nan")}, {"slides": True, "open": 0.05}],
)
def test_settings_that_no_leaf_has_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="front"):
        Leaf("front", **{"marker": 1, "reference": 2, "optics": OPTICS, **wrong})  # type: ignore[arg-type]


@settings(max_examples=25, derandomize=True, deadline=None)
@given(
    phase=st.floats(0.0, 1.0),
    law=st.sampled_from([Glide(100), Cosine(150), Spring(100)]),
    shift=st.floats(-1e6, 1e6),
    sign=st.sampled_from([1.0, -1.0]),
)
def test_an_onset_moves_with_its_clock_and_holds_in_both_directions(
    phase: float, law: Law, shift: float, sign: float
) -> None:
    random = np.random.default_rng(3)
    exposure, begins = 0.02, np.arange(40) / FPS
    begin = 0.8 + phase / FPS
    parts = (np.arange(32) + 0.5) / 32 * exposure
    way = np.array([np.mean([law(t - begin) for t in each + parts]) for each in begins])
    way = sign * way + random.normal(0.0, 0.01, len(way))
    until = int(np.nonzero(np.abs(way) > 9.0)[0][0]) + 1
    first = onset(begins[:until], exposure, way[:until], np.full(until, 0.01))
    moved = onset(begins[:until] + shift, exposure, way[:until], np.full(until, 0.01))
    assert abs(first.t - begin) <= ABOVE * first.u
    assert moved.t - shift == pytest.approx(
        first.t, abs=1e-6
    )  # float64 at 1e6 s: 1e-10, times the grid's conditioning


def test_a_second_door_that_comes_later_silences_the_first() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf())
    scene.move_leaf(40.0, 2.0)
    other = Scene(CAMERA, leaf=None, markers=(Marker(1, 520.0, 200.0, 36.0),)).frame(0.0)[150:250, 470:570]

    def joined(shot: Shot) -> np.ndarray:
        if shot.number >= 15:
            shot.image[150:250, 470:570] = other
        return shot.image

    leaf = observer()
    assert watched(leaf, scene, 2.8, joined) == []
    assert set(kinds(leaf)) == {
        "two of them"
    }  # said anew where one is smeared, and for a while not recognised


def test_a_sliding_leaf_that_is_said_to_swing_is_named() -> None:
    scene = Scene(CAMERA, leaf=DrawnLeaf(kind="slide"))
    scene.move_leaf(Glide(120, 400, 150), 0.9)
    leaf = observer()
    assert [each.event for each in watched(leaf, scene, 2.8)] == ["leaf_moved"]
    assert kinds(leaf) == ["slides"]
