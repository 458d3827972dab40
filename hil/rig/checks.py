"""What is wrong between the parts of a rig file."""

from __future__ import annotations

from collections.abc import Iterator

from ...scenarios.reading import Location, Problem
from ...scenarios.spelling import unknown
from ..camera.address import parse
from .address import line_device
from .schema import LANE_ROLES, SHARED, SLOT_ROLES, Rig
from .twins import in_order, wires

LINE_KEYS = ("baudrate", "bytesize", "parity", "stopbits", "rtscts", "xonxoff")


def problems(rig: Rig) -> Iterator[Problem]:
    """Every one of them."""
    yield from _resources(rig)
    yield from _twins(rig)
    yield from _drivers(rig)
    yield from _channels(rig)
    yield from _slots(rig)
    yield from _loops(rig)


def _resources(rig: Rig) -> Iterator[Problem]:
    for name, one in rig.resources.items():
        serial = one.serial is not None or (one.visa is not None and one.visa.upper().startswith("ASRL"))
        for key in sorted(one.model_fields_set & set(LINE_KEYS)):
            if not serial:
                yield Problem(("resources", name, key), "only serial lines have line parameters", on_key=True)
            elif one.visa is not None and key != "baudrate":
                message = "a VISA address takes `baudrate` alone; name the line by `serial:` for more"
                yield Problem(("resources", name, key), message, on_key=True)
        if one.serial is not None and one.serial.startswith("twin:"):
            tap, _, end = one.serial.removeprefix("twin:").partition(".")
            there = rig.resources.get(tap)
            loc: Location = ("resources", name, "serial")
            if there is None or there.twin != "line_tap":
                yield Problem(loc, unknown("emulated line tap", tap, _of(rig, "line_tap")))
            elif getattr(rig.twins[tap], end) is not None:
                yield Problem(
                    loc, f"the {end} end of {tap} is wired to {getattr(rig.twins[tap], end)} already"
                )
        if one.camera is not None and one.camera.startswith("twin:"):
            eye = parse(one.camera).name
            there = rig.resources.get(eye)
            if there is None or there.twin != "camera":
                known = _of(rig, "camera")
                yield Problem(("resources", name, "camera"), unknown("emulated camera", eye, known))


def _of(rig: Rig, *twins: str) -> list[str]:
    return [name for name, one in rig.resources.items() if one.twin in twins]


def _twins(rig: Rig) -> Iterator[Problem]:
    sound = True
    for name, options in rig.twins.items():
        for option, (other, wire) in wires(options).items():
            loc: Location = ("resources", name, "options", option.replace("_", "-"))
            if other not in _of(rig, *wire.leads_to):
                sound = False
                fitting = " or ".join(wire.leads_to)
                if other in rig.resources:
                    yield Problem(loc, f"{other} is no emulated {fitting}")
                else:
                    yield Problem(loc, unknown(f"emulated {fitting}", other, _of(rig, *wire.leads_to)))
    if sound:
        try:
            in_order(rig.twins)
        except ValueError as error:
            yield Problem(("resources",), str(error), on_key=True)


def _drivers(rig: Rig) -> Iterator[Problem]:
    for name, one in rig.drivers.items():
        loc: Location = ("drivers", name)
        takes = one.kind.takes
        if not takes:
            if one.resource is not None:
                yield Problem((*loc, "resource"), f"the driver {one.driver} has no resource", on_key=True)
        elif one.resource is None:
            yield Problem((*loc, "driver"), f"the driver {one.driver} needs a `resource`")
        elif one.resource not in rig.resources:
            yield Problem((*loc, "resource"), unknown("resource", one.resource, tuple(rig.resources)))
        else:
            resource = rig.resources[one.resource]
            visa = resource.visa
            as_line = visa is not None and line_device(visa) is not None and "serial" in takes
            if resource.kind not in (*takes, "twin") and not as_line:
                yield Problem(
                    (*loc, "resource"),
                    f"{one.resource} is a {resource.kind} resource; the driver {one.driver} takes: {', '.join(takes)}",
                )


def _channels(rig: Rig) -> Iterator[Problem]:
    """No two drivers may drive one channel, nor share what one of them needs for itself."""
    owners: dict[str, list[str]] = {}
    for name, one in rig.drivers.items():
        if one.resource is None or not one.kind.takes:
            continue
        for other in owners.setdefault(one.resource, []):
            theirs = rig.drivers[other]
            key = one.kind.channel
            if one.channel is None or theirs.channel is None:
                whole = name if one.channel is None else other
                yield Problem(
                    ("drivers", name, "resource"),
                    f"{one.resource} is {other}'s already, and {whole} needs all of it",
                )
                break
            if one.driver == theirs.driver and one.channel == theirs.channel:
                loc: Location = (
                    ("drivers", name, key)
                    if key and key in one.options.model_fields_set
                    else ("drivers", name)
                )
                yield Problem(
                    loc, f"{key} {one.channel} of {one.resource} is {other}'s already", on_key=len(loc) == 2
                )
                break
        owners[one.resource].append(name)


def _slots(rig: Rig) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    taken: dict[tuple[str, str], tuple[int, str]] = {}
    for place, slot in enumerate(rig.slots):
        loc: Location = ("slots", place)
        if slot.id in seen:
            yield Problem((*loc, "id"), f"there is a slot {slot.id!r} already")
        seen[slot.id] = slot.id
        named: list[tuple[Location, str, str, str]] = []
        for key, role in SLOT_ROLES.items():
            if (driver := getattr(slot, key)) is not None:
                named.append(((*loc, key), key, role, driver))
        for number, lane in enumerate(slot.lanes):
            where: Location = (*loc, "lanes", number)
            for key, role in LANE_ROLES.items():
                value = getattr(lane, key)
                if isinstance(value, dict):
                    named += [((*where, key, way), key, role, driver) for way, driver in value.items()]
                elif value is not None:
                    named.append(((*where, key), key, role, value))
        for at, key, role, driver in named:
            yield from _bound(rig, at, role, driver)
            whose = f"slot {slot.id}" + (f", lane {at[3]}" if len(at) > 3 else "")
            if key not in SHARED:
                number, before = taken.setdefault((key, driver), (place, whose))
                if (number, before) != (place, whose) or (
                    key == "presenter" and _twice(slot.lanes[int(at[3])].presenter, at[-1])
                ):
                    yield Problem(at, f"{driver} is the {key} of {before} already")


def _twice(presenter: dict[str, str] | object, way: object) -> bool:
    """Is it the second of two directions with one presenter?"""
    assert isinstance(presenter, dict)
    return way == "out" and presenter.get("in") == presenter.get("out")


def _bound(rig: Rig, loc: Location, role: str, driver: str) -> Iterator[Problem]:
    if driver not in rig.drivers:
        yield Problem(loc, unknown("driver", driver, _fitting(rig, role) or tuple(rig.drivers)))
        return
    found = rig.drivers[driver]
    if role not in found.roles:
        fitting = _fitting(rig, role)
        hint = f"; there are: {', '.join(fitting)}" if fitting else ""
        yield Problem(loc, f"{driver} ({found.driver}) is no {role}{hint}")


def _fitting(rig: Rig, role: str) -> tuple[str, ...]:
    return tuple(name for name, one in rig.drivers.items() if role in one.roles)


def _loops(rig: Rig) -> Iterator[Problem]:
    for name, one in rig.loops.items():
        loc: Location = ("loops", name)
        if one.press is not None:
            yield from _bound(rig, (*loc, "press"), "ExitButton", one.press)
            sense = one.sense or one.press
            yield from _bound(rig, (*loc, "sense" if one.sense else "press"), "LockSensor", sense)
        for key in ("send", "receive"):
            line = getattr(one, key)
            if line is None:
                continue
            if line not in rig.resources:
                yield Problem((*loc, key), unknown("resource", line, tuple(rig.resources)))
            elif owner := next(
                (driver for driver, bound in rig.drivers.items() if bound.resource == line), None
            ):
                yield Problem((*loc, key), f"{line} is {owner}'s; a loop needs a line of its own")
