"""Rows about what a reader shows: lamp and buzzer, as they were ordered, when and for how long."""

from __future__ import annotations

import itertools

from ..osdp import commands as c
from ..osdp import replies as r
from ..osdp.lamp import COLOURS
from ..walk.finding import Behaviour
from .bench import Bench, Planned
from .terminals import Shown

SOON = 0.1
"""Seconds from an order to the light: what an eye takes for at once."""
TENTH = 0.1
"""Seconds: the unit of the protocol's timers, and by how much they may be wrong."""
_I = Behaviour.INDICATION
LAMPS = tuple(one.upper() for one in COLOURS[1:])


def permanent(number: int) -> c.Led:
    return c.Led((c.Light(permanent=1, on=1, on_colour=number, off_colour=number),))


def temporary(number: int, tenths: int) -> c.Led:
    return c.Led(
        (
            c.Light(
                temporary=2,
                temporary_on=1,
                temporary_on_colour=number,
                temporary_off_colour=number,
                timer=tenths,
            ),
        )
    )


def lit(bench: Bench) -> str:
    """The colour that is seen; several, or off."""
    return "+".join(one for one in LAMPS if bench.at.level(one)) or "OFF"


def _settled(bench: Bench, number: int, what: str) -> bool:
    """The lamp has this colour soon."""
    colour = COLOURS[number].upper()
    began = bench.desk.instant
    bench.desk.run(began + round(SOON * 1e9), lambda: lit(bench) == colour)
    return bench.judge.check(
        lit(bench) == colour, _I, f"{what}: {colour.lower()}", lit(bench).lower(), timing=began
    )


def lamp(bench: Bench) -> None:
    """Each colour, permanent and for a time, over another and back; cancelled, replaced; blinking."""
    panel, judge = bench.panel, bench.judge
    for secure in bench.ways:
        if not panel.begin(secure):
            continue
        for number in (1, 2, 3, 4, 5, 6, 7, 0, 2, 1):
            panel.ask(permanent(number))
            _settled(bench, number, "permanent light")
        for number, tenths in ((2, 5), (1, 12), (3, 1), (2, 20)):
            _temporary(bench, number, tenths, under=1 if number != 1 else 4)
        panel.ask(permanent(1))
        panel.ask(temporary(2, 30))
        _settled(bench, 2, "light for 3 s")
        panel.ask(c.Led((c.Light(temporary=1),)))
        _settled(bench, 1, "light for 3 s, cancelled")
        panel.ask(temporary(2, 30))
        panel.ask(temporary(4, 5))
        _settled(bench, 4, "light for 0.5 s in place of another")
        bench.desk.rest(0.5 + TENTH)
        _settled(bench, 1, "after it")
        panel.ask(c.Led((c.Light(led=0, permanent=1, on=2, off=3, on_colour=2, off_colour=1),)))
        mark, began = len(bench.at.shown), bench.desk.instant
        bench.desk.rest(2.2)
        greens = list(bench.at.since(mark, "GREEN"))
        right = 6 <= len(greens) <= 10 and all(
            abs((b.instant - a.instant) / 1e8 - (2 if a.level else 3)) < 0.6
            for a, b in itertools.pairwise(greens)
        )
        judge.check(right, _I, "green for 0.2 s, red for 0.3 s, in turn", _changes(greens, began))
        panel.ask(permanent(0))
        _settled(bench, 0, "permanently off")


def _temporary(bench: Bench, number: int, tenths: int, under: int) -> None:
    bench.panel.ask(permanent(under))
    _settled(bench, under, "permanent light")
    mark = len(bench.at.shown)
    began = bench.panel.ask(temporary(number, tenths)).after
    bench.panel.collect(tenths * TENTH + 3 * TENTH)
    colour = COLOURS[number].upper()
    seen = bench.at.since(mark, colour)
    text = f"{colour.lower()} for {tenths * TENTH:g} s, and back"
    if len(seen) != 2 or seen[0].level != 1 or lit(bench) != COLOURS[under].upper():
        bench.judge.check(False, _I, text, f"{_changes(seen, began)}; then {lit(bench).lower()}")
        return
    late, lasted = (seen[0].instant - began) / 1e9, (seen[1].instant - seen[0].instant) / 1e9
    right = late <= SOON and abs(lasted - tenths * TENTH) <= TENTH / 2 + 0.02
    bench.judge.check(right, _I, text, f"after {late:.2f} s, for {lasted:.2f} s", timing=began)


def _changes(seen: list[Shown], began: int) -> str:
    return (
        ", ".join(f"{one.line.lower()} {one.level} at {(one.instant - began) / 1e9:.2f} s" for one in seen)
        or "nothing"
    )


def once(bench: Bench) -> None:
    """A light for a second whose command comes again half a second later lasts a second: it is answered, not obeyed, again.
    A command with a wrong check lights nothing, and neither does one to another address."""
    panel, judge = bench.panel, bench.judge
    for secure in bench.ways:
        if not panel.begin(secure):
            continue
        panel.ask(permanent(0))
        command = temporary(2, 10)
        frame = panel.sealed(command) if secure else panel.frame(command)
        mark = len(bench.at.shown)
        answer = panel._opened(panel.raw(frame.pack()), frame)
        judge.check(isinstance(answer.message, r.Ack), Behaviour.PROTOCOL, "LED answered by ACK", answer.name)
        bench.desk.rest(0.5)
        again = panel.raw(frame.pack())
        judge.check(
            again.raw == answer.raw, Behaviour.PROTOCOL, "the same answer to the same frame", again.name
        )
        bench.desk.rest(1.5)
        seen = bench.at.since(mark, "GREEN")
        lasted = (seen[1].instant - seen[0].instant) / 1e9 if len(seen) == 2 else 0.0
        judge.check(
            abs(lasted - 1) <= TENTH,
            Behaviour.PROTOCOL,
            "green for 1 s, though the frame came twice",
            _changes(seen, answer.after),
        )
    if bench.about.secure_only:
        return
    for what in ("a wrong CRC", "a wrong checksum", "another address"):
        panel.fresh()
        panel.ask(permanent(0))
        other = (panel.address + 1) % 0x7F
        red = panel.frame(
            permanent(1), crc=what != "a wrong checksum", address=other if what == "another address" else None
        )
        raw = bytearray(red.pack())
        if what != "another address":
            raw[-1] ^= 0x01
        panel.raw(bytes(raw), within=0.3)
        judge.check(
            lit(bench) == "OFF",
            Behaviour.AUTHENTICITY,
            f"a command with {what} lights nothing",
            lit(bench).lower(),
        )
        panel.fresh()
        panel.ask(permanent(0))


def buzzer(bench: Bench) -> None:
    """It sounds as often and as long as it was told, and is silent when told so."""
    panel, judge = bench.panel, bench.judge
    for secure in bench.ways:
        if not panel.begin(secure):
            continue
        for on, off, count in ((2, 1, 1), (3, 0, 1), (2, 2, 3)):
            mark = len(bench.at.shown)
            began = panel.ask(c.Buz(tone=2, on=on, off=off, count=count)).after
            panel.collect((on + off) * count * TENTH + 5 * TENTH)
            seen = bench.at.since(mark, "BUZZER")
            right = len(seen) >= 2 and seen[0].level == 1 and seen[-1].level == 0 and len(seen) <= 2 * count
            if right:
                begins, ends = (seen[0].instant - began) / 1e9, (seen[-1].instant - began) / 1e9
                least = (on * count + off * (count - 1)) * TENTH - TENTH / 2
                right = begins <= SOON and least <= ends <= (on + off) * count * TENTH + SOON
            what = f"{count} tones of {on * TENTH:.1f} s, {off * TENTH:.1f} s apart"
            judge.check(right, _I, what, _changes(seen, began), timing=began)
        panel.ask(c.Buz(tone=2, on=5, off=0, count=0))
        bench.desk.rest(1.0)
        judge.check(bench.at.level("BUZZER") == 1, _I, "a tone until told otherwise", "silence after 1 s")
        panel.ask(c.Buz(tone=1, on=0, off=0, count=1))
        bench.desk.rest(SOON)
        judge.check(bench.at.level("BUZZER") == 0, _I, "silence when told so", "a tone")


def outputs(bench: Bench) -> None:
    """Its output follows, and is told as it is."""
    panel, judge = bench.panel, bench.judge
    panel.begin(bench.about.secure_only)
    for control, level in ((2, 1), (1, 0), (4, 1), (3, 0)):
        panel.ask(c.Out((c.Output(0, control),)))
        bench.desk.rest(0.02)
        told = panel.ask(c.OutputStatus(), by=r.OutputStatusReport).message
        said = told.outputs[0] if isinstance(told, r.OutputStatusReport) and told.outputs else None
        seen = bench.at.level("OUT0")
        judge.check(said == level == seen, _I, f"output {level}, seen and told", f"seen {seen}, told {said}")


ROWS = (
    Planned("lamp", "the lamp in each colour, for a time, blinking", lamp, stimulus=True),
    Planned("once", "a command that comes again is not obeyed again", once, stimulus=True),
    Planned("buzzer", "the buzzer", buzzer, stimulus=True),
    Planned("output", "the output", outputs, stimulus=True),
)
