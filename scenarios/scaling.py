"""A scenario whose devices' timers run faster: for a bench that has minutes where the device has hours.

Scaled are the times that a controller is provisioned with, so that device, policy and limits stay of one piece. What
people take is not (nobody walks faster), nor hours of the day, nor anything on the wire.
"""

from __future__ import annotations

from .policy.document import PolicyDocument
from .portals import Portal
from .scenario import Scenario


def faster(scenario: Scenario, factor: float) -> Scenario:
    """The same with unlock and alarm times, suspensions, timed anti-passback and the time for combinations divided by
    `factor`. ValueError unless it is at least 1."""
    if not factor >= 1:
        raise ValueError(f"time scale {factor:g}: must be at least 1, such as 10")
    if factor == 1:
        return scenario
    portals = {name: _portal(one, factor) for name, one in scenario.compound.portals.items()}
    policies = {name: _policy(one, factor) for name, one in scenario.policies.items()}
    compound = scenario.compound.model_copy(update={"portals": portals})
    return scenario.model_copy(update={"compound": compound, "policies": policies})


def _portal(portal: Portal, factor: float) -> Portal:
    unlock = portal.unlock.model_copy(
        update={"time": portal.unlock.time / factor, "extended": portal.unlock.extended / factor}
    )
    return portal.model_copy(update={"unlock": unlock, "held_open_alarm": portal.held_open_alarm / factor})


def _policy(document: PolicyDocument, factor: float) -> PolicyDocument:
    update: dict[str, object] = {}
    if "combination_within" in document.model_fields_set or not document.extends:
        update["combination_within"] = document.combination_within / factor
    if document.suspension is not None:
        update["suspension"] = document.suspension.model_copy(
            update={"lasts": document.suspension.lasts / factor}
        )
    if document.anti_passback:
        update["anti_passback"] = tuple(
            one if one.lasts is None else one.model_copy(update={"lasts": one.lasts / factor})
            for one in document.anti_passback
        )
    return document.model_copy(update=update)
