"""When frames began: regular stamps, jittery ones, irregular frames, and sources that know nothing."""

import numpy as np
import pytest

from gatebench.hil.camera.frame import Frame
from gatebench.hil.observers.frame_times import FrameTimes

NOTHING = np.zeros((1, 1, 3), np.uint8)


def errors(real, stamps, u, numbers=None):
    """Of each frame after the tenth, in s, and what is said of it."""
    times, found = FrameTimes(), []
    for number, (t, stamp) in enumerate(zip(real, stamps, strict=True)):
        frame = Frame(number if numbers is None else numbers[number], stamp, u, "source", 0, NOTHING)
        times.add(frame)
        if number >= 10:
            instant = times.of(frame)
            found.append((instant.t - t, instant.u))
    error, said = np.array(found).T
    return float(np.sqrt((error**2).mean())), float(np.median(said))


def test_stamps_that_jitter_as_they_say_are_averaged():
    r = np.random.default_rng(1)
    t = np.arange(600) / 60
    off, said = errors(t, t + r.normal(0, 2e-3, 600), 2e-3)
    assert (
        off < 0.9e-3 and 0.5 * off < said < 2 * off
    )  # the line through 64 is known to 2/√64 of it at its end


def test_frames_that_are_irregular_keep_their_exact_stamps():
    r = np.random.default_rng(2)
    t = np.arange(600) / 60 + r.normal(0, 2e-3, 600)
    off, said = errors(t, t, 20e-6)
    assert off < 30e-6 and said == pytest.approx(20e-6, rel=0.1)


def test_regular_stamps_of_irregular_frames_keep_their_doubt():
    r = np.random.default_rng(3)
    t = np.arange(600) / 60
    off, said = errors(t + r.normal(0, 1e-3, 600), t, 1e-3)
    assert said == pytest.approx(1e-3, rel=0.02) and off == pytest.approx(1e-3, rel=0.1)


def test_dropped_frames_are_counted_by_their_numbers():
    r = np.random.default_rng(4)
    numbers = np.cumsum(r.integers(1, 4, 400))
    t = numbers / 50
    off, _ = errors(t, t + r.normal(0, 1e-3, 400), 1e-3, numbers)
    assert off < 0.5e-3


def test_a_source_that_begins_anew_is_learned_anew():
    times = FrameTimes()
    for number in [*range(20), *range(20)]:
        times.add(Frame(number, 100 + number / 25, 0.0, "source", 0, NOTHING))
    assert times.period == pytest.approx(0.04)
    times.add(Frame(0, 5.0, 1e-3, "source", 0, NOTHING))
    assert times.period is None
