"""Score files: thresholds, error rates, and what is said about files that are none."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.scenarios.errors import InputError
from gatebench.scenarios.readers import ScoreFiles
from gatebench.scenarios.scores import (
    Scores,
    false_positive_identification,
    load_scores,
    read_scores,
    share_at_or_above,
    threshold_at,
)

TALLIES = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 5)), min_size=1).filter(
    lambda rows: sum(count for _, count in rows)
)


@pytest.fixture
def written(tmp_path):
    def write(text, name="scores.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return write


def as_tally(rows):
    scores, counts = np.array(sorted(rows), float).T
    return scores, counts


@pytest.mark.parametrize(
    "text",
    [
        "score\n0.5\n0.1\n0.5\n",
        "0.5\n0.1\n0.5",
        "score,count\n0.5,2\n0.1,1\n",
        "0.5,2\n0.1,1\n",
        "count,score\r\n1,0.1\r\n2,0.5\r\n",
        "\ufeff0.5\n0.1\n0.5\n",
        'device,"score"\na,0.5\na,0.1\nb,0.5\n',
    ],
)
def test_scores_are_read_with_and_without_header_and_tally(written, text):
    tally = read_scores(written(text))
    assert tally[0][0] == 0.1
    assert tally[1].sum() == 3
    assert [share_at_or_above(tally, t) for t in (0.1, 0.3, 0.5, 0.6)] == [1.0, 2 / 3, 2 / 3, 0.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("scores\n0.1\n", ":1:1: error: there is no column 'score'; did you mean 'scores'?"),
        ("0.1\n0.2\nhigh\n", ":3:1: error: score: 'high' is no number"),
        ("score,count\n0.1,2\n0.2\n", ":3:4: error: count: there is no value"),
        ("score,count\n0.1,-1\n0.2,3\n", "counts must not be negative"),
        ("score,count\n0.1,0\n", "not all 0"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_place(written, text, said):
    path = written(text)
    with pytest.raises(InputError) as caught:
        read_scores(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


@given(TALLIES, st.fractions(0, 1))
def test_the_threshold_is_the_lowest_that_keeps_the_false_match_rate(rows, rate):
    tally = as_tally(rows)
    threshold = threshold_at(tally, float(rate))
    assert share_at_or_above(tally, threshold) <= float(rate)
    lower = [score for score, _ in rows if score < threshold]
    if lower:
        assert share_at_or_above(tally, max(lower)) > float(rate)


def test_no_false_match_at_all_needs_a_threshold_above_every_impostor():
    tally = as_tally([(1, 5), (2, 5)])
    assert threshold_at(tally, 0.0) == np.nextafter(2.0, 3.0)
    assert threshold_at(tally, 0.5) == 2.0
    assert threshold_at(tally, 1.0) == 1.0


def test_error_rates_follow_from_the_files(written):
    genuine, impostor = (
        written("2\n3\n4\n5\n", "genuine.csv"),
        written("score,count\n1,90\n3,9\n4,1\n", "impostor.csv"),
    )
    names = {"genuine": genuine.name, "impostor": impostor.name}
    by_rate = load_scores(ScoreFiles(**names, false_match_rate="10 %"), genuine.parent)
    assert by_rate == Scores(threshold=3.0, fnmr=0.25, fmr=0.1)
    by_threshold = load_scores(ScoreFiles(**names, threshold=4.0), genuine.parent)
    assert by_threshold == Scores(threshold=4.0, fnmr=0.5, fmr=0.01)
    assert load_scores(ScoreFiles(genuine=genuine.name, threshold=4.0), genuine.parent).fmr == 0.0


@pytest.mark.parametrize(
    ("fmr", "listed", "expected"),
    # FACTS, ten findings, 5: N = 7,551.
    [(1e-6, 7551, 0.0075), (1e-5, 7551, 0.073), (1e-4, 7551, 0.53)],
)
def test_identification_errors_grow_with_the_list_as_reckoned(fmr, listed, expected):
    assert false_positive_identification(fmr, listed) == pytest.approx(expected, rel=0.01)


@given(st.integers(0, 60), st.integers(0, 300))
def test_identification_errors_are_exact_however_small(exponent, listed):
    fmr = 2.0**-exponent
    exact = 1 - (1 - Fraction(fmr)) ** listed
    assert math.isclose(false_positive_identification(fmr, listed), float(exact), rel_tol=1e-13)


@pytest.mark.reference_data
@pytest.mark.parametrize("name", ["exp1_true", "exp1_false", "exp2_true", "exp2_false"])
def test_the_examples_of_pyeer_have_one_score_a_line_and_no_header(reference_data, name):
    path = reference_data / "biometric" / "pyeer_examples" / f"{name}.txt"
    scores, counts = read_scores(path)
    assert scores.tolist() == sorted(map(float, path.read_text().split()))
    assert (counts == 1).all()


@pytest.mark.reference_data
@pytest.mark.parametrize("matcher", ["face-C", "face-G", "finger-left", "finger-right"])
def test_every_comparison_of_bssr1_is_counted(reference_data, matcher):
    # 517 people: one genuine comparison each, and 517 x 516 with the others.
    folder = reference_data / "biometric"
    assert read_scores(folder / f"bssr1_{matcher}_genuine.csv")[1].sum() == 517
    assert read_scores(folder / f"bssr1_{matcher}_impostor_hist.csv")[1].sum() == 517 * 516
