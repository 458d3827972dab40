"""How many defective readers, face terminals and I/O boxes a walk finds, and whether a sound one is ever blamed.

    python benchmarks/peripheral_defects.py [--only NAME …] [--sound 100] [--soak 20] [--write docs/defects-devices.md]

The walk of `gatebench bench faults --device …` in virtual time. Named rightly: the first row in which anything is found names
a behaviour that the defect declares. Defects that show now and then are walked with the rows that meet them most
(`hil/peripherals/soaking.py`), n = ceil(ln 0.05 / ln(1 - p)) occasions planned beforehand, over so many seeds. Sound devices
differ from seed to seed in how quick they are, in key, and in whether they insist on the secure channel. Exit code 1 if a bar
is missed: as in `defects.py`.
"""

from __future__ import annotations

import argparse
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import NamedTuple

from peripheral_rig import KEY, TWIN, walk_at

from gatebench.fixtures.devices.defects import PERIPHERAL_DEFECTS, Defect
from gatebench.hil.peripherals.soaking import soak_row
from gatebench.hil.walk.soak import planned

KINDS = {twin: kind for kind, twin in TWIN.items()}


class Found(NamedTuple):
    """What a walk said of a defect."""

    behaviours: tuple[str, ...]
    row: str
    steps: int
    """Frames, orders and stimuli until the first finding."""
    seconds: float
    """Of the device's time, until then."""
    rightly: bool


def look_for(name: str, kind: str) -> Found | None:
    """A defect that shows always: one walk."""
    defect = PERIPHERAL_DEFECTS[name]
    result = walk_at(kind, "--defect", name)
    steps = 0
    for row in result.rows:
        if row.findings:
            first, named = row.findings[0], {str(one.behaviour) for one in row.findings}
            every = dict.fromkeys(str(one.behaviour) for other in result.rows for one in other.findings)
            return Found(tuple(every), row.id, steps + first.step, first.t, bool(named & set(defect.shows)))
        steps += row.steps
    return None


def soak_for(name: str, kind: str, seed: int) -> bool:
    """A defect that shows now and then: found by as many occasions as were planned?"""
    defect = PERIPHERAL_DEFECTS[name]
    assert defect.rate is not None
    result = walk_at(
        kind, "--defect", name, "--seed", str(seed), rows=(soak_row(kind, planned(defect.rate)),), seed=seed
    )
    named = {str(one.behaviour) for row in result.rows for one in row.findings}
    return bool(named & set(defect.shows))


def sound(kind: str, seed: int) -> str:
    """A walk at a sound device; what it was blamed for."""
    lot = Random(f"{kind}/{seed}")
    if kind == "io-box":
        options = [
            "--relay",
            f"{lot.uniform(0.001, 0.01):.4f}",
            "--latency",
            f"{lot.uniform(0.0001, 0.005):.4f}",
        ]
        options += ["--drift", f"{lot.uniform(-30, 30):.1f}"]
        result = walk_at(kind, *options, seed=seed)
    else:
        options = ["--latency", f"{lot.uniform(0.0005, 0.05):.4f}"]
        if kind == "reader":
            options += [
                "--read",
                f"{lot.uniform(0.02, 0.4):.3f}",
                "--press",
                f"{lot.uniform(0.001, 0.05):.3f}",
            ]
        else:
            options += [
                "--acquire",
                f"{lot.uniform(0.3, 0.4):.3f}",
                "--match",
                f"{lot.uniform(0.1, 0.4):.3f}",
            ]
        result = walk_at(
            kind, *options, seed=seed, key=None if seed % 3 == 0 else KEY, secure_only=seed % 3 == 1
        )
    bad = [(row.id, row.findings[0]) for row in result.rows if row.findings]
    return f"{kind}, seed {seed}, {bad[0][0]}: {bad[0][1]}" if bad else ""


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--only", nargs="*", default=[], metavar="NAME")
    options.add_argument(
        "--sound", type=int, default=100, metavar="N", help="walks at sound devices of each kind; default 100"
    )
    options.add_argument(
        "--soak", type=int, default=20, metavar="N", help="seeds of each rate defect; default 20"
    )
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--write", type=Path, metavar="FILE", help="write the table there, as a page")
    chosen = options.parse_args()
    some = [PERIPHERAL_DEFECTS[name] for name in chosen.only or PERIPHERAL_DEFECTS]
    always = [(one.name, KINDS[twin]) for one in some if one.rate is None for twin in one.devices]
    rates = [(one.name, KINDS[twin]) for one in some if one.rate is not None for twin in one.devices]
    seeds = [(*pair, seed) for pair in rates for seed in range(chosen.soak)]
    walks = [(kind, seed) for kind in KINDS.values() for seed in range(chosen.sound)]
    with ProcessPoolExecutor(chosen.workers) as pool:
        looked = (
            dict(zip(always, pool.map(look_for, *zip(*always, strict=True)), strict=True)) if always else {}
        )
        soaked = dict(zip(seeds, pool.map(soak_for, *zip(*seeds, strict=True)), strict=True)) if seeds else {}
        blamed = [one for one in pool.map(sound, *zip(*walks, strict=True)) if one] if walks else []
    lines = [
        "| defect | device | found as | in row | after steps | after s | rightly named |",
        "|---|---|---|---|---|---|---|",
    ]
    missed = []
    for (name, kind), found in looked.items():
        if found is None or not found.rightly:
            missed.append(f"{name} of the {kind}")
        lines.append(
            f"| `{name}` | {kind} | not found | | | | |" if found is None else
            f"| `{name}` | {kind} | {', '.join(found.behaviours[:3])} | {found.row} | {found.steps} | {found.seconds:.1f} | {'yes' if found.rightly else 'NO'} |"
        )  # fmt: skip
    right = len(looked) - len(missed)
    for name, kind in rates:
        rate = PERIPHERAL_DEFECTS[name].rate or 1.0
        count = sum(soaked[name, kind, seed] for seed in range(chosen.soak))
        lines.append(
            f"| `{name}` ({rate:.0%}) | {kind} | soak of {planned(rate)} | | | | {count} of {chosen.soak} seeds |"
        )
        if count < math.ceil(0.9 * chosen.soak):
            missed.append(f"{name} of the {kind}")
    table = "\n".join(lines)
    print(table)
    print(
        f"\n{right} of {len(looked)} pairs of defect and device found and rightly named; missed: {', '.join(missed) or 'none'}"
    )
    print(f"{len(walks)} walks at sound devices: {len(blamed)} with an alarm")
    for one in blamed[:5]:
        print(" ", one)
    if chosen.write:
        chosen.write.write_text(page(table, right, len(looked), chosen.sound, len(blamed)), encoding="utf-8")
    return int(bool(missed or blamed))


def page(table: str, right: int, always: int, sounds: int, blamed: int) -> str:
    """docs/defects-devices.md."""
    shows = (
        ""
        if blamed or not sounds
        else f" (no alarm in {sounds} shows a rate of at most {1 - 0.05 ** (1 / sounds):.1%} with 95 % confidence)"
    )
    text = [
        "# Defective readers, face terminals and I/O boxes", "",
        "Emulated devices with one realistic defect each, `--defect NAME` of a twin ([devices](devices.md)), and what the walk of",
        "`gatebench bench faults --device …` ([faults](faults.md)) says of them. Defects of the controller: [here](defects.md).",
        "`python benchmarks/peripheral_defects.py --write docs/defects-devices.md` wrote this page.", "",
        f"{right} of {always} pairs of a defect that shows always and a device were found in one walk and named by a behaviour that fits.",
        f"Walks at sound devices with an alarm: {blamed} of {sounds} of each kind{shows}.", "", table, "",
    ]  # fmt: skip
    names = {
        "osdp": "Readers and face terminals",
        "reader": "Readers",
        "face_terminal": "Face terminals",
        "io_box": "I/O boxes",
    }
    for device, title in names.items():
        some: list[Defect] = [one for one in PERIPHERAL_DEFECTS.values() if one.device == device]
        text += [f"## {title}", "", "| defect | what it does | rightly named |", "|---|---|---|"]
        text += [f"| `{one.name}` | {one.summary} | {', '.join(one.shows)} |" for one in some]
        text.append("")
    return "\n".join(text)


if __name__ == "__main__":
    sys.exit(main())
