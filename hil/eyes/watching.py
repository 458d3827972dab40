"""The observers that the options of a watching camera ask for."""

from __future__ import annotations

import cv2

from ..observers.belief import Belief
from ..observers.lamp import Lamp
from ..observers.leaf import Leaf
from ..observers.line import Line
from ..observers.optics import Optics
from ..observers.people import People
from ..observers.quality import Quality
from ..observers.region import Region
from ..observers.screen import BadTemplate, Screen, Template
from ..observers.sighting import Observer
from .lines import LAMP, SYNC
from .options import EyesOptions, LineOptions
from .part import Part


def observers(options: EyesOptions) -> list[Observer]:
    """One each, named `lamp`, `sync`, `leaf`, `people`, `screen`. Raises: BadOptics, BadRegion, BadTemplate."""
    optics = Optics(options.fps, options.exposure, options.readout, options.gamma)
    found: list[Observer] = []
    belief = Belief(optics)
    if options.sync is not None:
        region = Region.rectangle(SYNC, *options.sync.region)
        found.append(Lamp(SYNC, region, optics, belief=belief))
    if options.lamp is not None:
        found.append(Lamp(LAMP, Region.rectangle(LAMP, *options.lamp.region), optics, belief=belief))
    if options.leaf is not None:
        leaf = options.leaf
        found.append(
            Leaf("leaf", marker=leaf.marker, reference=leaf.reference, optics=optics, open=leaf.open)
        )
    if options.people is not None:
        found.append(_people(options.people, optics))
    if options.screen is not None:
        pictures = [_template(name, path) for name, path in options.screen.pictures.items()]
        found.append(Screen("screen", options.screen.corners, pictures, optics=optics))
    return found


def quality(options: EyesOptions) -> Quality:
    """What tells bad pictures by name, and forbids numbers from them. Raises: BadRegion."""
    lamps = {SYNC: options.sync, LAMP: options.lamp}
    regions = [Region.rectangle(name, *lamp.region) for name, lamp in lamps.items() if lamp is not None]
    leaf = options.leaf
    return Quality("picture", regions, () if leaf is None else (leaf.marker, leaf.reference), upright=False)


def _people(told: LineOptions, optics: Optics) -> Observer:
    if told.region is None:
        return People("people", line=Line("line", told.start, told.end, told.inside), optics=optics)
    left, top = told.region[:2]
    start, end, inside = ((x - left, y - top) for x, y in (told.start, told.end, told.inside))
    line = Line("line", start, end, inside)
    return Part("people", told.region, optics, lambda part: People("people", line=line, optics=part))


def _template(name: str, path: str) -> Template:
    picture = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise BadTemplate(f"screen.pictures.{name}: {path} is no picture that OpenCV reads")
    return Template(name, picture)
