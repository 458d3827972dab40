"""Draws the stills of docs/people-seen.md from what the observers say: python docs/images/stills_people.py

The hall is a frame of "one-by-one-person-detection" by Intel (sample-videos, CC BY 4.0), with people filled solid; it is read from
`pedestrian/` of the reference data. The rest is drawn by the tests' own drawings.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np

from gatebench.hil.camera.fill import PeopleFill
from gatebench.hil.camera.frame import Frame
from gatebench.hil.camera.recording import SOLID
from gatebench.hil.observers.optics import Optics
from gatebench.hil.observers.people import People
from gatebench.hil.observers.quality import Quality
from gatebench.hil.observers.region import Region
from gatebench.hil.observers.screen import Screen, Template

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DATA = Path(os.environ.get("GATEBENCH_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
INK, MARK, ZONE = (20, 20, 20), (40, 40, 230), (200, 120, 0)


def drawing(name: str) -> ModuleType:
    """A module of drawings of the tests."""
    path = ROOT / "tests" / "hil" / "observers" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def captioned(image: np.ndarray, *lines: str) -> np.ndarray:
    """The picture with lines of text below it."""
    strip = np.full((8 + 22 * len(lines), image.shape[1], 3), 255, np.uint8)
    for n, line in enumerate(lines):
        cv2.putText(strip, line, (8, 20 + 22 * n), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return np.vstack([image, strip])


def outlined(image: np.ndarray, people: People) -> np.ndarray:
    """Silhouettes of the last frame, drawn into a copy."""
    drawn = image.copy()
    for one in people.silhouettes:
        points = np.rint((one.outline + 0.5) / people.scale - 0.5).astype(np.int32)
        cv2.polylines(drawn, [points], True, MARK, 2, cv2.LINE_AA)
    return drawn


def hall() -> np.ndarray:
    """A person at the table of the real clip."""
    clip = cv2.VideoCapture(str(DATA / "pedestrian" / "one-by-one-person-detection.mp4"))
    table = Region.rectangle("table", 380, 78, 150, 76)
    people, fill, said, still = People("hall", line=None, zone=table), PeopleFill(), [], None
    for n in range(460):
        image = clip.read()[1]
        frame = Frame(n, n / 10, 0.0, "source", 0, image)
        said += people.feed(frame)
        solid = fill.mask(frame)
        if n == 330:
            still = image.copy()
            still[solid] = SOLID
            still = outlined(still, people)
    assert still is not None
    cv2.polylines(still, [np.array(table.corners, np.int32)], True, ZONE, 2)
    left = [one for one in said if one.event == "zone_left"]
    lines = [
        f"{one.event}: service {one.value:.1f} s, left at {one.t:.2f} s (u {one.u:.2f} s)" for one in left
    ]
    return captioned(cv2.resize(still, (576, 324), interpolation=cv2.INTER_AREA), *lines)


def floor() -> np.ndarray:
    """Two drawn people and the line, from above."""
    drawn = drawing("drawn_people")
    pair = [drawn.Person(drawn.walk(8, 180)), drawn.Person(drawn.walk(9, 260, up=False), (60, 110, 40))]
    scene = drawn.Hall(pair, 12, shadow=0.25, start=2.0)
    people, said, still = People("floor", learn=2.0), [], None
    for frame in scene.frames():
        said += people.feed(frame)
        if frame.t > 8.5 and still is None:
            still = outlined(frame.image, people)
    assert still is not None
    cv2.line(still, (0, 180), (479, 180), ZONE, 2)
    lines = [
        f"crossing {one.value:+.0f} at {one.t:.3f} s (u {one.u:.3f} s), truth {8 + n}.000"
        for n, one in enumerate(said)
    ]
    return captioned(still, *lines)


def terminal() -> np.ndarray:
    """A screen whose picture changes while a frame is exposed."""
    drawn = drawing("drawn_screen")
    wait, welcome = drawn.text("Bitte warten"), drawn.text("Willkommen", paper=(30, 110, 30))
    filmed = drawn.Filmed([(0, wait), (0.52, welcome)], 0.8, 30, 1 / 30, 0.02)
    screen = Screen(
        "terminal",
        drawn.CORNERS,
        [Template("wait", wait), Template("welcome", welcome)],
        optics=Optics(30, 1 / 30, 0.02),
    )
    said, still = [], None
    for frame in filmed.frames():
        said += screen.feed(frame)
        if frame.number == 15:
            still = frame.image.copy()
    assert still is not None
    cv2.polylines(still, [np.array(drawn.CORNERS, np.int32)], True, ZONE, 2, cv2.LINE_AA)
    (one,) = said
    told = f"screen: {one.note} at {one.t:.4f} s (u {one.u:.4f} s), truth 0.5200"
    return captioned(
        cv2.resize(still, (480, 360), interpolation=cv2.INTER_AREA), told, "frame of 0.500 s: both are in it"
    )


def blurred() -> np.ndarray:
    """A picture of which numbers are forbidden."""
    drawn = drawing("drawn_screen")
    quality, image = Quality("eye", [Region.rectangle("lamp", 520, 60, 24, 24)]), None
    for frame in drawn.Filmed([(0, drawn.text("Bitte warten"))], 2.2, 30, 1 / 60).frames():
        image = cv2.circle(frame.image, (532, 72), 34, (210, 255, 210), cv2.FILLED)
        image = cv2.GaussianBlur(image, (0, 0), 5)
        quality.feed(Frame(frame.number, frame.t, 0.0, "source", 0, image))
    assert image is not None
    cv2.rectangle(image, (520, 60), (543, 83), ZONE, 2)
    lines = [line for one in quality.finish() for line in str(one).replace(": ", ":\n   ").split("\n")]
    return captioned(cv2.resize(image, (480, 360), interpolation=cv2.INTER_AREA), *lines)


def main() -> None:
    cv2.setNumThreads(1)
    made = {"people-zone": hall, "people-line": floor, "screen": terminal, "quality": blurred}
    for name, draw in made.items():
        cv2.imwrite(str(HERE / f"{name}.jpg"), draw(), [cv2.IMWRITE_JPEG_QUALITY, 80])


if __name__ == "__main__":
    main()
