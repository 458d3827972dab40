"""A scenario's faults while people are played at emulated devices, in virtual time: done, seen, undone, the same at the model."""

import pytest

from gatebench.cli.playing import chosen
from gatebench.hil.bench.instruments import SwitchLine
from gatebench.hil.bench.plan import BenchPlan
from gatebench.hil.bench.run import run_again
from gatebench.hil.transcript import read
from gatebench.scenarios import library, load

WITH_FAULTS = [one for one in library.names() if load(one).scenario.faults and load(one).scenario.bench]
PLACE = """
scenario: desk
start: 2024-01-01T12:00 UTC
duration: 1 h
compound:
  portals:
    gate: {{kind: speed-gate, lanes: 2, readers: [in, out], without_power: open, held_open_alarm: 10 s}}
people:
  owner: {{holds: [card], entitled: true}}
traffic:
  owners: {{group: owner, at: gate, direction: in, arrivals: {{instants: [1 min, 11 min, 16 min, 25 min]}}}}
readers:
  card: {{failure_to_acquire: 0, false_non_identification: 0}}
behaviour: {{follow: {{with_credential: 0, without_credential: 0}}, resorts: [leave]}}
policies:
  it: {{access: [{{accept: card}}], faults: {{network-down: deny}}, fire: {{releases: all}}}}
faults:
{faults}
bench: {{portal: gate, policy: it}}
"""


@pytest.fixture
def desk(tmp_path):
    def desk(*faults):
        path = tmp_path / "desk.yaml"
        path.write_text(PLACE.format(faults="\n".join(f"  - {{{one}}}" for one in faults)))
        return load(path)

    return desk


def differences(divergence):
    return [one.text() for one in divergence.causes] + [str(one) for one in divergence.consequences]


@pytest.mark.parametrize("scenario", WITH_FAULTS)
def test_both_worlds_agree_on_every_fault_scenario_of_the_library(virtual, scenario):
    loaded = load(scenario)
    plan, _ = chosen(virtual.everybody(loaded), 60.0)
    run, divergence = virtual.play(plan)
    assert not run.stopped
    assert differences(divergence) == []
    assert [one.why for one in run.lived.faults if one.why] == []
    assert all(one.on is not None and one.off is not None for one in run.lived.faults)
    assert run.safe


@pytest.mark.long
@pytest.mark.parametrize(
    ("scenario", "policy"), [(one, policy) for one in WITH_FAULTS for policy in load(one).scenario.policies]
)
def test_both_worlds_agree_on_everybody_under_every_policy(virtual, scenario, policy):
    run, divergence = virtual.play(virtual.everybody(load(scenario), policy))
    assert not run.stopped
    assert divergence.causes == ()
    if scenario == "fire-drill":
        # Who stands in line when is a matter of tenths of a second where many come.
        assert {one.why for one in divergence.consequences} <= {"timing"}
    else:
        assert differences(divergence) == []
    assert run.safe


def test_a_run_with_faults_replays_bit_for_bit_from_its_transcript(virtual, tmp_path):
    plan = virtual.everybody(load("cut-off"))
    live, _ = virtual.play(plan, transcript=tmp_path / "t.jsonl")
    recording = read(tmp_path / "t.jsonl")
    again = run_again(BenchPlan.from_json(plan.loaded, recording.about["plan"]), recording)
    assert repr(again.events.to_pylist()) == repr(live.events.to_pylist())
    assert [one.to_json() for one in again.lived.faults] == [one.to_json() for one in live.lived.faults]
    assert again.judged == live.judged


def test_what_the_rig_cannot_do_is_left_out_in_both_worlds_with_its_reason(virtual, desk):
    loaded = desk(
        "fault: line-cut, at: 10 min, for: 2 min, where: gate", "fault: fire, at: 15 min, for: 2 min"
    )
    plan = virtual.everybody(loaded, without=["tap"])
    assert plan.skipped == ((0, "the slot of the rig file names no tap"),)
    run, divergence = virtual.play(plan, without=["tap"])
    assert differences(divergence) == []
    assert [one.fault for one in run.lived.faults] == ["fire"]
    assert [row["reason"] for row in run.events.to_pylist() if row["event"] == "fault_on"] == ["fire"]


def test_a_fault_that_is_ordered_and_not_there_counts_for_nothing(virtual, desk, monkeypatch):
    def idle(self, on, **how):
        yield 0.0

    monkeypatch.setattr(SwitchLine, "connect", idle)
    run, divergence = virtual.play(virtual.everybody(desk("fault: network-down, at: 10 min, for: 2 min")))
    (fault,) = run.lived.faults
    assert "it was ordered, and is not there" in fault.why
    assert fault.to_json()["verdict"] == "NOT_TESTED"
    assert differences(divergence) == []
    assert {one.observed for one in run.judged} == {"grant"}


def test_a_fault_that_cannot_be_undone_ends_the_run_in_its_safe_state(virtual, desk, monkeypatch):
    original = SwitchLine.connect

    def stuck(self, on, **how):
        if not on:
            yield from original(self, on, **how)

    monkeypatch.setattr(SwitchLine, "connect", stuck)
    run, _ = virtual.play(virtual.everybody(desk("fault: network-down, at: 10 min, for: 2 min")))
    assert "still there" in run.stopped
    assert run.safe


@pytest.mark.parametrize(
    ("defect", "fault", "kinds"),
    [
        ("fail-secure-in-fire", "fault: fire, at: 10 min, for: 10 min", {"not-unlocked"}),
        ("forced-missing", "fault: forced, at: 14 min, for: 4 min, where: gate/0", {"alarm-missing"}),
        ("held-open-never", "fault: held-open, at: 14 min, for: 4 min, where: gate/1", {"alarm-missing"}),
    ],
)
def test_a_defect_under_a_fault_is_a_cause(virtual, desk, defect, fault, kinds):
    _, divergence = virtual.play(virtual.everybody(desk(fault)), controller=["--defect", defect])
    assert {one.kind for one in divergence.causes} == kinds
    _, sound = virtual.play(virtual.everybody(desk(fault)))
    assert differences(sound) == []


def test_who_comes_while_a_fault_is_on_is_chosen_for_it(virtual):
    _, choice = chosen(virtual.everybody(load("broken-reader")), 600.0)
    shown = {value for visit in choice.visits for name, value in visit.factors if name == "fault"}
    assert {"reader-unplugged", "after reader-unplugged", "line-cut", "none"} <= shown


def test_the_library_has_faults_of_every_kind_of_place():
    kinds = {str(one.fault) for name in WITH_FAULTS for one in load(name).scenario.faults}
    assert {
        "network-down",
        "power-cut",
        "reader-unplugged",
        "clock-jump",
        "forced",
        "held-open",
        "override-open",
    } <= kinds


def outcomes(run, group, begin, end):
    """Of one group's attempts within these minutes."""
    return [one.observed for one in run.judged if one.group == group and begin * 60 <= one.t < end * 60]


def test_a_card_that_is_revoked_while_the_line_is_cut_opens_until_it_is_back(virtual):
    run, _ = virtual.play(virtual.everybody(load("cut-off")))
    assert set(outcomes(run, "former", 45, 70)) == {"grant"}
    assert set(outcomes(run, "former", 70, 120)) == {"deny"}


def test_a_server_that_forgets_or_errs_is_believed(virtual):
    run, _ = virtual.play(virtual.everybody(load("lying-server")))
    assert set(outcomes(run, "former", 21, 30)) == {"deny"}
    assert set(outcomes(run, "former", 30, 50)) == {"grant"}
    assert set(outcomes(run, "resident", 60, 75)) == {"deny"}
    assert set(outcomes(run, "resident", 76, 90)) == {"grant"}
    assert set(outcomes(run, "resident", 91, 110)) == {"deny"}


def test_nobody_more_fits_on_a_full_list_and_that_is_told(virtual):
    run, _ = virtual.play(virtual.everybody(load("full-list")))
    assert run.lived.rig.refused
    assert set(outcomes(run, "newcomer", 65, 90)) == {"deny"}
    assert set(outcomes(run, "newcomer", 91, 180)) == {"grant"}
    rows = [one for one in run.events.to_pylist() if 100 * 60 <= one["t"] < 110 * 60]
    assert {"decision", "abandon"} <= {one["event"] for one in rows}  # granted before a bolt that is stuck
    assert not {"pass", "open"} & {one["event"] for one in rows}
    assert outcomes(run, "cleaner", 179, 181)[-1] == "deny"  # by a clock that is 25 s ahead it is ten


def test_a_camera_for_which_the_policy_has_a_rule_is_not_tested_on_a_controller(virtual, desk):
    loaded = desk("fault: camera-covered, at: 10 min, for: 2 min, where: gate/in/0")
    text = loaded.path.read_text().replace("{network-down: deny}", "{camera-covered: deny}")
    loaded.path.write_text(text)
    ((_, why),) = virtual.everybody(load(loaded.path)).skipped
    assert "a controller learns of a covered camera from a face terminal alone" in why


@pytest.mark.parametrize(
    ("fault", "injector"),
    [
        ("server-down, at: 10 min, for: 2 min", "server.ServerDown"),
        ("clock-drift, at: 10 min, for: 2 min", "device.ClockDrift"),
        ("store-full, at: 10 min, for: 2 min", "device.StoreFull"),
        ("override-locked, at: 10 min, for: 2 min, where: gate", "hands.Overridden"),
        ("fire, at: 10 min, for: 2 min", "hands.Fire"),
    ],
)
def test_every_injector_is_found_out_that_does_nothing(virtual, desk, monkeypatch, fault, injector):
    from gatebench.hil import faults

    def idle(self, where):
        yield 0.0

    module, name = injector.split(".")
    monkeypatch.setattr(getattr(getattr(faults, module), name), "on", idle)
    run, divergence = virtual.play(virtual.everybody(desk(f"fault: {fault}")))
    (played,) = run.lived.faults
    assert "it was ordered, and is not there" in played.why
    assert differences(divergence) == []
