"""The reference gate day as its peers would write it: idiomatic SimPy (a process a person) and Ciw (a network of nodes).

The same workload as scenarios/library/reference-gate-day.yaml: six gates of two lanes, hourly Poisson arrivals, face,
card, guard, 2.5 s of passage, everybody leaves after 60 s in the queue.
"""

from __future__ import annotations

import math
import random

import simpy

GATES, LANES, PATIENCE, PASSAGE = 6, 2, 60.0, 2.5
WEIGHTS = (4, 2, 1, 1, 2, 8, 40, 110, 272, 70, 40, 35, 50, 40, 35, 40, 60, 120, 252, 90, 60, 45, 25, 12)
RATES = tuple(8800.0 * weight / sum(WEIGHTS) / 3600.0 for weight in WEIGHTS)
FACE_FAILS, CARD_FAILS = 0.08, 0.25
MU, SIGMA = math.log(2.2), 0.35
HOUR, DAY = 3600.0, 86400.0


def service_steps(rng):
    """Seconds of each attempt of one person."""
    yield rng.lognormvariate(MU, SIGMA)
    if rng.random() < FACE_FAILS:
        yield rng.triangular(1.0, 5.0, 2.0)
        if rng.random() < CARD_FAILS:
            yield rng.triangular(4.0, 14.0, 6.0)


def arrival_times(rng):
    """A Poisson process whose rate is constant within each hour."""
    for hour, rate in enumerate(RATES):
        t = hour * HOUR + rng.expovariate(rate)
        while t < (hour + 1) * HOUR:
            yield t
            t += rng.expovariate(rate)


def simpy_day(seed):
    """-> (passages, abandoned, mean wait of those served)."""
    env, rng = simpy.Environment(), random.Random(seed)
    waits, abandoned = [], [0]

    def person(gate):
        arrived = env.now
        with gate.request() as turn:
            if turn not in (yield turn | env.timeout(PATIENCE)):
                abandoned[0] += 1
                return
            waits.append(env.now - arrived)
            for seconds in service_steps(rng):
                yield env.timeout(seconds)
            yield env.timeout(PASSAGE)

    def arrivals(gate):
        for t in arrival_times(rng):
            yield env.timeout(t - env.now)
            env.process(person(gate))

    for _ in range(GATES):
        env.process(arrivals(simpy.Resource(env, LANES)))
    env.run()
    return len(waits), abandoned[0], sum(waits) / len(waits)


def ciw_day(seed):
    """-> (passages, abandoned, mean wait of those served)."""
    import ciw

    class Service(ciw.dists.Distribution):
        def sample(self, t=None, ind=None):
            return PASSAGE + sum(service_steps(random))

    ciw.seed(seed)
    ends = [HOUR * (hour + 1) for hour in range(24)]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.PoissonIntervals(list(RATES), ends, DAY) for _ in range(GATES)],
        service_distributions=[Service() for _ in range(GATES)],
        number_of_servers=[LANES] * GATES,
        reneging_time_distributions=[ciw.dists.Deterministic(PATIENCE)] * GATES,
        routing=[[0.0] * GATES for _ in range(GATES)],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(DAY + HOUR)
    records = simulation.get_all_records()
    served = [record.waiting_time for record in records if record.record_type == "service"]
    abandoned = sum(record.record_type == "renege" for record in records)
    return len(served), abandoned, sum(served) / len(served)
