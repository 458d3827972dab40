"""Useless pictures: each is recognised, named with what to change, and forbids numbers where it must; sound ones are let be."""

import cv2
import numpy as np
import pytest

from gatebench.hil.camera.frame import Frame
from gatebench.hil.observers.quality import FORBIDS, PictureProblem, Quality
from gatebench.hil.observers.region import BadRegion, Region

LAMP = Region.rectangle("lamp", 490, 70, 20, 20)
MARKERS = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)


def door(
    lamp: tuple[int, int, int] = (60, 160, 60), second: bool = False, hidden: bool = False
) -> np.ndarray:
    picture = np.full((480, 640, 3), 150, np.uint8)
    cv2.rectangle(picture, (200, 60), (420, 460), (90, 110, 140), cv2.FILLED)
    picture[90:180, 270:360] = 255
    picture[100:170, 280:350] = cv2.aruco.generateImageMarker(MARKERS, 3, 70)[..., None]
    if second:
        picture[290:380, 470:560] = 255
        picture[300:370, 480:550] = cv2.aruco.generateImageMarker(MARKERS, 3, 70)[..., None]
    if hidden:
        picture[80:190, 200:330] = (80, 80, 90)
    cv2.circle(picture, (500, 80), 15, lamp, cv2.FILLED)
    return picture


def problems(picture, fps=30.0, seconds=2.2, noise=2.0, light=None, readout=0.018):
    """Of frames of `picture(t)`."""
    quality, draw = Quality("eye", [LAMP], [3]), np.random.default_rng(0)
    grain = [draw.normal(0, noise, (480, 640, 3)).astype(np.float32) for _ in range(3)]
    rows = readout * np.arange(480) / 480
    told = []
    for n in range(round(fps * seconds)):
        t = n / fps
        image = picture(t).astype(np.float32)
        if light is not None:
            image *= light(t + rows).astype(np.float32)[:, None, None]
        if noise:
            image += np.roll(grain[n % 3], int(draw.integers(640)), 1)
        told += quality.feed(Frame(n, t, 0.0, "source", 0, np.clip(image, 0, 255).astype(np.uint8)))
    found = quality.finish()
    assert {one.kind for one in told} <= {one.kind for one in found} | {"frozen"}
    assert len(quality.reasons) == len(told)
    return quality, {one.kind: one for one in found}


def test_a_sound_picture_has_no_problems():
    quality, found = problems(lambda t: door())
    assert not found
    assert quality.forbids("lamp") is None


@pytest.mark.parametrize(
    ("kind", "picture"),
    [
        ("black", door() // 40),
        ("blown out", np.clip(door() * 4.0, 0, 255).astype(np.uint8)),
        ("upside down", np.ascontiguousarray(door()[::-1, ::-1])),
        ("out of focus", cv2.GaussianBlur(door(), (0, 0), 4)),
        ("marker hidden", door(hidden=True)),
        ("two doors", door(second=True)),
    ],
)
def test_a_useless_picture_is_named_with_what_to_change_and_forbids_numbers(kind, picture):
    quality, found = problems(lambda t: picture)
    assert kind in found
    assert found[kind].share > 0.95
    assert found[kind].advice
    assert found[kind].advice in str(found[kind])
    forbidden = [one for one in found.values() if one.forbids]
    assert found[kind] in forbidden
    assert quality.forbids("3" if kind in ("marker hidden", "two doors") else "lamp") in forbidden


def test_a_frozen_picture_is_named():
    _, found = problems(lambda t: door(), noise=0.0)
    assert found["frozen"].forbids
    assert "restart the camera" in str(found["frozen"])


def test_a_saturated_lamp_is_named_with_its_share():
    quality, found = problems(lambda t: door(lamp=(200, 255, 200) if t > 0.15 else (30, 60, 30)))
    assert str(found["saturated"]) == "region 'lamp' is saturated in 92% of frames: lower the exposure"
    assert not found["saturated"].forbids  # it was seen off as well; lit, it is read from its halo
    assert quality.forbids("lamp") is None


def test_a_region_that_is_always_saturated_forbids_its_numbers_and_no_others():
    quality, found = problems(lambda t: door(lamp=(255, 255, 255)))
    assert quality.forbids("lamp") == found["saturated"]
    assert quality.forbids("door") is None


@pytest.mark.parametrize(
    ("mains", "fps"), [(50, 30.0), (50, 24.0), (50, 60.0), (60, 25.0), (60, 50.0), (60, 24.5), (50, 29.97)]
)
def test_flicker_of_the_mains_is_named_with_its_frequency(mains, fps):
    _, found = problems(
        lambda t: door(), fps, light=lambda t: 1 + 0.05 * np.sin(2 * np.pi * 2 * mains * t), seconds=2.5
    )
    assert f"{mains} Hz" in found["flicker"].detail
    assert "set the exposure to a multiple" in found["flicker"].advice
    assert not found["flicker"].forbids


@pytest.mark.parametrize("light", [lambda t: 1 - 0.1 * t, lambda t: 1 + 0.1 * np.sin(2 * np.pi * 3.3 * t)])
def test_other_changes_of_the_light_are_no_flicker_of_the_mains(light):
    _, found = problems(lambda t: door(), light=light)
    assert "flicker" not in found


@pytest.mark.parametrize("noise", [0.7, 4.0, 8.0])
def test_noise_is_neither_sharpness_nor_lack_of_it(noise):
    _, sharp = problems(lambda t: door(), noise=noise, seconds=1.8)
    blurred = cv2.GaussianBlur(door(), (0, 0), 4)
    _, soft = problems(lambda t: blurred, noise=noise, seconds=1.8)
    assert "out of focus" not in sharp
    assert "out of focus" in soft


def test_every_kind_has_a_policy_and_a_sentence():
    for kind in FORBIDS:
        assert str(PictureProblem(kind, "lamp", 0.5, "do this")).endswith("in 50% of frames: do this")


def test_an_unknown_dictionary_is_refused():
    with pytest.raises(BadRegion, match="DICT_9X9"):
        Quality("eye", markers=[1], dictionary="DICT_9X9")


@pytest.mark.reference_data
def test_a_real_clip_is_sound(reference_data):
    clip = cv2.VideoCapture(str(reference_data / "pedestrian" / "one-by-one-person-detection.mp4"))
    quality = Quality("hall")
    for n in range(300):
        quality.feed(Frame(n, n / 10, 0.0, "source", 0, clip.read()[1]))
    assert not quality.finish()
