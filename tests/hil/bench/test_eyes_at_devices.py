"""A camera watches a bench run at emulated devices, for real: some seconds each."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from gatebench.cli.main import run as command
from gatebench.sim.files import read_events

PLACE = """
scenario: watched
start: 2024-01-01T12:00 UTC
duration: 10 min
replications: 1
compound:
  portals:
    gate: {kind: speed-gate, opening: 0.2 s, passing: 0.4 s, closing: 0.2 s, rearm: 0 s, unlock: 2 s, readers: [in], without_power: locked}
people:
  anna: {holds: [card], entitled: true}
  berta: {holds: [card], entitled: true}
  carla: {holds: [card], entitled: true}
  dora: {holds: [card], entitled: true}
traffic:
  anna: {group: anna, at: gate, direction: in, arrivals: {instants: [10 s]}}
  berta: {group: berta, at: gate, direction: in, arrivals: {instants: [60 s]}}
  carla: {group: carla, at: gate, direction: in, arrivals: {instants: [110 s]}}
  dora: {group: dora, at: gate, direction: in, arrivals: {instants: [160 s]}}
readers:
  card: {acquire: 1 s, match: 0 s, decide: 0.2 s, actuate: 0.1 s, failure_to_acquire: 0, false_non_identification: 0}
behaviour: defaults
policies: {it: {access: [{accept: card}]}}
bench: {portal: gate, policy: it}
"""


@pytest.fixture
def play(tmp_path, capsys):
    """Play the place on a rig with a changed file; -> (exit code, bench.json, the folder)."""
    (tmp_path / "watched.yaml").write_text(PLACE)

    def run(*changes: tuple[str, str]):
        text = (files("gatebench.hil.rig") / "emulated.yaml").read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "rig.yaml").write_text(text)
        out = tmp_path / "out"
        options = ["--rig", str(tmp_path / "rig.yaml"), "--budget", "60 s", "--out", str(out), "--json"]
        code = command(["bench", "run", str(tmp_path / "watched.yaml"), *options])
        return code, json.loads(capsys.readouterr().out), out

    return run


def test_the_camera_tells_of_lamp_and_leaf_when_the_wires_do_and_so_does_the_replay(play, capsys):
    code, told, out = play()
    (camera,) = told["cameras"]
    assert camera["clock"] is not None, camera["why_no_clock"]
    assert camera["contradictions"] == []
    assert {one["event"] for one in camera["pairs"]} == {"unlock", "open"}
    # A host that is busy loses frames, and may miss an event; it does not tell a wrong one (10 U: no doubt of that).
    assert all(abs(one["difference"]) < 5 * one["U"] for one in camera["pairs"])
    assert code == 0 or any(not one["agrees"] for one in camera["pairs"])
    rows = read_events(out / "events" / "bench.parquet").to_pylist()
    seen = [row for row in rows if row["event"] == "sighting"]
    assert {"lamp_on", "leaf_moved"} <= {row["reason"].split()[0] for row in seen}
    assert all(row["clock"] == "view" and row["u"] > 0 and row["evidence"] >= 0 for row in seen)
    assert [row["t"] for row in rows] == sorted(row["t"] for row in rows)
    assert command(["bench", "replay", str(out / "events" / "bench.parquet"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identical"]


def test_a_green_lamp_whose_lock_stays_is_the_finding(play):
    code, told, _ = play(("uplink: switch,", "uplink: switch, defect: lamp-without-release,"))
    (camera,) = told["cameras"]
    assert code == 1
    assert camera["verdict"] == "FAIL"
    assert "the lock is locked" in {one["wires"] for one in camera["contradictions"]}


@pytest.mark.long
def test_without_a_lamp_for_its_clock_the_camera_is_told_as_not_tested(play):
    code, told, _ = play((", sync: EXIT3", ""), ("    sync: {region: [538, 38, 44, 44], door: 3}", "    #"))
    (camera,) = told["cameras"]
    assert camera["verdict"] == "NOT_TESTED"
    assert "delay is not known" in camera["why_no_clock"]
    assert code == 0


@pytest.mark.long
def test_a_camera_that_goes_away_ends_no_run(play):
    code, told, _ = play(("fps: 30, exposure", "end: 8 s, fps: 30, exposure"))
    (camera,) = told["cameras"]
    assert camera["lost"]
    assert told["decisions"]["PASS"] == 4
    assert code == 0
