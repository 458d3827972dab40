"""Steps of a walk as plain data."""

import dataclasses

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gatebench.hil.walk.cover import pairwise
from gatebench.hil.walk.steps import KINDS, Begin, Present, Together, Wait, from_plain, text, to_plain
from gatebench.scenarios.errors import InputError

presents = st.builds(
    Present, st.integers(0, 99), st.sampled_from(("card", "face")), st.sampled_from(("in", "out")), st.integers(0, 3), st.booleans(),
)  # fmt: skip
steps = st.one_of(
    presents,
    st.builds(Wait, st.floats(0, 100)),
    st.builds(Begin, st.just("network-down"), st.none() | st.just("gate"), st.just({}) | st.just({"seconds": 2.0})),
    st.builds(Together, st.tuples(presents, presents)),
    *[st.builds(kind) for kind in KINDS.values() if all(f.default is not dataclasses.MISSING for f in dataclasses.fields(kind))],
)  # fmt: skip


@given(steps)
def test_what_is_written_is_read_again(step):
    assert from_plain(to_plain(step)) == step
    assert text(step).startswith(step.do)


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({"do": "presnt"}, "did you mean 'present'"),
        ({"do": "wait", "seconds": "long"}, r"row 3.seconds: must be float \(got 'long'\)"),
        ({"do": "wait", "secs": 1}, "row 3.secs"),
        ({"do": "present", "credential": "card"}, "row 3: present"),
        ("wait", "must be a mapping"),
    ],
)
def test_a_wrong_step_names_place_field_and_value(plain, message):
    with pytest.raises(InputError, match=message):
        from_plain(plain, "row 3")


@given(
    st.lists(
        st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True), min_size=2, max_size=5
    )
)
def test_pairwise_rows_have_every_pair(factors):
    rows = pairwise(factors)
    for a, one in enumerate(factors):
        for b, other in enumerate(factors[a + 1 :], a + 1):
            assert {(x, y) for x in one for y in other} == {(row[a], row[b]) for row in rows}
    whole = 1
    for one in factors:
        whole *= len(one)
    assert len(rows) <= whole
