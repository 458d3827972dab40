"""A plain portal against a recursion without any event loop: each person takes the lane that is free first.

Kiefer, J. and Wolfowitz, J. (1955), On the theory of queues with many servers, Trans. AMS 78, 1-18. Start and end of
every person must agree to the last bit, for both add the same numbers in the same order.
"""

from __future__ import annotations

import numpy as np
import pytest

from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.replication import run
from gatebench.sim.trips import plan

PLAIN = """
scenario: plain
start: 2024-01-01T00:00 UTC
duration: {hours} h
drain: 6 h
compound: {{portals: {{gate: {{kind: turnstile, lanes: {lanes}, passing: lognormal mean 2.5 s sd 1 s, rearm: 0 s}}}}}}
people: {{person: {{holds: [card], entitled: true}}}}
traffic: {{stream: {{arrivals: {{every: exponential {gap} s}}, group: person, at: gate}}}}
readers: {{card: {{acquire: gamma mean 2 s sd 1 s, match: 0 s, decide: 0 s, actuate: 0 s, failure_to_acquire: 0}}}}
behaviour: {{follow: {{with_credential: 0}}}}
policies: {{card: {{access: [{{accept: card}}]}}}}
"""


def recursion(arrivals, first, second, lanes):
    """Start and end by person, in order of arrival."""
    free = [0.0] * lanes
    start, end = [], []
    for t, a, b in zip(arrivals, first, second, strict=True):
        lane = free.index(min(free))
        begun = max(t, free[lane])
        free[lane] = (begun + a) + b
        start.append(begun)
        end.append(free[lane])
    return np.array(start), np.array(end)


@pytest.mark.parametrize(("lanes", "gap", "hours"), [(1, 5.0, 12), (2, 2.4, 12), (5, 0.95, 28)])
def test_starts_and_ends_are_those_of_the_recursion_to_the_last_bit(lanes, gap, hours):
    scenario = read_bytes(PLAIN.format(lanes=lanes, gap=gap, hours=hours).encode(), Scenario)
    draws = Draws(5, lanes)
    day = plan(scenario, draws)
    count = len(day.trips)
    arrivals = np.array([trip[0] for trip in day.trips])
    acquire = scenario.readers["card"].acquire
    passing = scenario.compound.portals["gate"].passing
    first = acquire.ppf(draws.uniforms("card.1", count, visit=0, portal="gate"))
    second = passing.ppf(draws.uniforms("passing", count, visit=0, portal="gate"))

    log = EventLog()
    run(scenario, "card", day, draws, log)
    events = log.table()
    t = events.column("t").to_numpy()
    event = np.asarray(events.column("event").to_pylist())
    person = np.array(events.column("person").fill_null(-1))
    began = np.full(count, np.nan)
    ended = np.full(count, np.nan)
    began[person[event == "present"]] = t[event == "present"]
    ended[person[event == "pass"]] = t[event == "pass"]

    start, end = recursion(arrivals.tolist(), first.tolist(), second.tolist(), lanes)
    assert np.array_equal(began, start)
    assert np.array_equal(ended, end)


def test_the_recursion_was_asked_about_more_than_a_hundred_thousand_people():
    expected = sum(hours * 3600 / gap for _, gap, hours in [(1, 5.0, 12), (2, 2.4, 12), (5, 0.95, 28)])
    assert expected > 100_000
