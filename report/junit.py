"""Expectations as JUnit XML, for those who keep track of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ..sim.comparison import Comparison, Judgement

if TYPE_CHECKING:
    from ..hil.bench.result import BenchResult


def junit(comparison: Comparison, played: BenchResult | None = None) -> str:
    """One suite a policy, and one for the bench where people were `played` at devices; one case an expectation; figure and limit stand in the failure's text.

    What must be wrong for a policy is a case of that policy's suite, named `must fail: …`; `skipped` if it was not run.
    """
    root = ET.Element("testsuites", name=comparison.loaded.scenario.id)
    for policy in dict.fromkeys([*comparison.estimates, *(one.policy for one in comparison.judgements)]):
        own = [one for one in comparison.judgements if one.policy == policy]
        failed = sum(one.failed for one in own)
        skipped = sum(one.verdict == "NOT_TESTED" for one in own)
        suite = ET.SubElement(
            root, "testsuite", name=policy, tests=str(len(own)), failures=str(failed), errors="0", skipped=str(skipped)
        )  # fmt: skip
        seen: dict[str, int] = {}
        for one in own:
            name = _name(one)
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name = f"{name} ({seen[name]})"
            case = ET.SubElement(
                suite, "testcase", classname=f"{comparison.loaded.scenario.id}.{policy}", name=name
            )
            if one.failed:
                message = _message(one)
                ET.SubElement(
                    case, "failure", message=message
                ).text = f"{one.expectation.text}: {message} (n = {comparison.n}, seed {comparison.seed})"
            elif one.verdict == "NOT_TESTED":
                ET.SubElement(case, "skipped", message=f"not tested: {one.why}")
    if played is not None:
        bench_suite(root, played)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def bench_suite(root: ET.Element, played: BenchResult) -> None:
    """A case a person's attempt, and one a limit; what proved nothing is `skipped` with its reason."""
    from ..hil.bench.result import verdict_of
    from ..hil.verdicts import Verdict

    plan = played.run.plan
    suite = ET.SubElement(root, "testsuite", name=f"bench {plan.portal}")
    place = f"{plan.loaded.scenario.id}.bench.{plan.portal}"
    cases: list[tuple[str, Verdict, str]] = [
        (
            f"{one.credential} {one.direction}, person {one.person}, visit {one.visit}, attempt {one.attempt}",
            verdict_of(one),
            one.not_tested
            or f"expected {one.expected} ({one.reason}), observed {one.observed or 'no answer'}; transcript {one.evidence}",
        )
        for one in played.run.judged
    ]
    cases += [
        (
            one.what,
            one.verdict,
            one.reason if one.quantile is None else f"is {one.quantile:.6g} s, n = {one.n}; {one.reason}",
        )
        for one in played.verdicts
    ]
    cases.append(
        (
            "doors left safe",
            Verdict.PASS if played.run.safe else Verdict.FAIL,
            "the safe state was not read back",
        )
    )
    for name, verdict, why in cases:
        case = ET.SubElement(suite, "testcase", classname=place, name=name)
        if verdict is Verdict.NOT_TESTED:
            ET.SubElement(case, "skipped", message=f"not tested: {why}")
        elif verdict is not Verdict.PASS:
            ET.SubElement(case, "failure", message=f"{verdict}: {why}").text = f"{name}: {why}"
    if played.run.error is not None:
        case = ET.SubElement(suite, "testcase", classname=place, name="the bench itself")
        ET.SubElement(case, "error", message=played.run.stopped)
    for name, kind in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
        suite.set(name, str(sum(case.find(kind) is not None for case in suite)))
    suite.set("tests", str(len(suite)))


def _name(one: Judgement) -> str:
    text = one.expectation.text
    return f"must fail: {text} (expected of {one.expected_of})" if one.must_fail else text


def _message(one: Judgement) -> str:
    found = f"{one.value:.6g}" if one.value is not None else f"no figure: {one.why}"
    limit = f"{one.expectation.operator} {one.expectation.limit:.6g}"
    expected = f"expected not to be {limit}" if one.must_fail else f"expected {limit}"
    return f"{one.expectation.metric} is {found}, {expected}"
