"""Queueing theory that nobody here wrote: every case is a scenario file, run like any other.

The rule: over at least 20 replications the 99.99 % interval holds the figure, and the 95 % half-width is at most 2 % of
it (a noisy run proves nothing). Figures: textbook formulas, named with each case.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from gatebench.scenarios import load
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.metrics import OVERALL, measure
from gatebench.sim.replication import metadata, persons_of, run
from gatebench.sim.trips import plan

CASES = Path(__file__).parent / "queues"
REPLICATIONS = 20


def replications(name, count=REPLICATIONS, seed=2024):
    """(metrics, event log) of each replication."""
    loaded = load(CASES / f"{name}.yaml")
    scenario = loaded.scenario
    for number in range(count):
        draws = Draws(seed, number)
        day = plan(scenario, draws)
        about = metadata(loaded, seed, number)
        log = EventLog()
        run(scenario, "card", day, draws, log)
        events = log.table(number, {**about, "policy": "card"})
        yield measure(events, persons_of(scenario, day.population, about))[OVERALL], events


def waits(events, warm_up=0.0):
    """Seconds from arrival to service, of everybody who was served."""
    said = {name: events.column(name).to_numpy(zero_copy_only=False) for name in ("t", "person")}
    event = np.asarray(events.column("event").to_pylist())
    arrived = dict(zip(said["person"][event == "arrive"], said["t"][event == "arrive"], strict=True))
    begun = zip(said["person"][event == "present"], said["t"][event == "present"], strict=True)
    return np.array([t - arrived[person] for person, t in begun if arrived[person] >= warm_up])


def judge(figure, samples, *, precise=0.02):
    samples = np.asarray(samples)
    mean, error = samples.mean(), stats.sem(samples)
    half95, half9999 = (stats.t.ppf(1 - a / 2, len(samples) - 1) * error for a in (0.05, 0.0001))
    assert abs(mean - figure) <= half9999, (mean, half9999, figure)
    assert half95 <= precise * abs(figure), (half95, figure)


def metric(name, key):
    return [figures[key] for figures, _ in replications(name)]


def test_mm1_waits_as_pollaczek_khinchine_says():
    means, nobody, lines = [], [], []
    for figures, events in replications("mm1"):
        means.append(figures["wait.mean"])
        nobody.append((waits(events, 3600.0) == 0.0).mean())
        lines.append(figures["queue"])
    judge(9.0, means)
    judge(2.25, lines)
    judge(0.25, nobody)


@pytest.mark.long
def test_the_tail_of_mm1_is_exponential():
    above_30, p95 = [], []
    for figures, events in replications("mm1", count=200):
        above_30.append((waits(events, 3600.0) > 30.0).mean())
        p95.append(figures["wait.p95"])
    judge(0.06156374896792412, above_30)
    judge(32.496602413226526, p95)


def test_md1_waits_half_of_mm1():
    judge(4.5, metric("md1", "wait.mean"))


@pytest.mark.long
def test_three_lanes_share_one_line():
    means, above_10 = [], []
    for figures, events in replications("mm3", count=60):
        means.append(figures["wait.mean"])
        above_10.append((waits(events, 1800.0) > 10.0).mean())
    judge(3.2359550561797774, means)
    judge(0.08758777881380785, above_10)


@pytest.mark.parametrize(
    ("name", "blocked"), [("erlang-b-4-5", 0.19906687402799378), ("erlang-b-8-10", 0.1216610642529515)]
)
def test_without_room_to_wait_people_are_lost_as_erlang_says(name, blocked):
    judge(blocked, metric(name, "abandon.share"))


def test_limited_room_blocks_as_mm1k_says():
    shares, means = [], []
    for figures, _ in replications("mm1k"):
        shares.append(figures["abandon.share"])
        means.append(figures["wait.mean"])
    judge(0.1018665597348377, shares, precise=0.03)
    judge(6.584346901884288, means)


@pytest.mark.long
def test_batches_wait_for_their_own_too():
    judge(15.0, [figures["wait.mean"] for figures, _ in replications("mxm1", count=40)])


@pytest.mark.long
def test_a_line_that_begins_empty_fills_as_computed():
    # Mean wait of the first 50 people: 6.5206 s (numerical transform of the transient M/M/1).
    judge(6.5206, [f["wait.mean"] for f, _ in replications("transient-mm1", count=9000)])


def rows(events, event):
    return [(row["person"], row["t"]) for row in events.to_pylist() if row["event"] == event]


def test_impatient_people_leave_at_the_end_of_their_patience():
    ((_, events),) = replications("reneging", count=1)
    assert rows(events, "abandon") == [(1, 17.0), (3, 31.0)]
    assert rows(events, "pass") == [(0, 18.0), (2, 32.0)]


def test_two_may_leave_at_the_same_instant():
    ((_, events),) = replications("simultaneous-reneging", count=1)
    assert rows(events, "abandon") == [(1, 11.0), (2, 11.0)]
    assert rows(events, "present") == [(0, 3.0), (3, 23.0)]
    assert rows(events, "pass") == [(0, 23.0), (3, 43.0)]
