"""A reader driven by NIST BSSR1 face scores (matcher C): 1 % FMR lies at t = 0.61248 and misses 8.51 % of the enrolled."""

from __future__ import annotations

import numpy as np
import pytest

from gatebench.scenarios.library import Loaded
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.metrics import OVERALL
from gatebench.sim.replication import replicate

TEXT = """
scenario: scores
start: 2024-01-01T00:00 UTC
duration: 20 h
compound: {portals: {gate: {kind: turnstile, lanes: 8}}}
people: {person: {holds: [face], entitled: true}}
traffic: {stream: {arrivals: {every: exponential 4 s}, group: person, at: gate}}
readers:
  face:
    failure_to_acquire: 0
    scores: {genuine: bssr1_face-C_genuine.csv, impostor: bssr1_face-C_impostor_hist.csv, false_match_rate: 1 %}
behaviour: {retry: {limit: 1}, follow: {with_credential: 0}}
policies: {face: {access: [{accept: face}]}}
"""


@pytest.mark.reference_data
def test_face_c_at_one_percent_fmr_misses_as_published(reference_data):
    scenario = read_bytes(TEXT.encode(), Scenario, folder=reference_data / "biometric")
    scores = scenario.readers["face"].scores
    assert scores.threshold == 0.61248
    assert scores.fnmr == pytest.approx(0.0851, abs=5e-5)
    assert scores.fmr <= 0.01
    loaded = Loaded(scenario, None, "")
    refused = 1 - np.array(
        [replicate(loaded, ["face"], 5, n)["face"][OVERALL]["first_try.share"] for n in range(4)]
    )
    # 72,000 attempts: 3.9 standard errors (alpha 1e-4) are 0.0041.
    assert refused.mean() == pytest.approx(scores.fnmr, abs=0.0041)
