"""Distributions: what may be written, what comes out, and what the refusals say."""

import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from gatebench.scenarios.distributions import ONE, Beta, CountDistribution, Distribution, constant
from gatebench.scenarios.errors import InputError

GRID = (np.arange(100_000) + 0.5) / 100_000


def read(kind: Any, value: Any, folder: Path | None = None) -> Any:
    return TypeAdapter(kind).validate_python(value, context={"folder": folder})


def refusal(kind: Any, value: Any, folder: Path | None = None) -> str:
    with pytest.raises(ValidationError) as caught:
        read(kind, value, folder)
    return "; ".join(str(entry["msg"]).removeprefix("Value error, ") for entry in caught.value.errors())


LOGNORMAL_P95 = stats.lognorm(math.log(4 / 1.2) / 1.6448536269514722, scale=1.2)
GAMMA = stats.gamma(9, scale=1 / 3)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("exponential 3 s", stats.expon(scale=3)),
        ("exponential mean 3 s", stats.expon(scale=3)),
        ("uniform 1 s 3 s", stats.uniform(1, 2)),
        ("uniform low 1 s high 3 s", stats.uniform(1, 2)),
        ("triangular 1 s 2 s 5 s", stats.triang(0.25, 1, 4)),
        ("triangular 1s 2s 5s", stats.triang(0.25, 1, 4)),
        ("triangular 1 s 1 s 5 s", stats.triang(0, 1, 4)),
        ("triangular 1 s 5 s 5 s", stats.triang(1, 1, 4)),
        ("lognormal median 1.2 s p95 4 s", LOGNORMAL_P95),
        ("lognormal p95 4 s median 1.2 s", LOGNORMAL_P95),
        (
            "lognormal mean 3 s sd 1 s",
            stats.lognorm(math.sqrt(math.log(10 / 9)), scale=3 / math.sqrt(10 / 9)),
        ),
        ("gamma mean 3 s sd 1 s", GAMMA),
        ("erlang 3 stages mean 6 s", stats.gamma(3, scale=2)),
        ("erlang stages 3 mean 6 s", stats.gamma(3, scale=2)),
        ({"exponential": "3 s"}, stats.expon(scale=3)),
        ({"exponential": {"mean": "3 s"}}, stats.expon(scale=3)),
        ({"uniform": ["1 s", "3 s"]}, stats.uniform(1, 2)),
        ({"triangular": {"low": "1 s", "mode": "2 s", "high": "5 s"}}, stats.triang(0.25, 1, 4)),
        ({"lognormal": {"median": "1.2 s", "p95": "4 s"}}, LOGNORMAL_P95),
        ({"gamma": {"mean": "3 s", "sd": "1 s"}}, GAMMA),
        ({"erlang": {"stages": 3, "mean": "6 s"}}, stats.gamma(3, scale=2)),
    ],
    ids=lambda value: str(value) if isinstance(value, str | dict) else "scipy",
)
def test_agrees_with_scipy(text: Any, reference: Any) -> None:
    found = read(Distribution, text)
    assert found.mean == pytest.approx(reference.mean(), rel=1e-12)
    u = np.array([1e-9, 0.01, 0.25, 0.5, 0.75, 0.95, 0.999, 1 - 1e-9])
    # Both invert in floating point; scipy's own inverse is good to about ten digits far out.
    np.testing.assert_allclose(found.ppf(u), reference.ppf(u), rtol=1e-9)
    assert found.constant is None and found.sequence is None


@pytest.mark.parametrize("text", ["2.5 s", "constant 2.5 s", {"constant": "2.5 s"}])
def test_a_bare_time_is_constant(text: Any) -> None:
    found = read(Distribution, text)
    assert found.constant == found.mean == 2.5
    assert found.ppf(GRID[:3]).tolist() == [2.5] * 3
    assert found == constant(2.5)


def test_an_empirical_value_comes_as_often_as_it_stands_in_the_list() -> None:
    found = read(Distribution, "empirical 3 s 1 s 2 s 2 s")
    assert found.ppf(np.array([0.01, 0.25, 0.26, 0.75, 0.76, 0.999])).tolist() == [1, 1, 2, 2, 3, 3]
    assert found.mean == 2.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("empirical waits.csv column seconds", (1.0, 3.0)),
        ("empirical waits.csv column minutes unit min", (120.0, 240.0)),
        ({"empirical": {"file": "waits.csv", "column": "seconds", "unit": "s"}}, (1.0, 3.0)),
        ({"sequence": {"file": "waits.csv", "column": "seconds"}}, (3.0, 1.0)),
    ],
    ids=str,
)
def test_values_come_from_a_file_beside_the_scenario(
    tmp_path: Path, text: Any, expected: tuple[float, ...]
) -> None:
    (tmp_path / "waits.csv").write_text("seconds,minutes\n3,2\n1,4\n")
    assert read(Distribution, text, tmp_path).values == expected


def test_a_mistake_in_the_file_is_named_there(tmp_path: Path) -> None:
    (tmp_path / "waits.csv").write_text("second\n3\n-1\n")
    with pytest.raises(InputError) as caught:
        Distribution.parse("empirical waits.csv column seconds", tmp_path)
    assert "waits.csv:1:1: error: there is no column 'seconds'; did you mean 'second'?" in str(caught.value)
    with pytest.raises(InputError, match=r"waits.csv:3:1: error: second: must be 0 or more \(got '-1'\)"):
        Distribution.parse("empirical waits.csv column second", tmp_path)


def test_a_sequence_is_taken_in_order_and_has_no_inverse() -> None:
    found = read(Distribution, "sequence 100 s 7 s 6 s")
    assert found.sequence == (100.0, 7.0, 6.0)
    assert found == read(Distribution, {"sequence": ["100 s", "7 s", "6 s"]})
    assert found.constant is None
    with pytest.raises(TypeError, match="in order"):
        found.ppf(GRID)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("expnential 3 s", "unknown distribution 'expnential'; did you mean 'exponential'?"),
        ("normal mean 3 s sd 1 s", "unknown distribution 'normal'; "),
        (3, "a duration needs a unit, e.g. '3 s'"),
        ("exponential 3", "exponential: mean: a duration needs a unit, e.g. '3 s'"),
        ("exponential 0 s", "exponential: mean: must be above 0"),
        ("exponential", "exponential: 'mean' is missing; write it like 'exponential 3 s'"),
        ("exponential 3 s 4 s", "exponential: which of mean is '4 s'?"),
        ("uniform 3 s 1 s", "'low' lies above 'high'"),
        ("triangular 3 s 2 s 1 s", "must go from low over mode to high, like 'triangular 1 s 2 s 5 s'"),
        ("lognormal 1 s 2 s", "which of median, p95, mean, sd is '1 s'?"),
        ("lognormal mediam 1 s p95 3 s", "'mediam' cannot stand here; did you mean 'median'?"),
        ("lognormal median 1 s sd 3 s", "needs 'median' and 'p95', or 'mean' and 'sd'"),
        ("lognormal median 4 s p95 1 s", "'p95' must lie above 'median'"),
        ("lognormal median 4 sek p95 9 s", "lognormal: median: unknown unit 'sek'; did you mean 's'?"),
        ("lognormal median 1 s p95 1e9 s", "is wider than can be drawn from"),
        ("lognormal median p95 3 s", "'median' has no value"),
        ("gamma mean 1 s mean 2 s", "'mean' stands twice"),
        ("gamma mean 1 s sd 1e9 s", "lie too far apart"),
        ("erlang 2.5 stages mean 1 s", "must be a whole number from 1 to 1000 (got '2.5')"),
        ("sequence", "sequence: needs values, like 'sequence 100 s 7 s 6 s'"),
        ("sequence 1 s 2", "sequence: value 2: a duration needs a unit, e.g. '2 s'"),
        ("empirical waits.csv col seconds", "or a file, like 'empirical waits.csv column seconds unit s'"),
        ("1 s " * 50_000, "is too long"),
        (None, "must be a time such as '2.5 s' or 'lognormal median 1.2 s p95 4 s' (got nothing)"),
        ({"exponential": "3 s", "uniform": ["1 s", "2 s"]}, "must be one form with its parameters"),
        ({"uniform": "1 s"}, "write it like 'uniform 1 s 3 s'"),
        ({"empirical": {"file": "waits.csv"}}, "a file needs its column"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refusal_says_what_is_wrong_with_a_time(value: Any, said: str) -> None:
    assert said in refusal(Distribution, value)


def test_a_mistake_in_a_mapping_is_placed_at_its_value() -> None:
    with pytest.raises(ValidationError) as caught:
        read(Distribution, {"lognormal": {"median": "1 x", "p95": "3 s", "p96": "3 s"}})
    places = {entry["loc"]: entry["type"] for entry in caught.value.errors()}
    assert places == {("lognormal", "median"): "value_error", ("lognormal", "p96"): "extra_forbidden"}


@pytest.mark.parametrize(
    ("value", "counts", "shares"),
    [
        (2, (2,), (1.0,)),
        ("2", (2,), (1.0,)),
        ("1 70 % 2 25 % 3 5 %", (1, 2, 3), (0.7, 0.25, 0.05)),
        ("2 30% 1 70%", (1, 2), (0.7, 0.3)),
        ("1 0.7 2 0.3", (1, 2), (0.7, 0.3)),
        ({1: "70 %", 2: "30 %"}, (1, 2), (0.7, 0.3)),
        ({"10": 0.5, "9": 0.5}, (9, 10), (0.5, 0.5)),
        ({1: 1, 2: 0}, (1,), (1.0,)),
        ("sequence 1 2 3", (1, 2, 3), ()),
        ({"sequence": [1, 2, 3]}, (1, 2, 3), ()),
    ],
    ids=str,
)
def test_counts_are_a_number_shares_or_a_sequence(
    value: Any, counts: tuple[int, ...], shares: tuple[float, ...]
) -> None:
    found = read(CountDistribution, value)
    assert (found.counts, found.shares) == (counts, shares)
    assert found.constant == (counts[0] if len(counts) == 1 else None)
    assert found.sequence == (None if shares else counts)


def test_counts_come_by_their_shares() -> None:
    found = read(CountDistribution, "1 70 % 2 25 % 3 5 %")
    assert found.ppf(np.array([0.0001, 0.6999, 0.7001, 0.9499, 0.9501, 0.9999])).tolist() == [
        1,
        1,
        2,
        2,
        3,
        3,
    ]
    assert found.mean == pytest.approx(1.35, rel=1e-15)
    assert read(CountDistribution, "sequence 1 2").ppf(GRID[:5]).tolist() == [1, 2, 1, 2, 1]
    assert ONE.constant == 1


@pytest.mark.parametrize("value", ["geometric mean 1.3", {"geometric": {"mean": 1.3}}])
def test_geometric_counts_begin_at_one(value: Any) -> None:
    found = read(CountDistribution, value)
    reference = stats.geom(1 / 1.3)
    u = np.array([1e-9, 0.3, 0.769, 0.77, 0.999, 1 - 1e-9])
    assert found.ppf(u).tolist() == reference.ppf(u).tolist()
    assert found.mean == 1.3
    assert set(read(CountDistribution, "geometric mean 1").ppf(GRID)) == {1}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1 70 % 2 20 %", "the shares add up to 0.9, not to 1"),
        ({1: "70 %", 2: "31 %"}, "the shares add up to 1.01, not to 1"),
        ("1 70 % 1 30 %", "a number stands twice"),
        ({"1": 0.5, "01": 0.5}, "a number stands twice"),
        ("1 70 % 2", "cannot read '1 70 % 2'; write shares like '1 70 % 2 30 %'"),
        ({1: "x"}, "cannot read 'x' as a share"),
        (0, "0 is no whole number from 1 on"),
        (2.5, "must be a whole number such as 2"),
        ("sequence", "needs numbers, like 'sequence 1 2 3'"),
        ("geometric mean 0.5", "with a mean of 1 or more"),
        (True, "must be a whole number such as 2"),
        ({}, "must be a whole number such as 2"),
    ],
    ids=str,
)
def test_a_refusal_says_what_is_wrong_with_a_count(value: Any, said: str) -> None:
    assert said in refusal(CountDistribution, value)


@pytest.mark.parametrize("value", ["beta mean 1.5 % sd 4 %", {"beta": {"mean": "1.5 %", "sd": 0.04}}])
def test_a_beta_share_agrees_with_scipy(value: Any) -> None:
    found = read(Beta, value)
    size = 0.015 * 0.985 / 0.04**2 - 1
    reference = stats.beta(0.015 * size, 0.985 * size)
    assert (found.mean, found.sd, found.constant) == (0.015, 0.04, None)
    assert reference.std() == pytest.approx(0.04, rel=1e-12)
    np.testing.assert_allclose(found.ppf(GRID[50_000:]), reference.ppf(GRID[50_000:]), rtol=1e-9, atol=1e-300)


def test_a_plain_share_is_the_same_for_all() -> None:
    found = read(Beta, "1.5 %")
    assert found.constant == found.mean == 0.015
    assert found.ppf(GRID[:2]).tolist() == [0.015, 0.015]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            "beta mean 1.5 % sd 90 %",
            "with a mean of 0.015 the sd of a share lies between 0 and 0.1216 (got 0.9)",
        ),
        ("beta 1 %", "write it like 'beta mean 1.5 % sd 4 %'"),
        (5, "did you mean '5 %'?"),
        ({"beta": {"mean": "1 %"}}, "Field required"),
    ],
    ids=str,
)
def test_a_refusal_says_what_is_wrong_with_a_beta_share(value: Any, said: str) -> None:
    assert said in refusal(Beta, value)


# ---- properties

amounts = st.floats(0.01, 100.0).map(lambda value: round(value, 4))
WRITTEN = st.one_of(
    st.builds("exponential {} s".format, amounts),
    st.builds(lambda low, width: f"uniform {low} s {low + width} s", amounts, amounts),
    st.builds(lambda a, b, c: f"triangular {a} s {a + b} s {a + b + c} s", amounts, amounts, amounts),
    st.builds(lambda m, f: f"lognormal median {m} s p95 {m * f} s", amounts, st.floats(1.1, 6.0)),
    st.builds(lambda m, f: f"lognormal mean {m} s sd {m * f} s", amounts, st.floats(0.05, 1.5)),
    st.builds(lambda m, f: f"gamma mean {m} s sd {m * f} s", amounts, st.floats(0.05, 1.5)),
    st.builds("erlang {} stages mean {} s".format, st.integers(1, 50), amounts),
    st.lists(amounts, min_size=1, max_size=20).map(
        lambda values: "empirical " + " ".join(f"{v} s" for v in values)
    ),
    st.builds("{} s".format, amounts),
)


@given(WRITTEN)
def test_the_inverse_rises_and_its_mean_is_the_mean(text: str) -> None:
    found = Distribution.parse(text)
    values = found.ppf(GRID)
    assert values.shape == GRID.shape and np.isfinite(values).all()
    assert (np.diff(values) >= 0.0).all() and values[0] >= 0.0
    # What the grid cuts off above its last point: at most 1 % of the mean for the widest of these.
    assert values.mean() == pytest.approx(found.mean, rel=0.01)


@given(WRITTEN)
def test_a_distribution_is_frozen_hashable_and_read_again_from_its_text(text: str) -> None:
    found = Distribution.parse(text)
    again = Distribution.parse(str(found))
    assert again == found and hash(again) == hash(found)
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(AttributeError):
        found.form = "other"  # type: ignore[misc]


@given(st.dictionaries(st.integers(1, 30), st.floats(0.01, 1.0), min_size=1, max_size=8))
def test_counts_have_the_mean_of_their_shares(weights: dict[int, float]) -> None:
    total = math.fsum(weights.values())
    found = CountDistribution.parse({count: weight / total for count, weight in weights.items()})
    values = found.ppf(GRID)
    assert (np.diff(values) >= 0).all() and set(values.tolist()) <= set(weights)
    # Each count's share is off by a point of the grid at the most.
    assert values.mean() == pytest.approx(found.mean, abs=30 * 8 / len(GRID))
    assert CountDistribution.parse(str(found)) == found


@given(st.floats(0.01, 0.99), st.floats(0.05, 0.9))
def test_beta_shares_stay_shares(mean: float, part: float) -> None:
    found = Beta.parse(f"beta mean {mean!r} sd {part * math.sqrt(mean * (1 - mean))!r}")
    values = found.ppf(GRID[::10])
    assert (np.diff(values) >= 0.0).all() and values[0] >= 0.0 and values[-1] <= 1.0
    assert values.mean() == pytest.approx(mean, abs=1e-3)
    assert Beta.parse(str(found)) == found


VOCABULARY = """
    lognormal gamma erlang uniform empirical sequence exponential triangular constant beta geometric
    median p95 mean sd stages column unit waits.csv 1 2.5 0 -1 1e999 70 % s min 3s nan
"""
WORDS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=8)


@given(st.sampled_from([Distribution, CountDistribution, Beta]), WORDS.map(" ".join) | st.text(max_size=30))
def test_any_text_is_understood_or_refused(kind: Any, text: str) -> None:
    try:
        found = kind.parse(text)
    except ValueError as error:
        assert str(error)
        return
    assert math.isfinite(found.mean)


KEYS = st.sampled_from(
    [
        "lognormal",
        "uniform",
        "empirical",
        "sequence",
        "erlang",
        "beta",
        "geometric",
        "mean",
        "sd",
        "values",
        "file",
        "1",
        "2",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["1 s", "2", "70 %", "x", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([Distribution, CountDistribution, Beta]), VALUES)
def test_any_value_is_understood_or_refused(kind: Any, value: Any) -> None:
    try:
        found = kind.parse(value)
    except ValueError:
        return
    assert math.isfinite(found.mean)


def test_editors_get_every_form() -> None:
    schema = TypeAdapter(Distribution).json_schema()
    schema = schema.get("$defs", {}).get("Distribution", schema)
    mapping = next(branch for branch in schema["anyOf"] if branch["type"] == "object")
    assert {"constant", "lognormal", "erlang", "empirical", "sequence"} <= set(mapping["properties"])
    assert mapping["maxProperties"] == 1
    for example in schema["examples"]:
        read(Distribution, example)


def test_scipy_is_imported_only_when_it_is_needed() -> None:
    program = "import sys, gatebench.scenarios.distributions; sys.exit('scipy' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
