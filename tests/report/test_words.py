"""Figures as people read them."""

from __future__ import annotations

import pytest

from gatebench.report.words import contrast, judged, number
from gatebench.sim.statistics import Difference


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (9.8123, "s", "9.81 s"),
        (112.4, "s", "112 s"),
        (0.062, "share", "6.20 %"),
        (0.99996, "share", "100 %"),
        (1.0, "share", "100 %"),
        (0.0, "share", "0 %"),
        (0.00021, "share", "0.021 %"),
        (1370.0, "persons", "1,370"),
        (24.333, "episodes", "24.3"),
        (477.2, "minutes", "477 min"),
    ],
)
def test_figures_have_three_places_or_so_and_their_unit(value, unit, shown):
    assert number(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.10004, "share", "10 %"),
        (0.1006, "share", "10.06 %"),
        (199.333, "persons", "199.3"),
        (23760.8, "captures", "23,761"),
        (9999.7, "captures", "10,000"),
        (3600.0, "s", "3,600 s"),
        (-0.5, "minutes", "−0.5 min"),
        (0.0, "episodes", "0"),
    ],
)
def test_a_figure_that_is_judged_has_four_places_and_no_power_of_ten(value, unit, shown):
    assert judged(value, unit) == shown


def test_a_difference_tells_its_half_width_and_its_sign():
    assert contrast("wait.p95", Difference(-5.54, (-6.65, -4.43), 6, 0.001)) == "−5.54 ±1.11"
    assert contrast("wait.p95", Difference(0.0, (0.0, 0.0), 6, 1.0)) == "±0"
    assert contrast("wait.p95", None) == "–"
