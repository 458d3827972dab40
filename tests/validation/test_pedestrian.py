"""Free flow through openings against the published runs (Juelich; persons/s derived from the trajectories)."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.scenarios.freeflow import MEASURED, free_flow
from gatebench.scenarios.portals import KINDS, Portal

WIDTH = st.floats(0.01, 20.0)


@given(WIDTH, WIDTH)
def test_a_wider_opening_passes_more(a, b):
    narrow, wide = sorted((a, b))
    assert 0.0 < free_flow(narrow) <= free_flow(wide)


@pytest.mark.parametrize(("width", "flow"), MEASURED)
def test_the_measured_widths_have_the_measured_flow(width, flow):
    assert free_flow(width) == pytest.approx(flow, rel=1e-12)


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan"), float("inf")])
def test_a_width_that_is_none_is_refused(width):
    with pytest.raises(ValueError, match="above 0"):
        free_flow(width)


def test_beyond_the_runs_the_flow_of_a_metre_stays_that_of_the_nearest():
    assert free_flow(0.25) == pytest.approx(1.25 / 2)
    assert free_flow(3.6) == pytest.approx(2.917 * 2)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_by_its_own_times_a_lane_of_each_kind_stays_below_free_flow(kind):
    portal = Portal(kind=kind)
    assert 1.0 / (portal.passing.mean + portal.rearm.mean) <= free_flow(portal.width)


@pytest.mark.reference_data
def test_the_table_holds_the_fastest_run_of_each_width(reference_data):
    fastest: dict[float, float] = {}
    with (reference_data / "pedestrian" / "flow_vs_width_derived.csv").open() as file:
        for row in csv.DictReader(file):
            width = float(row["limiting_width_m"])
            flow = max(float(row["flow_all_per_s"]), float(row["flow_mid80_per_s"]))
            fastest[width] = max(flow, fastest.get(width, 0.0))
    assert sorted(fastest.items()) == list(MEASURED)


@pytest.mark.reference_data
def test_the_entrance_gate_of_half_a_metre_stays_below_the_bound(reference_data):
    with (reference_data / "pedestrian" / "gate050_crossings_derived.csv").open() as file:
        t = np.sort([float(row["t_gate_s"]) for row in csv.DictReader(file)])
    assert (len(t) - 1) / (t[-1] - t[0]) < free_flow(0.5)
