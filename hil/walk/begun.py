"""Faults that are on at a desk: done by the rig's injectors, told to oracle and log."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from ..errors import NotTested
from ..faults.injector import Injector
from ..realtime import BenchClockwork
from .held_against import Limits
from .journal import JournalCheck
from .oracle import Fault, Oracle
from .steps import Begin, End

SETTLED = 2.0
"""Seconds after the end of a fault in which an answer may take longer: a reader is asked anew from its identity on."""


class Begun:
    """What has begun, and what follows from it for everything else that is seen."""

    def __init__(
        self, clock: BenchClockwork, oracle: Oracle, journal: JournalCheck, limits: Limits, resource: str,
        injectors: Mapping[str, Injector | str],
    ) -> None:  # fmt: skip
        """`resource`: that errors name; `injectors`: by fault of the catalogue, or why this rig has none."""
        self.clock, self.oracle, self.journal, self.limits, self.resource = (
            clock,
            oracle,
            journal,
            limits,
            resource,
        )
        self._injectors = injectors
        self.steps: list[Begin] = []
        """In order."""

    def begin(self, step: Begin) -> Generator[Any, Any, None]:
        """Do it, and see that it is on. Raises: NotTested, NotInjected."""
        injector, since = self._injector(step.fault), self.clock.now
        yield from injector.begin(step.where, step.parameters)
        self.note(step)
        if injector.skews_clock:
            self.journal.skewed = True
            self.oracle.skew = getattr(injector, "jump", 0.0)
        self._loosen()
        now = self.clock.now
        if injector.begins_as is not None:
            before = Fault(f"{step.fault}, at first", step.where, injector.begins_as, since)
            self.oracle.fault_on(since, before, now - since)
            self.oracle.fault_off(now, before.kind, step.where, self.limits.answer)
            since = now
        fault = Fault(step.fault, step.where, injector.appears_as, since)
        self.oracle.fault_on(since, fault, now - since)

    def end(self, step: End) -> Generator[Any, Any, None]:
        """Undo it, and see that it is off. Raises: NotHealed."""
        self.forget(step)
        injector, since = self._injector(step.fault), self.clock.now
        yield from injector.end()
        if injector.skews_clock:
            self.oracle.skew = 0.0
        self._loosen()
        self.journal.lossy = self.journal.lossy or injector.loses_events
        self.oracle.fault_off(since, step.fault, step.where, self.clock.now - since)

    def note(self, step: Begin) -> None:
        """It is on, whoever did it."""
        self.steps.append(step)

    def forget(self, step: End) -> None:
        """It is not on any more."""
        self.steps = [one for one in self.steps if (one.fault, one.where) != (step.fault, step.where)]

    @property
    def disturbs(self) -> bool:
        """May an answer be late, and the device be sound?"""
        return self.clock.now < self.oracle.healed + SETTLED or any(one.disturbs for one in self._on())

    @property
    def skews_clock(self) -> bool:
        """Does the device's clock show another time on purpose?"""
        return any(one.skews_clock for one in self._on())

    def _on(self) -> list[Injector]:
        found = (self._injectors.get(one.fault) for one in self.steps)
        return [one for one in found if isinstance(one, Injector)]

    def _loosen(self) -> None:
        for lane in self.oracle.lanes:
            lane.loose = self.limits.answer if self.disturbs else 0.0

    def _injector(self, fault: str) -> Injector:
        found = self._injectors.get(fault, "this rig has nothing that does it")
        if isinstance(found, str):
            raise NotTested(f"{fault}: {found}", resource=self.resource)
        return found
