"""A scenario's timeline of faults in the modelled world."""

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from gatebench.scenarios.errors import InputError
from gatebench.scenarios.faults import CATALOGUE, FaultKind, problems, table
from gatebench.scenarios.library import Loaded
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim import replication
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.trips import plan

SMALL = """
scenario: small
start: 2021-10-11T12:00+08:00 Asia/Shanghai
duration: 30 min
compound:
  portals:
    gate: {{kind: speed-gate, lanes: 2, readers: [in, out], without_power: {without}}}
people: {{resident: {{holds: {holds}, entitled: true}}}}
traffic:
  home: {{arrivals: {{every: exponential 10 s}}, direction: in, group: resident, at: gate}}
  away: {{arrivals: {{every: exponential 20 s}}, direction: out, group: resident, at: gate}}
behaviour: defaults
policies:
  plain: {{access: [{{accept: [face, card]}}], faults: {{network-down: {down}}}}}
{faults}
"""


def lived(
    faults: str = "",
    *,
    without: str = "open",
    down: str = "last-list",
    seed: int = 1,
    holds: str = "[face, card]",
):
    """Rows of the log of one replication."""
    text = SMALL.format(
        faults=f"faults:\n{faults}" if faults else "", without=without, down=down, holds=holds
    )
    scenario = read_bytes(text.encode(), Scenario, check=problems)
    draws, log = Draws(seed, 0), EventLog()
    day = plan(scenario, draws)
    replication.run(scenario, "plain", day, draws, log)
    about = replication.metadata(Loaded(scenario, None, "0" * 64), seed, 0)
    return log.table(0, about, clock="sim").to_pylist()


def rows(table, event, begin=0.0, end=1e9):
    return [one for one in table if one["event"] == event and begin <= one["t"] < end]


def test_without_faults_nothing_changes():
    """A timeline that begins when everybody has gone leaves every row as it was."""
    plain, late = lived(), lived("  - {fault: fire, at: 29 min, for: 1 s}")
    assert [one for one in late if one["t"] < 1739] == [one for one in plain if one["t"] < 1739]


@pytest.mark.parametrize("fault", list(FaultKind))
def test_every_fault_begins_ends_and_leaves_no_trace(fault):
    entry = CATALOGUE[fault]
    where = {"reader": ", where: gate/in/0", "lane": ", where: gate/0"}.get(entry.places[0], "")
    table = lived(f"  - {{fault: {fault}, at: 5 min, for: 5 min{where}}}")
    assert [(one["t"], one["reason"]) for one in rows(table, "fault_on")] == [(300.0, fault)]
    assert [(one["t"], one["reason"]) for one in rows(table, "fault_off")] == [(600.0, fault)]
    after = rows(table, "decision", 700.0)
    assert len(after) > 50
    assert np.mean([one["outcome"] == "grant" for one in after]) > 0.9
    assert len(rows(table, "arrive")) == len(rows(table, "pass")) + len(rows(table, "abandon"))


def test_a_policy_that_denies_off_line_lets_nobody_in_then():
    table = lived("  - {fault: network-down, at: 5 min, for: 5 min}", down="deny")
    assert {one["reason"] for one in rows(table, "decision", 301, 599)} == {"fault-deny"}
    assert not rows(table, "pass", 320, 600) or {one["way"] for one in rows(table, "pass", 320, 600)} <= {
        "tailgate",
        "piggyback",
        "reverse",
    }


@pytest.mark.parametrize("without", ["open", "locked"])
def test_without_power_the_lock_is_as_it_was_built(without):
    table = lived("  - {fault: power-cut, at: 5 min, for: 5 min, where: gate}", without=without)
    passed = rows(table, "pass", 310, 600)
    assert (len(passed) > 20) == (without == "open")
    assert {one["way"] for one in passed} <= {"free"}


def test_fire_opens_and_its_end_shuts():
    table = lived("  - {fault: fire, at: 5 min, for: 5 min}")
    assert rows(table, "unlock", 300, 301)
    assert {one["way"] for one in rows(table, "pass", 310, 600)} == {"free"}
    assert "own" in {one["way"] for one in rows(table, "pass", 650)}


def test_a_reader_that_is_gone_reads_nobody_and_the_other_lane_does():
    table = lived("  - {fault: reader-unplugged, at: 5 min, for: 10 min, where: gate/in/0}")
    there = [one for one in table if 300 <= one["t"] < 900 and one["lane"] == 0 and one["direction"] == "in"]
    assert "acquire_failed" in {one["event"] for one in there}
    assert "decision" not in {one["event"] for one in there if one["t"] > 310}
    assert [one for one in rows(table, "decision", 310, 900) if one["lane"] == 1]


def test_a_leaf_that_is_kept_open_is_told_of():
    table = lived(
        "  - {fault: held-open, at: 5 min, for: 5 min, where: gate/0}\n  - {fault: forced, at: 0 s, for: 1 min, where: gate/1}"
    )
    assert rows(table, "held_open", 300, 400)
    assert rows(table, "forced", 0, 1)


times = st.integers(0, 28)
timelines = st.lists(
    st.builds(
        lambda fault, at, lasts: (fault, at, lasts),
        st.sampled_from(list(FaultKind)),
        times,
        st.integers(1, 10),
    ),
    max_size=4,
    unique_by=lambda one: one[0],
)


@settings(max_examples=25)
@given(timelines, st.sampled_from(["open", "locked"]))
def test_people_are_conserved_and_nobody_passes_a_locked_dead_door(timeline, without):
    places = {"reader": ", where: gate/out/1", "lane": ", where: gate/1"}
    lines = [
        f"  - {{fault: {fault}, at: {at} min, for: {lasts} min{places.get(CATALOGUE[fault].places[0], '')}}}"
        for fault, at, lasts in timeline
    ]
    table = lived("\n".join(lines), without=without)
    assert len(rows(table, "arrive")) == len(rows(table, "pass")) + len(rows(table, "abandon"))
    opens = {FaultKind.FIRE, FaultKind.OVERRIDE_OPEN, FaultKind.FORCED, FaultKind.HELD_OPEN}
    for fault, at, lasts in timeline:
        others = {kind for kind, begin, length in timeline if begin < at + lasts and at < begin + length}
        if CATALOGUE[fault].policy == "power-cut" and without == "locked" and not others & opens:
            assert not rows(table, "pass", at * 60 + 40, (at + lasts) * 60)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{fault: fier, at: 1 min}", "did you mean 'fire'"),
        ("{fault: fire, at: 2 h}", "after the end of the run"),
        ("{fault: reader-unplugged, at: 1 min}", "needs a place: where: gate/in/0"),
        ("{fault: reader-unplugged, at: 1 min, where: gate/in/7}", "has no lane '7'"),
        ("{fault: power-cut, at: 1 min, where: gtae}", "did you mean 'gate'"),
        ("{fault: network-slow, at: 1 min, strength: {dealy: 2}}", "did you mean 'delay'"),
        ("{fault: network-slow, at: 1 min, strength: {delay: 900}}", "must be from 0.01 to 60 s"),
        ("{fault: fire, at: 1 min}\n  - {fault: fire, at: 2 min}", "is on already"),
    ],
)
def test_a_wrong_timeline_is_told_with_its_place(line, message):
    with pytest.raises(InputError, match=message):
        lived(f"  - {line}")


def test_the_table_has_every_fault_once():
    assert [line.split("`")[1] for line in table().splitlines()[2:]] == [str(kind) for kind in FaultKind]


def test_the_page_has_the_catalogue_as_it_is():
    page = Path(__file__).parents[2] / "docs" / "faults.md"
    assert table() in page.read_text("utf-8")


def test_revoked_cards_open_until_then_and_under_an_old_list_again():
    faults = "  - {fault: server-stale, at: 20 min, for: 5 min}\n"
    revoked = lived(faults, holds="[card], revoked: {card: 10 min}")
    assert {one["outcome"] for one in rows(revoked, "decision", 0, 600)} == {"grant"}
    assert {one["outcome"] for one in rows(revoked, "decision", 605, 1200)} == {"deny"}
    assert {one["outcome"] for one in rows(revoked, "decision", 1205, 1500)} == {"grant"}
    assert {one["way"] for one in rows(revoked, "pass", 1210, 1500)} <= {
        "own",
        "tailgate",
        "piggyback",
        "reverse",
    }
    assert {one["outcome"] for one in rows(revoked, "decision", 1505)} == {"deny"}


def test_what_is_not_held_cannot_be_revoked():
    with pytest.raises(InputError, match=r"'revoked' names 'pin'; what they hold and can lose is: card"):
        lived(holds="[card, face], revoked: {pin: 10 min}")
