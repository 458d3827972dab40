"""Chances by situation: what they are in each, and what is refused."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.scenarios.conditions import CAMERA, COMPANY, GUARD, NIGHT, SITUATIONS, WORDS, Chance


def test_the_first_condition_that_fits_counts():
    chance = Chance.parse({"night and no guard": "60 %", "guard": 0, "otherwise": "5 %"})
    assert chance.at(NIGHT) == 0.6
    assert chance.at(NIGHT | CAMERA | COMPANY) == 0.6
    assert chance.at(NIGHT | GUARD) == chance.at(GUARD) == 0.0
    assert chance.at(0) == chance.at(CAMERA | COMPANY) == 0.05
    assert chance.constant is None
    assert chance.highest == 0.6


def test_one_share_holds_in_every_situation():
    chance = Chance.parse("20 %")
    assert chance.constant == 0.2
    assert set(chance.table()) == {0.2}


def test_of_nothing_but_otherwise_the_situation_does_not_matter():
    assert Chance.parse({"otherwise": 1}).constant == 1.0


def test_every_word_and_its_opposite_share_the_situations_between_them():
    assert all(
        Chance.parse({word: 1, "otherwise": 0}).at(situation)
        == 1 - Chance.parse({other: 1, "otherwise": 0}).at(situation)
        for (word, (bit, _)), (other, (same, _)) in itertools.permutations(WORDS.items(), 2)
        if bit == same
        for situation in range(SITUATIONS)
    )


wordings = st.lists(st.sampled_from(list(WORDS)), min_size=1, max_size=3).map(" and ".join)


@given(st.dictionaries(wordings, st.integers(0, 100), max_size=5), st.integers(0, 100))
def test_a_chance_is_what_a_slow_reading_of_its_words_says_or_is_refused(rules, rest):
    try:
        chance = Chance.parse(
            {**{words: f"{share} %" for words, share in rules.items()}, "otherwise": f"{rest} %"}
        )
    except ValueError as error:
        assert any(text in str(error) for text in ("can never hold", "stands twice", "never counts"))
        return
    counted = set()
    for night, guard, camera, company in itertools.product((False, True), repeat=4):
        true = {
            "night" if night else "day", "guard" if guard else "no guard",
            "camera" if camera else "no camera", "company" if company else "alone",
        }  # fmt: skip
        fits = next((words for words in rules if set(words.split(" and ")) <= true), None)
        counted.add(fits)
        situation = NIGHT * night + GUARD * guard + CAMERA * camera + COMPANY * company
        assert chance.at(situation) == pytest.approx((rest if fits is None else rules[fits]) / 100)
    assert counted >= set(rules)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"night": "5 %"}, "say what holds 'otherwise', as in {night and no guard"),
        ({"nigth": "5 %", "otherwise": 0}, "unknown condition 'nigth'; did you mean 'night'?"),
        ({"raining": "5 %", "otherwise": 0}, "unknown condition 'raining'; there are: night, day, guard"),
        ({"night or guard": "5 %", "otherwise": 0}, "unknown condition 'night or guard'"),
        ({"night and day": "5 %", "otherwise": 0}, "'night and day' can never hold"),
        ({"no guard and guard": "5 %", "otherwise": 0}, "can never hold"),
        ({"night and guard": 0, "guard and night": 1, "otherwise": 0}, "'guard and night' stands twice"),
        ({"night": 0, "night and guard": 1, "otherwise": 0}, "'night and guard' never counts"),
        ({"night": 0, "day": 0, "camera": 1, "otherwise": 0}, "'camera' never counts"),
        ({"night": "120 %", "otherwise": 0}, "'night': "),
        ({"night": 0, "otherwise": "-5 %"}, "'otherwise': "),
        ("120 %", "120 %"),
        (-0.1, "-0.1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(value: object, says: str):
    with pytest.raises(ValueError) as caught:
        Chance.parse(value)
    assert says in str(caught.value)
