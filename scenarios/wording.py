"""What pydantic complains of, in plain words: each mistake once, with its place in the file.

Pydantic reports every branch of a union, complains of a misspelled key twice (unknown, and missing under its right name)
and speaks to programmers. Here one branch is chosen, the second complaint dropped, and the rest said to planners.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from .errors import Finding, InputError
from .places import Document, Location, Node
from .spelling import closest, quoted


@dataclass(frozen=True)
class Complaint:
    """One of pydantic's errors."""

    kind: str
    loc: Location
    message: str
    value: Any
    context: dict[str, Any]
    on_key: bool

    @property
    def cause(self) -> Any:
        return self.context.get("error")


def findings(
    error: ValidationError, model: type[BaseModel], document: Document, most: int
) -> tuple[list[Finding], int]:
    """The first `most` mistakes in order of place, and how many there are more."""
    kept = list(_without_echoes(_chosen(_complaints(error), document.root, 0), document))
    found = [
        inner
        for one in kept
        if isinstance(one.cause, InputError)
        for inner in one.cause.findings
        if inner.line
    ]
    kept = [
        one
        for one in kept
        if not (isinstance(one.cause, InputError) and any(f.line for f in one.cause.findings))
    ]
    kept.sort(key=lambda one: document.place(one.loc, on_key=one.on_key))
    shown = kept[: max(0, most - len(found))]
    found += [document.finding(one.loc, _say(one, model, document), on_key=one.on_key) for one in shown]
    return found, len(kept) - len(shown)


def _complaints(error: ValidationError) -> list[Complaint]:
    return [
        Complaint(
            entry["type"],
            tuple(part for part in entry["loc"] if part != "[key]"),
            entry["msg"],
            entry["input"],
            dict(entry.get("ctx") or {}),
            "[key]" in entry["loc"] or entry["type"] == "extra_forbidden",
        )
        for entry in error.errors(include_url=False)
    ]


# ---- which of them to report


def _chosen(complaints: Sequence[Complaint], node: Node, depth: int) -> list[Complaint]:
    """Of each union the branch that was meant. All of them share the first `depth` parts of their locations.

    A part that is not written in the file is the name of a branch, or of something that a shorthand stands for.
    """
    kept = [one for one in complaints if len(one.loc) == depth]
    parts: dict[str | int, list[Complaint]] = {}
    for one in complaints:
        if len(one.loc) > depth:
            parts.setdefault(one.loc[depth], []).append(one)
    branches: list[list[Complaint]] = []
    for part, inner in parts.items():
        if part in node:
            kept += _chosen(inner, node.inside[part], depth + 1)
        elif all(one.kind == "missing" and len(one.loc) == depth + 1 for one in inner):
            kept += inner[:1]
        else:
            branches.append(_chosen(inner, node, depth + 1))
    if branches:
        kept += branches[0] if len(branches) == 1 else _meant(branches, depth + 1)
    return kept


def _meant(branches: Sequence[Sequence[Complaint]], depth: int) -> Sequence[Complaint]:
    """The branch of a union whose shape fits the value; if none does, what each of them wants."""
    fitting = [
        branch
        for branch in branches
        if not any(len(one.loc) == depth and one.kind in _WRONG_SHAPE for one in branch)
    ]
    if fitting:
        return min(fitting, key=len)
    wrong = [
        one for branch in branches for one in branch if len(one.loc) == depth and one.kind in _WRONG_SHAPE
    ]
    wanted = list(dict.fromkeys(_PLAIN[one.kind].removeprefix("must be ") for one in wrong))
    first = wrong[0]
    return [
        Complaint(
            "none_fits", first.loc[: depth - 1], f"must be {' or '.join(wanted)}", first.value, {}, False
        )
    ]


def _without_echoes(complaints: Sequence[Complaint], document: Document) -> Iterator[Complaint]:
    """Leave out what only follows from another mistake."""
    written = {
        (one.kind, one.loc[-1:], id(one.value)) for one in complaints if _is_written(one.loc, document.root)
    }
    unknown: dict[Location, list[str]] = {}
    for one in complaints:
        if one.kind == "extra_forbidden":
            unknown.setdefault(one.loc[:-1], []).append(str(one.loc[-1]))
    for one in complaints:
        if one.kind == "missing":
            if not difflib.get_close_matches(str(one.loc[-1]), unknown.get(one.loc[:-1], ()), 1):
                yield one
        elif (
            one.kind == "too_short" and len(_node(one.loc, document.root).inside) >= one.context["min_length"]
        ):
            pass  # the entries are there, and each of those that are wrong has its own complaint
        elif _is_written(one.loc, document.root) or (one.kind, one.loc[-1:], id(one.value)) not in written:
            yield one


def _node(loc: Location, node: Node) -> Node:
    for part in loc:
        node = node.inside.get(part, node)
    return node


def _is_written(loc: Location, node: Node) -> bool:
    for part in loc:
        if part not in node:
            return False
        node = node.inside[part]
    return True


# ---- how to say it


def _say(one: Complaint, model: type[BaseModel], document: Document) -> str:
    cause, kind = one.cause, one.kind
    if isinstance(cause, InputError):
        return "; ".join(f"{found.file} {found.message}" for found in cause.findings) or cause.text
    if kind == "extra_forbidden":
        return _unknown_key(
            str(one.loc[-1]), allowed(model, one.loc[:-1]), _node(one.loc[:-1], document.root)
        )
    if kind == "missing":
        return "this key is missing"
    if kind in ("value_error", "assertion_error"):
        return str(cause)
    node = _node(one.loc, document.root)
    value = one.value if node.is_collection or one.on_key else node.value
    if value is None:
        return f"nothing is given; {_wanted(one)}"
    if kind in ("literal_error", "enum"):
        return _other_choice(value, one)
    if kind in ("too_short", "too_long"):
        return f"{_wanted(one)}{f' (got {len(value):,})' if value else ''}"
    if kind == "string_pattern_mismatch":
        return f"{_wanted(one)} (got {quoted(value)}{_as_id(value)})"
    if isinstance(value, int | float) and not node.is_collection:
        quotes = "; put it in quotes" if kind == "string_type" else ""
        return f"{_wanted(one)} (got {node.text}){quotes}"
    return f"{_wanted(one)}{_got(value)}"


def _wanted(one: Complaint) -> str:
    if one.kind in ("literal_error", "enum"):
        return f"must be one of {', '.join(_choices(one))}"
    if one.kind == "too_short" and one.context.get("min_length") == 1:
        return "must not be empty"
    if one.kind in _PLAIN:
        return _PLAIN[one.kind].format(**{name: _number(value) for name, value in one.context.items()})
    return one.message.replace("Input should be", "must be").replace("Value should", "must")


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _choices(one: Complaint) -> list[str]:
    said = str(one.context.get("expected", ""))
    return re.findall(r"'((?:[^'\\]|\\.)*)'", said) or [said]


def _other_choice(value: Any, one: Complaint) -> str:
    near = closest(str(value), _choices(one)) if isinstance(value, str) else None
    return (
        f"unknown value {quoted(value)}; did you mean {near!r}?" if near else f"{_wanted(one)}{_got(value)}"
    )


def _as_id(value: Any) -> str:
    meant = re.sub(r"[^a-z0-9]+", "-", str(value)[:80].lower()).strip("-")
    return f"; did you mean {meant!r}?" if re.fullmatch(r"[a-z][a-z0-9-]*", meant) else ""


def _unknown_key(key: str, names: Sequence[str], around: Node) -> str:
    before = key.split(":")[0]
    if before != key and before in names:
        return f"unknown key {quoted(key)}; is a space missing after '{before}:'?"
    near = closest(key, names)
    free = [name for name in names if name not in around]
    if near:
        hint = f"did you mean {near!r}?"
    elif free:
        hint = f"there are: {', '.join(free[:20])}{', ...' if len(free) > 20 else ''}"
    else:
        hint = "nothing more goes here"
    return f"unknown key {quoted(key)}; {hint}"


def _got(value: Any) -> str:
    """` (got 'x')`; for lists and mappings what they are."""
    if value in ({}, [], ()):
        return ""
    if isinstance(value, dict):
        return " (got keys with values)"
    return " (got a list)" if isinstance(value, list | tuple) else f" (got {quoted(value)})"


_PLAIN = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_pattern_mismatch": "must begin with a small letter, and go on with small letters, digits and dashes",
    "dict_type": "must be keys with values",
    "mapping_type": "must be keys with values",
    "model_type": "must be keys with values",
    "model_attributes_type": "must be keys with values",
    "dataclass_type": "must be keys with values",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "none_required": "must be null",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be {le} or less",
    "multiple_of": "must be a multiple of {multiple_of}",
    "invalid_key": "must be text",
    "union_tag_not_found": "the key {discriminator} is missing",
    "union_tag_invalid": "{discriminator} must be one of {expected_tags}",
}
_WRONG_SHAPE = frozenset(kind for kind in _PLAIN if kind.endswith("_type")) | {
    "int_from_float", "int_parsing", "float_parsing", "bool_parsing", "none_required",
}  # fmt: skip


# ---- the keys that may stand at a place


def allowed(model: type[BaseModel], loc: Location) -> list[str]:
    """The keys that may stand at a location, by the JSON Schema."""
    root = _schema(model)
    definitions = root.get("$defs", {})
    spots = [root]
    for part in loc:
        inside = [
            inner
            for spot in spots
            for branch in _branches(spot, definitions)
            for inner in _inside(branch, part)
        ]
        spots = inside or spots
    names = [
        name
        for spot in spots
        for branch in _branches(spot, definitions)
        for name in branch.get("properties", {})
    ]
    return list(dict.fromkeys(names))


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _branches(spot: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    while "$ref" in spot:
        spot = definitions[spot["$ref"].rsplit("/", 1)[-1]]
    inner = spot.get("anyOf") or spot.get("oneOf") or spot.get("allOf")
    return [leaf for branch in inner for leaf in _branches(branch, definitions)] if inner else [spot]


def _inside(branch: dict[str, Any], part: str | int) -> Iterator[dict[str, Any]]:
    if isinstance(part, int):
        before = branch.get("prefixItems", [])
        inner = before[part] if part < len(before) else branch.get("items")
    else:
        patterns = branch.get("patternProperties", {}).values()
        inner = branch.get("properties", {}).get(part) or next(
            iter(patterns), branch.get("additionalProperties")
        )
    if isinstance(inner, dict):
        yield inner
