"""From a YAML file to a model, or to every mistake in it at once, each with its place.

YAML 1.2 through ruamel.yaml, which knows line and column of every node; pydantic says what is wrong; here the two
are joined. Aliases are refused: scenario files are read aloud, and an alias can stand for a billion lines.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import ScalarNode

from .errors import Finding, InputError

LIMIT = 2_000_000
DEPTH = 40
NODES = 60_000
"""Events of the parser; at about 10 microseconds each the file is answered within a second."""
MOST = 50
"""Mistakes shown."""

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]


class Problem(NamedTuple):
    """A mistake that only shows between the parts of a file."""

    loc: Location
    message: str
    on_key: bool = False
    """Point at the key rather than at its value."""


class _PlainConstructor(RoundTripConstructor):
    """Everything that is no mapping or list stays what a reader sees: numbers, true, false, null, or text."""


def _construct_scalar(constructor: Any, node: ScalarNode) -> Any:
    return node.value


for _tag in ("timestamp", "binary", "set", "omap", "pairs"):
    _PlainConstructor.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct_scalar)


def read(path: Path, model: type[M], *, check: Callable[[M], Iterable[Problem]] | None = None) -> M:
    """Read a file. InputError: every mistake, in order of place."""
    try:
        with path.open("rb") as file:
            raw = file.read(LIMIT + 1)
    except OSError as error:
        raise InputError([Finding(str(path), 0, 0, "", f"cannot be read: {error.strerror}")]) from None
    return read_bytes(raw, model, name=str(path), folder=path.parent, check=check)


def read_bytes(
    raw: bytes,
    model: type[M],
    *,
    name: str = "<text>",
    folder: Path | None = None,
    check: Callable[[M], Iterable[Problem]] | None = None,
) -> M:
    """Read the bytes of a file; other files that it names lie relative to `folder`."""
    page = _Page(name, _decoded(raw, name))
    document = page.parse()
    try:
        result = model.model_validate(document, context={"folder": folder or Path()})
    except ValidationError as error:
        raise InputError(list(page.findings(error, model, document))[:MOST]) from None
    problems = list(check(result)) if check is not None else []
    if problems:
        raise InputError([page.finding(document, p.loc, p.message, on_key=p.on_key) for p in problems][:MOST])
    return result


def _decoded(raw: bytes, name: str) -> str:
    if len(raw) > LIMIT:
        raise InputError(
            [
                Finding(
                    name,
                    0,
                    0,
                    "",
                    f"is larger than {LIMIT // 1_000_000} MB; keep long tables in CSV files and refer to them",
                )
            ]
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise InputError([Finding(name, line, column, "", message)]) from None


class _Page:
    """A file's text with its mistakes' places."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self.lines = text.splitlines()

    def parse(self) -> CommentedMap:
        """The document as nested mappings. InputError."""
        if not self.text.strip():
            raise InputError([Finding(self.name, 0, 0, "", "the file is empty")])
        self._inspect()
        yaml = self._yaml()
        yaml.Constructor = _PlainConstructor
        try:
            document = yaml.load(self.text)
        except MarkedYAMLError as error:
            raise self._syntax(error) from None
        except (
            YAMLError,
            ValueError,
            TypeError,
            RecursionError,
            KeyError,
            AttributeError,
            AssertionError,
            IndexError,
            NotImplementedError,
        ) as error:
            raise InputError(
                [Finding(self.name, 0, 0, "", f"cannot be read as YAML: {str(error)[:200]}")]
            ) from None
        if not isinstance(document, CommentedMap):
            raise InputError(
                [self._at(0, 0, "", "expected keys with values, such as 'scenario: my-compound'")]
            )
        return document

    @staticmethod
    def _yaml() -> YAML:
        yaml = YAML(typ="rt", pure=True)
        yaml.max_depth = DEPTH
        yaml.allow_duplicate_keys = False
        return yaml

    def _inspect(self) -> None:
        """Refuse what is too deep, too much or an alias before anything is built."""
        depth = events = 0
        try:
            for event in self._yaml().parse(self.text):
                events += 1
                kind = type(event).__name__
                if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
                    mark = event.start_mark
                    raise InputError(
                        [
                            self._at(
                                mark.line,
                                mark.column,
                                "",
                                "anchors and aliases are not used here; say it twice",
                            )
                        ]
                    )
                depth += kind in ("MappingStartEvent", "SequenceStartEvent")
                depth -= kind in ("MappingEndEvent", "SequenceEndEvent")
                if depth > DEPTH or events > NODES:
                    mark = event.start_mark
                    said = (
                        f"nested more than {DEPTH} deep"
                        if depth > DEPTH
                        else f"more than {NODES // 1000},000 entries; keep long tables in CSV files"
                    )
                    raise InputError([self._at(mark.line, mark.column, "", said)])
        except MarkedYAMLError as error:
            raise self._syntax(error) from None
        except InputError:
            raise
        except (
            YAMLError,
            ValueError,
            TypeError,
            RecursionError,
            KeyError,
            AttributeError,
            AssertionError,
            IndexError,
        ) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> InputError:
        position = getattr(error, "position", None)
        if isinstance(position, int):
            before = self.text[:position]
            line = before.count("\n")
            column = position - (before.rfind("\n") + 1)
            return InputError(
                [
                    self._at(
                        line,
                        column,
                        "",
                        f"the character {self.text[position : position + 1]!r} is not allowed in YAML",
                    )
                ]
            )
        return InputError([Finding(self.name, 0, 0, "", f"cannot be read as YAML: {str(error)[:200]}")])

    def _syntax(self, error: MarkedYAMLError) -> InputError:
        mark = error.problem_mark or error.context_mark
        message = " ".join(str(error.problem or error.context or "cannot be read as YAML").split())[:300]
        found = re.match(r'found duplicate key "?(.*?)"? with value', message)
        if found:
            message = f"the key {found[1]!r} stands twice"
            if error.context_mark is not None:
                message += (
                    f"; it stands first in the mapping that begins in line {error.context_mark.line + 1}"
                )
        message = next((plain for said, plain in _SYNTAX.items() if message.startswith(said)), message)
        if mark is None:
            return InputError([Finding(self.name, 0, 0, "", message)])
        return InputError([self._at(mark.line, mark.column, "", message)])

    def _at(self, line: int, column: int, path: str, message: str) -> Finding:
        source = self.lines[line] if 0 <= line < len(self.lines) else ""
        return Finding(self.name, line + 1, column + 1, path, message, source[:2000])

    # ---- pydantic's findings

    def findings(self, error: ValidationError, model: type[BaseModel], document: Any) -> Iterator[Finding]:
        """Each mistake once, in plain words."""
        for entry in error.errors(include_url=False):
            cause = (entry.get("ctx") or {}).get("error")
            if isinstance(cause, InputError) and cause.findings:
                yield from cause.findings
                continue
            loc = tuple(part for part in entry["loc"] if part != "[key]")
            on_key = "[key]" in entry["loc"] or entry["type"] == "extra_forbidden"
            yield self.finding(document, loc, _words(entry, cause, model, document, loc), on_key=on_key)

    def finding(self, document: Any, loc: Location, message: str, *, on_key: bool = False) -> Finding:
        """A mistake at a location of the document as written."""
        node, place = document, (0, 0)
        written: list[str] = []
        last = len(loc) - 1
        for depth, part in enumerate(loc):
            if isinstance(node, CommentedMap) and part in node:
                inner = node[part]
                key = (on_key and depth == last) or isinstance(inner, CommentedMap | CommentedSeq)
                place = node.lc.key(part) if key else node.lc.value(part)
                node = inner
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                place = node.lc.item(part)
                node = node[part]
            elif isinstance(node, CommentedMap | CommentedSeq) and depth != last:
                continue
            written.append(f"[{part}]" if isinstance(part, int) else f".{part}")
        return self._at(place[0], place[1], "".join(written).lstrip("."), message)


def _words(entry: Any, cause: Any, model: type[BaseModel], document: Any, loc: Location) -> str:
    kind, ctx, value = entry["type"], entry.get("ctx") or {}, entry["input"]
    if kind == "extra_forbidden":
        allowed = _allowed(model, loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), allowed, 1)
        hint = (
            f"did you mean {near[0]!r}?"
            if near
            else f"allowed: {', '.join(allowed)}"
            if allowed
            else "nothing goes here"
        )
        return f"unknown key {str(loc[-1])!r}; {hint}"
    if kind == "missing":
        return "this key is missing"
    if kind == "value_error":
        return str(cause)
    shown = "" if isinstance(value, Mapping | list) else f" (got {value!r})"
    if len(shown) > 80:
        shown = shown[:76] + "...)"
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(ctx.get("expected", "")))
        near = difflib.get_close_matches(str(value), choices, 1)
        return (f"unknown value {value!r}; did you mean {near[0]!r}?" if near and not isinstance(value, Mapping | list)
                else f"must be one of {', '.join(choices)}{shown}")  # fmt: skip
    if kind == "string_pattern_mismatch":
        return f"an id is made of small letters, digits and dashes, and begins with a letter{shown}"
    plain = _PLAIN.get(kind)
    said: str = plain.format(**ctx) if plain is not None else entry["msg"][:1].lower() + entry["msg"][1:]
    return said + shown


_SYNTAX = {
    "mapping values are not allowed here": "a ':' cannot stand here; put text that contains one in quotes",
    "found character '\\t'": "a tab cannot indent; use spaces",
    "expected <block end>": "this does not line up with the lines above; check the indentation",
    "could not find expected ':'": "expected 'key: value' here",
    "found unexpected end of stream": "the file ends too early; is a quote or bracket still open?",
}
_PLAIN = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "string_too_long": "is too long",
    "dict_type": "expected keys with values",
    "model_type": "expected keys with values",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "too_short": "needs at least {min_length} entries",
    "too_long": "has more than {max_length} entries",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be {le} or less",
}


def _allowed(model: type[BaseModel], loc: Location) -> list[str]:
    """The keys that may stand at a location, from the JSON Schema."""
    root = model.model_json_schema()
    definitions = root.get("$defs", {})
    spots = [root]
    for part in loc:
        spots = [
            inner for spot in spots for inner in _inside(_resolved(spot, definitions), part, definitions)
        ]
    names: list[str] = []
    for spot in spots:
        for branch in _resolved(spot, definitions):
            names += [name for name in branch.get("properties", {}) if name not in names]
    return names


def _resolved(spot: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    while "$ref" in spot:
        spot = definitions[spot["$ref"].split("/")[-1]]
    branches = spot.get("anyOf") or spot.get("oneOf") or spot.get("allOf")
    if branches:
        return [inner for branch in branches for inner in _resolved(branch, definitions)]
    return [spot]


def _inside(
    branches: list[dict[str, Any]], part: str | int, definitions: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for branch in branches:
        if isinstance(part, int):
            items = branch.get("items")
            if isinstance(items, dict):
                yield items
        elif part in branch.get("properties", {}):
            yield branch["properties"][part]
        elif isinstance(branch.get("additionalProperties"), dict):
            yield branch["additionalProperties"]
        for pattern in (branch.get("patternProperties") or {}).values():
            if not isinstance(part, int):
                yield pattern


__all__ = ["DEPTH", "LIMIT", "NODES", "Location", "Problem", "read", "read_bytes"]
