"""Sequences at which a device once failed, as scenarios: played first next time, and simulated like any other.

The file is the scenario that was walked, with the steps under `walk:`, and with the faults among them as its timeline, so
that the simulation meets them at the same times after its start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from ...scenarios.errors import InputError
from ...scenarios.library import Loaded, load
from .plan import WalkPlan
from .rows import Row
from .steps import Begin, End, Fire, FireReset, Step, Wait, from_plain, to_plain

STEP = 1.0
"""Seconds that a step takes on the simulation's timeline, unless it is a wait."""


def name_of(steps: Sequence[Step]) -> str:
    """A name that says what it is about: its faults, else its steps."""
    faults = [step.fault for step in steps if isinstance(step, Begin)]
    words = faults or [step.do for step in steps]
    return "-".join(dict.fromkeys(words))[:60]


def to_text(plan: WalkPlan, name: str, steps: Sequence[Step], told: str = "") -> str:
    """The scenario with these steps. The text of the file that was walked is kept; its id and timeline are replaced.
    `told`: how one came by them, as a comment."""
    yaml = YAML()
    yaml.width = 1 << 12  # lines stay as they are
    document = yaml.load(plan.loaded.path.read_text(encoding="utf-8"))
    document["scenario"] = re.sub(r"[^a-z0-9-]", "-", f"{plan.loaded.scenario.id}-{name}")[:80]
    timeline = _timeline(steps)
    document.pop("faults", None)
    document.pop("expect", None)  # of the scenario as it was
    if timeline:
        document["faults"] = timeline
    document["walk"] = {
        "portal": plan.portal, "policy": plan.policy, "steps": [to_plain(step) for step in steps],
    }  # fmt: skip
    if told:
        document.yaml_set_comment_before_after_key("walk", before=told)
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def save(plan: WalkPlan, folder: Path, steps: Sequence[Step], told: str = "") -> Path:
    """Write `folder/NAME.yaml`; another name where there is one. It is read back, so that what is saved can be played.
    `told`: how one came by the steps, as a comment."""
    folder.mkdir(parents=True, exist_ok=True)
    name = name_of(steps)
    names = [name, *(f"{name}-{n}" for n in range(2, 1000))]
    path = next(folder / f"{one}.yaml" for one in names if not (folder / f"{one}.yaml").exists())
    path.write_text(to_text(plan, path.stem, steps, told), encoding="utf-8")
    load(path)
    return path


def rows_of(paths: Sequence[Path]) -> list[Row]:
    """The steps of files that `save` wrote. InputError names file, step and field."""
    rows = []
    for path in paths:
        loaded: Loaded = load(path)
        walked = loaded.scenario.walk
        if walked is None:
            raise InputError(f"{path}: has no `walk:`, so there is nothing to be played again")
        steps = tuple(from_plain(dict(one), f"{path}: walk.steps[{n}]") for n, one in enumerate(walked.steps))
        rows.append(Row(f"regression-{path.stem}", f"failed before: {path.name}", steps))
    return rows


def _timeline(steps: Sequence[Step]) -> list[dict[str, object]]:
    t, on, found = 60.0, {}, []
    for step in steps:
        if isinstance(step, Begin):
            on[step.fault, step.where] = t
        elif isinstance(step, End) and (step.fault, step.where) in on:
            found.append(_entry(step.fault, step.where, on.pop((step.fault, step.where)), t))
        elif isinstance(step, Fire) and step.on:
            on.setdefault(("fire", None), t)
        elif isinstance(step, FireReset) and ("fire", None) in on:
            found.append(_entry("fire", None, on.pop(("fire", None)), t))
        t += step.seconds if isinstance(step, Wait) else STEP
    found += [_entry(fault, where, since, t) for (fault, where), since in on.items()]
    return found


def _entry(fault: str, where: str | None, since: float, until: float) -> dict[str, object]:
    entry: dict[str, object] = {"fault": fault, "at": f"{since:g} s", "for": f"{max(until - since, 1.0):g} s"}
    if where is not None:
        entry["where"] = where
    return entry
