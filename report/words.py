"""Figures as people read them."""

from __future__ import annotations

from ..sim.metrics import METRICS, Missing
from ..sim.statistics import Difference, Estimate

MINUS = "\N{MINUS SIGN}"
NOTHING = "–"
_SUFFIX = {"s": " s", "share": " %", "minutes": " min"}
SINGLE = "without intervals, which one replication cannot give"


def number(value: float, unit: str, *, sign: bool = False) -> str:
    """`9.8 s`, `6.2 %`, `1,370`: three figures or so, with the unit where it is not a count."""
    shown = value * 100.0 if unit == "share" else value
    size = abs(shown)
    digits = 0 if shown == int(shown) or size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.0995 else 3
    text = f"{shown:+,.{digits}f}" if sign else f"{shown:,.{digits}f}"
    text = text.replace("-", MINUS)
    return text + _SUFFIX.get(unit, "")


def judged(value: float, unit: str) -> str:
    """`9.803 s`, `6.204 %`, `23,761`: four figures, so that it does not seem to be a limit that it misses by little."""
    shown = value * 100.0 if unit == "share" else value
    text = f"{shown:,.4g}" if abs(shown) < 9999.5 else f"{shown:,.0f}"
    return text.replace("-", MINUS) + _SUFFIX.get(unit, "")


def replications(n: int) -> str:
    """`1 replication`, `20 replications`."""
    return f"{n} replication{'s' if n != 1 else ''}"


def intervals(n: int) -> str:
    """What is told of the intervals of means over so many replications."""
    return "with 95 % intervals" if n > 1 else SINGLE


def figure(metric: str, told: Estimate | Missing) -> str:
    """The mean, or a dash where there is none."""
    return NOTHING if isinstance(told, Missing) else number(told.mean, METRICS[metric].unit)


def contrast(metric: str, told: Difference | None) -> str:
    """The difference with the half-width of its 95 % interval."""
    if told is None:
        return NOTHING
    if told.ci95 == (0.0, 0.0):
        return "±0"
    unit = METRICS[metric].unit
    text = number(told.mean, unit, sign=True).removesuffix(" s").removesuffix(" %").removesuffix(" min")
    if told.ci95 is None:
        return text
    half = (
        number((told.ci95[1] - told.ci95[0]) / 2.0, unit)
        .removesuffix(" s")
        .removesuffix(" %")
        .removesuffix(" min")
    )
    return f"{text} ±{half}"
