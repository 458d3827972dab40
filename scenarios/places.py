"""YAML as plain values, with the place of every key and value.

YAML 1.2 with its core schema: `on` and `12:30` are text, keys are always text. Refused are anchors and aliases (a
scenario is read aloud, and an alias can stand for a billion lines), tags, and all that is too deep or too much to be
answered within a second. Keys that stand twice are findings beside those of the reader, so that all come at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

from .errors import Finding, InputError
from .source import Source, whole
from .syntax import plainly

DEPTH = 40
"""Collections within collections."""
EVENTS = 25_000
"""Keys, values, and ends of collections; at about 25 microseconds each a file is answered within a second."""
DIGITS = 100
"""Longer numbers are mistakes."""
_ENDLESS = re.compile(r"\S{100001}")

Location = tuple[str | int, ...]


class Node:
    """A value with its place."""

    __slots__ = ("inside", "keys", "start", "text", "value")

    def __init__(self, value: Any, start: int, text: str = "") -> None:
        self.value = value
        self.start = start
        """The first character, counted from 0."""
        self.text = text
        """A scalar as it is written."""
        self.inside: dict[str | int, Node] = {}
        """The values of a mapping or list."""
        self.keys: dict[str | int, int] = {}
        """Where a mapping's keys begin."""

    def __contains__(self, part: object) -> bool:
        return part in self.inside

    @property
    def is_collection(self) -> bool:
        return isinstance(self.value, dict | list)

    def add(self, part: str | int, node: Node, key: int | None = None) -> None:
        """Put a value inside."""
        self.inside[part] = node
        if isinstance(self.value, dict):
            self.value[part] = node.value
            self.keys[part] = node.start if key is None else key
        else:
            self.value.append(node.value)


@dataclass
class Document:
    """One file: what it says and where."""

    source: Source
    root: Node
    findings: list[Finding] = field(default_factory=list)
    """Keys that stand twice; the first of them counts."""

    def place(self, loc: Location, *, on_key: bool = False) -> tuple[int, str]:
        """The first character of what is at a location, or nearest to it, and its dotted path.

        Parts that are not written in the file, other than the last, are passed over. A collection is shown by its key.
        """
        node, start = self.root, self.root.start
        written: list[str | int] = []
        for number, part in enumerate(loc, start=1):
            last = number == len(loc)
            if part in node.inside:
                inner = node.inside[part]
                on_this_key = inner.is_collection or inner.value is None or (on_key and last)
                start = node.keys.get(part, inner.start) if on_this_key else inner.start
                node = inner
            elif not (last and isinstance(part, str) and isinstance(node.value, dict)):
                continue
            written.append(part)
        return start, dotted(written)

    def finding(self, loc: Location, message: str, *, on_key: bool = False) -> Finding:
        """A mistake at a location."""
        start, path = self.place(loc, on_key=on_key)
        return self.source.finding(start, path, message)


def parse(source: Source) -> Document:
    """The mapping that a file holds. InputError: it is no YAML, is empty, or holds what is refused."""
    if endless := _ENDLESS.search(source.text):
        raise InputError(
            [source.finding(endless.start(), "", "more than 100,000 characters without a space")]
        )
    builder = _Builder(source)
    after = 0
    try:
        for event in YAML(typ="safe", pure=True).parse(source.text):
            builder.take(event)
            after = event.end_mark.index
    except MarkedYAMLError as error:
        raise InputError([source.finding(*plainly(error, source))]) from None
    except ReaderError as error:
        character = f"U+{ord(source.text[error.position]):04X}"
        said = f"the character {character} is not allowed in YAML"
        raise InputError([source.finding(error.position, "", said)]) from None
    except (ArithmeticError, LookupError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError([source.finding(after, "", "what follows cannot be read as YAML")]) from None
    return builder.document()


class _Builder:
    """Builds the nodes from the parser's events, without recursion."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._events = 0
        self._root: Node | None = None
        self._open: list[_Open] = []
        self._findings: list[Finding] = []

    def document(self) -> Document:
        root = self._root
        if root is None or root.value is None:
            raise InputError([whole(self._source.name, "the file is empty")])
        if not isinstance(root.value, dict):
            raise self._refused(root.start, "expected keys with values, such as 'scenario: my-compound'")
        return Document(self._source, root, self._findings)

    def take(self, event: Any) -> None:
        """One event of the parser."""
        start = event.start_mark.index
        self._events += 1
        if self._events > EVENTS:
            raise self._refused(start, f"more than {EVENTS:,} keys and values; keep long tables in CSV files")
        if isinstance(event, CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, DocumentStartEvent):
            self._begin(event, start)
        elif isinstance(event, NodeEvent):
            self._check(event, start)
            if isinstance(event, ScalarEvent):
                self._scalar(event, start)
            else:
                self._collection(event, start)

    def _begin(self, event: DocumentStartEvent, start: int) -> None:
        if self._root is not None:
            raise self._refused(start, "a second document begins here; a file holds one")
        if event.tags or event.version not in (None, (1, 2)):
            raise self._refused(0, "directives are not used here; files are YAML 1.2")

    def _check(self, event: NodeEvent, start: int) -> None:
        for used, mark, name in (
            (isinstance(event, AliasEvent), "*", "aliases"),
            (event.anchor is not None, "&", "anchors"),
            (getattr(event, "tag", None) is not None, "!", "tags"),
        ):
            if used:
                said = f"{name} ({mark}) are not used here; if it is text that begins with {mark!r}, put it in quotes"
                raise self._refused(start, said)

    def _scalar(self, event: ScalarEvent, start: int) -> None:
        text = event.value
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise self._refused(start, "half of a surrogate pair is no character")
        if self._open and self._open[-1].awaits_key:
            self._open[-1].key = (text, start)
        else:
            self._put(Node(text if event.style else self._plain(text, start), start, text))

    def _collection(self, event: NodeEvent, start: int) -> None:
        if self._open and self._open[-1].awaits_key:
            raise self._refused(start, "a key is text, not a list or mapping")
        if len(self._open) >= DEPTH:
            raise self._refused(start, f"nested more than {DEPTH} deep")
        node = Node({} if isinstance(event, MappingStartEvent) else [], start)
        self._open.append(_Open(node, self._put(node)))

    def _put(self, node: Node) -> str | int:
        """Put a value where it belongs; what it is called there."""
        if not self._open:
            self._root = node
            return ""
        around = self._open[-1]
        if around.key is None:
            around.node.add(len(around.node.inside), node)
            return len(around.node.inside) - 1
        (name, start), around.key = around.key, None
        if name in around.node:
            self._twice(around.node, name, start)
        else:
            around.node.add(name, node, start)
        return name

    def _twice(self, around: Node, name: str, start: int) -> None:
        line, column = self._source.position(around.keys[name])
        said = f"the key {_short(name)!r} stands twice; first at {line}:{column}"
        path = dotted([*(one.part for one in self._open[1:]), name])
        self._findings.append(self._source.finding(start, path, said))

    def _plain(self, text: str, start: int) -> Any:
        if len(text) > DIGITS and re.fullmatch(r"[-+.0-9eExXoOa-fA-F]+", text):
            raise self._refused(start, f"a number of {len(text):,} characters")
        return core_value(text)

    def _refused(self, index: int, message: str) -> InputError:
        return InputError([self._source.finding(index, "", message)])


class _Open:
    """A collection that is not at its end."""

    __slots__ = ("key", "node", "part")

    def __init__(self, node: Node, part: str | int) -> None:
        self.node = node
        self.part = part
        """What it is called in the collection around it."""
        self.key: tuple[str, int] | None = None
        """The key that waits for its value."""

    @property
    def awaits_key(self) -> bool:
        return self.key is None and isinstance(self.node.value, dict)


_CORE = re.compile(
    r"(?P<null>~|null|Null|NULL|)"
    r"|(?P<true>true|True|TRUE)|(?P<false>false|False|FALSE)"
    r"|(?P<int>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<infinite>[-+]?\.(?:inf|Inf|INF))|(?P<nan>\.(?:nan|NaN|NAN))"
)
_VALUES: dict[str, Callable[[str], Any]] = {
    "null": lambda text: None,
    "true": lambda text: True,
    "false": lambda text: False,
    "int": int,
    "octal": lambda text: int(text, 8),
    "hex": lambda text: int(text, 16),
    "float": float,
    "infinite": lambda text: -math.inf if text[0] == "-" else math.inf,
    "nan": lambda text: math.nan,
}


def core_value(text: str) -> Any:
    """What a plain scalar means by the core schema of YAML 1.2.2 (section 10.3.2)."""
    found = _CORE.fullmatch(text)
    kind = found.lastgroup if found else None
    return text if found is None or kind is None else _VALUES[kind](found[kind])


def dotted(parts: Iterable[str | int]) -> str:
    """`compound.portals.main-gate.readers[0]`"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_short(part)}" for part in parts)
    return text.removeprefix(".")


def _short(key: str) -> str:
    return key if len(key) <= 60 else f"{key[:57]}..."


__all__ = ["DEPTH", "EVENTS", "Document", "Location", "Node", "core_value", "dotted", "parse"]
