"""Policies that contradict themselves: who may come in by the rules can never go out by them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..policy.access import concerns
from ..reading import Location, Problem
from ..scenario import Scenario
from .case import Case, Spot


def problems(scenario: Scenario) -> Iterator[Problem]:
    """Portals with a reader on the way out at which a group that gets in by the rules has no way out at any hour. In a fire it
    may be another matter; nobody should have to wait for one."""
    for id in scenario.policies:
        case = Case(scenario, id, date.max)
        for portal in scenario.compound.portals:
            if "out" not in case.policy.readers(portal):
                continue
            trapped = [group for group in scenario.people if _is_trapped(case, portal, group)]
            if trapped:
                yield Problem(
                    _rule(scenario, id, portal, trapped[0]),
                    f"a contradiction: {portal!r} lets {', '.join(trapped)} in, and has no way out for "
                    f"{'them' if len(trapped) > 1 else 'that group'} at any hour; accept on the way out what is accepted on the "
                    f"way in, or free the way out: 'egress: {{free: [{portal}]}}'",
                )


def _is_trapped(case: Case, portal: str, group: str) -> bool:
    inward, outward = (Spot(portal, way, group) for way in ("in", "out"))
    may_enter = "in" in case.scenario.compound.portals[portal].directions
    return (
        may_enter
        and not any(case.paths(outward, one.t) for one in case.instants)
        and any(case.paths(inward, one.t) for one in case.instants)
    )


def _rule(scenario: Scenario, id: str, portal: str, group: str) -> Location:
    """The rule of the policy's own that says so; the policy itself where it is inherited."""
    for index, rule in enumerate(scenario.policies[id].access):
        if concerns(rule, portal, "out", group):
            return ("policies", id, "access", index)
    return ("policies", id)
