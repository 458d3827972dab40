"""What a walk does: one portal, one candidate, rows in order. The same live, in virtual time, and in a replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...scenarios.errors import InputError
from ...scenarios.library import Loaded
from ...scenarios.policy.engine import Policy
from ...scenarios.portals import Portal
from ...scenarios.provisioner import unix
from ...scenarios.scaling import faster
from ...sim.build import compile_policy, instances
from ..realtime import BenchClockwork
from .cast import Cast
from .cover import fault_rows
from .held_against import Limits
from .lock import Times
from .ordinary import ordinary
from .rows import Probes, Row
from .steps import At, from_plain, to_plain

if TYPE_CHECKING:
    from .world import WalkWorld

BEGIN = 12 * 3600.0
"""World time at which a walk begins, s after the scenario's start: by day, unless the scenario begins then."""


@dataclass(frozen=True)
class WalkPlan:
    """Everything that decides what happens, apart from the devices."""

    loaded: Loaded
    """As the file has it."""
    policy: str
    portal: str
    """An instance."""
    lanes: tuple[int, ...]
    """Numbers of the portal's lanes that are wired."""
    factor: float = 1.0
    """So many times as fast as provisioned do the device's timers run."""
    rows: tuple[Row, ...] = ()
    limits: Limits = field(default_factory=Limits)
    fillers: int = 0
    """So many more stand on the device's list."""

    @cached_property
    def scaled(self) -> Loaded:
        """The scenario that the device is provisioned from."""
        return replace(self.loaded, scenario=faster(self.loaded.scenario, self.factor))

    @cached_property
    def compiled(self) -> Policy:
        return compile_policy(self.scaled.scenario, self.policy)

    @cached_property
    def cast(self) -> Cast:
        return Cast(self.scaled.scenario, self.policy, self.portal, fillers=self.fillers)

    @property
    def declared(self) -> str:
        return instances(self.scaled.scenario)[self.portal]

    @property
    def spec(self) -> Portal:
        return self.scaled.scenario.compound.portals[self.declared]

    @property
    def times(self) -> Times:
        return Times.of(self.spec)

    @property
    def served(self) -> list[tuple[str, ...]]:
        """Directions of each wired lane."""
        served = self.scaled.scenario.policy(self.policy).lanes_of(self.declared, self.spec).directions()
        return [tuple(served[lane]) for lane in self.lanes]

    @property
    def begin(self) -> float:
        return BEGIN

    @property
    def start(self) -> int:
        """Unix time of the world's t = 0, ns."""
        return unix(self.loaded.scenario.start.local)

    @property
    def longest_unlock(self) -> float:
        return max(self.times.unlock, self.times.extended)

    def probes(self) -> Probes:
        """Who can be sent to the readers."""
        document = self.scaled.scenario.policy(self.policy)
        return Probes(self.cast, self.compiled, document, self.declared, self.spec, self.served)

    def covering(self, faults: Mapping[str, str | None], *, only: Sequence[str] = ()) -> WalkPlan:
        """The same with a covering set of rows. `faults`: that this rig can do, with the place of each; `only`: rows whose
        id, or whose fault, is one of these. InputError: there is none of that name."""
        probes = self.probes()
        rows = [*ordinary(probes, self.times, self.limits, self.begin)]
        rows += fault_rows(probes, self.times, self.limits, faults, self.begin)
        if only:
            known = {row.id for row in rows} | {
                one for row in rows for one in (row.fault, *row.beside) if one
            }
            for one in only:
                if one not in known:
                    from ...scenarios.spelling import unknown

                    raise InputError(f"--only: {unknown('row or fault', one, known)}")
            rows = [row for row in rows if {row.id, row.fault, *row.beside} & set(only)]
        # Hours last: they jump ahead in time, and a list's entries may run out on the way.
        rows.sort(key=lambda row: next((step.t for step in row.steps if isinstance(step, At)), 0.0))
        return replace(self, rows=tuple(rows))

    def world(
        self, clock: BenchClockwork, wired: dict[str, Any], random: Callable[[int], bytes], key: bytes | None
    ) -> WalkWorld:
        """Desk and rows at the lines of a rig."""
        from .world import WalkWorld

        return WalkWorld(self, clock, wired, random, key)

    # ---- on paper

    def to_json(self) -> dict[str, Any]:
        """All of it but the scenario's text."""
        rows = [
            {
                "id": row.id, "title": row.title, "fault": row.fault, "state": row.state, "probes": list(row.probes),
                "beside": list(row.beside), "steps": [to_plain(step) for step in row.steps],
            }
            for row in self.rows
        ]  # fmt: skip
        return {
            "kind": "walk", "scenario": self.loaded.scenario.id, "file": self.loaded.path.name, "sha256": self.loaded.sha256,
            "policy": self.policy, "portal": self.portal, "lanes": list(self.lanes), "factor": self.factor,
            "fillers": self.fillers, "limits": asdict(self.limits), "rows": rows,
        }  # fmt: skip

    @classmethod
    def from_json(cls, loaded: Loaded, told: Mapping[str, Any]) -> WalkPlan:
        """InputError if the scenario is not the one that was walked."""
        if told["sha256"] != loaded.sha256:
            raise InputError(
                f"{loaded.path}: is not the scenario that was played (sha256 {told['sha256'][:12]}…, this one has "
                f"{loaded.sha256[:12]}…); name the file as it was then"
            )
        rows = tuple(
            Row(
                one["id"], one["title"], tuple(from_plain(step, f"row {one['id']}") for step in one["steps"]), one["fault"],
                one["state"], tuple(one["probes"]), tuple(one.get("beside", ())),
            )
            for one in told["rows"]
        )  # fmt: skip
        return cls(
            loaded, told["policy"], told["portal"], tuple(told["lanes"]), told["factor"], rows, Limits(**told["limits"]),
            told["fillers"],
        )  # fmt: skip


def walk_plan(
    loaded: Loaded, *, policy: str | None, portal: str | None, lanes: int, factor: float = 1.0
) -> WalkPlan:
    """Which candidate and portal are walked: as asked for, else as the scenario's `bench:` says. InputError."""
    from ..bench.plan import bind

    bound = bind(loaded, policy=policy, portal=portal, lanes=lanes)
    limits = Limits().scaled(factor)
    return WalkPlan(loaded, bound.policy, bound.portal, bound.lanes, factor, limits=limits)
