"""The name of a lamp's colour, from the light that it adds."""

from __future__ import annotations

import math

import numpy as np

HUES = {
    "red": 0.0,
    "amber": 37.0,
    "yellow": 58.0,
    "green": 130.0,
    "cyan": 178.0,
    "blue": 226.0,
    "magenta": 305.0,
}
"""Degrees, of what a camera shows, where colours overlap in its filters. White has none."""
USUAL = ("red", "amber", "green", "cyan", "blue", "magenta", "white")
"""What is told apart unless a lamp's colours are given: yellow is too near to amber."""
PALE = 0.25
"""Saturation below which light is white."""


def named(light: np.ndarray, gamma: float, among: tuple[str, ...] = USUAL) -> str:
    """`light`: linear, BGR, of any scale. `among`: the colours that this lamp has.

    The nearest hue, measured where the camera's picture has it (`gamma`), of what is allowed; white if it is pale and white is
    allowed.
    """
    blue, green, red = (max(0.0, float(one)) / max(float(light.max()), 1e-12) for one in light)
    shown = [one ** (1 / gamma) for one in (blue, green, red)]
    spread = max(shown) - min(shown)
    hues = [name for name in among if name in HUES]
    if not hues or (spread < PALE and "white" in among):
        return "white" if "white" in among else among[0]
    x = shown[2] - 0.5 * (shown[1] + shown[0])
    y = math.sqrt(0.75) * (shown[1] - shown[0])
    hue = math.degrees(math.atan2(y, x)) % 360
    return min(hues, key=lambda name: min(abs(hue - HUES[name]), 360 - abs(hue - HUES[name])))
