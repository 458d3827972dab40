"""Soaking: the same thing again and again, for defects that show now and then (`hil/walk/soak.py` says how often)."""

from __future__ import annotations

from . import face_rows, reader_stimuli
from .bench import Bench, Planned
from .box_lines import ON, RELAY, clean, stamped


def soak_row(kind: str, occasions: int) -> Planned:
    """A row of so many cards, faces or edges of a kind of device."""
    things = {"reader": "cards", "face-terminal": "faces", "io-box": "edges"}[kind]
    play = {"reader": _cards, "face-terminal": _faces, "io-box": _edges}[kind]
    return Planned(
        "soak", f"{occasions} {things}", lambda bench: play(bench, occasions), stimulus=kind != "io-box"
    )


def _cards(bench: Bench, occasions: int) -> None:
    bench.panel.begin(bench.about.secure_only)
    for _ in range(occasions):
        reader_stimuli.shown(bench, "".join(bench.lot.choice("01") for _ in range(37)))


def _faces(bench: Bench, occasions: int) -> None:
    if face_rows.begin(bench):
        for _ in range(occasions):
            face_rows.known(bench, bench.lot.choice(list(face_rows.PEOPLE)))


def _edges(bench: Bench, occasions: int) -> None:
    for number in range((occasions + 1) // 2):
        door, kind = number % bench.about.doors + 1, ("CONTACT", "EXIT", "FIRE")[number % 3]
        clean(bench)
        for level in (1, 0):
            bench.box.order(ON[kind][1 - level].format(door))
            bench.desk.rest(RELAY)
        stamped(bench, door, [(f"{kind}{door}", 1), (f"{kind}{door}", 0)])
