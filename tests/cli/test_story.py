"""`gatebench story` as its users meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gatebench.cli.main import run

SMALL = Path(__file__).parents[1].joinpath("small.yaml").read_text("utf-8").replace("UTC", "Asia/Shanghai")


@pytest.fixture
def traced(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    assert run(["compare", "small.yaml", "-n", "2", "--trace", "--out", "traced"]) == 0
    capsys.readouterr()
    return tmp_path / "traced"


def refuser(traced):
    persons = pq.read_table(traced / "persons" / "rep-00000.parquet").to_pylist()
    return next(one["person"] for one in persons if one["group"] == "refuser")


def test_a_day_is_told_for_each_candidate_the_baseline_first(traced, capsys):
    person = refuser(traced)
    assert run(["story", "traced", "--person", str(person)]) == 0
    told = capsys.readouterr().out
    assert told.startswith(
        f"Person {person}: a refuser, entitled to enter, was asked to enrol and said no.\n\nface-only\n"
    )
    assert "  Monday, 1 January 2024\n" in told
    assert "with nothing that is accepted there" in told.split("\nboth\n")[0]
    assert "(* is not so under face-only)" in told.split("\nboth\n")[1]
    assert "  07:0" in told


def test_json_backs_every_sentence_with_rows_and_every_row_with_a_sentence(traced, capsys):
    person = refuser(traced)
    assert run(["story", "traced", "--person", str(person), "--policy", "both", "--rep", "0", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "gatebench.story/1"
    (one,) = document["stories"]
    events = pq.read_table(traced / "events" / "both" / "rep-00000.parquet")
    mine = {row["seq"]: row for row in events.to_pylist() if person in (row["person"], row["donor"])}
    told = [seq for sentence in one["sentences"] for seq in sentence["rows"]]
    assert sorted([*told, *one["left_out"]]) == sorted(mine)
    for sentence in one["sentences"]:
        assert sentence["t"] == min(mine[seq]["t"] for seq in sentence["rows"])
        assert sentence["clock"].endswith("+08:00")


def test_everybody_s_rows_are_told_once_in_a_whole_run(traced):
    from gatebench.report.story import rows_of, tell
    from gatebench.sim.files import read_events

    events = read_events(traced / "events" / "face-only" / "rep-00000.parquet")
    for person in set(events["person"].to_pylist()) - {None}:
        rows = rows_of(events, person)
        story = tell("face-only", rows, person)
        told = [seq for one in story.sentences for seq in one.rows]
        assert sorted([*told, *story.left_out]) == sorted(row.seq for row in rows)
        assert not any("the log has" in one.text.lower() for one in story.sentences)


def test_without_a_person_it_says_whom_to_ask_for(traced, capsys):
    assert run(["story", "traced"]) == 0
    told = capsys.readouterr().out
    assert "face-only: people with eventful days" in told
    assert "ask for one of them: gatebench story traced --person " in told
    assert run(["story", "traced", "--json", "--policy", "face-only"]) == 0
    found = json.loads(capsys.readouterr().out)["eventful"]["face-only"]
    assert found
    assert run(["story", "traced", "--person", str(found[0]["person"])]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere: there is no such folder"),
        (["."], "there is no trace in it; `gatebench compare SCENARIO --trace --out .` writes one"),
        (["traced", "--person", "100000"], "there is no person 100000; their numbers go from 0 to "),
        (["traced", "--person", "-1"], "near ones are 0, 1, 2"),
        (["traced", "--person", "1", "--policy", "bothh"], "--policy: unknown policy 'bothh'; did you mean 'both'?"),
        (["traced", "--person", "1", "--rep", "9"], "--rep: of replication 9 there is no trace of face-only; there are: 0, 1"),
        (["traced", "--person", "x"], "--person"),
    ],
)  # fmt: skip
def test_wrong_words_exit_with_2_and_say_the_way_out(traced, capsys, arguments, said):
    assert run(["story", *arguments]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
