"""The faults that a door may meet: one catalogue for the simulation and the bench, and the timeline of a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from .model import Model
from .reading import Problem
from .spelling import unknown
from .units import Duration

if TYPE_CHECKING:
    from .scenario import Scenario

Place = Literal["everywhere", "portal", "lane", "reader"]


class FaultKind(StrEnum):
    """Every fault that can be simulated, done on a rig, or both."""

    NETWORK_DOWN = "network-down"
    NETWORK_SLOW = "network-slow"
    NETWORK_PARTITIONED = "network-partitioned"
    SERVER_DOWN = "server-down"
    SERVER_WRONG = "server-wrong"
    SERVER_STALE = "server-stale"
    READER_UNPLUGGED = "reader-unplugged"
    READER_TAMPERED = "reader-tampered"
    READER_REPLACED = "reader-replaced"
    CAMERA_COVERED = "camera-covered"
    CAMERA_BLINDED = "camera-blinded"
    CAMERA_FROZEN = "camera-frozen"
    LINE_BIT_ERRORS = "line-bit-errors"
    LINE_CUT = "line-cut"
    LINE_DELAY = "line-delay"
    LINE_NOISE = "line-noise"
    LINE_SHORT = "line-short"
    POWER_CUT = "power-cut"
    BROWN_OUT = "brown-out"
    RESTART = "restart"
    CLOCK_JUMP = "clock-jump"
    CLOCK_DRIFT = "clock-drift"
    STORE_FULL = "store-full"
    STORE_CORRUPT = "store-corrupt"
    BUFFER_FULL = "buffer-full"
    FIRE = "fire"
    FORCED = "forced"
    HELD_OPEN = "held-open"
    STRIKE_STUCK = "strike-stuck"
    OVERRIDE_OPEN = "override-open"
    OVERRIDE_LOCKED = "override-locked"


@dataclass(frozen=True)
class Parameter:
    """How strong a fault is."""

    default: float
    unit: str
    low: float
    high: float
    what: str


@dataclass(frozen=True)
class FaultEntry:
    """One fault, in both worlds. Each text is one plain sentence."""

    summary: str
    places: tuple[Place, ...]
    policy: str | None
    """The word of a policy's `faults:` under which a controller notices it; None: a policy cannot speak of it."""
    simulation: str
    bench: str
    undone: str
    verified: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


_ALL, _PORTAL, _LANE, _READER = ("everywhere", "portal"), ("portal",), ("lane", "portal"), ("reader",)
_BACK = "The order is taken back."
_NOTHING = "Nothing: the modelled controller decides from its own list, so only the log tells of it."
_NO_CAMERA = "The rig's reader reports no face (NOT_TESTED on a walk, and where the policy has a rule for it: a controller with readers has no camera)."


def _entry(
    summary: str, places: tuple[Any, ...], policy: str | None, simulation: str, bench: str, undone: str, verified: str,
    **parameters: Parameter,
) -> FaultEntry:  # fmt: skip
    return FaultEntry(summary, places, policy, simulation, bench, undone, verified, parameters)


CATALOGUE: Mapping[FaultKind, FaultEntry] = {
    FaultKind.NETWORK_DOWN: _entry(
        "The line between controller and access server is down, and both see it.", ("everywhere",), "network-down",
        "The policy's rule for it holds; the list stays as it was.", "The network switch ends the connections.", "The switch connects again.",
        "The switch says so, and the server says whether its controller is connected."),
    FaultKind.NETWORK_SLOW: _entry(
        "Every byte between controller and server comes late.", ("everywhere",), None, _NOTHING, "The network switch delays.", "The delay is set to 0.",
        "The switch says so, and an answer through it takes so long.", delay=Parameter(0.3, "s", 0.01, 60, "each way")),
    FaultKind.NETWORK_PARTITIONED: _entry(
        "Nothing comes through between controller and server, and nobody is told.", ("everywhere",), "network-down",
        "As network-down.", "The network switch keeps back every byte.", "The switch connects again.",
        "The switch says so, and after the silence that both allow the server says that its controller is gone."),
    FaultKind.SERVER_DOWN: _entry(
        "The access server does not run.", ("everywhere",), "server-down", "The policy's rule for it holds; the list stays as it was.",
        "The access server is told to stop: it says so, and lets no controller connect (emulated; a real one: NOT_TESTED).", "It is told to work.",
        "It says so, and whether its controller is connected."),
    FaultKind.SERVER_WRONG: _entry(
        "The access server gives out a wrong list.", ("everywhere",), None,
        "Whoever is listed is revoked: decisions follow the list as given.", "The access server is told to give out such a list (emulated; a real one, and a walk: NOT_TESTED).",
        "It is told to work.", "The controller's list is read back."),
    FaultKind.SERVER_STALE: _entry(
        "The access server gives out an old list.", ("everywhere",), None,
        "The list is that of the scenario's start: what was revoked since is honoured, who was listed since is unknown.",
        "The access server is told to give out the list as it was provisioned (emulated; a real one, and a walk: NOT_TESTED).", "It is told to work.",
        "The controller's list is read back."),
    FaultKind.READER_UNPLUGGED: _entry(
        "A reader answers nothing any more.", _READER, "reader-unplugged", "No attempt at it is noticed; the policy's rule for it holds.",
        "The rig's reader falls silent.", "It answers again, as after power-on.", "8 s of silence have passed; and the panel asks it again."),
    FaultKind.READER_TAMPERED: _entry(
        "Somebody opens a reader's housing.", _READER, "reader-tampered", "The policy's rule for it holds.",
        "The rig's reader reports it (LSTATR).", "It reports that it is shut.", "The panel has fetched the report."),
    FaultKind.READER_REPLACED: _entry(
        "Another reader of the same make is plugged in.", _READER, None, _NOTHING, "The rig's reader falls silent and comes back with another serial number.",
        "The first comes back.", "The panel asks the reader that is there."),
    FaultKind.CAMERA_COVERED: _entry(
        "Something covers a face terminal's camera.", _READER, "camera-covered", "No face is acquired there; the policy's rule for it holds.", _NO_CAMERA, "It reports faces again.", "The reader is asked on."),
    FaultKind.CAMERA_BLINDED: _entry(
        "Light blinds a face terminal's camera.", _READER, None, "No face is acquired there.", _NO_CAMERA, "It reports faces again.", "The reader is asked on."),
    FaultKind.CAMERA_FROZEN: _entry(
        "A face terminal sees a picture that stands still.", _READER, None, "No face is acquired there.", _NO_CAMERA, "It reports faces again.", "The reader is asked on."),
    FaultKind.LINE_BIT_ERRORS: _entry(
        "Single bits on the readers' line flip.", _PORTAL, None, "Each answer takes as much longer as one frame asked for again.",
        "The line tap flips bits.", "The tap is restored.", "The tap counts what it flipped.", share=Parameter(0.002, "of all bytes", 1e-6, 0.2, "that have one")),
    FaultKind.LINE_CUT: _entry(
        "The readers' line is cut.", _PORTAL, "reader-unplugged", "No attempt at its readers is noticed; the policy's rule for reader-unplugged holds.",
        "The line tap drops everything.", "The tap is restored.", "The tap counts what it dropped; readers are asked no more, and again."),
    FaultKind.LINE_DELAY: _entry(
        "Bytes on the readers' line come late.", _PORTAL, None, "Each answer takes so much longer.", "The line tap delays.", "The tap is restored.",
        "The tap says so, and readers are asked on.", delay=Parameter(0.02, "s", 0.001, 0.15, "each way")),
    FaultKind.LINE_NOISE: _entry(
        "Noise on the readers' line spoils frames.", _PORTAL, None, "Each answer takes as much longer as one frame asked for again.",
        "The line tap flips many bits.", "The tap is restored.", "The tap counts what it flipped.", share=Parameter(0.01, "of all bytes", 1e-6, 0.2, "that have one")),
    FaultKind.LINE_SHORT: _entry(
        "The wires of the readers' line touch.", _PORTAL, "reader-unplugged", "As line-cut.", "As line-cut: to both ends it is the same.", "The tap is restored.", "As line-cut."),
    FaultKind.POWER_CUT: _entry(
        "The device has no power.", _PORTAL, "power-cut", "The lock is as it is without power; no reader answers.",
        "The supply is switched off.", "It is switched on again.", "The rail is measured; readers are asked no more, and again."),
    FaultKind.BROWN_OUT: _entry(
        "The supply sags to where nothing works.", _PORTAL, "power-cut", "As power-cut.", "The supply's voltage is lowered.", "It is set back.",
        "The rail is measured; readers are asked no more, and again.", volts=Parameter(4.8, "V", 0.5, 30, "on the rail")),
    FaultKind.RESTART: _entry(
        "The device is switched off and on again.", _PORTAL, "power-cut", "As power-cut, for a moment.", "The supply is switched off, and on at once.",
        "It is on again.", "As power-cut."),
    FaultKind.CLOCK_JUMP: _entry(
        "The controller's clock shows another time.", ("everywhere",), None, "Hours, validity and suspensions are judged by that clock.",
        "The access server sets it.", "It is set right.", "It is read back.", by=Parameter(3600.0, "s", -86_400, 86_400, "ahead")),
    FaultKind.CLOCK_DRIFT: _entry(
        "The controller's clock runs fast or slow (at most 5 s a day are allowed).", ("everywhere",), None,
        "Hours, validity and suspensions are judged by that clock.", "The access server orders the rate (emulated; a real one, and a walk: NOT_TESTED).",
        "The rate is set to 0; what the clock has gained stays.", "The device says its rate.", rate=Parameter(30.0, "s a day", -3600, 3600, "fast")),
    FaultKind.STORE_FULL: _entry(
        "The controller's list has no room left.", ("everywhere",), None,
        "Who is listed stays so; who is put on the list meanwhile is unknown until there is room.",
        "The access server takes up the room; additions must be refused (emulated; a real one, and a walk: NOT_TESTED).", "There is room again.", "The controller says so."),
    FaultKind.STORE_CORRUPT: _entry(
        "The controller's list does not stand its own check.", ("everywhere",), "store-corrupt", "The policy's rule for it holds.",
        "The emulated controller is told so by its server; a real one: NOT_TESTED.", "It is told so.", "It says so."),
    FaultKind.BUFFER_FULL: _entry(
        "The line is down for longer than the controller's log has room.", ("everywhere",), "network-down", "As network-down; the device's own log is not modelled.",
        "The network is down while more happens than fits (emulated: 200 events).", "The switch connects again.", "As network-down."),
    FaultKind.FIRE: _entry(
        "The fire alarm rings.", _ALL, None, "Portals that the policy releases stay open until the end, which is the reset by hand.",
        "The I/O box closes the contact of the fire panel.", "The contact opens, and the alarm is reset through the server.", "The box is read back; every lock is seen."),
    FaultKind.FORCED: _entry(
        "A locked leaf is opened by force.", _LANE, None, "The leaf stands open, with the alarm `forced`; whoever comes walks in.",
        "The I/O box opens the contact.", "The contact shuts.", "The contact is read back; the log must have the alarm."),
    FaultKind.HELD_OPEN: _entry(
        "A leaf is kept open.", _LANE, None, "The leaf stands open, with the alarm `held_open` after its time; whoever comes walks in.",
        "The I/O box keeps the contact open.", "The contact shuts.", "The contact is read back; the log must have the alarm."),
    FaultKind.STRIKE_STUCK: _entry(
        "The bolt does not move.", _LANE, None, "Grants open nothing; people leave before a locked door.", "The leaf that the rig plays does not open (a walk: NOT_TESTED).",
        "It opens.", "The contact is read back: shut."),
    FaultKind.OVERRIDE_OPEN: _entry(
        "An operator holds a portal open.", _PORTAL, None, "It is open, and whoever comes walks through.", "The access server orders it.", _BACK, "The device says its order; the lock is seen."),
    FaultKind.OVERRIDE_LOCKED: _entry(
        "An operator holds a portal locked.", _PORTAL, None, "Every attempt is denied, fire and free egress apart.", "The access server orders it.", _BACK, "The device says its order; the lock is seen."),
}  # fmt: skip
"""In the order of the documentation."""


def _kind(value: Any) -> Any:
    if isinstance(value, str) and value not in list(FaultKind):
        raise ValueError(unknown("fault", value, [str(one) for one in FaultKind]))
    return value


class TimedFault(Model):
    """A fault of the scenario's timeline."""

    fault: Annotated[FaultKind, BeforeValidator(_kind)]
    """A word of the catalogue (docs/faults.md)."""
    at: Duration
    """When it begins, after the scenario's start: `19 h`."""
    lasts: Duration | None = Field(default=None, alias="for", gt=0)
    """How long; to the end unless given."""
    where: str | None = None
    """A portal (`main-gate`), a lane (`main-gate/0`), a reader (`main-gate/in/0`); everywhere unless given."""
    strength: dict[str, float] = {}
    """Of the catalogue's parameters, such as `{delay: 0.5}`."""

    @model_validator(mode="after")
    def _known(self) -> TimedFault:
        entry = CATALOGUE[self.fault]
        for name, value in self.strength.items():
            if name not in entry.parameters:
                raise ValueError(f"{self.fault}: {unknown('parameter', name, entry.parameters)}")
            known = entry.parameters[name]
            if not known.low <= value <= known.high:
                raise ValueError(
                    f"{name} must be from {known.low:g} to {known.high:g} {known.unit} (got {value:g})"
                )
        return self

    def parameter(self, name: str) -> float:
        """As given, or as by default."""
        return self.strength.get(name, CATALOGUE[self.fault].parameters[name].default)

    @property
    def end(self) -> float:
        """Scenario time, s."""
        return float("inf") if self.lasts is None else self.at + self.lasts


def problems(scenario: Scenario) -> Iterator[Problem]:
    """What does not fit between a scenario's timeline and the rest of it."""
    seen: list[TimedFault] = []
    for number, one in enumerate(scenario.faults):
        loc = ("faults", number)
        if one.at >= scenario.duration:
            yield Problem((*loc, "at"), "lies after the end of the run: the fault would never be seen")
        message = _misplaced(scenario, one)
        if message:
            yield Problem((*loc, "where") if one.where is not None else loc, message)
        for other in seen:
            if (
                (other.fault, other.where) == (one.fault, one.where)
                and other.at < one.end
                and one.at < other.end
            ):
                yield Problem(
                    loc, f"{one.fault} is on already at this place then; let one end before the other begins"
                )
        seen.append(one)


def _misplaced(scenario: Scenario, one: TimedFault) -> str:
    places = CATALOGUE[one.fault].places
    portals = scenario.compound.portals
    if one.where is None:
        return (
            ""
            if "everywhere" in places or "portal" in places
            else f"{one.fault} needs a place: where: {_example(scenario, places)}"
        )
    name, *rest = one.where.split("/")
    if name not in portals:
        return unknown("portal", name, portals)
    kind = ("portal", "lane", "reader")[min(len(rest), 2)]
    if kind not in places:
        return f"{one.fault} cannot be at a {kind}; write {_example(scenario, places)}"
    portal = portals[name]
    if rest and (not rest[-1].isdecimal() or int(rest[-1]) >= portal.lanes.total):
        return f"{name} has no lane {rest[-1]!r}; there are 0 to {portal.lanes.total - 1}"
    if kind == "reader" and rest[0] not in portal.readers:
        return f"{name} has no reader {rest[0]!r}; there are: {', '.join(portal.readers) or 'none'}"
    return ""


def _example(scenario: Scenario, places: tuple[Place, ...]) -> str:
    name, portal = next(iter(scenario.compound.portals.items()))
    ways = {
        "portal": name,
        "lane": f"{name}/0",
        "reader": f"{name}/{next(iter(portal.readers), 'in')}/0",
        "everywhere": "nothing",
    }
    return " or ".join(ways[one] for one in places)


def table() -> str:
    """The catalogue as the documentation has it."""
    lines = [
        "| fault | what | policy | in the simulation | on the bench | verified |",
        "|---|---|---|---|---|---|",
    ]
    for kind, one in CATALOGUE.items():
        strength = "; ".join(
            f"`{name}` {p.default:g} {p.unit} {p.what}" for name, p in one.parameters.items()
        )
        what = one.summary + (f" ({strength})" if strength else "")
        word = f"`{one.policy}`" if one.policy else "–"
        lines.append(
            f"| `{kind}` | {what} | {word} | {one.simulation} | {one.bench} {one.undone if one.undone != '–' else ''} | {one.verified} |"
        )
    return "\n".join(line.replace("  |", " |") for line in lines)
