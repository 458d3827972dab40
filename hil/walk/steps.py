"""What can be done at a door under test, step by step: plain frozen data, and its form in YAML and JSON (`{do: present, …}`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, TypeAlias

from ...scenarios.errors import InputError
from ...scenarios.spelling import unknown


@dataclass(frozen=True)
class Present:
    """Somebody shows a credential at a reader, and waits for the answer."""

    do: ClassVar[str] = "present"
    person: int
    """Number in the cast."""
    credential: str
    direction: str = "in"
    lane: int = 0
    sound: bool = True
    """Parity, facility, match: as they should be? If not, the reader reports them wrong."""
    facility: int = 0
    """Added to the facility code: the same number of another site."""
    short: int = 0
    """Of what is typed, so many digits are left out."""
    extra: int = 0
    """So many digits more are typed: behind it, or before it if this is negative."""
    frame: str = ""
    """How the reader's frame comes: `bad-crc` (its number spoilt, and then as it should be), `fragments`, `repeated`."""
    passes: bool = False
    """Walk through at once if it unlocks: the leaf opens, a body passes, the leaf shuts."""


@dataclass(frozen=True)
class Together:
    """Several people at different readers at the same instant."""

    do: ClassVar[str] = "together"
    present: tuple[Present, ...]


@dataclass(frozen=True)
class Contact:
    """The leaf of a lane is open from now on, or shut."""

    do: ClassVar[str] = "contact"
    open: bool
    lane: int = 0


@dataclass(frozen=True)
class Press:
    """Somebody presses the exit button."""

    do: ClassVar[str] = "press"
    lane: int = 0


@dataclass(frozen=True)
class Pass:
    """A body breaks the light barrier."""

    do: ClassVar[str] = "pass"
    direction: str = "in"
    lane: int = 0


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    do: ClassVar[str] = "wait"
    seconds: float


@dataclass(frozen=True)
class Held:
    """The leaf has been open for so long that its alarm is due, and a little longer; no more than that if it was due before."""

    do: ClassVar[str] = "held"
    lane: int = 0


@dataclass(frozen=True)
class At:
    """Nothing happens until this instant of the scenario, s; idle time is cut, and the device's clock set."""

    do: ClassVar[str] = "at"
    t: float


@dataclass(frozen=True)
class Begin:
    """A fault of the catalogue begins, and is verified to be on."""

    do: ClassVar[str] = "begin"
    fault: str
    where: str | None = None
    """A portal, a lane `PORTAL/0`, a reader `PORTAL/in/0`, or None: everywhere."""
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class End:
    """It ends, and is verified to be off."""

    do: ClassVar[str] = "end"
    fault: str
    where: str | None = None


@dataclass(frozen=True)
class List:
    """The access server changes what it says of a credential: `listed` (enrol), `revoked`, `absent`."""

    do: ClassVar[str] = "list"
    person: int
    credential: str
    status: str


@dataclass(frozen=True)
class Fire:
    """The fire alarm's contact says fire, or no more; what it released stays released until it is reset."""

    do: ClassVar[str] = "fire"
    on: bool = True


@dataclass(frozen=True)
class FireReset:
    """Somebody resets the fire alarm."""

    do: ClassVar[str] = "fire-reset"


@dataclass(frozen=True)
class Override:
    """An operator holds the portal `open` or `locked`; None ends it."""

    do: ClassVar[str] = "override"
    mode: str | None


@dataclass(frozen=True)
class Release:
    """Somebody lets one person through from afar."""

    do: ClassVar[str] = "release"
    direction: str = "in"
    lane: int = 0


@dataclass(frozen=True)
class Lift:
    """An operator lifts a suspension: of a person of the cast, or of a reader."""

    do: ClassVar[str] = "lift"
    subject: int | str


@dataclass(frozen=True)
class Journal:
    """What the device has logged is read and held against what was seen on the wires."""

    do: ClassVar[str] = "journal"


Step: TypeAlias = (
    Present | Together | Contact | Press | Pass | Wait | Held | At | Begin | End | List | Fire | FireReset | Override | Release | Lift | Journal
)  # fmt: skip
KINDS: Mapping[str, type[Any]] = {
    one.do: one
    for one in (Present, Together, Contact, Press, Pass, Wait, Held, At, Begin, End, List, Fire, FireReset, Override, Release, Lift, Journal)
}  # fmt: skip


def to_plain(step: Step) -> dict[str, Any]:
    """`{do: present, person: 1, …}`; what is as by default is left out."""
    plain: dict[str, Any] = {"do": step.do}
    for one in fields(step):
        value = getattr(step, one.name)
        if isinstance(value, tuple):
            plain[one.name] = [to_plain(part) for part in value]
        elif value != one.default and not (isinstance(value, Mapping) and not value):
            plain[one.name] = dict(value) if isinstance(value, Mapping) else value
    return plain


def from_plain(plain: Any, where: str = "step") -> Step:
    """Read what `to_plain` wrote. InputError names `where`, the field and its value."""
    if not isinstance(plain, Mapping) or not isinstance(plain.get("do"), str):
        raise InputError(
            f"{where}: must be a mapping that says what to `do`: {', '.join(KINDS)} (got {plain!r})"
        )
    if plain["do"] not in KINDS:
        raise InputError(f"{where}.do: {unknown('step', plain['do'], KINDS)}")
    kind = KINDS[plain["do"]]
    given = {name: value for name, value in plain.items() if name != "do"}
    known = {one.name: one for one in fields(kind)}
    for name, value in given.items():
        if name not in known:
            raise InputError(f"{where}.{name}: {unknown('field', name, known)}")
        if kind is Together and isinstance(value, list):
            given[name] = tuple(from_plain(part, f"{where}.{name}[{nth}]") for nth, part in enumerate(value))
            continue
        if not _fits(str(known[name].type), value):
            raise InputError(f"{where}.{name}: must be {known[name].type} (got {value!r})")
    try:
        step: Step = kind(**given)
    except TypeError as error:
        raise InputError(f"{where}: {plain['do']}: {error}") from None
    return step


def _fits(kind: str, value: Any) -> bool:
    if value is None:
        return "None" in kind
    if isinstance(value, bool):
        return "bool" in kind
    if isinstance(value, int):
        return "int" in kind or "float" in kind
    if isinstance(value, float):
        return "float" in kind
    if isinstance(value, str):
        return "str" in kind and "Mapping" not in kind
    return isinstance(value, Mapping) and "Mapping" in kind


def text(step: Step) -> str:
    """In one line, for people."""
    more = [f"{name} {value}" for name, value in to_plain(step).items() if name != "do"]
    return f"{step.do} {', '.join(more)}".strip()
