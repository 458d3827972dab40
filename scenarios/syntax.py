"""What the YAML parser complains of, in plain words and at the place where it can be mended."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from .source import Source


def plainly(error: MarkedYAMLError, source: Source) -> tuple[int, str, str]:
    """(character, empty path, message) of a syntax error."""
    problem = " ".join(str(error.problem or error.context or "cannot be read as YAML").split())
    context = str(error.context or "")
    at = _index(error.problem_mark, error.context_mark, source)
    opened = _index(error.context_mark, error.problem_mark, source)
    found = re.search(r"(?:found|got) '(.*)'$", problem)
    what = found[1] if found else ""
    if problem.startswith("mapping values are not allowed"):
        return _stray_colon(source, at)
    if "quoted scalar" in context and problem.startswith("found unexpected"):
        return opened, "", "this quote is not closed"
    if problem.startswith("found unknown escape character"):
        return (
            at,
            "",
            f"unknown escape '\\{what or problem[-2:-1]}' in double quotes; single quotes leave backslashes as they are",
        )
    if problem.startswith("found character '\\t'"):
        return at, "", "a tab cannot stand here; indent with spaces"
    if problem.startswith("found character"):
        return at, "", f"text cannot begin with {source.text[at]!r}; put it in quotes"
    if problem.startswith("could not find expected ':'"):
        if re.match(r"-[^\s-]", source.text[opened:]):
            return opened, "", "an entry of a list needs a space after its '-'"
        return opened, "", "expected 'key: value'"
    if problem.startswith("expected <block end>"):
        return at, "", _not_the_end(what)
    if problem.startswith(("expected ',' or", "expected the node content")):
        return _flow(source, at, opened, what, problem)
    if problem.startswith("sequence entries are not allowed"):
        return at, "", "an entry of a list stands in a line of its own; or write the list as [a, b]"
    for beginning, message in _OTHERS.items():
        if beginning in (context if beginning.startswith("while") else problem):
            return opened, "", message
    return at, "", problem[:200]


_SECOND_COLON = "a second ':' in one value; put text that contains ': ' in quotes"
_OTHERS = {
    "while scanning an alias": "aliases (*) are not used here; if it is text that begins with '*', put it in quotes",
    "while scanning an anchor": "anchors (&) are not used here; if it is text that begins with '&', put it in quotes",
    "while parsing a tag": "tags (!) are not used here; if it is text that begins with '!', put it in quotes",
    "while scanning a tag": "tags (!) are not used here; if it is text that begins with '!', put it in quotes",
    "while scanning a directive": "directives (%) are not used here; if it is text that begins with '%', put it in quotes",
    "while scanning a block scalar": "after '|' or '>' the text begins in the next line",
    "mapping keys are not allowed": "'?' cannot stand here; put text that begins with it in quotes",
    "found incompatible YAML document": "directives (%) are not used here; files are YAML 1.2",
    "expected '<document start>'": "expected 'key: value'",
}


def _index(mark: Any, other: Any, source: Source) -> int:
    index = next((one.index for one in (mark, other) if one is not None), 0)
    return max(0, min(index, len(source.text) - 1))


def _stray_colon(source: Source, at: int) -> tuple[int, str, str]:
    line, column = source.position(at)
    before = source.line(line)[: column - 1]
    if re.search(r":\s", before):
        return at, "", _SECOND_COLON
    key = source.begin(line) + len(before) - len(before.lstrip())
    above = next((number for number in range(line - 1, 0, -1) if source.line(number).strip()), None)
    if above is not None and re.match(r"\s*(?:- )?[\w.-]+:[^\s:]", source.line(above)):
        return key, "", f"a key cannot stand here; line {above} needs a space after its ':'"
    return key, "", "a key cannot stand here; check the indentation"


def _not_the_end(what: str) -> str:
    if what in ("]", "}"):
        return f"there is nothing that {what!r} could close"
    if what == "<scalar>":
        return "the value has ended before this; put the whole of it in quotes"
    if what == ",":
        return "a comma cannot stand here; put text that contains it in quotes"
    return "this does not line up with the lines above; check the indentation"


def _flow(source: Source, at: int, opened: int, what: str, problem: str) -> tuple[int, str, str]:
    if problem.startswith("expected the node content"):
        if what == "<stream end>":
            return at, "", "the file ends before a bracket is closed"
        if what in ("]", "}"):
            return at, "", f"there is nothing that {what!r} could close"
        return at, "", f"a value is missing before {source.text[at]!r}"
    bracket = source.text[opened]
    same_line = source.position(opened)[0] == source.position(at)[0]
    if (
        what == "<stream end>"
        or (what in ("]", "}") and what != {"[": "]", "{": "}"}.get(bracket))
        or not same_line
    ):
        return opened, "", f"this {bracket!r} is not closed"
    if what == ":":
        return at, "", f"is a comma missing before this? {_SECOND_COLON}"
    return at, "", "a comma is missing before this"
