"""Walks at a reader, a face terminal, an I/O box: nothing at sound ones, a rightly named finding at each defective one."""

import json

import pytest

from gatebench.fixtures.devices.defects import DEFECTS, PERIPHERAL_DEFECTS
from gatebench.hil.peripherals.soaking import soak_row
from gatebench.hil.peripherals.walking import ROWS, planned
from gatebench.hil.walk.finding import Behaviour
from gatebench.hil.walk.soak import planned as occasions

KIND = {"reader": "reader", "face_terminal": "face-terminal", "io_box": "io-box"}
QUICK = {
    "reader-crc-unchecked", "reader-falls-back", "reader-late", "reader-away-after-bad-crc", "card-bit-lost", "tamper-endless",
    "restart-untold", "face-deleted-accepted", "covered-camera-sees", "stamp-of-asking", "lock-inverted", "exit-endless",
}  # fmt: skip
"""Of each kind some; the others are long, and in the benchmark."""
ALWAYS = [
    pytest.param(name, KIND[one.devices[0]], id=name, marks=[] if name in QUICK else pytest.mark.long)
    for name, one in PERIPHERAL_DEFECTS.items()
    if one.rate is None
]
RATES = [(name, one) for name, one in PERIPHERAL_DEFECTS.items() if one.rate is not None]


def findings(result):
    return [f"{row.id}: {finding}" for row in result.rows for finding in row.findings]


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("how", ["own key", "SCBK-D", "insists"])
def test_a_sound_device_is_blamed_for_nothing(walk_at, kind, how):
    result = walk_at(
        kind, key=None if how == "SCBK-D" else bytes(range(16)), secure_only=how == "insists", seed=5
    )
    assert not findings(result)
    assert {str(row.verdict) for row in result.rows} == {"PASS"}
    assert [row.id for row in result.rows] == [row.id for row in ROWS[kind]]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("reader", ["--latency", "0.1", "--read", "0.5", "--press", "0.1"]),
        ("face-terminal", ["--latency", "0.05", "--acquire", "0.4", "--match", "0.4"]),
        ("io-box", ["--relay", "0.012", "--latency", "0.02", "--drift", "40"]),
    ],
)
def test_a_slow_device_within_its_limits_is_blamed_for_nothing(walk_at, kind, options):
    assert not findings(walk_at(kind, *options))


@pytest.mark.parametrize(("defect", "kind"), ALWAYS)
def test_each_defect_that_shows_always_is_found_and_rightly_named(walk_at, defect, kind):
    result = walk_at(kind, "--defect", defect)
    first = next((row for row in result.rows if row.findings), None)
    assert first is not None, "not found"
    assert {str(one.behaviour) for one in first.findings} & set(PERIPHERAL_DEFECTS[defect].shows), findings(
        result
    )
    assert result.exit_code == 1 and result.verdict == "FAIL"


@pytest.mark.parametrize(("name", "one"), RATES, ids=[name for name, _ in RATES])
def test_a_defect_that_shows_now_and_then_is_found_by_as_many_occasions_as_were_planned(walk_at, name, one):
    kind = KIND[one.devices[0]]
    found = [
        bool(
            findings(
                walk_at(
                    kind, "--defect", name, "--seed", str(seed), rows=(soak_row(kind, occasions(one.rate)),)
                )
            )
        )
        for seed in range(3)
    ]
    assert sum(found) >= 2, found  # each is found with a probability of 95 %


def test_defects_of_other_makes_are_found_too(walk_at):
    """An option of the twin that its makers call a feature is a defect where it breaks a limit."""
    for kind, options, behaviour in (
        ("reader", ["--latency", "0.3"], Behaviour.LATENCY),
        ("reader", ["--read", "2"], Behaviour.LATENCY),
        ("face-terminal", ["--match", "1.2"], Behaviour.LATENCY),
        ("io-box", ["--drift", "120"], Behaviour.CLOCK),
        ("io-box", ["--relay", "0.05"], Behaviour.LATENCY),
        ("io-box", ["--sample", "0.004"], Behaviour.CLOCK),
    ):
        result = walk_at(kind, *options)
        named = {finding.behaviour for row in result.rows for finding in row.findings}
        assert behaviour in named, (kind, options, findings(result))


def test_a_walk_is_the_same_each_time(walk_at):
    one, other = (walk_at("reader", "--defect", "card-inverted", seed=4, key=None) for _ in range(2))
    rows = [[row["id"], row["verdict"], len(row["findings"])] for row in one.to_json()["rows"]]
    assert rows == [[row["id"], row["verdict"], len(row["findings"])] for row in other.to_json()["rows"]]


def test_without_anybody_in_front_of_it_what_needs_them_is_not_tested_with_the_reason(walk_at):
    result = walk_at("reader", stimulus=False)
    for row, told in zip(ROWS["reader"], result.rows, strict=True):
        assert told.verdict == ("NOT_TESTED" if row.stimulus else "PASS"), findings(result)
        assert bool(told.not_tested) == row.stimulus
    assert result.exit_code == 0
    assert not findings(walk_at("io-box", stimulus=False))


def test_a_finding_points_at_what_crossed_the_line(walk_at):
    result = walk_at("reader", "--defect", "reader-of-another", rows=planned("reader", ["identity"]))
    told = json.loads(result.dumps())
    assert told["schema"] == "gatebench.faults/1" and told["device"] == "reader"
    entries = result.journal().splitlines()
    (row,) = told["rows"]
    assert row["findings"] and all(0 <= one["evidence"] < len(entries) for one in row["findings"])
    assert row["carried_out"] > 0 and row["latency"]["values"]


def test_names_of_defects_are_of_one_device_and_declare_behaviours_that_there_are():
    assert not set(PERIPHERAL_DEFECTS) & set(DEFECTS)
    kinds = {device for one in PERIPHERAL_DEFECTS.values() for device in one.devices}
    assert kinds == set(KIND) and len(PERIPHERAL_DEFECTS) >= 100
    for name, one in PERIPHERAL_DEFECTS.items():
        assert set(one.shows) <= {str(behaviour) for behaviour in Behaviour}, name
