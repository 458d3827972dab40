"""Measured times come back as a scenario's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.bench.fit import MOST, fit
from gatebench.hil.bench.timings import Timing
from gatebench.scenarios.checks import problems
from gatebench.scenarios.reading import read_text
from gatebench.scenarios.scenario import Scenario

from .rows import log, own

SCENARIO = """
scenario: desk
start: 2024-01-01T12:00 UTC
duration: 1 h
people: {owner: {holds: [card, face], entitled: true}}
traffic: {owners: {group: owner, at: gate, direction: in, arrivals: {instants: [10 s]}}}
policies: {it: {access: [{accept: [card, face]}]}}
"""
COMPOUND = "compound: {portals: {gate: {kind: speed-gate}}}\n"


def read_back(text):
    """A scenario in which the fitted keys stand as they are printed."""
    if "compound:" in text:
        text = text.replace("    gate:\n", "    gate:\n      kind: speed-gate\n")
    else:
        text += COMPOUND
    return read_text(SCENARIO + text, Scenario, check=problems)


def attempt(n, decide, unlock=None, *, credential="card", stalled=False):
    """Stamps of one attempt; s from the sample, which waits 20 ms for a poll."""
    wire = n * 10**10
    decide, unlock = decide - 0.02, None if unlock is None else unlock - 0.02
    who = (n, 0, 0, credential, "in", 7)
    yield Timing("poll", wire - 20_000_000, wire, 0, stalled, *who)
    yield Timing("decision", wire, wire + round(decide * 1e9), 100_000, stalled, *who)
    if unlock is not None:
        yield Timing("unlock", wire, wire + round(unlock * 1e9), 300_000, stalled, *who)


def timings(pairs, **more):
    return [one for n, (decide, unlock) in enumerate(pairs) for one in attempt(n, decide, unlock, **more)]


NOTHING = log("10 arrive 1/0 lane=-1")


def test_decide_and_actuate_are_read_back_by_the_scenario():
    text = fit(NOTHING, timings([(0.21, 0.30), (0.22, 0.30), (0.26, 0.33)])).to_yaml()
    card = read_back(text).readers["card"]
    assert (card.decide.constant, card.actuate.constant) == (pytest.approx(0.22), pytest.approx(0.08))
    assert card.trait == "token"  # what is not measured stays as known
    assert "n = 3" in text and "fewer than 5 values" in text and "wrong by up to 0.3 ms" in text
    assert "with the time until the panel asked" in text


def test_values_that_are_one_are_a_constant_however_many():
    text = fit(NOTHING, timings([(0.2 + n * 1e-6, None) for n in range(80)])).to_yaml()
    assert read_back(text).readers["card"].decide.constant == pytest.approx(0.2, abs=1e-4)
    assert "all within 2 ms" in text
    assert "Not measured: actuate" in text


def test_some_values_stand_as_they_were_measured():
    values = [0.2, 0.31, 0.25, 0.22, 0.29, 0.21]
    decide = read_back(fit(NOTHING, timings([(v, None) for v in values])).to_yaml()).readers["card"].decide
    assert decide.form == "empirical" and decide.values == pytest.approx(tuple(sorted(values)))


def test_many_values_of_a_lognormal_are_one():
    draws = np.exp(np.random.default_rng(7).normal(np.log(0.3), 0.4, 400))
    text = fit(NOTHING, timings([(v, None) for v in draws])).to_yaml()
    decide = read_back(text).readers["card"].decide
    assert decide.form == "lognormal" and "Shapiro-Wilk" in text
    # Standard errors of mean and sd of 400 logarithms: 0.02 and 0.014; four of them.
    assert decide.values == pytest.approx((np.log(0.3), 0.4), abs=0.08)


def test_many_values_of_two_kinds_keep_their_shape():
    values = [0.2 + n * 1e-4 for n in range(150)] + [1.0 + n * 1e-4 for n in range(50)]
    decide = read_back(fit(NOTHING, timings([(v, None) for v in values])).to_yaml()).readers["card"].decide
    assert decide.form == "empirical" and len(decide.values) == MOST
    assert decide.ppf(np.array([0.74, 0.76])) == pytest.approx([0.2148, 1.0], abs=0.004)
    assert decide.mean == pytest.approx(np.mean(values), rel=0.01)


def test_a_lock_quicker_than_the_light_takes_no_time():
    text = fit(NOTHING, timings([(0.30, 0.25)] * 3 + [(0.30, 0.33)])).to_yaml()
    assert "3 of them let go before the reader was told" in text
    assert read_back(text).readers["card"].actuate.constant == 0.0


def test_what_a_stall_touched_is_left_out_and_said():
    rows = timings([(0.2, None)] * 3) + list(attempt(9, 5.0, stalled=True))
    found = fit(NOTHING, rows)
    assert found.readers["card"][0].values == pytest.approx((0.2, 0.2, 0.2))
    assert "1 more left out: the host stalled" in found.to_yaml()


def test_without_stamps_the_stages_of_the_event_log_are_taken():
    text = fit(log("11 stage 1/0 reason=decision credential=face attempt=0 value=0.4")).to_yaml()
    assert read_back(text).readers["face"].decide.constant == pytest.approx(0.4)


def test_without_any_stage_the_rows_tell_when_the_lock_let_go():
    text = fit(log(own(10, "1/0", 0) + own(30, "2/0", 1))).to_yaml()
    assert read_back(text).readers["card"].actuate.constant == pytest.approx(0.1)
    assert "Not measured: decide" in text


def test_the_unlock_time_comes_from_cycles_that_nobody_used():
    story = (
        own(10, "1/0", 0)
        + """
    30 present 2/0 credential=card attempt=0
    31 decision 2/0 credential=card outcome=grant reason=granted attempt=0 value=1
    31.1 unlock 2/0 reason=own cycle=1 attempt=0
    34.2 relock - cycle=1
    40 present 3/0 credential=card attempt=0
    41.1 unlock 3/0 reason=own cycle=2 attempt=0
    42 present 4/0 credential=card attempt=0
    47 relock - cycle=2
    """
    )
    found = fit(log(story))
    assert [one.values for one in found.portals] == [pytest.approx((3.1,))]
    assert read_back(found.to_yaml()).compound.portals["gate"].unlock.time == pytest.approx(3.1)


def test_nothing_measured_is_said_and_still_reads():
    text = fit(NOTHING).to_yaml()
    assert text.count("Not measured") == 4
    assert read_back(text).readers["card"].decide.constant == 0.2


@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=130), st.sampled_from(["card", "face"]))
def test_whatever_was_measured_reads_back_within_its_range(values, credential):
    rows = timings([(v, v + 0.05) for v in values], credential=credential)
    reader = read_back(fit(NOTHING, rows).to_yaml()).readers[credential]
    assert reader.actuate.constant == pytest.approx(0.05, abs=1e-6)
    decide = reader.decide
    assert decide.ppf(np.array([0.5]))[0] == pytest.approx(
        sorted(values)[(len(values) - 1) // 2], rel=1e-4, abs=2e-3
    ) or (decide.form == "lognormal")
    if decide.form != "lognormal":
        assert min(values) - 1e-3 <= decide.mean <= max(values) + 1e-3
