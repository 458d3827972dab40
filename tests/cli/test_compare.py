"""`gatebench compare` as its users meet it: what it prints, writes, refuses and returns."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pytest

from gatebench.cli.main import run
from gatebench.sim.files import metadata_of
from gatebench.sim.metrics import OVERALL, measure

SMALL = """
scenario: small
title: A <small> gate & its people
start: 2024-01-01T07:00 UTC
duration: 10 min
replications: 2
compound: {portals: {gate: {kind: swing-door}}}
people:
  person: {holds: [face, card], entitled: true}
  refuser: {holds: [card], face: refused, entitled: true}
traffic:
  rush: {group: person, at: gate, arrivals: {every: exponential 10 s}}
  others: {group: refuser, at: gate, arrivals: {every: exponential 60 s}}
policies:
  face-only: {access: [{accept: face}]}
  both: {access: [{accept: [face, card]}]}
expect:
  both:
    - lockout.persons[refuser] == 0
"""
LONG = SMALL.replace("duration: 10 min", "duration: 20 h").replace("replications: 2", "replications: 400")


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def test_results_are_the_same_bytes_on_one_worker_and_on_two(small, capsys):
    assert (
        run(["compare", "small.yaml", "-n", "3", "--seed", "7", "--json", "--workers", "1", "--out", "one"])
        == 0
    )
    one = capsys.readouterr().out
    assert (
        run(["compare", "small.yaml", "-n", "3", "--seed", "7", "--json", "--workers", "2", "--out", "two"])
        == 0
    )
    assert capsys.readouterr().out == one
    result = json.loads(one)
    assert result["schema"] == "gatebench.result/1"
    assert result["n"] == 3
    assert set(result["policies"]) == {"face-only", "both"}
    assert result["policies"]["both"]["groups"]["refuser"]["lockout.persons"]["mean"] == 0
    assert {row["baseline"] for row in result["differences"]} == {"face-only"}
    assert (small / "one" / "result.json").read_text() == one


def test_another_seed_is_another_day(small, capsys):
    run(["compare", "small.yaml", "--json", "--seed", "1"])
    first = capsys.readouterr().out
    run(["compare", "small.yaml", "--json", "--seed", "2"])
    assert capsys.readouterr().out != first


def test_people_read_a_table_and_find_the_report(small, capsys):
    assert run(["run", "small.yaml"]) == 0
    told = capsys.readouterr().out
    assert "people locked out" in told
    assert "expectations: 1 of 1 hold" in told
    page = (small / "out" / "small" / "report.html").read_text()
    assert "A &lt;small&gt; gate &amp; its people" in page
    assert page.count("<svg") == 5
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page


def test_an_expectation_that_fails_is_told_everywhere_and_exits_with_1(small, capsys):
    (small / "small.yaml").write_text(SMALL.replace("lockout.persons[refuser] == 0", "wait.mean@gate > 1 h"))
    assert run(["compare", "small.yaml"]) == 1
    assert "wait.mean@gate > 1 h, but wait.mean is" in capsys.readouterr().out
    case = ET.parse(small / "out" / "small" / "junit.xml").find(".//testcase")
    assert "expected > 3600" in case.find("failure").get("message")


def test_traces_reproduce_the_figures(small, capsys):
    run(["compare", "small.yaml", "-n", "1", "--json", "--trace", "--out", "traced"])
    result = json.loads(capsys.readouterr().out)
    events = pq.read_table(small / "traced" / "events" / "both" / "rep-00000.parquet")
    persons = pq.read_table(small / "traced" / "persons" / "rep-00000.parquet")
    assert metadata_of(events)["policy"] == "both"
    found = measure(events, persons)[OVERALL]
    assert found["wait.mean"] == result["policies"]["both"]["overall"]["wait.mean"]["mean"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "one-gte"], "did you mean 'one-gate'?"),
        (["compare", "nowhere.yaml"], "nowhere.yaml: there is no such file"),
        (["compare", "small.yaml", "--policies", "face-olny"], "did you mean 'face-only'?"),
        (["compare", "small.yaml", "--baseline", "nobody"], "there are: face-only, both"),
        (["compare", "small.yaml", "-n", "0"], "-n"),
        (["compare", "small.yaml", "--out", "small.yaml/results"], "cannot be written"),
        (["comapre", "small.yaml"], "did you mean 'compare'?"),
    ],
)
def test_wrong_words_exit_with_2_and_say_the_way_out(small, capsys, arguments, said):
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_a_wrong_file_shows_every_mistake_and_writes_nothing(small, capsys):
    (small / "small.yaml").write_text(
        SMALL.replace("accept: face}", "accept: fcae}").replace("10 min", "10 mn")
    )
    assert run(["compare", "small.yaml"]) == 2
    told = capsys.readouterr().err
    assert "small.yaml:5:11: error: duration: unknown unit 'mn'; did you mean 'min'?" in told
    assert not (small / "out").exists()


def test_the_library_is_listed(capsys):
    assert run(["list"]) == 0
    assert "zhengzhou-2021" in capsys.readouterr().out
    assert run(["list", "--json"]) == 0
    assert {"one-gate", "reference-gate-day", "zhengzhou-2021"} <= {
        one["scenario"] for one in json.loads(capsys.readouterr().out)
    }


@pytest.mark.parametrize("kind", ["scenario", "policy"])
def test_the_schema_is_one_that_editors_can_use(capsys, kind):
    assert run(["schema", kind]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert kind in schema["properties"]


def started(folder, *more):
    (folder / "small.yaml").write_text(LONG)
    command = [sys.executable, "-m", "gatebench", "compare", "small.yaml", "--json", *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def children(pid):
    """Process ids below `pid`."""
    found, fresh = set(), {pid}
    while fresh:
        fresh = {
            int(child)
            for parent in fresh
            for task in _tasks(parent)
            for child in _read(f"/proc/{parent}/task/{task}/children").split()
        } - found
        found |= fresh
    return found


def _tasks(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return []


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def until(condition, seconds=60.0):
    """Wait for a condition, not for luck."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs /proc")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_what_is_finished_and_exits_with_130(small, workers):
    process = started(small, "--workers", workers, "--trace")
    traces = small / "out" / "small" / "persons"
    until(lambda: traces.exists() and len(list(traces.glob("rep-*.parquet"))) >= 3)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    result = json.loads(out)
    assert 1 <= result["n"] < 400
    assert result["cut_short"]
    assert "interrupted" in err


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs /proc")
def test_workers_end_with_a_parent_that_was_killed(small):
    process = started(small, "--workers", "2", "--trace")
    traces = small / "out" / "small" / "persons"
    until(lambda: traces.exists() and len(list(traces.glob("rep-*.parquet"))) >= 1)
    below = children(process.pid)
    assert below
    process.kill()
    process.communicate(timeout=60)
    until(
        lambda: (
            not any(
                os.path.exists(f"/proc/{pid}") and "Z" not in _read(f"/proc/{pid}/stat").split(")")[-1][:3]
                for pid in below
            )
        )
    )


def test_a_policy_may_stand_in_a_file_of_its_own(small, capsys):
    (small / "policies").mkdir()
    (small / "policies" / "own.yaml").write_text("policy: own\naccess:\n  - {accept: [face, card]}\n")
    (small / "small.yaml").write_text(
        SMALL.replace("both: {access: [{accept: [face, card]}]}", "both: {file: policies/own.yaml}")
    )
    assert run(["compare", "small.yaml", "--json"]) == 0
    capsys.readouterr()
    (small / "policies" / "own.yaml").write_text("policy: own\naccess:\n  - {acept: [face, card]}\n")
    assert run(["compare", "small.yaml"]) == 2
    assert (
        "own.yaml:3:6: error: access[0].acept: unknown key 'acept'; did you mean 'accept'?"
        in capsys.readouterr().err
    )
