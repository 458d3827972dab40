"""What the law indicates, for people and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from ..scenarios.law import RULES, Answer, Checked, Judged, Rule, Witness
from ..scenarios.law.answers import clock

SCHEMA = "gatebench.check/1"
NO_ADVICE = "No legal advice: a file is compared with rules as the project read them; what it finds indicates, and proves nothing."
_ORDER = (Answer.BREACH, Answer.DEPENDS, Answer.COMPLIANT, Answer.NOT_APPLICABLE)
_SEVERITIES = ("life", "grave", "serious", "formal")
_WIDTH = 110


def text(checked: Checked, titles: dict[str, str], notes: tuple[str, ...] = ()) -> str:
    """The answer for people. `titles` by policy."""
    return "\n".join(_lines(checked, titles, notes))


def _lines(checked: Checked, titles: dict[str, str], notes: tuple[str, ...]) -> Iterator[str]:
    yield f"{checked.scenario}: the law in {checked.place} on {checked.as_of}"
    yield from (_wrapped(note, "", "") for note in (*notes, NO_ADVICE))
    for policy, judged in checked.policies.items():
        yield ""
        title = titles.get(policy, "")
        worst = min(checked.answers(policy), key=_ORDER.index)
        yield f"{policy}{f' ({title})' if title else ''}: {worst}"
        for witness in checked.stranded[policy]:
            yield _wrapped(f"without a way, whatever the law: {witness}", "  ", "    ")
        shown: dict[Witness, str] = {}
        for answer in _ORDER[:3]:
            for one in sorted(judged, key=lambda one: _SEVERITIES.index(one.rule.severity)):
                if one.judgement.answer is answer:
                    yield from _told(one, shown)
        idle = [one.rule.id for one in judged if one.judgement.answer is Answer.NOT_APPLICABLE]
        if idle:
            yield _wrapped(f"not applicable: {', '.join(idle)}", "  ", "    ")
    if checked.coming:
        yield ""
        said = ", ".join(f"{rule.id} from {rule.begin}" for rule in checked.coming)
        yield _wrapped(f"still to come in {checked.place}: {said}", "", "  ")


def _told(one: Judged, shown: dict[Witness, str]) -> Iterator[str]:
    """One rule's answer. `shown`: witnesses that were told already, and under which rule."""
    rule, judgement = one.rule, one.judgement
    asks = (
        " (towards those who do not consent and ask)"
        if rule.asks and judgement.answer is Answer.BREACH
        else ""
    )
    yield f"  {judgement.answer}: {rule.id}{asks}"
    if judgement.answer is not Answer.COMPLIANT:
        yield _wrapped(f"{rule.law}, Art. {rule.article}, from {rule.begin}: {rule.summary}", "    ", "    ")
    yield _wrapped(_sentence(judgement.why), "    ", "    ")
    before = dict.fromkeys(shown[witness] for witness in judgement.witnesses if witness in shown)
    new = [witness for witness in judgement.witnesses if witness not in shown]
    for witness in new:
        shown[witness] = rule.id
        yield _wrapped(f"counterexample: {witness}", "    ", "      ")
    if before:
        yield f"    counterexample{' and repair' if not new else ''}: as under {', '.join(before)}"
    if judgement.repair and (new or not judgement.witnesses):
        yield _wrapped(f"repair: {judgement.repair}", "    ", "      ")
    if judgement.needs:
        yield _wrapped(
            f"would settle it: {', '.join(f'law.{name}' for name in judgement.needs)}", "    ", "      "
        )
    if rule.doubts:
        yield _wrapped(f"unverified: {'; '.join(rule.doubts)}", "    ", "      ")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _wrapped(words: str, first: str, rest: str) -> str:
    return textwrap.fill(
        words,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def document(checked: Checked, measured: dict[str, Any], notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """The answer for programs. `measured` by policy: replications and seed of what was simulated."""
    return {
        "schema": SCHEMA,
        "scenario": checked.scenario,
        "place": checked.place,
        "as_of": checked.as_of.isoformat(),
        "notice": NO_ADVICE,
        "notes": list(notes),
        "policies": {
            policy: {
                "answer": min(checked.answers(policy), key=_ORDER.index).value,
                "measured": measured.get(policy),
                "stranded": [_witness(witness) for witness in checked.stranded[policy]],
                "rules": [_judged(one) for one in judged],
            }
            for policy, judged in checked.policies.items()
        },
        "coming": [_rule(rule) for rule in checked.coming],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "law": rule.law,
        "article": rule.article,
        "from": rule.begin.isoformat(),
        "where": rule.where,
        "summary": rule.summary,
        "severity": rule.severity,
        "asks": rule.asks,
        "verified": rule.verified,
        "doubts": list(rule.doubts),
        "sources": list(rule.sources),
    }


def _judged(one: Judged) -> dict[str, Any]:
    judgement = one.judgement
    return {
        **_rule(one.rule),
        "answer": judgement.answer.value,
        "why": judgement.why,
        "counterexamples": [_witness(witness) for witness in judgement.witnesses],
        "repair": judgement.repair,
        "needs": [f"law.{name}" for name in judgement.needs],
    }


def _witness(witness: Witness) -> dict[str, Any]:
    return {
        "group": witness.group,
        "refused": witness.refused,
        "portal": witness.portal,
        "direction": witness.direction,
        "at": clock(witness.at),
        "hours": [f"{clock(begin)}-{clock(end)}" for begin, end in witness.hours],
        "fault": witness.fault,
        "lacks": witness.lacks,
        "why": witness.why,
    }


def rules_table() -> str:
    """The rules as a table of Markdown, as docs/law.md shows it."""
    lines = [
        "| id | from | where | text and article | asks | severity | unverified |",
        "|---|---|---|---|---|---|---|",
    ]
    for rule in RULES:
        asked = f"{rule.summary}{' Only towards those who do not consent and ask.' if rule.asks else ''}"
        text = f"{rule.law}, Art. {rule.article}"
        lines.append(
            f"| `{rule.id}` | {rule.begin} | {rule.where} | {text} | {asked} | {rule.severity} | {'; '.join(rule.doubts)} |"
        )
    return "\n".join(lines)
