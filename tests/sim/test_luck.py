"""Luck, looked up one visit at a time, is what the draws of its key say."""

from types import SimpleNamespace

import numpy as np
import pytest

from gatebench.scenarios.distributions import Distribution
from gatebench.sim import luck as luck_module
from gatebench.sim.draws import Draws
from gatebench.sim.luck import Luck

PERSONS = 3000


@pytest.fixture
def draws():
    return Draws(7, 2)


@pytest.fixture
def luck(draws):
    return Luck(draws, np.arange(PERSONS))


def visit(person, number=0, attempt=0, stay=0, chances=0):
    return SimpleNamespace(
        person=person, ordinal=person, number=number, attempt=attempt, stay=stay, chances=chances
    )


def times(text):
    return Distribution.parse(text, None)


@pytest.mark.parametrize(
    ("by", "key"),
    [("visit", 0), ("attempt", 3), ("stay", 4), ("chances", 5)],
)
def test_seconds_are_those_of_the_key(draws, luck, by, key):
    spread = times("lognormal median 1.2 s p95 4 s")
    seconds = luck.seconds("closing", spread, by=by, portal="gate")
    expected = spread.ppf(draws.uniforms("closing", PERSONS, visit=17, portal="gate", attempt=key))
    for person in (0, 1, 1023, 1024, 2999):
        found = seconds(visit(person, 17, attempt=3, stay=4, chances=5))
        assert type(found) is float
        assert found == pytest.approx(expected[person], rel=1e-12)  # vectors of other lengths round otherwise


def test_steady_and_listed_times_take_no_luck(luck):
    assert luck.seconds("closing", times("2 s")) == 2.0
    listed = luck.seconds("closing", times("sequence 1 s 5 s 9 s"))
    assert [listed(visit(person)) for person in range(4)] == [1.0, 5.0, 9.0, 1.0]


def test_events_happen_to_those_whose_draw_is_below(draws, luck):
    happens = luck.event("finds", 0.3, by="attempt")
    u = draws.uniforms("finds", PERSONS, attempt=1)
    found = [happens(visit(person, attempt=1)) for person in range(PERSONS)]
    assert found == (u < 0.3).tolist()
    assert type(found[0]) is bool
    assert luck.event("never", 0.0)(visit(0)) is False
    assert luck.event("always", 1.0)(visit(0)) is True


def test_a_sample_is_made_of_its_stages(draws, luck):
    stages = [times("0 s"), times("uniform 1 s 3 s"), times("0.3 s"), times("sequence 0.1 s 0.2 s")]
    sample = luck.samples("face", "gate", stages, 2, times("exponential 1 s"), 0.2)
    key = {"visit": 16, "portal": "gate", "attempt": 2}
    acquire = 1 + 2 * draws.uniforms("face.1", PERSONS, **key)
    acquired = draws.uniforms("face.acquired", PERSONS, **key) >= 0.2
    actuate = -np.log1p(-draws.uniforms("face.actuate", PERSONS, **key))
    match = draws.uniforms("face.match", PERSONS, **key)
    for person in range(0, PERSONS, 7):
        found = sample(visit(person, 16, attempt=2))
        assert [type(value) for value in found] == [float, float, bool, float]
        whole = acquire[person] + 0.3 + (0.1, 0.2)[person % 2]
        assert found[0] == pytest.approx(whole if acquired[person] else acquire[person])
        assert found[1] == pytest.approx(actuate[person])
        assert found[2:] == (acquired[person], match[person])


def test_old_blocks_go_and_come_back_the_same(monkeypatch, luck):
    monkeypatch.setattr(luck_module, "_KEEP", 2)
    uniform = luck.uniform("hope")
    sample = luck.samples("card", "gate", [times("exponential 1 s")], 1, times("0 s"), 0.1)
    walk = luck.walk("walk", times("exponential 60 s"))
    visits = [visit(person, number) for number in (0, 1, 16) for person in (5, 1500, 2500)]
    first = [(uniform(each), sample(each), walk(each.person, each.number)) for each in visits]
    assert [(uniform(each), sample(each), walk(each.person, each.number)) for each in visits] == first


def test_no_more_than_so_many_blocks_are_kept():
    cache = {}
    for number in range(luck_module._KEEP + 5):
        assert luck_module._keep(cache, (number,), "block") == "block"
    assert len(cache) == luck_module._KEEP
    assert (0,) not in cache
    assert (luck_module._KEEP,) in cache
