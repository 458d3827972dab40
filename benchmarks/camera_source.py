"""What a camera's way into the bench takes: latency, truth of time stamps, drops; beside the plain loops of cv2 and PyAV.

    python benchmarks/camera_source.py [--seconds 10] [--fps 60] [--size 640x480] [--busy 0]

The emulated camera burns into each picture when it was taken, which is the truth here: on one host both have one clock.
*Latency* runs from there to the stamp of arrival, and until the frame is in the harness's hand. *Error* is what is left of
a frame's time after the median offset is taken away, *u* what is stated of it, *within 2 u* the share that keeps to it.
*First* is the age of the first frame that is handed over. Peers read as their manuals show it, in one thread, and stamp
what they get. Without PyAV its rows are left out, and said so.

Exit code 1 if at the rate that is asked for a frame is missing, our median latency is above 5 ms, or the time stamps of
RTSP are off by more than 0.2 ms (sd).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable
from time import monotonic, monotonic_ns
from typing import NamedTuple

import numpy as np
from desk import busy

from gatebench.fixtures.devices.camera.timecode import read
from gatebench.fixtures.devices.start import Started, start
from gatebench.hil.camera.camera import Camera

LATENCY, ERROR = 5.0, 0.2
"""ms: bars."""


class Seen(NamedTuple):
    """Of each frame, s; and of the stream."""

    opening: float
    clock: str
    true: list[float]
    stamp: list[float]
    u: list[float]
    arrival: list[float]
    hand: list[float]
    missing: int
    """Not taken, or lost by us; what the camera itself left out is no part of it."""


def bench(device: Started, seconds: float, service: str, decoder: str, udp: bool, realtime: int) -> Seen:
    """As the bench reads."""
    began = monotonic()
    with Camera(device.told[service], decoder=decoder, udp=udp, realtime=realtime) as camera:
        seen = Seen(0.0, camera.opened.clock, [], [], [], [], [], 0)
        opening, places = 0.0, []
        for frame in camera.frames():
            hand = monotonic()
            opening = opening or hand - began
            code = read(frame.image)
            assert code is not None
            seen.true.append(code[0] / 1e6)
            seen.stamp.append(frame.t)
            seen.u.append(frame.u)
            seen.arrival.append(frame.arrival / 1e9)
            seen.hand.append(hand)
            places.append(code[1])
            if hand - began > opening + seconds:
                break
    return seen._replace(opening=opening, missing=places[-1] - places[0] + 1 - len(places))


def plain_cv2(device: Started, seconds: float, service: str) -> Seen:
    """`VideoCapture(url)` and `read()`."""
    os.environ.pop("OPENCV_FFMPEG_CAPTURE_OPTIONS", None)
    import cv2

    began = monotonic()
    capture = cv2.VideoCapture(device.told[service], cv2.CAP_FFMPEG)

    def frames() -> tuple[np.ndarray, float]:
        _, image = capture.read()
        return image, capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3

    found = plain(frames, began, seconds)
    capture.release()
    return found


def plain_av(device: Started, seconds: float, service: str) -> Seen:
    """`av.open(url)` and `decode()`."""
    import av

    began = monotonic()
    options = {"rtsp_transport": "tcp"} if service == "rtsp" else {}
    with av.open(device.told[service], options=options) as container:
        decoded = container.decode(video=0)

        def frames() -> tuple[np.ndarray, float]:
            frame = next(decoded)
            return frame.to_ndarray(format="bgr24"), float(frame.pts * frame.time_base)

        return plain(frames, began, seconds)


def plain(frames: Callable[[], tuple[np.ndarray, float]], began: float, seconds: float) -> Seen:
    seen, places, opening = Seen(0.0, "source", [], [], [], [], [], 0), [], 0.0
    while not opening or monotonic() - began < opening + seconds:
        image, stamp = frames()
        now = monotonic_ns() / 1e9
        opening = opening or now - began
        code = read(image)
        if code is None:
            continue
        seen.true.append(code[0] / 1e6)
        seen.stamp.append(stamp)
        seen.arrival.append(now)
        seen.hand.append(now)
        places.append(code[1])
    return seen._replace(opening=opening, missing=places[-1] - places[0] + 1 - len(places))


class Row(NamedTuple):
    """What is printed, ms."""

    name: str
    n: int
    opening: float
    first: float
    latency: tuple[float, float, float]
    hand: float
    sd: float
    most: float
    u: float
    within: float
    missing: int


def row(name: str, seen: Seen) -> Row:
    true, arrival = np.array(seen.true), np.array(seen.arrival)
    late = np.array([*(arrival - true)]) * 1e3
    settled = slice(len(true) // 5, None)  # peers begin with what is stale; ours has thrown that away
    error = (np.array(seen.stamp) - true) * 1e3
    error = error[settled] - np.median(error[settled])
    u = np.array(seen.u)[settled] * 1e3 if seen.u else np.array([])
    return Row(
        f"{name}, {seen.clock}" if seen.u else name,
        len(true),
        seen.opening * 1e3,
        late[0],
        (np.median(late[settled]), np.percentile(late[settled], 95), late[settled].max()),
        float(np.median((np.array(seen.hand) - true)[settled] * 1e3)),
        float(error.std()),
        float(abs(error).max()),
        float(np.median(u)) if seen.u else float("nan"),
        float((abs(error) <= 2 * u).mean()) if seen.u else float("nan"),
        seen.missing,
    )


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--seconds", type=float, default=10.0, help="of each row")
    options.add_argument("--fps", default="60")
    options.add_argument("--size", default="640x480")
    options.add_argument("--busy", type=int, default=0, help="processes that never rest, beside")
    options.add_argument("--realtime", type=int, default=10, help="priority of our reader; 0: none")
    chosen = options.parse_args()
    av = importlib.util.find_spec("av") is not None
    if not av:
        print("PyAV: not installed, its rows are left out (pip install 'gatebench[av]')")
    looks: list[tuple[str, Callable[[Started, float], Seen], bool]] = []
    for name, service, decoder, udp in (
        ("RTSP/JPEG, cv2", "rtsp", "cv2", False),
        ("RTSP/JPEG over UDP, cv2", "rtsp", "cv2", True),
        ("RTSP/JPEG, PyAV", "rtsp", "av", False),
        ("MJPEG", "mjpeg", "", False),
        ("MJPEG without X-Timestamp", "mjpeg", "", False),
    ):
        look = lambda device, seconds, s=service, d=decoder, u=udp: bench(
            device, seconds, s, d, u, chosen.realtime
        )
        looks += [] if decoder == "av" and not av else [(name, look, "without" in name)]
    for service in ("rtsp", "mjpeg"):
        kind = "RTSP/JPEG" if service == "rtsp" else "MJPEG"
        looks.append((f"plain cv2, {kind}", lambda d, s, k=service: plain_cv2(d, s, k), False))
        looks += [(f"plain PyAV, {kind}", lambda d, s, k=service: plain_av(d, s, k), False)] if av else []
    rows = []
    with busy(chosen.busy):
        for name, look, bare in looks:
            extra = ("--no-stamps",) if bare else ()
            with start("camera", "--fps", chosen.fps, "--size", chosen.size, *extra) as device:
                rows.append(row(name, look(device, chosen.seconds)))
    print(f"{chosen.size} at {chosen.fps} fps, {chosen.seconds:g} s each, {chosen.busy} busy processes; ms")
    print(
        f"{'':36} {'n':>5} {'open':>6} {'first':>6} | {'latency':>7} {'95 %':>6} {'max':>6} {'hand':>6} | "
        f"{'error':>7} {'max':>7} {'u':>6} {'<= 2 u':>6} | missing"
    )
    for one in rows:
        within = "" if np.isnan(one.within) else f"{one.within:6.1%}"
        stated = "" if np.isnan(one.u) else f"{one.u:6.2f}"
        print(
            f"{one.name:36} {one.n:5} {one.opening:6.0f} {one.first:6.1f} | {one.latency[0]:7.2f} {one.latency[1]:6.2f} "
            f"{one.latency[2]:6.1f} {one.hand:6.2f} | {one.sd:7.4f} {one.most:7.3f} {stated:>6} {within:>6} | {one.missing}"
        )
    ours = [one for one in rows if not one.name.startswith("plain")]
    met = {
        "no frame missing": all(one.missing == 0 for one in ours),
        f"median latency at most {LATENCY:g} ms": all(one.latency[0] <= LATENCY for one in ours),
        f"time stamps of RTSP off by at most {ERROR:g} ms": all(
            one.sd <= ERROR for one in ours if "RTSP" in one.name
        ),
        "within 2 u at least 95 %": all(one.within >= 0.95 for one in ours),
    }
    for bar, kept in met.items():
        print(f"bar: {bar}: {'met' if kept else 'missed'}")
    return int(not all(met.values()))


if __name__ == "__main__":
    sys.exit(main())
