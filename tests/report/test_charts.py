"""What the charts draw, as far as it can be read in their SVG."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gatebench.report.charts import headline_by_following
from gatebench.scenarios.headline import Headline
from gatebench.sim.sensitivity import PROBABILITIES, Sensitivity
from gatebench.sim.statistics import Estimate


def drawn(high: float, low: float) -> str:
    """The headline of a candidate at `high` and another at `low`, each with an interval of a tenth to both sides."""
    estimates = {
        policy: [Estimate(mean, (mean * 0.9, mean * 1.1), 5)] * len(PROBABILITIES)
        for policy, mean in (("face-only", high), ("both", low))
    }
    told = Sensitivity(Headline("lockout.minutes", "refuser"), 5, 0.8, PROBABILITIES, estimates)
    svg = headline_by_following(SimpleNamespace(sensitivity=told, estimates=estimates))
    assert svg is not None
    return svg


def test_the_axis_says_whose_figure_it_is_and_where_following_was_varied():
    svg = drawn(300.0, 200.0)
    assert "time locked out, refuser, minutes" in svg
    assert all(f">{round(one * 100.0)}</text>" in svg for one in PROBABILITIES)


@pytest.mark.parametrize(
    ("high", "low", "said"), [(1579.0, 7.5, True), (300.0, 200.0, False), (300.0, 0.0, False)]
)
def test_candidates_that_differ_by_factors_are_drawn_on_a_logarithmic_scale(high, low, said):
    assert ("(logarithmic)" in drawn(high, low)) is said
