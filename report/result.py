"""result.json: everything that a comparison found, in a fixed form, the same bytes for the same finding."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..scenarios.metrics import unit_of
from ..sim.comparison import Comparison, Estimates, Judgement
from ..sim.metrics import Missing, Where
from ..sim.statistics import Estimate
from ..sim.ways import ALL, WayIn

if TYPE_CHECKING:
    from ..hil.bench.result import BenchResult

SCHEMA = "gatebench.result/1"
_GROUPS = {"portal": "portals", "group": "groups", "direction": "directions", "hour": "hours"}


def as_json(comparison: Comparison, played: BenchResult | None = None) -> dict[str, Any]:
    """The comparison as JSON values. Seconds, shares within 0-1, counts; an interval is [lower, upper] or null. `played`:
    what came of the bench, under `bench`."""
    return {
        "schema": SCHEMA,
        "world": "sim",
        "scenario": {"id": comparison.loaded.scenario.id, "sha256": comparison.loaded.sha256},
        "seed": comparison.seed,
        "n": comparison.n,
        "baseline": comparison.baseline,
        "cut_short": comparison.cut_short,
        "policies": {
            policy: _slices(found, comparison.currency) for policy, found in comparison.estimates.items()
        },
        "differences": [
            {
                "policy": one.policy,
                "baseline": comparison.baseline,
                "metric": one.metric,
                "where": _name(one.where),
                "mean": one.difference.mean,
                "ci95": _interval(one.difference.ci95),
                "p_holm": one.difference.p_holm,
                "unit": unit_of(one.metric, comparison.currency),
            }
            for one in comparison.contrasts
        ],
        "expectations": [_judgement(one) for one in comparison.judgements],
        "ways": {
            policy: [_way(one) for one in found if _is_told(one)] for policy, found in comparison.ways.items()
        },
        "sensitivity": _sensitivity(comparison),
        **({} if played is None else {"bench": played.to_json()}),
    }


def _judgement(one: Judgement) -> dict[str, Any]:
    return {
        "policy": one.policy,
        "expectation": one.expectation.text,
        "holds": None if one.verdict == "NOT_TESTED" else one.holds,
        "value": one.value,
        "verdict": one.verdict,
        **({"must_fail": True, "expected_of": one.expected_of} if one.must_fail else {}),
        **({"why": one.why} if one.why else {}),
    }


def _is_told(one: WayIn) -> bool:
    """From the street everything that has a figure, and one row where nothing has; at single portals what was taken."""
    if one.slot.portal is None:
        return one.way == ALL or not isinstance(one.count, Missing)
    return not isinstance(one.count, Missing) and one.count.mean > 0.0


def _way(one: WayIn) -> dict[str, Any]:
    return {
        **one.slot._asdict(),
        "way": one.way,
        **_figure(one.count, "entries"),
        "share": _figure(one.share, "share"),
    }


def _sensitivity(comparison: Comparison) -> dict[str, Any] | None:
    found = comparison.sensitivity
    if found is None:
        return None
    unit = unit_of(found.headline.metric, comparison.currency)
    return {
        "headline": str(found.headline),
        "varied": "behaviour.follow.without_credential",
        "assumed": found.assumed,
        "n": found.n,
        "cut_short": found.cut_short,
        "policies": {
            policy: [
                {"probability": probability, **_figure(told, unit)}
                for probability, told in zip(found.probabilities, estimates, strict=True)
            ]
            for policy, estimates in found.estimates.items()
        },
    }


def dumps(document: Any) -> str:
    """Canonical text: sorted keys, shortest exact numbers, no NaN."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    write_texts(path.parent, {path.name: text})


def write_texts(folder: Path, texts: Mapping[str, str], instead_of: Iterable[str] = ()) -> None:
    """Write files that belong together, each whole or not at all. `instead_of`: files that go before they come."""
    unfinished = {name: folder / f".{name}.{os.getpid()}" for name in texts}
    try:
        for name, text in texts.items():
            unfinished[name].write_text(text, encoding="utf-8")
        for name in instead_of:
            (folder / name).unlink(missing_ok=True)
        for name, path in unfinished.items():
            os.replace(path, folder / name)
    except BaseException:
        for path in unfinished.values():
            path.unlink(missing_ok=True)
        raise


def _slices(found: Estimates, currency: str | None) -> dict[str, Any]:
    slices: dict[str, Any] = {"overall": {}, **{name: {} for name in _GROUPS.values()}, "combinations": {}}
    for where, figures in found.items():
        told = {metric: _figure(figure, unit_of(metric, currency)) for metric, figure in figures.items()}
        if where.kind == "overall":
            slices["overall"] = told
        else:
            slices[_GROUPS.get(where.kind, "combinations")][where.id] = told
    return slices


def _figure(figure: Estimate | Missing, unit: str) -> dict[str, Any]:
    if isinstance(figure, Missing):
        return {"mean": None, "why": figure.why, "unit": unit}
    return {"mean": figure.mean, "ci95": _interval(figure.ci95), "n": figure.n, "unit": unit}


def _interval(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _name(where: Where) -> str:
    return where.kind if where.kind == "overall" else f"{where.kind}:{where.id}"
