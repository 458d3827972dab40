"""How fast a day of 50,000 passages is lived, against idiomatic SimPy and Ciw, in turn and in one run on one core.

    python benchmarks/gate_day.py [--rounds 7]

Everything is counted that makes a day: drawing people and arrivals, building the world, running it; with the log on also
the columns of the event log. Times are CPU seconds of this process; ratios are taken round by round.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import resource
import statistics
import time

from peers import ciw_day, simpy_day

from gatebench.scenarios import load
from gatebench.sim.build import Builder, compile_policy
from gatebench.sim.clockwork import Clockwork
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.replication import run
from gatebench.sim.trips import plan

POLICY = "face-card-guard"


def without_log(seed):
    """A day with the log off: passages."""
    draws = Draws(seed, 0)
    day = plan(SCENARIO, draws)
    run(SCENARIO, POLICY, day, draws, None)
    return len(day.trips)


def with_log(seed):
    """The same with the log on: its rows."""
    draws = Draws(seed, 0)
    day = plan(SCENARIO, draws)
    log = EventLog()
    run(SCENARIO, POLICY, day, draws, log)
    return log


def with_columns(seed):
    """The same with the log on, and turned into the columns of the event log."""
    return with_log(seed).table()


def decisions_and_attempts(seed):
    """(calls of decide, `present` rows) of one day: they must be as many."""
    draws = Draws(seed, 0)
    day = plan(SCENARIO, draws)
    log, clock = EventLog(), Clockwork()
    calls = [0]
    policy = compile_policy(SCENARIO, POLICY)
    decide = policy.decide

    def counted(state, request):
        calls[0] += 1
        return decide(state, request)

    policy.decide = counted
    Builder(SCENARIO, day, draws, log).build(policy, clock)
    clock.play(SCENARIO.duration + SCENARIO.drain)
    return calls[0], log.table().column("event").to_pylist().count("present")


def seconds(day, seed):
    gc.collect()
    began = time.process_time()
    day(seed)
    return time.process_time() - began


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    days = {
        "gatebench": without_log,
        "gatebench, log on": with_log,
        "gatebench, columns": with_columns,
        "idiomatic SimPy": simpy_day,
        "Ciw": ciw_day,
    }
    for day in days.values():
        day(0)
    print(
        "peak memory after a day with its log:",
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "MB",
    )
    taken = {name: [] for name in days}
    for number in range(rounds):
        for name, day in days.items():
            taken[name].append(seconds(day, number + 1))
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {rounds} rounds"
    )
    for name, each in taken.items():
        print(
            f"{name:20} {statistics.median(each):6.3f} s of CPU a day (least {min(each):.3f}, most {max(each):.3f})"
        )
    for ours in ("gatebench", "gatebench, log on", "gatebench, columns"):
        for peer in ("idiomatic SimPy", "Ciw"):
            ratios = [b / a for a, b in zip(taken[ours], taken[peer], strict=True)]
            print(
                f"{ours}: {statistics.median(ratios):.2f} x {peer} (least {min(ratios):.2f}, most {max(ratios):.2f})"
            )
    print("simpy, ciw: passages, abandoned, mean wait:", simpy_day(1), ciw_day(1))
    print("calls of decide, attempts:", decisions_and_attempts(1))


SCENARIO = load("reference-gate-day").scenario

if __name__ == "__main__":
    main()
