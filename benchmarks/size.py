"""How a large place grows: one day of 2,882 households (`nanjiao-huadu-lifts`), candidate by candidate, beside the reference
day at six gates, in turn and in one run on one core.

    python benchmarks/size.py [--rounds 5] [--scenario nanjiao-huadu-lifts]

Everything is counted that a replication is: people, trips and campaigns drawn, the world built and lived with its log on, the
log turned into columns, every metric. CPU seconds of this process; ratios are taken round by round, in seconds a row of the
log, so that they say whether a row of a large place costs more than a row at a gate. Peak memory is that of a fresh
process for one candidate.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from gatebench.scenarios import load
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.metrics import measure, ways
from gatebench.sim.replication import metadata, persons_of, run, wanted_slices
from gatebench.sim.trips import plan

REFERENCE = "reference-gate-day"
PARTS = ("people", "world", "columns", "metrics")


def replication(loaded, policy, seed):
    """One day under one candidate: its people, its rows, CPU seconds of each part."""
    scenario = loaded.scenario
    gc.collect()
    marks = [time.process_time()]

    def mark():
        marks.append(time.process_time())

    draws = Draws(seed, 0)
    day = plan(scenario, draws)
    mark()
    log = EventLog()
    run(scenario, policy, day, draws, log)
    mark()
    about = metadata(loaded, seed, 0)
    events = log.table(0, {**about, "policy": policy})
    mark()
    persons = persons_of(scenario, day.population, about)
    measure(events, persons, wanted_slices(scenario))
    ways(events, persons)
    mark()
    return len(day.population), events.num_rows, [b - a for a, b in pairwise(marks)]


def peak(name, policy):
    """Peak memory of a process that lives one day, MB."""
    subprocess_of_one = [sys.executable, __file__, "--scenario", name, "--only", policy]
    said = subprocess.run(subprocess_of_one, check=True, capture_output=True, text=True).stdout
    return int(said.split()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scenario", default="nanjiao-huadu-lifts")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    given = parser.parse_args()
    loaded = load(given.scenario)
    if given.only:
        replication(loaded, given.only, 1)
        # Not getrusage: its peak begins with that of the process that started this one.
        status = Path("/proc/self/status").read_text("ascii")
        print(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024)
        return
    small = load(REFERENCE)
    candidates = list(loaded.scenario.policies)
    gate = next(iter(small.scenario.policies))
    days = [(small, REFERENCE, gate), *((loaded, given.scenario, one) for one in candidates)]
    found = {(name, policy): [] for _, name, policy in days}
    for seed in range(given.rounds + 1):
        for one, name, policy in days:
            told = replication(one, policy, seed)
            if seed:  # the first round warms up
                found[name, policy].append(told)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {given.rounds} rounds; medians (least to most)"
    )
    reference = [sum(parts) / rows for _, rows, parts in found[REFERENCE, gate]]
    for (name, policy), rounds in found.items():
        whole = [sum(parts) for _, _, parts in rounds]
        people, rows = (statistics.median(one[index] for one in rounds) for index in (0, 1))
        each = [total / one[1] / ref for total, one, ref in zip(whole, rounds, reference, strict=True)]
        shares = [statistics.median(one[2][index] / sum(one[2]) for one in rounds) for index in range(4)]
        print(
            f"{name} {policy}: {statistics.median(whole):.2f} s a day ({min(whole):.2f} to {max(whole):.2f}), "
            f"{people:,.0f} people, {rows:,.0f} rows, {rows / statistics.median(whole):,.0f} rows/s; "
            f"a row costs {statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f}) of one at the reference gates; "
            + ", ".join(f"{part} {share:.0%}" for part, share in zip(PARTS, shares, strict=True))
            + f"; peak {peak(name, policy)} MB"
        )


if __name__ == "__main__":
    main()
