"""How many defective devices a walk finds, after how many steps and seconds, and whether a sound one is ever blamed.

    python benchmarks/defects.py [--only NAME …] [--sound 100] [--soak 20] [--time-scale 10] [--write docs/defects.md]

Each defect of `fixtures/devices/defects` is put onto the emulated controller, and the covering set of `gatebench bench
faults` walks it in virtual time until the first finding: two policies at two doors (`defects.yaml`), the second where the first finds nothing.
Named rightly: by a behaviour that the defect declares. Defects that show now and then are soaked with
n = ceil(ln 0.05 / ln(1 - p)) passages, planned beforehand, over so many seeds. Exit code 1 if a bar is missed: every
defect that shows always is found and rightly named; the others in 18 of 20 seeds; no alarm at sound devices.
"""

from __future__ import annotations

import argparse
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, NamedTuple

from doors import Conditions, door
from virtual_rig import walk, wiring

from gatebench.fixtures.devices.defects import DEFECTS, Defect
from gatebench.hil.faults import able, places
from gatebench.hil.walk.plan import WalkPlan, walk_plan
from gatebench.hil.walk.result import WalkResult
from gatebench.hil.walk.rows import Row
from gatebench.hil.walk.soak import planned, soak_rows
from gatebench.scenarios import Loaded, load

HERE = Path(__file__).parent
DOORS = (("strict", "gate"), ("areas", "door"))
KEY = bytes(range(16))
JUMPS = ("hours-", "leap-day")
"""Rows that jump ahead in time: they stay last, in order; all others are walked in an order by lot at sound devices."""
FILLERS = 100
"""More people on the list than a walk needs, as a compound has."""


class Found(NamedTuple):
    """What a walk said of a defect."""

    name: str
    behaviours: tuple[str, ...]
    row: str
    steps: int
    """Carried out until the first finding."""
    seconds: float
    """Of the device's time, until then."""
    finding: str
    rightly: bool


def covering(loaded: Loaded, policy: str, portal: str, factor: float, fillers: int = FILLERS) -> WalkPlan:
    """The covering set at a door."""
    plan = replace(walk_plan(loaded, policy=policy, portal=portal, lanes=2, factor=factor), fillers=fillers)
    can, _ = able(wiring(len(plan.lanes)), plan)
    return plan.covering(places(plan, can))


def plan_of(policy: str, portal: str, factor: float) -> WalkPlan:
    """The covering set at one of the doors of the defects."""
    return covering(load(HERE / "defects.yaml"), policy, portal, factor)


def first_of(result: WalkResult, defect: Defect | None) -> Found | None:
    """The first finding, and whether any names the defect rightly."""
    steps = 0
    first: tuple[Row, int, float, Any] | None = None
    named: list[str] = []
    for one in result.rows:
        for finding in one.findings:
            named.append(str(finding.behaviour))
            if first is None:
                first = one.row, steps + max(finding.step, 0) + 1, one.begun - result.plan.begin, finding
        steps += one.steps
    if first is None and result.run.error is not None:
        return Found(
            defect.name if defect else "",
            ("protocol",),
            "",
            steps,
            0.0,
            str(result.run.error),
            defect is None or "protocol" in defect.shows,
        )
    if first is None:
        return None
    row, count, seconds, finding = first
    shows = defect.shows if defect is not None else ()
    firsts = {str(finding.behaviour) for one in result.rows if one.row is row for finding in one.findings}
    return Found(
        defect.name if defect else "", tuple(dict.fromkeys(named)), row.id, count, seconds, str(finding), bool(firsts & set(shows))
    )  # fmt: skip


def look_for(name: str, factor: float) -> tuple[Found | None, float]:
    """A defect that shows always: the walk at the first door, and at the second if that found nothing."""
    defect, began = DEFECTS[name], perf_counter()
    found = None
    for policy, portal in DOORS:
        options: dict[str, Any] = {defect.device: ["--defect", name]}
        result = walk(
            plan_of(policy, portal, factor), key=KEY if defect.secure else None, until_found=True, **options
        )
        found = first_of(result, defect)
        if found is not None:
            break
    return found, perf_counter() - began


def soak_for(name: str, seed: int, factor: float) -> bool:
    """A defect that shows now and then: is it found by as many passages as were planned?"""
    defect = DEFECTS[name]
    assert defect.rate is not None
    plan = plan_of(*DOORS[0], factor)
    plan = replace(plan, rows=tuple(soak_rows(plan, planned(defect.rate))))
    options: dict[str, Any] = {defect.device: ["--defect", name, "--seed", str(seed)]}
    found = first_of(walk(plan, **options), defect)
    return found is not None and bool(set(found.behaviours) & set(defect.shows))


def sound(seed: int) -> tuple[int, int, str]:
    """A walk at a sound device at the door of a seed: rows and steps that were walked, and what it was blamed for."""
    conditions = Conditions(seed)
    loaded, policy, portal = door(seed)
    plan = covering(loaded, policy, portal, conditions.factor, conditions.fillers)
    ordered = sorted(plan.rows, key=lambda row: row.id.startswith(JUMPS))
    ahead = [row for row in ordered if not row.id.startswith(JUMPS)]
    Random(seed).shuffle(ahead)
    plan = replace(plan, rows=(*ahead, *ordered[len(ahead) :]))
    result = walk(
        plan, controller=conditions.controller, line_tap=conditions.line_tap, io_box=conditions.io_box, key=conditions.key, poll=conditions.poll
    )  # fmt: skip
    found = first_of(result, None)
    told = (
        "" if found is None else f"seed {seed}, {loaded.scenario.id}/{policy}, {found.row}: {found.finding}"
    )
    return len(result.rows), sum(one.steps for one in result.rows), told


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--only", nargs="*", default=[], choices=[*DEFECTS, []], metavar="NAME")
    options.add_argument(
        "--sound", type=int, default=100, metavar="N", help="walks at sound devices; default 100"
    )
    options.add_argument(
        "--soak", type=int, default=20, metavar="N", help="seeds of each rate defect; default 20"
    )
    options.add_argument("--time-scale", type=float, default=10.0)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--write", type=Path, metavar="FILE", help="write the table there, as a page")
    chosen = options.parse_args()
    names = chosen.only or list(DEFECTS)
    factor = chosen.time_scale
    always = [name for name in names if DEFECTS[name].rate is None]
    rates = [name for name in names if DEFECTS[name].rate is not None]
    with ProcessPoolExecutor(chosen.workers) as pool:
        looked = dict(zip(always, pool.map(look_for, always, [factor] * len(always)), strict=True))
        pairs = [(name, seed) for name in rates for seed in range(chosen.soak)]
        soaked = (
            dict(
                zip(pairs, pool.map(soak_for, *zip(*pairs, strict=True), [factor] * len(pairs)), strict=True)
            )
            if pairs
            else {}
        )
        walked = list(pool.map(sound, range(chosen.sound)))
    blamed = [told for _, _, told in walked if told]
    lines = [
        "| defect | found as | in row | after steps | after s | rightly named |",
        "|---|---|---|---|---|---|",
    ]
    missed = []
    for name, (found, _) in looked.items():
        if found is None or not found.rightly:
            missed.append(name)
        lines.append(
            f"| `{name}` | not found | | | | |" if found is None else
            f"| `{name}` | {', '.join(found.behaviours[:3])} | {found.row} | {found.steps} | {found.seconds:.1f} | {'yes' if found.rightly else 'NO'} |"
        )  # fmt: skip
    for name in rates:
        count = sum(soaked[name, seed] for seed in range(chosen.soak))
        n = planned(DEFECTS[name].rate or 1.0)
        lines.append(
            f"| `{name}` ({DEFECTS[name].rate:.1%}) | soak of {n} | | | | {count} of {chosen.soak} seeds |"
        )
        if count < math.ceil(0.9 * chosen.soak):
            missed.append(name)
    table = "\n".join(lines)
    print(table)
    right = len(always) - len([one for one in missed if one in looked])
    print(
        f"\n{right} of {len(always)} defects that show always are found and rightly named; missed: {', '.join(missed) or 'none'}"
    )
    print(f"{chosen.sound} walks at sound devices: {len(blamed)} with an alarm")
    if chosen.sound and not blamed:
        print(
            f"(no alarm in {chosen.sound} shows a rate of at most {1 - 0.05 ** (1 / chosen.sound):.1%} with 95 % confidence)"
        )
    for one in blamed[:5]:
        print(" ", one)
    if chosen.write:
        chosen.write.write_text(page(table, right, len(always), chosen.sound, len(blamed)), encoding="utf-8")
    return int(bool(missed or blamed))


def page(table: str, right: int, always: int, sounds: int, blamed: int) -> str:
    """docs/defects.md."""
    kinds: dict[str, list[Defect]] = {}
    for one in DEFECTS.values():
        kinds.setdefault(one.kind, []).append(one)
    text = ["# Defective devices: the measure of the bench", ""]
    text += [
        "Emulated devices with one realistic defect each, `--defect NAME` of a twin ([devices](devices.md)). A bench is as good as what it finds",
        "of them: `python benchmarks/defects.py --write docs/defects.md` wrote this page. Readers, face terminals and I/O boxes:",
        "[here](defects-devices.md).",
        "",
    ]
    text += [
        f"{right} of {always} defects that show always were found in one walk and named by a behaviour that fits. Those that show now and then were",
        "soaked with n = ceil(ln 0.05 / ln(1 - p)) passages, planned beforehand, over 20 seeds.",
        "",
        f"{blamed} of {sounds} walks at sound devices raised an alarm"
        + (
            f", which shows a rate of at most {1 - 0.05 ** (1 / sounds):.1%} with 95 % confidence."
            if sounds and not blamed
            else "."
        ),
        "No two are alike: every second door is drawn by lot (kind, springs, timers, readers, rules, fallbacks, hours), the others are",
        "those of the table, `zhengzhou-2021` and `fire-drill`; order of rows, answer time, relays, clocks, flipped bits, polls,",
        "secure channel, length of the list and time scale differ from seed to seed (`benchmarks/doors.py`).",
        "",
        table,
        "",
    ]
    for kind, some in kinds.items():
        text += [f"## {kind.capitalize()}", "", "| defect | what it does | rightly named |", "|---|---|---|"]
        text += [f"| `{one.name}` | {one.summary} | {', '.join(one.shows)} |" for one in some]
        text.append("")
    return "\n".join(text)


if __name__ == "__main__":
    sys.exit(main())
