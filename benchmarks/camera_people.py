"""The observers of people and screens: a real clip of six, and drawn people from above with known truth.

The clip is `pedestrian/one-by-one-person-detection.mp4` of the reference data (docs/people-seen.md); without it only the drawn
scenes are played. `--help` has the sizes.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np

from gatebench.hil.camera.frame import Frame
from gatebench.hil.observers.optics import Optics
from gatebench.hil.observers.people import People
from gatebench.hil.observers.region import Region
from gatebench.hil.observers.screen import Screen, Template

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("GATEBENCH_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
CLIP = DATA / "pedestrian" / "one-by-one-person-detection.mp4"
TABLE = Region.rectangle("table", 380, 78, 150, 76)
SEEN = ((6.75, 18.70), (23.40, 43.95), (50.90, 68.85), (75.60, 85.60), (93.00, 118.55), (124.30, 134.90))
"""s, by eye, frame by frame: the outline first touches the table top, and has left it again; ± 0.1 s."""
AREA = 1700.0
"""px²: what a drawn person of size 1 covers."""
BAR = 1.0
"""s: what each service may be off."""


def drawing(name: str) -> ModuleType:
    """A module of drawings of the tests."""
    path = ROOT / "tests" / "hil" / "observers" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def clip() -> bool:
    """Services on the real clip, for a zone that was named and for the one taken without; whether the bar is met."""
    opened = cv2.VideoCapture(str(CLIP))
    images = []
    while (read := opened.read())[0]:
        images.append(read[1])
    print(
        f"clip, {len(images)} frames of 768 × 432\n\n| zone | frames/s | people | service − by eye, s |\n|---|---|---|---|"
    )
    met = True
    for name, zone in (("table", TABLE), ("auto", "auto")):
        people, said = People("hall", line=None, zone=zone), []
        begun = time.process_time()
        for n, image in enumerate(images):
            said += people.feed(Frame(n, n / 10, 0.0, "source", 0, image))
        said += people.finish()
        rate = len(images) / (time.process_time() - begun)
        services = [one.value for one in said if one.event == "zone_left"]
        off = [value - (end - begin) for value, (begin, end) in zip(services, SEEN, strict=False)]
        met &= len(services) == len(SEEN) and max(map(abs, off)) <= BAR
        print(f"| {name} | {rate:.0f} | {len(services)} | {', '.join(f'{one:+.2f}' for one in off)} |")
    return met


def scenes(number: int, fps: float, noise: float) -> None:
    """Drawn scenes of six parties each: alone, close followers, abreast; errors of time, and how true the counts are."""
    drawn = drawing("drawn_people")
    errors, within = [], []
    wanted: dict[str, list[tuple[int, int, float, float]]] = defaultdict(list)
    frames, spent = 0, 0.0
    for seed in range(number):
        draw = np.random.default_rng(seed)
        crowd, parties, t = [], [], 7.0
        for _ in range(6):
            kind = draw.choice(["alone", "alone", "alone", "behind", "abreast"])
            x, up, speed = draw.uniform(120, 360), bool(draw.random() < 0.5), draw.uniform(80, 180)
            coats = [tuple(int(one) for one in draw.choice([25, 60, 200], 3)) for _ in range(2)]
            sizes = draw.uniform(0.85, 1.15, 2)
            crossings = [t]
            crowd.append(drawn.Person(drawn.walk(t, x, up, speed), coats[0], size=sizes[0]))
            if kind != "alone":
                gap = draw.uniform(30, 70) / speed if kind == "behind" else draw.uniform(0, 0.1)
                aside = (
                    draw.uniform(-10, 10) if kind == "behind" else draw.uniform(45, 70) * draw.choice([-1, 1])
                )
                crossings.append(t + gap)
                crowd.append(drawn.Person(drawn.walk(t + gap, x + aside, up, speed), coats[1], size=sizes[1]))
            parties.append((kind, up, crossings))
            t += 2 * 220 / speed + draw.uniform(0.5, 2)
        hall = drawn.Hall(
            crowd, t, fps, noise=noise, seed=seed, shadow=draw.uniform(0, 0.35), light=_light(draw, t)
        )
        people, told = People("hall"), People("hall", person=AREA)
        for frame in hall.frames():
            begun = time.process_time()
            people.feed(frame)
            spent += time.process_time() - begun
            frames += 1
            told.feed(frame)
        for kind, up, crossings in parties:
            for how, one in (("", people), (", area of a person given", told)):
                counted = one.count(crossings[0] - 0.7, crossings[-1] + 0.7, up)
                row = (len(crossings), counted.at_least, counted.confidence, counted.more)
                wanted[kind + how].append(row)
            if kind == "alone":
                near = [
                    one for one in people.crossings if abs(one.t - crossings[0]) < 0.7 and one.inwards == up
                ]
                for one in near[:1]:
                    errors.append(one.t - crossings[0])
                    within.append(abs(errors[-1]) <= 2 * one.u)
    off = np.array(errors) * 1e3
    print(
        f"\n{number} drawn scenes, {fps:g} frames/s, noise {noise:g}: {frames / spent:.0f} frames/s at 480 × 360;"
        f" crossings of people alone: bias {off.mean():+.1f} ms, sd {off.std():.1f} ms, most {np.abs(off).max():.0f} ms,"
        f" within 2 u {np.mean(within):.1%}\n"
    )
    print(
        "| party | number | 'at least' held | stated | counted all | nobody counted | 'more' was true | stated |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for kind, rows in sorted(wanted.items()):
        true, least, confidence, more = (np.array(column) for column in zip(*rows, strict=True))
        cells = [
            f"{np.mean(true >= least):.1%}",
            f"{confidence.mean():.1%}",
            f"{np.mean(true == least):.1%}",
            f"{np.mean(least == 0):.1%}",
            f"{np.mean(true > least):.1%}",
            f"{more.mean():.1%}",
        ]
        print(f"| {kind} | {len(rows)} | " + " | ".join(cells) + " |")


def screens(number: int) -> None:
    """Changes of a drawn screen, as the camera is said to be, up to a tenth wrong."""
    drawn = drawing("drawn_screen")
    wait, welcome = (
        drawn.text("Bitte warten", "Gesicht zeigen"),
        drawn.text("Willkommen", paper=(30, 110, 30)),
    )
    known = [
        Template("wait", wait),
        Template("welcome", welcome),
        *(Template(str(n), drawn.glyphs(n)) for n in range(3)),
    ]
    print(
        "\n| screen: frames/s, exposure, readout, ms | bias, ms | sd | most | within 2 u | ms a frame |\n|---|---|---|---|---|---|"
    )
    for fps, exposure, readout, told in (
        (60, 1 / 60, 0.0, True),
        (60, 1 / 60, 0.015, True),
        (60, 1 / 120, 0.015, True),
        (60, 1 / 600, 0.015, True),
        (30, 1 / 30, 0.02, True),
        (30, 1 / 60, 0.02, False),
    ):
        errors, within, frames, spent = [], [], 0, 0.0
        for seed in range(number):
            draw = np.random.default_rng(seed)
            changed = 0.4 + draw.uniform(0, 1 / fps)
            gamma, wrong = (
                2.2 * draw.uniform(0.9, 1.1),
                draw.uniform(0.9, 1.1 if exposure * fps < 0.9 else 1.0),
            )
            filmed = drawn.Filmed(
                [(0, wait), (changed, welcome)], 0.6, fps, exposure, readout, gamma, seed=seed
            )
            optics = Optics(fps, exposure * wrong, readout) if told else None
            screen, said = Screen("terminal", drawn.CORNERS, known, optics=optics), []
            for frame in filmed.frames():
                begun = time.process_time()
                said += screen.feed(frame)
                spent += time.process_time() - begun
                frames += 1
            (one,) = said
            assert one.note == "welcome"
            errors.append((one.t - changed) * 1e3)
            within.append(abs(errors[-1]) <= 2e3 * one.u)
        off = np.array(errors)
        what = f"{fps}, {exposure * 1e3:.3g}, {readout * 1e3:g}" + ("" if told else ", not told")
        print(
            f"| {what} | {off.mean():+.2f} | {off.std():.2f} | {np.abs(off).max():.1f} | {np.mean(within):.0%}"
            f" | {spent / frames * 1e3:.2f} |"
        )


def _light(draw: np.random.Generator, seconds: float):
    """A slow change of up to a third, and a lamp that flickers by a hundredth."""
    end, beat = draw.uniform(0.67, 1.3), draw.uniform(0.5, 3)
    return lambda t: 1 + (end - 1) * t / seconds + 0.01 * math.sin(2 * math.pi * beat * t)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=25, help="drawn scenes for each setting")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    print(f"OpenCV {cv2.__version__}, load {os.getloadavg()[0]:.1f}\n")
    met = clip() if CLIP.is_file() else True
    for fps, noise in ((15.0, 2.0), (30.0, 6.0)):
        scenes(options.scenes, fps, noise)
    screens(options.scenes)
    print(f"\nbar: six people, each service within {BAR:g} s: ", end="")
    print(("met" if met else "MISSED") if CLIP.is_file() else "not judged, the clip is not here")
    sys.exit(not met)


if __name__ == "__main__":
    main()
