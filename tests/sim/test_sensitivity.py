"""What is varied, what stays, and what is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatebench.scenarios.checks import problems
from gatebench.scenarios.errors import InputError
from gatebench.scenarios.headline import Headline
from gatebench.scenarios.library import Loaded
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.comparison import compare as compare_candidates
from gatebench.sim.sensitivity import can_follow, measure_sensitivity, runs, with_follow_probability

PLACE = (
    Path(__file__)
    .parents[1]
    .joinpath("small.yaml")
    .read_text("utf-8")
    .replace("replications: 2", "replications: 3")
)
BY_SITUATION = "behaviour: {follow: {without_credential: {guard: 0 %, night: 80 %, otherwise: 20 %}}}\n"
OWN_HABITS = PLACE.replace(
    "face: refused, entitled: true}",
    "face: refused, entitled: true, habits: {follow: {without_credential: 50 %}}}",
)
NOBODY = PLACE + (
    "behaviour: {resorts: [leave], follow: {with_credential: 0 %, without_credential: 0 %, reverse: 0 %}}\n"
)


def scenario_of(text):
    return read_bytes(text.encode(), Scenario, check=problems)


def test_who_has_no_credential_follows_with_just_that_probability_and_the_rest_in_proportion():
    follow = with_follow_probability(scenario_of(PLACE), 0.4).behaviour.follow
    assert follow.without_credential.constant == pytest.approx(0.4)  # 0.8 by default
    assert follow.with_credential.constant == pytest.approx(0.05)  # 0.1 by default
    assert follow.reverse.constant == pytest.approx(0.15)  # 0.3 by default


def test_of_shares_by_situation_the_largest_becomes_the_probability():
    follow = with_follow_probability(scenario_of(PLACE + BY_SITUATION), 0.4).behaviour.follow
    assert follow.without_credential.highest == pytest.approx(0.4)
    assert follow.without_credential.otherwise == pytest.approx(0.1)
    assert (
        min(follow.without_credential.table()) == 0.0
    )  # Beside a guard nobody follows, however readily elsewhere.


def test_no_share_grows_beyond_1():
    text = PLACE + "behaviour: {follow: {with_credential: 50 %, without_credential: 20 %}}\n"
    follow = with_follow_probability(scenario_of(text), 0.8).behaviour.follow
    assert (follow.with_credential.constant, follow.without_credential.constant) == (1.0, pytest.approx(0.8))


def test_groups_with_habits_of_their_own_are_varied_as_well():
    habits = with_follow_probability(scenario_of(OWN_HABITS), 0.1).people["refuser"].habits
    assert habits.follow.without_credential.constant == pytest.approx(0.1)


def test_everything_else_stays_as_it_is():
    scenario = scenario_of(OWN_HABITS)
    varied = with_follow_probability(scenario, 0.1)
    assert varied.behaviour.follow.hope is scenario.behaviour.follow.hope
    assert varied.behaviour.hold is scenario.behaviour.hold
    assert varied.policies is scenario.policies
    assert varied.people["person"] is scenario.people["person"]


def test_the_scenarios_own_probability_needs_no_runs():
    scenario = scenario_of(PLACE)
    assert with_follow_probability(scenario, 0.8) is scenario
    assert runs(scenario, 5) == 10
    assert runs(scenario_of(OWN_HABITS), 5) == 15


def test_a_probability_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match="within 0-1"):
        with_follow_probability(scenario_of(PLACE), 1.1)


def test_where_nobody_can_follow_nothing_is_varied():
    assert can_follow(scenario_of(PLACE))
    assert not can_follow(scenario_of(NOBODY))
    assert not can_follow(scenario_of(PLACE.replace("swing-door", "turnstile")))  # Its arms prevent it.


# ---- as the command tells it


def test_it_is_told_everywhere_and_says_that_nobody_has_measured_it(compare):
    code, out, result, _, page = compare(PLACE + "headline: lockout.minutes[refuser]@gate\n")
    assert code == 0
    assert "if people follow with probability 10 % / 40 % / 80 %: nobody has measured it" in out
    assert "nobody has measured it" in page
    told = result["sensitivity"]
    assert (told["headline"], told["n"], told["assumed"]) == ("lockout.minutes[refuser]@gate", 3, 0.8)
    low, _, high = (row["mean"] for row in told["policies"]["face-only"])
    assert low > high  # Who follows sooner stands outside for less time.
    # The scenario's own probability: the figures of the comparison itself.
    assert high == result["policies"]["face-only"]["combinations"]["refuser@gate"]["lockout.minutes"]["mean"]
    assert [row["probability"] for row in told["policies"]["both"]] == [0.1, 0.4, 0.8]


def test_it_is_what_a_scenario_with_that_probability_gives(compare):
    told = compare(PLACE).result["sensitivity"]["policies"]
    follow = "{with_credential: 5 %, without_credential: 40 %, reverse: 15 %}"
    plain = compare(PLACE + f"behaviour: {{follow: {follow}}}\n", "--no-sensitivity").result["policies"]
    for policy, rows in told.items():
        assert rows[1]["mean"] == plain[policy]["overall"]["lockout.persons"]["mean"]
        assert rows[1]["ci95"] == plain[policy]["overall"]["lockout.persons"]["ci95"]


def test_it_can_be_left_out_and_made_longer_or_shorter(compare):
    _, out, result, _, page = compare(PLACE, "--no-sensitivity")
    assert result["sensitivity"] is None
    assert "nobody has measured it" not in out + page
    assert compare(PLACE, "--sensitivity-replications", "2").result["sensitivity"]["n"] == 2
    assert compare(PLACE, "--sensitivity-replications", "9").result["sensitivity"]["n"] == 3


def test_it_is_not_told_where_nobody_can_follow(compare):
    assert compare(NOBODY).result["sensitivity"] is None


def test_after_ctrl_c_what_is_finished_is_told():
    loaded = Loaded(scenario_of(PLACE), None, "0" * 64)
    comparison = compare_candidates(loaded, ["both"], "both", n=2, seed=1)

    def stop(done):
        if done == 3:
            raise KeyboardInterrupt

    told = measure_sensitivity(loaded, comparison.figures, n=2, seed=1, on_done=stop)
    assert told.cut_short
    assert [one.n for one in told.estimates["both"]] == [2, 1, 2]


def test_two_workers_give_the_same_bytes_as_one(compare, tmp_path):
    compare(PLACE)
    one = (tmp_path / "out" / "result.json").read_bytes()
    compare(PLACE, "--workers", "2")
    assert (tmp_path / "out" / "result.json").read_bytes() == one


# ---- the headline in the file


def test_a_headline_is_read_like_the_left_side_of_an_expectation():
    scenario = scenario_of(PLACE + "headline: wait.p95 [refuser] @gate\n")
    assert scenario.headline == Headline("wait.p95", "refuser", "gate")
    assert str(scenario.headline) == "wait.p95[refuser]@gate"
    assert scenario_of(PLACE).headline == Headline("lockout.persons")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lockout.person", "did you mean 'lockout.persons'?"),
        ("lockout.persons > 3", "leave operator and limit out"),
        ("[7]", "a headline is text such as"),
        ("lockout.persons[refusers]", "did you mean 'refuser'?"),
        ("lockout.persons@gaet", "did you mean 'gate'?"),
        ("costs.total", "add 'prices'"),
        ("costs.total[refuser]", "told for the whole place"),
    ],
)
def test_a_headline_that_cannot_be_told_is_named_with_the_way_out(text, said):
    with pytest.raises(InputError) as error:
        scenario_of(PLACE + f"headline: {text}\n")
    assert "headline" in str(error.value)
    assert said in str(error.value)
