"""From a policy document to what a door controller is provisioned with. It translates and decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .compound import Compound
from .policy.document import AccessException, AccessRule, PolicyDocument
from .policy.means import Means
from .portals import Portal
from .provisioning import (
    SECOND,
    Area,
    Cardholder,
    Combination,
    Credential,
    Door,
    KindValidity,
    Level,
    ListChange,
    OnFault,
    Provisioning,
    Span,
    Status,
    Suspension,
    Unlock,
)
from .units import Hours, Instant, Start

OFF_LINE = ("network-down", "server-down")
"""Faults that part the controller from the list, whatever it does meanwhile; only `ignore` says that they do not."""
SILENT = {"network-down": "last-list", "server-down": "last-list", "store-corrupt": "deny"}
"""What these do where the policy says nothing (docs/policy.md); a power cut does what the portal does."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Entry(NamedTuple):
    """One credential as the access server knows its whole life. Instants: seconds since the scenario's start."""

    number: str
    kind: str
    person: int | None
    issued: float = -inf
    """On the list from then on; `inf`: never."""
    expires: float = inf
    revoked: float = inf
    """Off the list from then on."""


def provision(
    policy: str,
    document: PolicyDocument,
    portals: Mapping[str, Portal],
    groups: Sequence[str],
    start: Start,
    *,
    declared: Mapping[str, str] | None = None,
    cardholders: Iterable[Cardholder] = (),
    credentials: Iterable[Credential] = (),
) -> Provisioning:
    """Compile a document with all that it inherits.

    `portals` by instance (`instances`); `declared` maps an instance (`tower-door-3`) to the id that the document speaks of
    (`tower-door`). What the document says of portals that are not there is left aside, as `Policy` does.
    """
    names = {portal: (declared or {}).get(portal, portal) for portal in portals}
    rules = (*document.exceptions, *document.access)
    suspension = document.suspension
    return Provisioning(
        policy=policy,
        zone=start.zone,
        start=unix(start.local),
        groups=tuple(groups),
        doors=tuple(_door(one, names, portal, document) for one, portal in portals.items()),
        levels=tuple(_level(rule, names, start.zone) for rule in rules),
        validity=_validity(document, start.zone),
        combination_within=ns(document.combination_within),
        suspension=None
        if suspension is None
        else Suspension(suspension.after, ns(suspension.lasts), suspension.of),
        wrong_try_alarm=document.wrong_try_alarm,
        areas=_areas(document, names),
        cardholders=tuple(cardholders),
        credentials=tuple(credentials),
    )  # fmt: skip


def instances(compound: Compound) -> tuple[dict[str, Portal], dict[str, str]]:
    """Portals as they stand, and the declared id of each: one of which every tower has its own becomes `NAME-1`,
    `NAME-2` ..."""
    declared: dict[str, str] = {}
    for name, portal in compound.portals.items():
        if portal.one_for_each is None or compound.towers is None:
            declared[name] = name
        else:
            declared.update({f"{name}-{n + 1}": name for n in range(compound.tower_count)})
    return {one: compound.portals[name] for one, name in declared.items()}, declared


def issue(entries: Iterable[Entry], start: Start) -> tuple[tuple[Credential, ...], tuple[ListChange, ...]]:
    """The list at the start, and what changes on it afterwards, in order of time."""
    zero = unix(start.local)
    credentials: list[Credential] = []
    changes: list[ListChange] = []
    for one in entries:
        status: Status = (
            "revoked" if one.revoked <= 0 and one.issued <= 0 else "listed" if one.issued <= 0 else "absent"
        )
        expires = None if one.expires == inf else zero + ns(max(one.expires, -1e9))
        credentials.append(Credential(one.number, one.kind, one.person, status, expires))
        if 0 < one.issued < inf:
            changes.append(ListChange(zero + ns(one.issued), one.number, "listed"))
        gone = max(one.issued, one.revoked)
        if 0 < gone < inf and one.revoked < inf:
            changes.append(ListChange(zero + ns(gone), one.number, "revoked"))
    changes.sort(key=lambda change: change.at)
    return tuple(credentials), tuple(changes)


def ns(seconds: float) -> int:
    """A duration in whole ns."""
    return round(seconds * SECOND)


def unix(local: datetime) -> int:
    """Unix time of an aware instant, ns, exact to the microsecond that `datetime` has."""
    return (local.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1) * 1000


def _unix(instant: Instant | None, zone: str) -> int | None:
    return None if instant is None else unix(instant.local.replace(tzinfo=ZoneInfo(zone)))


def _spans(hours: Iterable[Hours]) -> tuple[Span, ...]:
    return tuple((ns(begin), ns(end)) for one in hours for begin, end in one.spans)


def _level(rule: AccessRule, names: Mapping[str, str], zone: str) -> Level:
    begin, end = (rule.begin, rule.until) if isinstance(rule, AccessException) else (None, None)
    return Level(
        groups=rule.who,
        doors=None if rule.at is None else tuple(one for one, name in names.items() if name in rule.at),
        direction=rule.direction,
        hours=None if rule.hours is None else _spans(rule.hours),
        begin=_unix(begin, zone),
        end=_unix(end, zone),
        accepts=tuple(_combination(one) for one in rule.accept),
    )


def _combination(means: Means) -> Combination:
    return Combination(means.credentials, means.shown_at)


def _validity(document: PolicyDocument, zone: str) -> tuple[KindValidity, ...]:
    begins: dict[str, list[int]] = {}
    ends: dict[str, list[int]] = {}
    for one in document.cutover:
        begins.setdefault(one.new, []).append(unix(one.at.local.replace(tzinfo=ZoneInfo(zone))))
        last = one.until or one.at
        ends.setdefault(one.old, []).append(unix(last.local.replace(tzinfo=ZoneInfo(zone))))
    return tuple(
        KindValidity(kind, max(begins.get(kind, ()), default=None), min(ends.get(kind, ()), default=None))
        for kind in sorted({*begins, *ends})
    )


def _door(id: str, names: Mapping[str, str], portal: Portal, document: PolicyDocument) -> Door:
    name = names[id]
    unlock = portal.unlock
    released = document.fire.releases
    return Door(
        id=id,
        lanes=tuple(document.lanes_of(name, portal).directions()),
        readers=tuple(way for way in portal.readers if way in document.read(name, portal)),
        unlock=Unlock(
            ns(unlock.time),
            ns(unlock.extended),
            unlock.restart_on_pass,
            unlock.restart_on_grant,
            portal.relock_on_close,
        ),
        held_open_alarm=ns(portal.held_open_alarm),
        hold_open=tuple(span for one in document.hold_open if name in one.at for span in _spans(one.hours)),
        fire_release=released is None or name in released,
        interlocked_with=_interlocked(id, names, document.interlock),
        faults=_on_faults(name, portal, document),
    )


def _tower(id: str, names: Mapping[str, str]) -> str:
    """What tells a tower's own door from its sisters; nothing for a door of the whole compound."""
    return id.removeprefix(names[id])


def _interlocked(id: str, names: Mapping[str, str], sets: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Doors of another tower stand apart."""
    partners = {name for one in sets if names[id] in one for name in one} - {names[id]}
    tower = _tower(id, names)
    return tuple(
        one
        for one, name in names.items()
        if name in partners and (not tower or _tower(one, names) in ("", tower))
    )


def _areas(document: PolicyDocument, names: Mapping[str, str]) -> tuple[Area, ...]:
    """Doors of which every tower has its own bound an area for each tower."""
    found: list[Area] = []
    for rule in document.anti_passback:
        doors = [one for one, name in names.items() if name in rule.at]
        towers = dict.fromkeys(_tower(one, names) for one in doors)
        parts = [[one for one in doors if _tower(one, names) == tower] for tower in towers]
        lasts = None if rule.lasts is None else ns(rule.lasts)
        found += [
            Area(tuple(part), rule.kind, lasts, rule.update)
            for part in ([doors] if "" in towers else parts)
            if part
        ]
    return tuple(found)


def _on_faults(name: str, portal: Portal, document: PolicyDocument) -> tuple[OnFault, ...]:
    answers = {**SILENT, "power-cut": "release" if portal.without_power == "open" else "deny"}
    for fault, rules in document.faults.items():
        for rule in rules:
            if rule.at is None or name in rule.at:
                answers[fault] = rule.rule
                break
    return tuple(
        OnFault(fault, does, does == "last-list" or (fault in OFF_LINE and does != "ignore"))  # type: ignore[arg-type]
        for fault, does in sorted(answers.items())
    )
