"""The pytest plugin as its users have it: in a repository of their own, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
from gatebench.scenarios import load


def test_cards(gb_portal, gb_measure):
    gb_portal.provision(load("desk.yaml"))
    resident, = gb_portal.people("owner")
    shown = gb_portal.present("card", resident)
    assert shown.outcome == "grant" and gb_portal.wait_unlocked()
    gb_measure("decision", shown.seconds, limit="1 s")
    gb_portal.open()
    gb_portal.shut()
    assert gb_portal.wait_locked(5)
    assert gb_portal.present("card", resident, authentic=False).outcome == "deny"
    assert not gb_portal.unlocked()


def test_a_limit_that_is_missed(gb_portal, gb_measure):
    gb_portal.provision(load("desk.yaml"))
    gb_measure("decision", gb_portal.present("card", 0).seconds, limit="1 ms")


def test_what_the_rig_has_not(gb_portal):
    gb_portal.provision(load("desk.yaml"))
    gb_portal.unlocked(lane=7)
"""
PLACE = """
scenario: desk
start: 2024-01-01T12:00 UTC
duration: 10 min
compound: {portals: {gate: {kind: speed-gate, readers: [in], unlock: 2 s}}}
people: {owner: {holds: [card], entitled: true}}
traffic: {owners: {group: owner, at: gate, direction: in, arrivals: {instants: [10 s]}}}
policies: {it: {access: [{accept: card}]}}
bench: {portal: gate, policy: it}
"""


def run(folder: Path, *options: str) -> tuple[int, str]:
    (folder / "sim").mkdir()  # as vendors' own repositories have
    (folder / "test_door.py").write_text(TESTS)
    (folder / "desk.yaml").write_text(PLACE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "gatebench.hil.pytest_plugin", "-p", "no:cacheprovider", *options],
        check=False, cwd=folder, capture_output=True, text=True, timeout=120, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_door_is_tested_measured_and_left_locked(tmp_path):
    code, told = run(tmp_path)
    assert code == 1, told
    assert "2 passed" in told and "1 failed" in told and "1 error" in told
    assert "1 of 1 above the limit" in told
    assert "has no lane 7" in told


@pytest.mark.parametrize("rig", ["nowhere.yaml", "gone.yaml"])
def test_a_rig_that_was_named_and_is_not_there_is_an_error_and_no_skip(tmp_path, rig):
    (tmp_path / "gone.yaml").write_text(
        "schema: gatebench.rig/1\nid: gone\nresources: {box: {serial: /dev/no-such-line}}\n"
        "drivers: {box-1: {driver: io-box, resource: box, door: 1}}\nslots: [{id: door, lanes: [{lock: box-1}]}]\n"
    )
    code, told = run(tmp_path, "--gb-rig", rig)
    assert code == 1 and "3 errors" in told and "skipped" not in told, told
    assert ("nowhere.yaml" if rig == "nowhere.yaml" else "no-such-line") in told
