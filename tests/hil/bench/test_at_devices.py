"""The whole bench at emulated devices: live, again from its transcript, interrupted, killed. Some seconds each, for real."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gatebench.cli.main import run as command

PLACE = """
scenario: desk
start: 2024-01-01T12:00 UTC
duration: 10 min
replications: 1
compound:
  portals:
    gate: {kind: speed-gate, opening: 0.2 s, passing: 0.4 s, closing: 0.2 s, rearm: 0 s, unlock: 2 s, readers: [in], without_power: locked}
people:
  owner: {holds: [card], entitled: true}
  guest: {holds: [card, pin], entitled: true}
  stranger: {holds: [], entitled: true}
traffic:
  owners: {group: owner, at: gate, direction: in, arrivals: {instants: [10 s, 60 s]}}
  guests: {group: guest, at: gate, direction: in, arrivals: {instants: [100 s]}}
  strangers: {group: stranger, at: gate, direction: in, arrivals: {instants: [9 s]}}
  leavers: {group: owner, at: gate, direction: out, arrivals: {instants: [200 s]}}
readers:
  card: {acquire: 1 s, match: 0 s, decide: 0.2 s, actuate: 0.1 s, failure_to_acquire: 0, false_non_identification: 0}
  pin: {acquire: 1 s, match: 0 s, decide: 0.2 s, actuate: 0.1 s, failure_to_acquire: 0, false_non_identification: 0}
behaviour:
  follow: {with_credential: 0, without_credential: 100 %, headway: 0.2 s, hope: 60 s}
  hold: {probability: 0}
  resorts: [follow, leave]
policies:
  it:
    access:
      - {who: guest, accept: pin}
      - {who: owner, accept: card, hours: 06:00-22:00}
bench: {portal: gate, policy: it}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    file = tmp_path / "desk.yaml"
    file.write_text(PLACE)
    return file


def test_people_play_at_devices_and_the_run_is_the_same_again_from_its_transcript(place, tmp_path, capsys):
    out = tmp_path / "out"
    assert command(["bench", "run", str(place), "--budget", "60 s", "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["decisions"] == {"verdict": "PASS", "PASS": 3, "FAIL": 0, "INDETERMINATE": 0, "NOT_TESTED": 0}
    assert {one["credential"] for one in told["attempts"]} == {"card", "pin"}
    assert told["divergence"]["causes"] == [] and told["divergence"]["consequences"] == []
    assert {one["stage"] for one in told["latency"]} >= {
        "poll",
        "decision",
        "unlock",
        "end-to-end",
        "button",
        "relock",
    }
    assert all(one["sound"] for one in told["released"])
    assert told["coverage"]["percent"] == 100

    assert command(["bench", "replay", str(out / "events" / "bench.parquet"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identical"]
    assert command(["bench", "rejudge", str(out), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    for name in ("decisions", "attempts", "divergence", "latency", "limits"):
        assert again[name] == told[name]
    assert command(["bench", "fit", str(out)]) == 0
    assert "card:" in capsys.readouterr().out


def test_faults_are_played_at_devices_and_the_run_is_the_same_again(place, tmp_path, capsys):
    text = place.read_text().replace("bench:", """faults:
  - {fault: network-down, at: 20 s, for: 30 s}
  - {fault: power-cut, at: 80 s, for: 30 s, where: gate}
  - {fault: line-cut, at: 195 s, for: 10 s, where: elsewhere}
bench:""").replace("portals:", "portals:\n    elsewhere: {kind: speed-gate, readers: [in]}")  # fmt: skip
    place.write_text(text)
    out = tmp_path / "out"
    assert command(["bench", "run", str(place), "--budget", "60 s", "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["divergence"]["causes"] == [] and told["divergence"]["consequences"] == []
    down, cut, other = told["faults"]
    for one in (down, cut):
        assert one["verdict"] is None and one["at"] <= one["on"] < one["ended"] <= one["off"]
    assert (other["verdict"], other["why"]) == (
        "NOT_TESTED",
        "it strikes another portal than the one that is played",
    )
    guest = next(one for one in told["attempts"] if one["credential"] == "pin")
    assert (guest["expected"], guest["reason"], guest["verdict"]) == ("deny", "fault-deny", "PASS")

    assert command(["bench", "replay", str(out / "events" / "bench.parquet"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identical"]
    assert command(["bench", "rejudge", str(out), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    for name in ("decisions", "attempts", "divergence", "faults"):
        assert again[name] == told[name]


def test_a_device_that_was_told_something_else_is_a_cause_with_its_evidence(
    place, tmp_path, capsys, monkeypatch
):
    from gatebench.hil.bench import plan

    def forgets_one(*given):
        told = real(*given)
        credentials = tuple(
            one if one.person != 0 else type(one)(one.number, one.kind, one.person, "revoked")
            for one in told.credentials
        )
        return type(told)(**{**told.__dict__, "credentials": credentials})

    real = plan.provisioning
    monkeypatch.setattr(plan, "provisioning", forgets_one)
    out = tmp_path / "out"
    assert command(["bench", "run", str(place), "--budget", "60 s", "--out", str(out), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    causes = told["divergence"]["causes"]
    assert {(one["person"], one["expected"], one["observed"]) for one in causes} == {(0, "grant", "deny")}
    assert all(one["evidence"] > 0 for one in causes)
    # Who would have followed did not get in: that follows from it.
    follows = {one["follows"] for one in told["divergence"]["consequences"]}
    assert follows <= {one["number"] for one in causes}


def started(place: Path, out: Path) -> tuple[subprocess.Popen, Path]:
    """A run in a process of its own, until somebody's door is open; its transcript."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gatebench", "bench", "run", str(place), "--out", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    opened = b"CONT1 OPEN\n".hex()
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        for transcript in out.glob("bench/transcript-*.jsonl"):
            if f'"data":"{opened}"' in transcript.read_text():
                return process, transcript
        time.sleep(0.02)  # looking for something to happen, no tolerance
    process.kill()
    pytest.fail(f"nobody opened: {process.communicate()[0]}")


@pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="SIGINT is ignored here (a background job)"
)
def test_ctrl_c_ends_the_run_leaves_the_doors_locked_and_keeps_what_was_measured(place, tmp_path):
    process, transcript = started(place, tmp_path / "out")
    os.kill(process.pid, signal.SIGINT)
    told = process.communicate(timeout=60)[0]
    assert process.returncode == 130, told
    assert "interrupted" in told and "locks read back locked" in told
    assert (tmp_path / "out" / "events" / "bench.parquet").exists()
    assert json.loads(transcript.read_text().splitlines()[-1])["kind"] == "end"
    assert command(["bench", "replay", str(tmp_path / "out" / "events" / "bench.parquet")]) == 0


def test_after_kill_9_the_contact_is_shut_and_the_lock_is_read_back_locked(place, tmp_path):
    """The box is ours, so that we can look at it when the harness has gone."""
    from gatebench.fixtures.devices.start import start

    rig = tmp_path / "harness.py"
    rig.write_text(HARNESS)
    with (
        start("io_box", "--pty", "--tcp", "127.0.0.1:0") as box,
        start("access_server") as server,
        start(
            "controller", "--door", "gate", "--field", box.field, "--uplink", server.told["uplink"]
        ) as controller,
    ):
        place_out = tmp_path / "transcript.jsonl"
        harness = subprocess.Popen(
            [
                sys.executable,
                str(rig),
                str(place),
                str(place_out),
                box.pty,
                f"socket://{server.tcp}",
                controller.pty,
            ],
            start_new_session=True,
        )
        opened = b"CONT1 OPEN\n".hex()
        until = time.monotonic() + 60
        while not (place_out.exists() and f'"data":"{opened}"' in place_out.read_text()):
            assert time.monotonic() < until and harness.poll() is None
            time.sleep(0.02)  # looking for something to happen, no tolerance
        harness.kill()
        harness.wait()
        host, _, port = box.tcp.rpartition(":")
        with socket.create_connection((host, int(port)), 5) as line:
            answers = line.makefile("rb")
            until = time.monotonic() + 20
            while True:
                line.sendall(b"CONT1?;:EXIT1?;:FIRE1?;:LOCK1?\n")
                said = answers.readline()
                if said == b"CLOS;REL;0;0\n":  # a fail-secure lock without voltage is locked
                    break
                assert time.monotonic() < until, said
                time.sleep(0.02)


HARNESS = """
import sys
from pathlib import Path
from gatebench.hil.bench.plan import bind
from gatebench.hil.bench.run import run_live
from gatebench.hil.bench.wired import WiredLane, Wiring
from gatebench.hil.bench.world import Coming
from gatebench.hil.port.line import Line
from gatebench.scenarios import load

place, transcript, box, server, readers = sys.argv[1:]
plan = bind(load(place), policy=None, portal=None, lanes=1)
coming = [Coming(t, person, journey, direction) for t, _, person, journey, direction in plan.day.trips]
wiring = Wiring("desk", Line("readers", readers), Line("box", box), Line("server", server), (WiredLane({"in": 0, "out": 1}, 1),), True)
run_live(plan.playing(coming), wiring, Path(transcript))
"""
