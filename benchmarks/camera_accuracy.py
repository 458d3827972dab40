"""How well a lamp is timed by camera, and a camera's clock told, on synthesised clips whose truth is known; and how fast.

`python benchmarks/camera_accuracy.py [clips a row] [seed]`. The camera's exposure and gamma differ from what the observer is told by
up to ± 10 % each, and so does the jitter of frames (0.3 ms) from the uncertainty that they say of their times. Bars: at 60 fps with an exposure as long as a frame
a standard deviation and a bias of at most 0.5 ms, also where the lamp saturates five times; with half the exposure a standard
deviation of at most 2.5 ms; the clock at 30 fps within 1.5 ms; ± 2 u covers 95 %; lamp and leaf together 200 frames a second of CPU.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from gatebench.fixtures.scene.camera import Camera
from gatebench.fixtures.scene.clip import shots
from gatebench.fixtures.scene.lamp import Lamp as DrawnLamp
from gatebench.fixtures.scene.leaf import Leaf as DrawnLeaf
from gatebench.fixtures.scene.scene import Scene
from gatebench.hil.camera.frame import Frame
from gatebench.hil.eyes.joining import Change, NoClock, join
from gatebench.hil.observers.lamp import Lamp
from gatebench.hil.observers.leaf import Leaf
from gatebench.hil.observers.optics import Optics
from gatebench.hil.observers.region import Region

SHUTTER = 0.008
"""s from the first row to the last."""
JITTER = 0.0003
"""s: standard deviation of frames around their stamps, as the frames have it."""
COLOURS = ("red", "green", "amber", "white")


@dataclass(frozen=True)
class Row:
    """One kind of clip."""

    name: str
    fps: float
    share: float
    """Of a frame that is exposed."""
    brightness: float
    spread: float | None
    """ms: bar of the standard deviation."""
    bias: float | None
    """ms: bar of the bias."""


ROWS = (
    Row("60 fps, exposure = frame", 60.0, 1.0, 0.6, 0.5, 0.5),
    Row("60 fps, exposure = frame, saturated 5 times", 60.0, 1.0, 5.0, 0.5, 0.5),
    Row("60 fps, half the exposure", 60.0, 0.5, 0.6, 2.5, None),
    Row("30 fps, exposure = frame", 30.0, 1.0, 0.6, None, None),
)


def off(random: np.random.Generator) -> float:
    """A factor that nobody told."""
    return float(1 + random.uniform(-0.1, 0.1))


def frames(scene: Scene, seconds: float, seed: int) -> Iterator[Frame]:
    for shot in shots(scene, seconds, seed=seed):
        yield Frame(shot.number, shot.stamp, JITTER, "source", round(shot.stamp * 1e9), shot.image)


def filmed(row: Row, random: np.random.Generator) -> tuple[Camera, Optics]:
    """A camera, and what the observer believes of it."""
    told = row.share / row.fps
    exposure = min(told * off(random), 1.0 / row.fps)
    camera = Camera(row.fps, exposure, SHUTTER, 2.2 * off(random), jitter=JITTER * off(random))
    return camera, Optics(row.fps, told, SHUTTER)


def switched(row: Row, random: np.random.Generator, seed: int) -> tuple[list[float], list[float], int]:
    """Errors and stated u of a lamp that goes on, s; and how many were not told."""
    camera, optics = filmed(row, random)
    x, y = random.uniform(150, 500), random.uniform(100, 400)
    lamp = DrawnLamp(x, y, radius=float(random.uniform(6, 14)), brightness=row.brightness)
    scene = Scene(camera, lamps={"lamp": lamp}, room=float(random.uniform(0.15, 0.4)), seed=seed)
    instant = 0.5 + float(random.uniform(0, 1 / row.fps))
    scene.set_lamp(str(random.choice(COLOURS)), instant)
    side = 3.2 * lamp.radius
    observer = Lamp("lamp", Region.rectangle("lamp", x - side / 2, y - side / 2, side, side), optics)
    found = [one for frame in frames(scene, 1.0, seed) for one in observer.feed(frame)]
    found += observer.finish()
    on = [one for one in found if one.event == "lamp_on"]
    if len(on) != 1:
        return [], [], 1
    return [on[0].t - instant], [on[0].u], 0


def clocked(random: np.random.Generator, seed: int) -> tuple[float, float] | None:
    """Error of the host's time at the end of a clip of 6 s at 30 fps, and its u, s; None: it could not be told."""
    row = Row("", 30.0, 1.0, 0.6, None, None)
    camera, optics = filmed(row, random)
    scene = Scene(camera, lamps={"sync": DrawnLamp(560.0, 60.0, radius=8.0)}, seed=seed)
    behind, rate = float(random.uniform(-1e5, 1e5)), float(random.normal(0, 5e-5))
    driven, t, lit = [], 0.5, True
    while t < 5.5:
        scene.set_lamp("white" if lit else None, t, "sync")
        host = behind + t * (1 + rate)
        driven.append(Change(host + float(random.normal(0, 1e-4)), 1e-4, lit))
        t, lit = t + float(random.uniform(0.13, 0.33)), not lit
    observer = Lamp("sync", Region.rectangle("sync", 538, 38, 44, 44), optics)
    found = [one for frame in frames(scene, 6.0, seed) for one in observer.feed(frame)]
    seen = [Change(one.t, one.u, one.event == "lamp_on") for one in found]
    try:
        clock = join(seen, driven)
    except NoClock:
        return None
    told, u = clock.host(3.0, 0.0)
    return told - (behind + 3.0 * (1 + rate)), u


def speed() -> tuple[float, float]:
    """Frames a second of CPU for lamp and leaf together, and for detecting markers in whole frames, the peer."""
    camera = Camera(30.0, 1 / 30, SHUTTER)
    scene = Scene(camera, lamps={"lamp": DrawnLamp(420.0, 60.0)}, leaf=DrawnLeaf())
    scene.set_lamp("green", 1.0)
    scene.move_leaf(70.0, 1.2)
    clip = list(frames(scene, 4.0, 1))
    optics = Optics(30.0, 1 / 30, SHUTTER)
    watching = [
        Lamp("lamp", Region.rectangle("lamp", 396, 36, 48, 48), optics),
        Leaf("leaf", marker=1, reference=2, optics=optics),
    ]
    began = time.process_time()
    for frame in clip:
        for one in watching:
            one.feed(frame)
    ours = len(clip) / (time.process_time() - began)
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50))
    began = time.process_time()
    for frame in clip:
        detector.detectMarkers(frame.image)
    return ours, len(clip) / (time.process_time() - began)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("clips", type=int, nargs="?", default=60)
    options.add_argument("seed", type=int, nargs="?", default=1)
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    missed = []
    print(
        "| | n | bias, ms | sd, ms | mean u, ms | ± 2 u covers | not told | bar |\n|---|---|---|---|---|---|---|---|"
    )
    for number, row in enumerate(ROWS):
        random = np.random.default_rng((chosen.seed, number))
        errors, doubts, lost = [], [], 0
        for clip in range(chosen.clips):
            some, u, gone = switched(row, random, 1000 * chosen.seed + clip)
            errors, doubts, lost = errors + some, doubts + u, lost + gone
        missed += told(row.name, np.array(errors) * 1e3, np.array(doubts) * 1e3, lost, row.spread, row.bias)
    random = np.random.default_rng((chosen.seed, 99))
    clocks = [clocked(random, 5000 * chosen.seed + clip) for clip in range(max(4, chosen.clips // 4))]
    good = [one for one in clocks if one is not None]
    errors_, doubts_ = np.array([one[0] for one in good]) * 1e3, np.array([one[1] for one in good]) * 1e3
    missed += told("clock, 30 fps", errors_, doubts_, len(clocks) - len(good), 1.5, 1.5)
    ours, peer = speed()
    print(
        f"\nlamp and leaf: {ours:.0f} frames a second of CPU, {ours / peer:.2f} times detecting markers in whole frames ({peer:.0f})"
    )
    if ours < 200:
        missed.append("speed")
    print(f"missed: {', '.join(missed) or 'none'}")
    return int(bool(missed))


def told(
    name: str, errors: np.ndarray, doubts: np.ndarray, lost: int, spread: float | None, bias: float | None
) -> list[str]:
    """Print a row; the bars that it misses."""
    if len(errors) < 2:
        print(f"| {name} | {len(errors)} | – | – | – | – | {lost} | |")
        return [name]
    held = float((np.abs(errors) <= 2 * doubts).mean())
    sd, mean = float(errors.std(ddof=1)), float(errors.mean())
    fails = [
        f"{name} ({what})"
        for what, bad in (
            ("sd", spread is not None and sd > spread),
            ("bias", bias is not None and abs(mean) > bias),
            ("cover", held < 0.95),
        )
        if bad
    ]
    bars = ", ".join(f"{what} ≤ {bar}" for what, bar in (("sd", spread), ("bias", bias)) if bar is not None)
    print(
        f"| {name} | {len(errors)} | {mean:+.2f} | {sd:.2f} | {doubts.mean():.2f} | {100 * held:.0f} % | {lost} | {bars} |",
        flush=True,
    )
    return fails


if __name__ == "__main__":
    sys.exit(main())
