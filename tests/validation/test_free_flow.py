"""No lane passes more people than the free flow of its width (Jülich: scenarios/freeflow.py)."""

from __future__ import annotations

import pytest

from gatebench.scenarios.freeflow import free_flow
from gatebench.scenarios.library import Loaded, load, names
from gatebench.scenarios.portals import KINDS
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.metrics import OVERALL
from gatebench.sim.replication import replicate

RUSH = """
scenario: rush
start: 2024-01-01T00:00 UTC
duration: 10 min
drain: 1 s
compound: {{portals: {{gate: {{kind: {kind}, readers: {readers}}}}}}}
people: {{person: {{holds: [card], entitled: true}}}}
traffic: {{crowd: {{arrivals: {{every: 0.05 s}}, group: person, at: gate}}}}
behaviour: {{follow: {{with_credential: 100 %}}, hold: {{probability: 100 %}}}}
policies: {{card: {{access: [{{accept: card}}]}}}}
"""


@pytest.mark.parametrize("readers", ["[in]", "[]"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_crowd_passes_no_lane_faster_than_free_flow(kind, readers):
    scenario = read_bytes(RUSH.format(kind=kind, readers=readers).encode(), Scenario)
    figures = replicate(Loaded(scenario, None, ""), ["card"], 1, 0)["card"][OVERALL]
    width = scenario.compound.portals["gate"].width
    assert 0 < figures["passes"] / 600.0 <= free_flow(width)


def test_every_portal_of_the_library_has_a_width():
    for name in names():
        assert all(portal.width for portal in load(name).scenario.compound.portals.values())
