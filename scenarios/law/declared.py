"""Predicates on what the file declares, and on fire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from ..policy.state import GRANT, FireAlarm, Request
from ..portals import Portal
from .answers import Answer, Judgement, Witness
from .case import Case
from .measured import Measured
from .ways import Predicate

_DAY = 86400.0
_YEAR = 365.0 * _DAY
THRESHOLD = 100_000
"""Persons, CAC-15."""
_NO_FACE = Judgement(Answer.NOT_APPLICABLE, "nothing opens by a face")
_ORDER = (Answer.BREACH, Answer.DEPENDS, Answer.COMPLIANT, Answer.NOT_APPLICABLE)


def every(*predicates: Predicate) -> Predicate:
    """All of them together: a breach of one is a breach, and what one leaves open stays open."""

    def judge(case: Case, measured: Measured | None) -> Judgement:
        found = [one(case, measured) for one in predicates]
        answer = min((one.answer for one in found), key=_ORDER.index)
        same = [one for one in found if one.answer is answer]
        return Judgement(
            answer,
            "; ".join(dict.fromkeys(one.why for one in same)),
            tuple(witness for one in same for witness in one.witnesses),
            "; ".join(dict.fromkeys(one.repair for one in same if one.repair)),
            tuple(dict.fromkeys(name for one in same for name in one.needs)),
        )

    return judge


def declares(**wanted: bool) -> Predicate:
    """Fields of `law:` (`consent__separate` is `law.consent.separate`) that must be so, where a biometric opens."""

    def judge(case: Case, measured: Measured | None) -> Judgement:
        if not case.biometrics:
            return Judgement(Answer.NOT_APPLICABLE, "nothing opens by a biometric")
        fields = {name.replace("__", "."): value for name, value in wanted.items()}
        said = {name: _field(case, name) for name in fields}
        wrong = [name for name, value in said.items() if value is not None and value != fields[name]]
        if wrong:
            return Judgement(
                Answer.BREACH, "; ".join(f"law.{name} is {str(said[name]).lower()}" for name in wrong),
                repair="see to it, and declare " + ", ".join(f"law.{name}: {str(fields[name]).lower()}" for name in wrong),
            )  # fmt: skip
        missing = tuple(name for name, value in said.items() if value is None)
        if missing:
            return Judgement(Answer.DEPENDS, "not declared", needs=missing)
        return Judgement(Answer.COMPLIANT, "as declared")

    return judge


def _field(case: Case, name: str) -> Any:
    value: Any = case.scenario.law
    for part in name.split("."):
        value = getattr(value, part)
    return value


def with_children(predicate: Predicate) -> Predicate:
    """Only where children of below 14 may be on the list."""

    def judge(case: Case, measured: Measured | None) -> Judgement:
        for spec in case.scenario.people.values():
            found = spec.enrolment_of("face")
            if (
                found is not None
                and found.enrolled > 0.0
                and (spec.ages is None or spec.ages.get("0-14", 0.0))
            ):
                return predicate(case, measured)
        return Judgement(Answer.NOT_APPLICABLE, "no children are on the list")

    return judge


def assessed(case: Case, measured: Measured | None) -> Judgement:
    """An impact assessment from before the use, kept for three years."""
    if not case.biometrics:
        return Judgement(Answer.NOT_APPLICABLE, "nothing opens by a biometric")
    done, kept = case.scenario.law.assessment.done, case.scenario.law.assessment.kept
    if done is not None and done > case.as_of:
        return Judgement(
            Answer.BREACH, f"the assessment is of {done}, after the day looked at", repair="assess before use"
        )
    if kept is not None and kept < 3 * _YEAR:
        return Judgement(
            Answer.BREACH,
            f"it is kept for {kept / _YEAR:.1f} years, and three are asked",
            repair="keep it for three years",
        )
    missing = tuple(
        name for name, value in (("assessment.done", done), ("assessment.kept", kept)) if value is None
    )
    return (
        Judgement(Answer.DEPENDS, "not declared", needs=missing)
        if missing
        else Judgement(Answer.COMPLIANT, "as declared")
    )


def stays_in_device(case: Case, measured: Measured | None) -> Judgement:
    """Face data stay in the device, unless a law or a separate consent lets them out."""
    if not case.uses_face:
        return _NO_FACE
    storage = case.scenario.law.storage
    out = storage.sent_out if storage.sent_out is not None else True if storage.where == "cloud" else None
    if out is None:
        return Judgement(Answer.DEPENDS, "not declared", needs=("storage.where", "storage.sent_out"))
    if out and storage.sending_agreed is None:
        return Judgement(
            Answer.DEPENDS,
            "face data leave; with whose consent is not declared",
            needs=("storage.sending_agreed",),
        )
    if out and not storage.sending_agreed:
        return Judgement(
            Answer.BREACH,
            "face data leave over the Internet without a separate consent",
            repair="match in the device: storage: {where: device, sent_out: false}",
        )
    if storage.shortest is None:
        return Judgement(
            Answer.DEPENDS, "how long they are kept is not declared", needs=("storage.shortest",)
        )
    if not storage.shortest:
        return Judgement(Answer.BREACH, "they are kept longer than need be", repair="shorten the retention")
    return Judgement(Answer.COMPLIANT, "as declared")


def filed(since: date) -> Predicate:
    """From 100,000 stored people on: filed within 30 working days. Working days are Monday to Friday; holidays are not known."""

    def judge(case: Case, measured: Measured | None) -> Judgement:
        if not case.uses_face:
            return _NO_FACE
        handler = case.scenario.law.handler
        if handler.persons is None:
            why = "how many faces the handler stores in all compounds together is not declared"
            return Judgement(Answer.DEPENDS, why, needs=("handler.persons",))
        if handler.persons < THRESHOLD:
            return Judgement(Answer.NOT_APPLICABLE, f"{handler.persons:,} persons, fewer than {THRESHOLD:,}")
        if handler.filed is not None and handler.filed <= case.as_of and handler.reached is None:
            return Judgement(Answer.COMPLIANT, f"filed on {handler.filed}")
        if handler.reached is None:
            return Judgement(
                Answer.DEPENDS,
                f"{handler.persons:,} persons; since when is not declared",
                needs=("handler.reached",),
            )
        last = working_days_after(max(handler.reached, since), 30)
        if handler.filed is not None and handler.filed <= min(last, case.as_of):
            return Judgement(Answer.COMPLIANT, f"filed on {handler.filed}")
        if case.as_of <= last:
            return Judgement(Answer.COMPLIANT, f"{handler.persons:,} persons; to be filed by {last}")
        why = f"{handler.persons:,} persons since {handler.reached}, to be filed by {last}, "
        why += f"and filed on {handler.filed}" if handler.filed is not None else "and not filed"
        return Judgement(Answer.BREACH, why, repair="file with the provincial authority")

    return judge


def working_days_after(day: date, count: int) -> date:
    """The last of so many working days after a day."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def mode_known(case: Case, measured: Measured | None) -> Judgement:
    """A definition: it can be left open, not broken."""
    if not case.uses_face:
        return _NO_FACE
    mode = case.scenario.law.mode
    if mode is None:
        return Judgement(Answer.DEPENDS, "1:1 or 1:N is not declared", needs=("mode",))
    return Judgement(Answer.COMPLIANT, f"declared: {mode}")


# ---- fire


def opens_in_fire(
    concerned: Callable[[Portal], bool], what: str, doubtful: frozenset[str] = frozenset()
) -> Predicate:
    """Portals that let anybody out once the fire alarm rings. `doubtful`: kinds of which the rule asks more than that."""

    def judge(case: Case, measured: Measured | None) -> Judgement:
        portals = {
            name: portal
            for name, portal in case.scenario.compound.portals.items()
            if "out" in portal.directions and concerned(portal)
        }
        if not portals:
            return Judgement(Answer.NOT_APPLICABLE, f"no {what}")
        for name in portals:
            policy = case.policy
            state = policy.advance(policy.initial, FireAlarm(0.0))
            request = Request(0.0, name, "out", f"{name}/out/0", None, None, "card", record=None)
            if policy.decide(state, request).outcome != GRANT:
                witness = Witness(
                    name,
                    "out",
                    None,
                    ((0.0, _DAY),),
                    "no way out without a credential",
                    "the fire alarm does not release it",
                )
                return Judgement(
                    Answer.BREACH,
                    f"{name} stays locked in a fire",
                    (witness,),
                    f"add {name} to fire.releases of {case.id}, or write 'releases: all'",
                )
        kinds = sorted(name for name, portal in portals.items() if portal.kind in doubtful)
        if kinds:
            return Judgement(
                Answer.DEPENDS,
                f"{', '.join(kinds)}: released, but whether such a door counts as an escape door only the building tells",
            )
        return Judgement(Answer.COMPLIANT, f"released: {', '.join(portals)}")

    return judge
