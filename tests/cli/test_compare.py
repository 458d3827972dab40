"""`gatebench compare` as its users meet it: what it prints, writes, refuses and returns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pytest

from gatebench.cli.main import run
from gatebench.sim.files import metadata_of
from gatebench.sim.metrics import OVERALL, measure

SMALL = (
    Path(__file__).parents[1].joinpath("small.yaml").read_text("utf-8")
    + """\
title: A <small> gate & its people
expect:
  both:
    - lockout.persons[refuser] == 0
"""
)


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
        (["compare", "."], ".: is a folder"),
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
    assert "small.yaml:3:11: error: duration: unknown unit 'mn'; did you mean 'min'?" in told
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


def test_results_that_cannot_be_written_are_told_all_the_same(small, capsys):
    (small / "out" / "result.json").mkdir(parents=True)
    assert run(["compare", "small.yaml", "-n", "1", "--json", "--out", "out"]) == 3
    told = capsys.readouterr()
    assert json.loads(told.out)["n"] == 1
    assert "error: out: cannot be written: Is a directory" in told.err
    assert [one.name for one in (small / "out").iterdir()] == ["result.json"]


def test_one_replication_claims_no_intervals(small, capsys):
    assert run(["compare", "small.yaml", "-n", "1", "--out", "out"]) == 0
    told = capsys.readouterr().out
    page = (small / "out" / "report.html").read_text("utf-8")
    for text in (told, page):
        assert "95 %" not in text
        assert "without intervals" in text
        assert "1 paired" not in text


def test_a_narrow_terminal_breaks_the_ways_in_into_tables_and_cuts_no_word(small, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert run(["compare", "small.yaml", "--no-sensitivity"]) == 0
    narrow = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["compare", "small.yaml", "--no-sensitivity"]) == 0
    wide = capsys.readouterr().out
    assert "\N{HORIZONTAL ELLIPSIS}" not in narrow
    assert max(map(len, narrow.splitlines())) <= 60
    assert wide.count("ways in") == 1 < narrow.count("ways in")
    heads = next(line for line in wide.splitlines() if line.startswith("ways in")).split()
    assert all(one in narrow for one in heads)


def test_long_names_are_broken_so_that_no_figure_is_cut(small, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    (small / "small.yaml").write_text(SMALL.replace("refuser", "r" * 70).replace("both", "b" * 70))
    assert run(["compare", "small.yaml", "--no-sensitivity"]) == 0
    told = capsys.readouterr().out
    assert "\N{HORIZONTAL ELLIPSIS}" not in told
    assert told.count("tailgate") == 1


def test_a_folder_may_be_called_anything(small, capsys):
    assert run(["compare", "small.yaml", "-n", "1", "--no-sensitivity", "--out", "a [/b] 郑"]) == 0
    assert "report: a [/b] 郑/report.html" in capsys.readouterr().out


def test_a_mistake_of_gatebench_is_no_failed_expectation(small, capsys, monkeypatch):
    def broken(comparison):
        raise ZeroDivisionError

    monkeypatch.setattr("gatebench.report.page.page", broken)
    assert run(["compare", "small.yaml", "-n", "1", "--no-sensitivity"]) == 3
    assert "mistake in Gatebench" in capsys.readouterr().err


def told_by(folder, *arguments, out=subprocess.PIPE, **environment):
    """What the command says as a program of its own, in bytes."""
    return subprocess.run(
        [sys.executable, "-m", "gatebench", *arguments],
        stdout=out, stderr=subprocess.PIPE, cwd=folder, env={**os.environ, **environment}, timeout=60, check=False,
    )  # fmt: skip


def test_a_locale_without_the_signs_spoils_neither_table_nor_json(small):
    (small / "small.yaml").write_text(SMALL + "place: 郑州\n", encoding="utf-8")
    table = told_by(small, "compare", "small.yaml", "-n", "2", "--no-sensitivity", PYTHONIOENCODING="ascii")
    assert table.returncode == 0, table.stderr
    assert b"people locked out" in table.stdout
    listed = told_by(small, "list", "--json", PYTHONIOENCODING="utf-16")
    assert json.loads(listed.stdout.decode("utf-8"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_standard_output_is_told_without_a_traceback(small):
    with open("/dev/full", "w") as full:
        told = told_by(small, "compare", "small.yaml", "-n", "1", "--no-sensitivity", "--json", out=full)
    assert told.returncode == 3
    assert told.stderr.decode().splitlines() == ["error: standard output: No space left on device"]


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
