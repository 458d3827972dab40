"""What a bench run comes to: decisions judged, stages timed, the model beside it, and whether the doors were left safe."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..verdicts import Judgement, Rule, Verdict
from .choice import Choice
from .divergence import Divergence
from .latency import Latency
from .run import BenchRun
from .timeline import MISSING, Played

SCHEMA = "gatebench.bench/1"


@dataclass(frozen=True)
class BenchResult:
    """All of it."""

    run: BenchRun
    rig: str
    emulated: bool
    choice: Choice | None
    model: pa.Table
    """The same people at the modelled door."""
    divergence: Divergence
    latencies: tuple[Latency, ...]
    verdicts: tuple[Judgement, ...]
    rule: Rule

    # ---- verdicts

    @property
    def counts(self) -> Counter[str]:
        """Attempts by verdict."""
        return Counter(str(verdict_of(one)) for one in self.run.judged)

    @property
    def decisions(self) -> Verdict:
        """Did the device decide as the policy says?"""
        counts = self.counts
        if counts[Verdict.FAIL]:
            return Verdict.FAIL
        return Verdict.PASS if counts[Verdict.PASS] else Verdict.NOT_TESTED

    @property
    def locked_out(self) -> int:
        """People who were granted and stood before a locked door, and locks that did not fall again."""
        rows = self.run.events.select(["event", "reason"]).to_pylist() if len(self.run.events) else []
        return sum(
            (one["event"], one["reason"]) in (("abandon", "locked"), ("stage", "not-relocked"))
            for one in rows
        )

    @property
    def alarms_missing(self) -> int:
        """Leaves that were forced or kept open and of which the device's log does not tell."""
        return sum(one.kind == MISSING for one in self.divergence.causes)

    @property
    def exit_code(self) -> int:
        """0, 1 a device did something else or missed a limit, 3 the bench failed, 130 interrupted."""
        if self.run.interrupted:
            return 130
        if self.run.error is not None or self.run.errors or not self.run.safe:
            return 3
        return int(
            bool(self.locked_out)
            or bool(self.alarms_missing)
            or self.decisions is not Verdict.PASS
            or any(one.failed for one in self.verdicts)
            or any(one.verdict is Verdict.FAIL for one in self.run.witnesses)
        )

    @property
    def faults(self) -> list[dict[str, Any]]:
        """Every fault of the scenario: when it was seen to be on and off, or why it was not played."""
        plan = self.run.plan
        elsewhere = {one.number: one.why for one in (*plan.faults[1], *plan.skipped)}
        played = {one.number: one for one in (self.run.lived.faults if self.run.lived is not None else ())}
        return [
            played[number].to_json()
            if number in played
            else Played(number, str(one.fault), one.where, one.at, why=elsewhere.get(number, "")).to_json()
            for number, one in enumerate(plan.loaded.scenario.faults)
        ]

    # ---- on paper

    def to_json(self) -> dict[str, Any]:
        run, plan = self.run, self.run.plan
        late = np.array(run.late) if len(run.late) else np.zeros(1)
        return {
            "schema": SCHEMA,
            "world": "bench",
            "scenario": {"id": plan.loaded.scenario.id, "sha256": plan.loaded.sha256},
            "policy": plan.policy,
            "portal": plan.portal,
            "seed": plan.seed,
            "rep": plan.rep,
            "lanes": list(plan.lanes),
            "rig": {"id": self.rig, "emulated": self.emulated},
            "people": len(plan.coming),
            "coverage": None if self.choice is None else {
                "percent": self.choice.percent,
                "pairs": len(self.choice.covered) + len(self.choice.left),
                "left": [[*map(list, one.pair), one.visits, one.why] for one in self.choice.left],
            },
            "decisions": {"verdict": str(self.decisions), **{str(name): self.counts[str(name)] for name in Verdict}},
            "attempts": [
                {
                    "t": one.t, "person": one.person, "visit": one.visit, "attempt": one.attempt, "lane": one.lane,
                    "direction": one.direction, "credential": one.credential, "group": one.group, "expected": one.expected,
                    "reason": one.reason, "observed": one.observed, "verdict": str(verdict_of(one)),
                    "why": one.not_tested, "evidence": one.evidence,
                }
                for one in run.judged
            ],
            "locked_out": self.locked_out,
            "faults": self.faults,
            "divergence": self.divergence.to_json(),
            "rule": self.rule.text,
            "latency": [one.to_json() for one in self.latencies],
            "limits": [one.to_json() for one in self.verdicts],
            "cameras": [one.to_json() for one in run.witnesses],
            "released": [
                {"resource": one.resource, "sound": one.sound, "answers": [None if a is None else a.decode("ascii", "replace") for a in one.answers]}
                for one in run.released
            ],
            "host": {
                "late": {name: float(np.quantile(late, q)) for name, q in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))},
                "cuts": run.cuts, "unit": "s",
            },
            "actuations": run.actuations,
            "transcript": run.transcript,
            "stopped": run.stopped,
            "errors": [str(one) for one in run.errors],
            "exit_code": self.exit_code,
        }  # fmt: skip

    def dumps(self) -> str:
        """Canonical text: sorted keys, shortest exact numbers, no NaN."""
        return (
            json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
        )


def verdict_of(one: Any) -> Verdict:
    """Of an attempt."""
    if one.not_tested:
        return Verdict.NOT_TESTED
    return Verdict.PASS if one.agrees else Verdict.FAIL
