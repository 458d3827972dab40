"""Walks at emulated devices in virtual time: sound ones pass, defective ones are found and named, and a transcript replays."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gatebench.fixtures.devices.defects import DEFECTS
from gatebench.hil.bench.instruments import SupplyLine, SwitchLine
from gatebench.hil.bench.run import run_again
from gatebench.hil.transcript import read
from gatebench.hil.walk.explore import explore
from gatebench.hil.walk.finding import Behaviour
from gatebench.hil.walk.plan import WalkPlan, walk_plan
from gatebench.hil.walk.regression import rows_of, save
from gatebench.hil.walk.rows import Row
from gatebench.hil.walk.soak import planned, soak_rows
from gatebench.hil.walk.steps import Begin, Fire, Present, Wait
from gatebench.scenarios import load
from gatebench.scenarios.errors import InputError

EXAMPLE = Path(__file__).parents[3] / "docs/examples/regression/fire-brown-out.yaml"


def findings(result):
    return [str(one) for row in result.rows for one in row.findings]


def test_a_sound_device_passes_the_whole_covering_set(rig, plan_of):
    result = rig.walk(plan_of())
    assert findings(result) == []
    assert result.counts == {"PASS": len(result.plan.rows)}
    assert result.exit_code == 0
    assert {state for states in result.matrix().values() for state in states} == {
        "locked",
        "unlocked",
        "open",
        "held",
        "history",
    }


def test_a_sound_device_in_the_secure_channel_passes(rig, plan_of):
    only = ["decision-in-resident", "reader-replaced", "power-cut", "line-repeated"]
    assert findings(rig.walk(plan_of(only=only), key=bytes(range(16)))) == []


def test_another_policy_with_areas_and_a_lock_that_opens_without_power(rig, plan_of):
    assert findings(rig.walk(plan_of("areas", "door"))) == []


def test_a_walk_replays_bit_for_bit_from_its_transcript(rig, plan_of, tmp_path):
    plan = plan_of(only=["fire", "network-down", "suspension-in", "hours-1"])
    live = rig.walk(plan, transcript=tmp_path / "t.jsonl")
    recording = read(tmp_path / "t.jsonl")
    again = run_again(WalkPlan.from_json(plan.loaded, recording.about["plan"]), recording)
    as_json = lambda results: json.dumps(
        [[one.row.id, str(one.verdict), one.begun, one.ended, one.latencies] for one in results]
    )
    assert as_json(again.lived.results) == as_json(live.rows)
    assert rig.walk(plan).dumps().replace('"transcript": ""', "") == live.dumps().replace(
        '"transcript": "t.jsonl"', ""
    )


@pytest.mark.parametrize(
    ("defect", "only"),
    [
        ("grants-revoked", "list-in-resident-card"), ("unlock-doubled", "unlock-in"), ("held-open-never", "held-open-in"),
        ("forced-missing", "forced-in"), ("suspension-late", "suspension-in"), ("suspension-forgotten", "power-cut"),
        ("fail-secure-in-fire", "fire"), ("fire-not-latched", "fire"), ("old-list-kept", "network-down"), ("log-twice", "network-down"),
        ("crc-unchecked", "line-bad-crc"), ("fragments-lost", "line-fragments"), ("two-readers-deadlock", "two-at-once"),
        ("zone-ignored", "hours-1"), ("slow-decision", "decision-in-resident"), ("tamper-ignored", "reader-tampered"),
        ("facility-ignored", "authentic-out-card"), ("pin-in-parts", "authentic-in-pin"), ("release-ignored", "release-0"),
    ],
)  # fmt: skip
def test_a_defect_is_found_and_named_rightly(rig, plan_of, defect, only):
    result = rig.walk(plan_of(only=[only]), controller=["--defect", defect])
    named = {str(one.behaviour) for row in result.rows for one in row.findings}
    assert named & set(DEFECTS[defect].shows), findings(result)
    assert result.exit_code == 1


def test_every_defect_has_a_name_a_sentence_and_behaviours_that_there_are():
    assert len(DEFECTS) >= 80
    words = {str(one) for one in Behaviour}
    for name, one in DEFECTS.items():
        assert one.name == name
        assert one.summary.endswith(".")
        assert one.shows and set(one.shows) <= words, name


def test_an_unknown_defect_is_refused_with_what_was_meant(capsys):
    from gatebench.fixtures.devices.controller.__main__ import compose

    with pytest.raises(SystemExit):
        compose(["--defect", "grants-revokd"])
    assert "did you mean 'grants-revoked'?" in capsys.readouterr().err


def test_a_fault_that_is_ordered_and_not_there_proves_nothing(rig, plan_of, monkeypatch):
    def stuck(self, on):
        yield 0.0

    plan = plan_of(only=["power-cut-closed"])
    begin = SupplyLine.begin

    def once(self):
        yield from begin(self)
        monkeypatch.setattr(SupplyLine, "switch", stuck)

    monkeypatch.setattr(SupplyLine, "begin", once)
    result = rig.walk(plan)
    (row,) = result.rows
    assert row.verdict == "NOT_TESTED"
    assert "it was ordered, and is not there" in row.not_tested


def test_a_fault_that_cannot_be_undone_ends_the_run(rig, plan_of, monkeypatch):
    original = SwitchLine.connect

    def stuck(self, on, **how):
        if not on:
            yield from original(self, on, **how)

    monkeypatch.setattr(SwitchLine, "connect", stuck)
    result = rig.walk(plan_of(only=["network-down-closed"]))
    assert "still there" in result.run.stopped
    assert result.exit_code == 3
    assert result.run.safe


def test_a_fault_that_the_rig_cannot_do_is_not_tested(rig, plan_of):
    plan = replace(plan_of(), rows=(Row("blind", "nobody sees", (Begin("camera-blinded"),)),))
    (row,) = rig.walk(plan).rows
    assert row.verdict == "NOT_TESTED"
    assert "no camera" in row.not_tested


def test_a_soak_is_as_long_as_the_rate_asks_for(rig, plan_of):
    assert [planned(rate) for rate in (0.02, 0.002, 0.5)] == [149, 1497, 5]
    plan = plan_of()
    rows = tuple(soak_rows(plan, 60))
    assert sum(isinstance(step, Present) for row in rows for step in row.steps) == 60
    assert findings(rig.walk(replace(plan, rows=rows))) == []
    with pytest.raises(ValueError, match="between 0 and 1"):
        planned(1.0)


def test_exploring_finds_shrinks_and_saves_what_is_played_again_and_simulated(rig, plan_of, tmp_path):
    plan = replace(plan_of(), rows=())
    told = []
    rig.walk(
        plan,
        drive=lambda world: told.append(
            explore(plan, world.play, {"power-cut": "gate"}, seconds=12.0, seed=3)
        ),
        controller=["--defect", "forced-always"],
    )
    (found,) = told
    assert found.smallest is not None
    assert len(found.smallest.steps) <= len(found.first.steps)
    assert (found.failed_again, found.tried_again) == (5, 5)
    assert {str(one.behaviour) for one in found.smallest.findings} & {"forced", "log"}
    path = save(plan, tmp_path / "regression", found.smallest.steps)
    (row,) = rows_of([path])
    assert row.steps == found.smallest.steps
    assert load(path).scenario.walk.policy == "strict"
    result = rig.walk(replace(plan, rows=(row,)), controller=["--defect", "forced-always"])
    assert findings(result)
    assert findings(rig.walk(replace(plan, rows=(row,)))) == []


def test_a_saved_sequence_has_its_faults_on_the_timeline(rig, plan_of, tmp_path):
    from gatebench.hil.walk.steps import End

    steps = (Begin("power-cut", "gate"), Wait(2.0), End("power-cut", "gate"), Fire(), Present(1, "card"))
    scenario = load(save(plan_of(), tmp_path, steps)).scenario
    told = [(str(one.fault), one.where, one.lasts) for one in scenario.faults]
    assert told == [("power-cut", "gate", 3.0), ("fire", None, 2.0)]


def test_the_example_of_a_saved_sequence_fails_at_its_defect_alone(rig):
    loaded = load(EXAMPLE)
    assert [str(one.fault) for one in loaded.scenario.faults] == ["fire", "brown-out"]
    plan = walk_plan(loaded, policy="keeps-its-list", portal="gate", lanes=2, factor=10.0)
    plan = replace(plan, rows=tuple(rows_of([EXAMPLE])))
    (row,) = rig.walk(plan, controller=["--defect", "fire-forgotten"]).rows
    assert {str(one.behaviour) for one in row.findings} == {"fire"}
    assert findings(rig.walk(plan)) == []


def test_a_sound_device_is_not_blamed_by_random_sequences(rig, plan_of):
    plan = replace(plan_of(), rows=())
    told = []
    faults = {"brown-out": "gate", "network-down": None, "network-slow": None, "line-noise": "gate"}
    rig.walk(plan, drive=lambda world: told.append(explore(plan, world.play, faults, seconds=5.0, seed=2)))
    (found,) = told
    assert found.played and found.smallest is None, found.text()


def test_a_wrong_file_of_a_sequence_names_the_step(tmp_path, plan_of):
    path = save(plan_of(), tmp_path, (Present(1, "card"),))
    path.write_text(path.read_text("utf-8").replace("do: present", "do: presnt"), "utf-8")
    with pytest.raises(InputError, match=r"steps\[0\].do: unknown step 'presnt'; did you mean 'present'"):
        rows_of([path])
