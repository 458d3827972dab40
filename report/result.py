"""result.json: everything that a comparison found, in a fixed form, the same bytes for the same finding."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..sim.comparison import Comparison, Estimates
from ..sim.metrics import METRICS, Missing, Where
from ..sim.statistics import Estimate

SCHEMA = "gatebench.result/1"
_GROUPS = {"portal": "portals", "group": "groups", "direction": "directions", "hour": "hours"}


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON values. Seconds, shares within 0-1, counts; an interval is [lower, upper] or null."""
    return {
        "schema": SCHEMA,
        "world": "sim",
        "scenario": {"id": comparison.loaded.scenario.id, "sha256": comparison.loaded.sha256},
        "seed": comparison.seed,
        "n": comparison.n,
        "baseline": comparison.baseline,
        "cut_short": comparison.cut_short,
        "policies": {policy: _slices(found) for policy, found in comparison.estimates.items()},
        "differences": [
            {
                "policy": one.policy,
                "baseline": comparison.baseline,
                "metric": one.metric,
                "where": _name(one.where),
                "mean": one.difference.mean,
                "ci95": _interval(one.difference.ci95),
                "p_holm": one.difference.p_holm,
                "unit": METRICS[one.metric].unit,
            }
            for one in comparison.contrasts
        ],
        "expectations": [
            {
                "policy": one.policy,
                "expectation": one.expectation.text,
                "holds": one.holds,
                "value": one.value,
                **({"why": one.why} if one.why else {}),
            }
            for one in comparison.judgements
        ],
    }


def dumps(document: Any) -> str:
    """Canonical text: sorted keys, shortest exact numbers, no NaN."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _slices(found: Estimates) -> dict[str, Any]:
    slices: dict[str, Any] = {"overall": {}, **{name: {} for name in _GROUPS.values()}, "combinations": {}}
    for where, figures in found.items():
        told = {metric: _figure(metric, figure) for metric, figure in figures.items()}
        if where.kind == "overall":
            slices["overall"] = told
        else:
            slices[_GROUPS.get(where.kind, "combinations")][where.id] = told
    return slices


def _figure(metric: str, figure: Estimate | Missing) -> dict[str, Any]:
    unit = METRICS[metric].unit
    if isinstance(figure, Missing):
        return {"mean": None, "why": figure.why, "unit": unit}
    return {"mean": figure.mean, "ci95": _interval(figure.ci95), "n": figure.n, "unit": unit}


def _interval(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _name(where: Where) -> str:
    return where.kind if where.kind == "overall" else f"{where.kind}:{where.id}"
