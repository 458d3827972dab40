"""Keyed draws: a person's luck depends on the key and the person alone, and is uniform in (0, 1)."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Philox
from scipy import stats

from gatebench.sim.draws import BLOCK, Draws

ALPHA = 1e-4
KEYS = [
    {},
    {"visit": 1},
    {"attempt": 1},
    {"visit": 1, "attempt": 1},
    {"portal": "a"},
    {"portal": "b"},
    {"portal": "a", "visit": 16},
]


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_a_persons_number_does_not_depend_on_how_many_are_asked_for(few, many):
    few, many = sorted((few, many))
    draws = Draws(7, 0)
    assert np.array_equal(draws.uniforms("face", few), draws.uniforms("face", many)[:few])


@given(st.integers(0, 9 * BLOCK))
def test_a_block_holds_what_the_whole_vector_holds(person):
    draws = Draws(7, 0)
    block = draws.block("face", person, visit=3, portal="gate", attempt=2)
    assert block.shape == (BLOCK,)
    whole = draws.uniforms("face", person + 1, visit=3, portal="gate", attempt=2)
    assert block[person % BLOCK] == whole[person]


@given(st.permutations(range(6)), st.integers(0, 5))
def test_the_order_of_asking_does_not_matter(order, left_out):
    asked = [(purpose, key) for purpose in ("face", "card") for key in KEYS[:3]]
    plain = Draws(7, 0)
    expected = [plain.uniforms(purpose, 33, **key) for purpose, key in asked]
    draws = Draws(7, 0)
    for index in order:
        if index != left_out:
            purpose, key = asked[index]
            assert np.array_equal(draws.uniforms(purpose, 33, **key), expected[index])


def test_neither_a_caller_nor_a_later_draw_changes_what_was_drawn():
    draws = Draws(7, 0)
    first = draws.uniforms("face", 100)
    kept = first.copy()
    draws.uniforms("card", 100)
    assert np.array_equal(first, kept)
    first[:] = 0.0
    assert np.array_equal(draws.uniforms("face", 100), kept)


def test_different_keys_have_nothing_to_do_with_each_other():
    n = 4096
    vectors = {
        (seed, replication, purpose, *key.items()): Draws(seed, replication).uniforms(purpose, n, **key)
        for seed in (0, 1)
        for replication in (0, 1)
        for purpose in ("face.0", "face.1")
        for key in KEYS
    }
    correlations = np.corrcoef(list(vectors.values()))
    pairs = correlations[np.triu_indices(len(vectors), 1)]
    # sqrt(n) r is nearly standard normal; the largest of all pairs, Bonferroni.
    assert np.abs(pairs).max() * np.sqrt(n) < stats.norm.isf(ALPHA / len(pairs) / 2)
    assert abs(pairs.mean()) * np.sqrt(n * len(pairs)) < stats.norm.isf(ALPHA / 2)


def test_neighbours_have_nothing_to_do_with_each_other():
    u = Draws(7, 0).uniforms("face", 100_000)
    for apart in (1, 2, 3, 4, BLOCK):
        assert stats.pearsonr(u[:-apart], u[apart:]).pvalue > ALPHA


def test_uniform_over_persons():
    assert stats.kstest(Draws(7, 0).uniforms("face", 200_000), "uniform").pvalue > ALPHA


def test_uniform_over_keys():
    draws = Draws(7, 0)
    u = [
        draws.uniforms("face", 3, visit=visit, attempt=attempt)[2]
        for visit in range(400)
        for attempt in range(10)
    ]
    assert stats.kstest(u, "uniform").pvalue > ALPHA


class Extreme:
    """Philox's lowest or highest numbers."""

    def __init__(self, value):
        self.state = Philox(key=0).state
        self.random_raw = lambda count: np.full(count, value, np.uint64)


@pytest.mark.parametrize(("raw", "expected"), [(0, 2.0**-53), (2**64 - 1, 1.0 - 2.0**-53)])
def test_neither_0_nor_1_ever_occurs(monkeypatch, raw, expected):
    draws = Draws(7, 0)
    monkeypatch.setattr(draws, "_philox", Extreme(raw))
    assert draws.uniforms("face", 1)[0] == expected
    assert 0.0 < expected < 1.0


def test_no_purpose_can_pass_for_another_key():
    draws = Draws(1, 1)
    told = [
        draws.uniforms("a", 1, visit=1),
        draws.uniforms("a/1", 1),
        draws.uniforms("a", 1, portal="1"),
        draws.uniforms("a", 1, attempt=1),
        Draws(1, 11).uniforms("a", 1),
        Draws(11, 1).uniforms("a", 1),
    ]
    assert len({float(u[0]) for u in told}) == len(told)


PROGRAM = """
from gatebench.sim.draws import Draws
print(Draws(7, 3).block("face", 5000, visit=2, portal="gate", attempt=1).tobytes().hex())
"""


def test_every_process_draws_the_same():
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    }
    assert found == {Draws(7, 3).block("face", 5000, visit=2, portal="gate", attempt=1).tobytes().hex()}


def test_the_numbers_stay_what_they_are():
    """A run of old can be had again, on any machine and with any numpy: Philox and BLAKE2b are fixed by their papers."""
    u = Draws(7, 0).uniforms("face", 1026, visit=2, portal="gate", attempt=1)
    assert u[[0, 1, 1023, 1024, 1025]].tolist() == [
        0.547947301632281, 0.26074433559235877, 0.9499999616037044, 0.5180770601266583, 0.650649206998437,
    ]  # fmt: skip
