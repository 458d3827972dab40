"""What a walk comes to: the matrix of faults and states of the door, what was found with its evidence, and what was not tested."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..bench.run import BenchRun
from ..verdicts import Verdict
from .plan import WalkPlan
from .rows import STATES
from .steps import to_plain
from .world import RowResult

SCHEMA = "gatebench.faults/1"
ORDER = (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_TESTED, Verdict.PASS)
"""Of several verdicts the first that occurs is said."""


@dataclass(frozen=True)
class WalkResult:
    """All of it."""

    run: BenchRun
    rig: str
    emulated: bool
    missing: Mapping[str, str]
    """Faults of the catalogue that this rig cannot do, and why."""

    @property
    def plan(self) -> WalkPlan:
        found: WalkPlan = self.run.plan
        return found

    @property
    def rows(self) -> Sequence[RowResult]:
        found: list[RowResult] = self.run.lived.results
        return found

    @property
    def left(self) -> int:
        """Rows that were planned and not walked, because the run ended early."""
        return max(0, len(self.plan.rows) - len(self.rows))

    @property
    def counts(self) -> Counter[str]:
        """Rows by verdict."""
        return Counter(str(one.verdict) for one in self.rows)

    @property
    def verdict(self) -> Verdict:
        """Of the whole walk. A row that this rig cannot do leaves it as it is; it is told."""
        found = {one.verdict for one in self.rows}
        for one in (Verdict.FAIL, Verdict.INDETERMINATE):
            if one in found:
                return one
        return Verdict.PASS if Verdict.PASS in found and not self.left else Verdict.NOT_TESTED

    @property
    def exit_code(self) -> int:
        """0, 1 the device did something else, 3 the bench failed, 130 interrupted."""
        run = self.run
        if run.interrupted:
            return 130
        if run.error is not None or run.errors or not run.safe:
            return 3
        return int(self.verdict is not Verdict.PASS)

    def matrix(self) -> dict[str, dict[str, str]]:
        """By fault and state of the door the verdict; `history` for rows about what came before."""
        found: dict[str, dict[str, list[Verdict]]] = {}
        for one in self.rows:
            for fault in filter(None, (one.row.fault, *one.row.beside)):
                by_state = one.row.beside or one.row.id in [
                    f"{fault}-{kind}" for kind in ("closed", "ajar", "states")
                ]
                for state in one.row.state.split() if by_state else ("history",):
                    found.setdefault(fault, {}).setdefault(state, []).append(one.verdict)
        return {
            fault: {state: str(min(verdicts, key=ORDER.index)) for state, verdicts in states.items()}
            for fault, states in found.items()
        }

    # ---- on paper

    def to_json(self) -> dict[str, Any]:
        run, plan = self.run, self.plan
        return {
            "schema": SCHEMA, "world": "bench", "scenario": {"id": plan.loaded.scenario.id, "sha256": plan.loaded.sha256},
            "policy": plan.policy, "portal": plan.portal, "lanes": list(plan.lanes), "time_scale": plan.factor,
            "limits": {**asdict(plan.limits), "unit": "s"}, "rig": {"id": self.rig, "emulated": self.emulated},
            "verdict": str(self.verdict), "counts": {str(one): self.counts[str(one)] for one in Verdict},
            "matrix": self.matrix(), "not_injectable": dict(self.missing), "left": self.left,
            "rows": [
                {
                    "id": one.row.id, "title": one.row.title, "fault": one.row.fault, "state": one.row.state,
                    "probes": list(one.row.probes), "verdict": str(one.verdict), "not_tested": one.not_tested,
                    "t": one.begun, "seconds": one.ended - one.begun, "latency": {"values": one.latencies, "unit": "s"},
                    "steps": [to_plain(step) for step in one.row.steps], "carried_out": one.steps,
                    "findings": [finding.to_json() for finding in one.findings],
                }
                for one in self.rows
            ],
            "released": [
                {"resource": one.resource, "sound": one.sound, "answers": [None if a is None else a.decode("ascii", "replace") for a in one.answers]}
                for one in run.released
            ],
            "actuations": run.actuations, "transcript": run.transcript, "stopped": run.stopped,
            "errors": [str(one) for one in run.errors], "exit_code": self.exit_code,
        }  # fmt: skip

    def dumps(self) -> str:
        """Canonical text: sorted keys, shortest exact numbers, no NaN."""
        return (
            json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
        )

    def columns(self) -> tuple[str, ...]:
        """Of the matrix, in order."""
        return (*STATES, "history")
