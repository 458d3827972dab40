"""Closed forms for what a plain queue does not have: retries, guards, priorities, patience, suspension, held doors.

Every case is one scenario text run like any other; the figure must lie in the 99.99 % interval of its replications, and
the 95 % half-width be small enough to prove something.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from gatebench.scenarios.checks import problems
from gatebench.scenarios.library import Loaded
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.metrics import OVERALL, Where
from gatebench.sim.replication import replicate

TEXT = """
scenario: case
start: 2024-01-01T00:00 UTC
duration: {hours} h
warm_up: {warm_up} h
drain: 2 h
compound: {{portals: {{gate: {{kind: {kind}, passing: 0 s, opening: 0 s, closing: 0 s, rearm: 0 s{portal}}}}}}}
people: {people}
traffic: {traffic}
readers:
  card: {{acquire: {card}, match: 0 s, decide: 0 s, actuate: 0 s, failure_to_acquire: 0, false_non_identification: {fails}}}
behaviour: {{{behaviour}}}
policies:
  the-policy: {{{policy}}}
"""
ALONE = {
    "hours": 20, "warm_up": 0.5, "kind": "turnstile", "portal": "", "people": "{person: {holds: [card], entitled: true}}",
    "traffic": "{stream: {arrivals: {every: exponential 4 s}, group: person, at: gate}}", "card": "exponential 2 s",
    "fails": 0, "behaviour": "", "policy": "access: [{accept: card}]",
}  # fmt: skip


def samples(metric, where=OVERALL, count=20, **changes):
    text = TEXT.format(**{**ALONE, **changes})
    loaded = Loaded(read_bytes(text.encode(), Scenario, check=problems), None, "")
    found = [replicate(loaded, ["the-policy"], 11, number)["the-policy"] for number in range(count)]
    wheres = where if isinstance(where[0], tuple) else (where,)
    return [[one[place][metric] for one in found] for place in wheres]


def judge(figure, values, precise=0.03):
    mean, error = np.mean(values), stats.sem(values)
    half95, half9999 = (stats.t.ppf(1 - a / 2, len(values) - 1) * error for a in (0.05, 0.0001))
    assert abs(mean - figure) <= half9999, (mean, half9999, figure)
    assert half95 <= precise * figure, (half95, figure)


def test_immediate_retries_lengthen_the_service_geometrically():
    # Exponential tries of 2 s that fail with 0.25, again at once: exponential service of 8/3 s; M/M/1.
    (wait,) = samples("wait.mean", fails="25 %", behaviour="retry: {probability: 100 %, limit: null}")
    judge((8 / 3) * (2 / 3) / (1 - 2 / 3), wait)


def test_retries_at_the_back_of_the_line_are_bernoulli_feedback():
    # M/M/1 with feedback (Jackson): as many in the system as in M/M/1 of load 2/3; L / lambda is the passage time.
    (whole,) = samples(
        "passage_time.mean", fails="25 %", behaviour="retry: {probability: 100 %, limit: null, rejoin: back}"
    )
    judge((2 / 3) / (1 - 2 / 3) * 4.0, whole)


def test_a_guard_who_occupies_the_lane_lengthens_the_service():
    # 2 s, and 10 s more with probability 0.2: Pollaczek-Khinchine with E S = 4, E S^2 = 0.8 * 4 + 0.2 * 144.
    (wait,) = samples(
        "wait.mean", card="2 s", fails="20 %", behaviour="retry: {limit: 1}", hours=24,
        traffic="{stream: {arrivals: {every: exponential 6 s}, group: person, at: gate}}",
        policy="access: [{accept: [card, guard]}], guard: {takes: 10 s, occupies_lane: true}",
    )  # fmt: skip
    judge((0.8 * 4 + 0.2 * 144) / 6 / (2 * (1 - 4 / 6)), wait)


def test_a_guard_beside_the_lanes_is_a_second_queue():
    # Burke: what leaves M/M/1 is Poisson; a fifth of it goes on to a guard of exponential 12 s; both queues in tandem.
    (whole,) = samples(
        "passage_time.mean", fails="20 %", behaviour="retry: {limit: 1}", hours=24,
        policy="access: [{accept: [card, guard]}], guard: {takes: exponential 12 s}",
    )  # fmt: skip
    judge(2 / (1 - 0.5) + 0.2 * 12 / (1 - 0.6), whole)


def test_priority_without_preemption_divides_the_wait_as_cobham_says():
    groups = "{vip: {holds: [card], entitled: true}, person: {holds: [card], entitled: true}}"
    traffic = (
        "{a: {arrivals: {every: exponential 10 s}, group: vip, at: gate},"
        " b: {arrivals: {every: exponential 10 s}, group: person, at: gate}}"
    )
    shared = {
        "portal": ", priority: [vip]",
        "people": groups,
        "traffic": traffic,
        "card": "exponential 3 s",
        "hours": 40,
    }
    residual = 2 * 0.1 * 2 * 3**2 / 2
    first, others = samples("wait.mean", (Where("group", "vip"), Where("group", "person")), **shared)
    judge(residual / (1 - 0.3), first)
    judge(residual / (1 - 0.3) / (1 - 0.6), others)


def erlang_a(arrivals, service, patience):
    """Share that abandons in M/M/1 with exponential patience, by the balance of the birth-death chain."""
    weights = [1.0]
    for n in range(1, 400):
        weights.append(weights[-1] * arrivals / (service + (n - 1) * patience))
    waiting = sum(max(n - 1, 0) * w for n, w in enumerate(weights)) / sum(weights)
    return patience * waiting / arrivals


def test_exponential_patience_in_the_queue_is_erlang_a():
    (share,) = samples(
        "abandon.share", card="exponential 4 s", behaviour="patience: {time: exponential 20 s, over: queue}"
    )
    judge(erlang_a(0.25, 0.25, 0.05), share)


def test_a_suspended_reader_keeps_its_lane_for_as_long():
    # Each failure (0.2) costs 10 s more at the reader: S = sum over tries; PK with constants 2 s and 12 s.
    (wait,) = samples(
        "wait.mean", card="2 s", fails="20 %", behaviour="retry: {probability: 100 %, limit: null}", hours=60,
        traffic="{stream: {arrivals: {every: exponential 8 s}, group: person, at: gate}}",
        policy="access: [{accept: card}], suspension: {after: 1, lasts: 10 s, of: reader}",
    )  # fmt: skip
    failures, variance = 0.25, 0.2 / 0.8**2
    mean = 2 + 12 * failures
    square = 144 * variance + mean**2
    judge(square / 8 / (2 * (1 - mean / 8)), wait)


def test_a_suspended_person_waits_aside_and_tries_again():
    # Lanes enough that nobody queues: 1 / 0.8 tries of 2 s, and 0.25 suspensions of 30 s.
    (whole,) = samples(
        "passage_time.mean", card="2 s", fails="20 %", behaviour="retry: {probability: 100 %, limit: null}", portal=", lanes: 30", hours=4,
        policy="access: [{accept: card}], suspension: {after: 1, lasts: 30 s, of: person}",
    )  # fmt: skip
    judge(2 / 0.8 + 0.25 * 30, whole)


DOOR = {
    "kind": "swing-door", "card": "0 s", "hours": 8, "warm_up": 0.5, "count": 20,
    "traffic": "{stream: {arrivals: {every: exponential 5 s}, group: person, at: gate}}",
}  # fmt: skip
RATE, WINDOW = 0.2, 8.0


def followers(unlock, q=1.0, hold=0):
    """Share of all passages behind somebody who had opened."""
    follow = f"follow: {{with_credential: {q}, headway: 0 s}}, hold: {{probability: {hold}}}"
    (share,) = samples("tailgating.share", **{**DOOR, "portal": f", unlock: {unlock}", "behaviour": follow})
    return share


def test_a_window_of_fixed_length_admits_as_many_as_come_in_it():
    # A cycle is one who opens and, until the lock falls, Poisson many who follow: m / (1 + m), m = rate x window.
    judge(RATE * WINDOW / (1 + RATE * WINDOW), followers("{time: 8 s}"))


def test_a_window_that_each_passage_restarts_stays_open_through_every_shorter_gap():
    # A passage finds the door open when the gap before it is shorter than the window.
    judge(1 - math.exp(-RATE * WINDOW), followers("{time: 8 s, restart_on_pass: true}"))


@pytest.mark.parametrize("q", [0.3, 0.7])
def test_a_window_that_each_badge_restarts_with_some_who_follow(q):
    # Who comes while it is open follows with q, else badges and restarts it. Badges end open spells of mean length
    # (1 - exp(-b W)) / b with b = (1 - q) rate, by renewal at each badge; all who come in the open and follow: q.
    b = (1 - q) * RATE
    open_length = (1 - math.exp(-b * WINDOW)) / b
    closed = math.exp(-b * WINDOW) / RATE
    judge(q * open_length / (open_length + closed), followers("{time: 8 s}", q))


def test_a_window_that_badges_do_not_restart_with_some_who_follow():
    # The window is fixed again: of those who come in it a share q follows, the others badge.
    q = 0.5
    m = RATE * WINDOW
    judge(q * m / (1 + m), followers("{time: 8 s, restart_on_grant: false}", q))
