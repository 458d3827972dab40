"""Expectations as JUnit XML, for those who keep track of tests."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ..sim.comparison import Comparison, Judgement


def junit(comparison: Comparison) -> str:
    """One suite a policy, one case an expectation; figure and limit stand in the failure's text.

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
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _name(one: Judgement) -> str:
    text = one.expectation.text
    return f"must fail: {text} (expected of {one.expected_of})" if one.must_fail else text


def _message(one: Judgement) -> str:
    found = f"{one.value:.6g}" if one.value is not None else f"no figure: {one.why}"
    limit = f"{one.expectation.operator} {one.expectation.limit:.6g}"
    expected = f"expected not to be {limit}" if one.must_fail else f"expected {limit}"
    return f"{one.expectation.metric} is {found}, {expected}"
