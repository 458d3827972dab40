"""Expectations as JUnit XML, for those who keep track of tests."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ..sim.comparison import Comparison


def junit(comparison: Comparison) -> str:
    """One suite a policy, one case an expectation; figure and limit stand in the failure's text."""
    root = ET.Element("testsuites", name=comparison.loaded.scenario.id)
    for policy in comparison.estimates:
        own = [one for one in comparison.judgements if one.policy == policy]
        failed = sum(not one.holds for one in own)
        suite = ET.SubElement(
            root, "testsuite", name=policy, tests=str(len(own)), failures=str(failed), errors="0", skipped="0"
        )
        seen: dict[str, int] = {}
        for one in own:
            text = one.expectation.text
            seen[text] = seen.get(text, 0) + 1
            name = text if seen[text] == 1 else f"{text} ({seen[text]})"
            case = ET.SubElement(
                suite, "testcase", classname=f"{comparison.loaded.scenario.id}.{policy}", name=name
            )
            if not one.holds:
                found = f"{one.value:.6g}" if one.value is not None else f"no figure: {one.why}"
                message = f"{one.expectation.metric} is {found}, expected {one.expectation.operator} {one.expectation.limit:.6g}"
                ET.SubElement(
                    case, "failure", message=message
                ).text = f"{text}: {message} (n = {comparison.n}, seed {comparison.seed})"
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
