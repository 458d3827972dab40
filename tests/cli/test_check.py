"""`gatebench check` as its users meet it: three days, three cities, wrong input, and what programs read."""

from __future__ import annotations

import json

import pytest

from gatebench.cli.main import run
from gatebench.scenarios import names
from gatebench.scenarios.law.contradictions import problems
from gatebench.scenarios.library import load

SCENARIO = """\
scenario: small
place: Zhengzhou
start: 2021-10-11T00:00 Asia/Shanghai
duration: 20 min
compound: {portals: {gate: {kind: swing-door, readers: [in, out]}}}
people:
  resident: {holds: [face, card], entitled: true}
  refuser: {holds: [card, registration-card], face: refused, entitled: true}
traffic:
  all: {group: resident, at: gate, arrivals: {every: exponential 20 s}}
  others: {group: refuser, at: gate, arrivals: {every: exponential 30 s}}
law: {convenient: {times: 2, plus: 30 s, failures: 5 %}}
policies:
  face-only: {access: [{accept: face}]}
  both: {access: [{accept: [face, card]}]}
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SCENARIO)
    return tmp_path


def answers(capsys, policy):
    document = json.loads(capsys.readouterr().out)
    return {one["id"]: one for one in document["policies"][policy]["rules"]}


@pytest.mark.parametrize(
    ("day", "code", "breached"),
    [
        ("2021-07-01", 0, set()),
        ("2021-10-01", 1, {"SPC-10.1", "SPC-4"}),
        ("2025-07-01", 1, {"SPC-10.1", "SPC-4", "PIPL-16", "CAC-10"}),
    ],
)
def test_face_only_in_zhengzhou_is_answered_otherwise_on_three_days(capsys, day, code, breached):
    assert run(["check", "zhengzhou-2021", "--policies", "face-only", "--as-of", day, "--json"]) == code
    found = answers(capsys, "face-only")
    assert {id for id, one in found.items() if one["answer"] == "indicates breach"} == breached
    for id in breached:
        first = found[id]["counterexamples"][0]
        assert (first["group"], first["portal"], first["lacks"]) == (
            "refuser",
            "main-gate",
            "no path without a face",
        )


def test_shanghai_names_the_missing_way_out(capsys):
    arguments = ["check", "zhengzhou-2021", "--policies", "face-only", "--place", "Shanghai", "--as-of"]
    assert run([*arguments, "2022-02-01"]) == 1
    told = capsys.readouterr().out
    of_shanghai = told[told.index("indicates breach: SH-23") :]
    assert "on the way out" in of_shanghai
    assert told.count("No legal advice") == 1
    run([*arguments, "2021-12-31", "--json"])
    assert "SH-23" not in answers(capsys, "face-only")


def test_the_choice_of_fingerprint_or_face_fails_in_hangzhou_from_its_day_on(capsys):
    for day, code in (("2022-02-28", 0), ("2022-03-01", 1)):
        assert run(["check", "safari-park", "--policies", "choice", "--as-of", day]) == code
    assert "no path without a biometric" in " ".join(capsys.readouterr().out.split())
    assert run(["check", "safari-park", "--policies", "ticket-too", "--as-of", "2022-03-01"]) == 0


def test_what_is_convenient_is_measured(small, capsys):
    assert run(["check", "small.yaml", "--policies", "both", "--as-of", "2025-07-01", "--json"]) == 0
    found = answers(capsys, "both")
    assert found["CAC-10"]["answer"] == "indicates compliant"
    assert "within the file's tolerances" in found["CAC-10"]["why"]
    assert (
        run(["check", "small.yaml", "--policies", "both", "--as-of", "2025-07-01", "--json", "--no-measure"])
        == 0
    )
    assert answers(capsys, "both")["CAC-10"]["answer"] == "depends"


def test_a_slow_way_is_not_convenient(small, capsys):
    slow = SCENARIO.replace(
        "both: {access: [{accept: [face, card]}]}",
        "both: {access: [{who: refuser, accept: [face, registration-card at guard]}, {accept: [face, card]}], guard: {takes: 3 min}}",
    )
    (small / "small.yaml").write_text(slow)
    assert run(["check", "small.yaml", "--policies", "both", "--as-of", "2025-07-01", "--json"]) == 1
    found = answers(capsys, "both")["CAC-10"]
    assert found["answer"] == "indicates breach"
    assert found["counterexamples"][0]["lacks"] == "no convenient path without a face"


def test_strict_minds_what_depends(small, capsys):
    arguments = ["check", "small.yaml", "--policies", "both", "--as-of", "2021-10-01"]
    assert run(arguments) == 0
    assert run([*arguments, "--strict"]) == 1
    assert "law.consent.separate" in capsys.readouterr().out


def test_doubtful_sources_are_marked_and_rules_to_come_are_listed(small, capsys):
    run(["check", "small.yaml", "--as-of", "2025-05-31"])
    told = capsys.readouterr().out
    assert "unverified: date of commencement not found" in told
    assert "still to come in Zhengzhou: CAC-5 from 2025-06-01" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--as-of", "1998-01-01"],
            "before any law that is known here for Zhengzhou: the first is GB50396-9.0.1, from 2007-08-01",
        ),
        (["--as-of", "July"], "is no day; write it like 2025-07-01"),
        (["--place", "Zhengzou"], "unknown place 'Zhengzou'; did you mean 'Zhengzhou'?"),
        (["--place", "Atlantis"], "unknown place 'Atlantis'; name a city or province of China"),
        (["--policies", "face-onyl"], "unknown policy 'face-onyl'; did you mean 'face-only'?"),
    ],
)
def test_wrong_words_are_named_with_the_way_out(small, capsys, arguments, said):
    assert run(["check", "small.yaml", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("  both:", "  face-only:", "small.yaml:15:3", "'face-only'"),
        ("both: {", "both: {extends: both, ", "small.yaml:15:19", "extends itself: both -> both"),
        (
            "both: {access: [",
            "both: {access: [{direction: out, accept: []}, ",
            "small.yaml:15:19",
            "'gate' lets resident, refuser in, and has no way out for them at any hour",
        ),
        ("place: Zhengzhou\n", "", "small.yaml", "does not say where it is"),
    ],
)
def test_contradictions_are_named_with_file_and_line(small, capsys, old, new, place, said):
    (small / "small.yaml").write_text(SCENARIO.replace(old, new))
    assert run(["check", "small.yaml"]) == 2
    told = capsys.readouterr().err
    assert place in told
    assert said in told


def test_a_policy_by_itself_is_checked_with_what_it_names(small, capsys):
    (small / "mine.yaml").write_text(
        "policy: mine\naccess:\n  - {at: main-gate, who: tenant, accept: face}\n"
    )
    arguments = ["check", "mine.yaml", "--place", "Zhengzhou", "--as-of", "2021-10-01"]
    assert run([*arguments, "--json"]) == 1
    first = answers(capsys, "mine")["SPC-10.1"]["counterexamples"][0]
    assert (first["group"], first["portal"]) == ("tenant", "main-gate")
    run(arguments)
    assert "a policy by itself" in capsys.readouterr().out
    assert run(["check", "mine.yaml", "--place", "Zhengzhou"]) == 2
    assert "a policy by itself has no day" in capsys.readouterr().err


def test_mistakes_of_a_policy_by_itself_have_their_place(small, capsys):
    (small / "mine.yaml").write_text("policy: mine\nextends: other\naccess:\n  - {accept: face}\n")
    assert run(["check", "mine.yaml", "--place", "Zhengzhou", "--as-of", "2021-10-01"]) == 2
    assert "mine.yaml:2:10: error: extends: unknown policy 'other'" in capsys.readouterr().err


@pytest.mark.parametrize("name", names())
def test_no_policy_of_the_library_contradicts_itself(name):
    assert not list(problems(load(name).scenario))


def test_a_credential_that_is_misspelt_in_a_policy_by_itself_is_named(small, capsys):
    (small / "mine.yaml").write_text("policy: mine\naccess:\n  - {accept: fase}\n")
    assert run(["check", "mine.yaml", "--place", "Zhengzhou", "--as-of", "2021-10-01"]) == 2
    assert (
        "mine.yaml:3:14: error: access[0].accept: unknown credential 'fase'; did you mean 'face'?"
        in capsys.readouterr().err
    )


def test_a_policy_by_itself_may_have_exceptions_of_another_day(small, capsys):
    (small / "mine.yaml").write_text(
        "policy: mine\naccess: [{accept: [face, card]}]\n"
        "exceptions: [{who: tenant, accept: face, from: 2030-01-01T00:00, until: 2030-01-02T00:00}]\n"
    )
    assert run(["check", "mine.yaml", "--place", "Zhengzhou", "--as-of", "2021-10-01"]) == 0
    capsys.readouterr()
    assert run(["check", "mine.yaml", "--place", "Zhengzhou", "--as-of", "2030-01-01", "--json"]) == 1
    assert answers(capsys, "mine")["SPC-10.1"]["counterexamples"][0]["refused"]
