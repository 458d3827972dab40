"""What a door controller is provisioned with: plain frozen data, and its JSON (schema `gatebench.provisioning/1`).

It is a format and no more: `provisioner` compiles it from a policy document, an emulated controller works by it. Instants
are Unix time and durations whole, both in ns; times of day are ns after local midnight, half-open. Nothing decides here.
"""

from __future__ import annotations

import json
import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, Literal, TypeVar

from .errors import InputError

SCHEMA: Final = "gatebench.provisioning/1"
SECOND: Final = 1_000_000_000

Way = Literal["in", "out"]
Span = tuple[int, int]
"""Times of day, ns after local midnight; from the first on, the second not included."""


@dataclass(frozen=True)
class Unlock:
    """How long a grant unlocks, ns, and what cuts or lengthens it."""

    time: int
    extended: int
    """For cardholders who need longer."""
    restart_on_pass: bool
    restart_on_grant: bool
    relock_on_close: bool


@dataclass(frozen=True)
class OnFault:
    """What a door does while a fault lasts."""

    fault: str
    does: Literal["last-list", "deny", "release", "ignore"]
    list_stands: bool
    """Does the list stay as it was when the fault began?"""


@dataclass(frozen=True)
class Door:
    """One door with its lanes. Its readers are `DOOR/DIRECTION/LANE`, such as `main-gate/in/0`."""

    id: str
    lanes: tuple[tuple[Way, ...], ...]
    """Directions that each lane serves, by number."""
    readers: tuple[Way, ...]
    """Directions whose readers are on; the others are free."""
    unlock: Unlock
    held_open_alarm: int
    """ns that the leaf may stand open."""
    hold_open: tuple[Span, ...]
    """Hours in which it is held unlocked."""
    fire_release: bool
    interlocked_with: tuple[str, ...]
    """Doors that must be shut before it opens."""
    faults: tuple[OnFault, ...]
    """A fault that is not named here does nothing."""


@dataclass(frozen=True)
class Combination:
    """Credential kinds that are needed together, one or more."""

    kinds: tuple[str, ...]
    at: Literal["reader", "guard"] = "reader"


@dataclass(frozen=True)
class Level:
    """Who may pass where and when with what. Of several the first that fits says it all."""

    groups: tuple[str, ...] | None
    """None: everybody, also whom nobody knows."""
    doors: tuple[str, ...] | None
    """None: all."""
    direction: Way | None
    hours: tuple[Span, ...] | None
    """None: all day."""
    begin: int | None
    end: int | None
    """It holds from `begin` until `end`, Unix time; None: without an end."""
    accepts: tuple[Combination, ...]


@dataclass(frozen=True)
class KindValidity:
    """When credentials of a kind count, Unix time."""

    kind: str
    begin: int | None
    end: int | None


@dataclass(frozen=True)
class Suspension:
    """After how many wrong tries, how long (ns), and of whom."""

    after: int
    lasts: int
    of: Literal["person", "reader"]


@dataclass(frozen=True)
class Area:
    """An anti-passback area by the doors that bound it."""

    doors: tuple[str, ...]
    kind: Literal["soft", "hard", "timed"]
    lasts: int | None
    """With `timed`, ns."""
    update: Literal["pass", "grant"]


@dataclass(frozen=True)
class Cardholder:
    """A person as the controller knows them."""

    person: int
    group: str | None
    extended: bool = False
    """Needs the longer unlock time."""


Status = Literal["absent", "listed", "revoked"]


@dataclass(frozen=True)
class Credential:
    """One number and what it stands for."""

    number: str
    kind: str
    person: int | None
    """None: a code that names nobody."""
    status: Status = "listed"
    """`absent`: the number is given out but does not count yet."""
    expires: int | None = None
    """Void from then on, by the controller's own clock, Unix time."""


@dataclass(frozen=True)
class ListChange:
    """The access server changes its list."""

    at: int
    """Unix time."""
    number: str
    status: Status


@dataclass(frozen=True)
class Provisioning:
    """Everything that a controller is told before it works."""

    policy: str
    zone: str
    """IANA name; hours are of its local day."""
    start: int
    """The scenario's t = 0, Unix time."""
    groups: tuple[str, ...]
    doors: tuple[Door, ...]
    levels: tuple[Level, ...]
    validity: tuple[KindValidity, ...]
    combination_within: int
    suspension: Suspension | None
    wrong_try_alarm: int | None
    areas: tuple[Area, ...]
    cardholders: tuple[Cardholder, ...] = ()
    credentials: tuple[Credential, ...] = ()

    def to_json(self) -> str:
        """One JSON document; the same data gives the same text."""
        return json.dumps({"schema": SCHEMA, **_plain(self)}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Provisioning:
        """Read what `to_json` wrote.

        Raises:
            InputError: what is wrong with it, with the path of the field.
        """
        try:
            found = json.loads(text)
        except ValueError as error:
            raise InputError(f"provisioning: no JSON: {error}") from None
        if not isinstance(found, dict):
            raise InputError("provisioning: must be one JSON object; compile it from a policy document")
        schema = found.pop("schema", None)
        if schema != SCHEMA:
            raise InputError(
                f"provisioning: schema: is {schema!r}, this version reads {SCHEMA!r}; compile it again"
            )
        return _read(cls, found, "provisioning")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


T = TypeVar("T")
_HINTS: dict[type, dict[str, Any]] = {}


def _read(kind: type[T], value: Any, path: str) -> T:
    if not isinstance(value, dict):
        raise InputError(f"{path}: must be an object with {', '.join(one.name for one in fields(kind))}")  # type: ignore[arg-type]
    hints = _HINTS.setdefault(kind, typing.get_type_hints(kind))
    wrong = [f"{name!r} is missing" for name in hints if name not in value]
    wrong += [f"{name!r} is no field of it" for name in value if name not in hints]
    if wrong:
        raise InputError(f"{path}: {'; '.join(wrong)}")
    return kind(**{name: _value(hint, value[name], f"{path}.{name}") for name, hint in hints.items()})


def _value(hint: Any, value: Any, path: str) -> Any:
    """A value of the type that a hint names. InputError."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _value(next(one for one in inner if one is not type(None)), value, path)
    if origin is Literal:
        if value not in inner:
            raise InputError(f"{path}: must be one of {', '.join(map(repr, inner))} (got {value!r})")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise InputError(f"{path}: must be a list (got {value!r})")
        if inner[-1] is Ellipsis:
            return tuple(_value(inner[0], one, f"{path}[{place}]") for place, one in enumerate(value))
        if len(value) != len(inner):
            raise InputError(f"{path}: must be {len(inner)} values (got {value!r})")
        return tuple(
            _value(one, got, f"{path}[{place}]")
            for place, (one, got) in enumerate(zip(inner, value, strict=True))
        )
    if is_dataclass(hint):
        return _read(typing.cast(type, hint), value, path)
    if type(value) is not hint:
        names = {int: "a whole number", str: "text", bool: "true or false"}
        raise InputError(f"{path}: must be {names[hint]} (got {value!r})")
    return value
