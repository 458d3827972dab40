"""A policy in a file of its own, looked at without a compound: what it names is there, and somebody refuses.

Every portal that it names is a door with readers both ways. People are the groups that it names, who hold whatever the policy
accepts, and among them some who refused every biometric.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ..checks import surroundings
from ..library import Loaded
from ..people import BIOMETRICS
from ..places import parse
from ..policy.checks import problems as policy_problems
from ..policy.document import PolicyDocument, PolicyFile
from ..policy.means import GUARD
from ..readers import CREDENTIALS
from ..reading import LIMIT, Problem, read
from ..scenario import Scenario
from ..source import Source
from .contradictions import problems as contradictions

ASSUMED = (
    "a policy by itself: every portal that it names is taken for a door with readers both ways, and people for holding what it "
    "accepts, some of them having refused every biometric"
)


def is_policy(path: Path) -> bool:
    """Does the file begin a policy, not a scenario? InputError: it cannot be read at all."""
    if not path.is_file():
        return False
    value = parse(Source.read(path, LIMIT, "a policy needs no more")).root.value
    return isinstance(value, dict) and "policy" in value and "scenario" not in value


def load_policy(path: Path, as_of: date) -> Loaded:
    """The policy within the smallest scenario that has all it names.

    Raises:
        InputError: every mistake in the file.
    """
    built: list[Scenario] = []

    def look(found: PolicyFile) -> Iterator[Problem]:
        scenario = _around(found, as_of)
        mistakes = list(policy_problems(scenario.policies, surroundings(scenario))) or list(
            contradictions(scenario)
        )
        for one in mistakes:
            inside = one.loc[:2] == ("policies", found.policy)
            yield Problem(one.loc[2:] if inside else (), one.message, one.on_key)
        built.append(scenario)

    read(path, PolicyFile, check=look)
    return Loaded(built[0], path, hashlib.sha256(path.read_bytes()).hexdigest())


def _around(found: PolicyFile, as_of: date) -> Scenario:
    document = PolicyDocument.model_construct(
        found.model_fields_set - {"policy"},
        **{name: getattr(found, name) for name in PolicyDocument.model_fields},
    )
    accepted = dict.fromkeys(
        name
        for rule in (*document.access, *document.exceptions)
        for means in rule.accept
        for name in means.credentials
        if name != GUARD
    )
    accepted |= dict.fromkeys(name for one in document.cutover for name in (one.old, one.new))
    plain = [name for name in accepted if name in CREDENTIALS and name not in BIOMETRICS]
    kinds = [name for name in accepted if name in BIOMETRICS]
    states = {kind: {"enrolled": 0.5, "refused": 0.5} for kind in kinds}
    people: dict[str, Any] = {
        name: {"holds": [*plain, *kinds], "entitled": True, **states}
        for name in _groups(document) or ["resident"]
    }
    portals = _portals(document) or ["door"]
    return Scenario.model_validate(
        {
            "scenario": found.policy,
            "start": f"{as_of.isoformat()}T00:00 UTC",
            "duration": "1 d",
            "compound": {
                "portals": {name: {"kind": "swing-door", "readers": ["in", "out"]} for name in portals}
            },
            "people": people,
            "traffic": {
                "all": {"group": next(iter(people)), "at": portals[0], "arrivals": {"every": "10 min"}}
            },
            "policies": {found.policy: document},
        }
    )


def _groups(document: PolicyDocument) -> list[str]:
    named = [rule.who for rule in (*document.access, *document.exceptions)] + [
        one.who for one in document.remote
    ]
    return list(dict.fromkeys(name for names in named for name in names or ()))


def _portals(document: PolicyDocument) -> list[str]:
    named: tuple[Any, ...] = (
        *document.access, *document.exceptions, *document.guard, *document.remote, *document.anti_passback, *document.hold_open,
        *document.patrol, *document.maintenance, *document.gives_up, *(rule for rules in document.faults.values() for rule in rules),
    )  # fmt: skip
    found = [name for one in named for name in one.at or ()]
    found += [name for members in document.interlock for name in members]
    found += [
        *document.lanes,
        *(document.fire.releases or ()),
        *(document.egress.free if document.egress else ()),
    ]
    return list(dict.fromkeys(found))
