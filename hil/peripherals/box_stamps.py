"""Rows about the stamps of an I/O box, which everything else is measured with: each edge once, in order, at its time."""

from __future__ import annotations

import itertools

from ..walk.finding import Behaviour
from .bench import Bench, Planned
from .box_lines import (
    CLOCK,
    KEPT,
    ON,
    RELAY,
    SAMPLE,
    clean,
    doors,
    moved,
    stamped,
)


def stamps(bench: Bench) -> None:
    """An edge's stamp is when it was: by the box's clock, joined to this host's."""
    box, judge = bench.box, bench.judge
    for door in doors(bench):
        ahead, bound = box.clock()
        for kind in ("CONTACT", "EXIT", "FIRE"):
            mark = clean(bench)
            began = box.order(ON[kind][0].format(door))
            bench.desk.rest(0.1)
            asked = bench.desk.instant
            edges = [one for one in box.edges(door) if one[0] == f"{kind}{door}"]
            box.order(ON[kind][1].format(door))
            bench.desk.rest(2 * RELAY)
            if not judge.check(len(edges) == 1, Behaviour.LOG, f"one edge of {kind}{door}", f"{len(edges)}"):
                continue
            at = edges[0][2] + ahead
            seen = [one for one in moved(bench, mark) if one.line == f"{kind}{door}" and one.level]
            room = bound + SAMPLE * 1e9
            if seen:
                off = at - seen[0].instant
                judge.check(
                    abs(off) <= room,
                    Behaviour.CLOCK,
                    f"a stamp right to {room / 1e6:.2f} ms",
                    f"{off / 1e6:.2f} ms off",
                    timing=began,
                )
            else:
                right = began - room <= at <= began + RELAY * 1e9 + room
                judge.check(
                    right,
                    Behaviour.CLOCK,
                    "a stamp between order and limit",
                    f"{(at - began) / 1e6:.1f} ms after the order",
                    timing=began,
                )
            judge.check(
                at < asked - 10_000_000,
                Behaviour.CLOCK,
                "the time of the edge, not of the question",
                "the latter",
            )


def together(bench: Bench) -> None:
    """Several lines of several doors at once: each edge, in order of its stamp."""
    _box, judge = bench.box, bench.judge
    for _ in range(5):
        clean(bench)
        wanted: dict[int, list[tuple[str, int]]] = {door: [] for door in doors(bench)}
        for kind in ("FIRE", "CONTACT", "EXIT"):
            for level in (1, 0):
                for door in doors(bench):
                    bench.desk.write("box", ON[kind][1 - level].format(door).encode() + b"\n")
                    wanted[door].append((f"{kind}{door}", level))
                bench.desk.rest(0.01)
        bench.desk.rest(0.1)
        for door, some in wanted.items():
            edges = stamped(bench, door, some)
            times = [stamp for _, _, stamp in edges]
            judge.check(times == sorted(times), Behaviour.LOG, "edges in order of their stamps", "not")


def room(bench: Bench) -> None:
    """What it keeps: 512 edges of a door, the oldest, taken in pieces or at once; what it could not keep it counts."""
    box, judge = bench.box, bench.judge
    clean(bench)
    total, line = KEPT + 68, "CONTACT1"
    levels = [(line, 1 - number % 2) for number in range(total)]
    for number, (_, level) in enumerate(levels):
        bench.desk.write("box", ON["CONTACT"][1 - level].format(1).encode() + b"\n")
        bench.desk.rest(0.006)
        if number == 99:
            lost = box.ask("EDGE1:LOST?", r"\d+")
            judge.check(lost == "0", Behaviour.LOG, "no edge of 100 lost", lost)
    bench.desk.rest(0.1)
    lost = box.ask("EDGE1:LOST?", r"\d+")
    first = [(one, level) for one, level, _ in box.edges(1, 10)]
    judge.check(first == levels[:10], Behaviour.LOG, "the ten oldest", f"{first}"[:120])
    rest = [one for one in box.edges(1) if one[0] == line]
    got = first + [(one, level) for one, level, _ in rest]
    judge.check(
        got == levels[: len(got)] and len(got) >= KEPT,
        Behaviour.LOG,
        f"the {KEPT} oldest, in order",
        f"{len(got)}, {'in' if got == levels[: len(got)] else 'out of'} order",
    )
    times = [stamp for _, _, stamp in rest]
    judge.check(times == sorted(times), Behaviour.LOG, "stamps in order", "not")
    told = int(lost or 0)
    judge.check(len(got) + told == total, Behaviour.LOG, f"{total - len(got)} edges told as lost", f"{told}")
    box.order("EDGE1:CLE")
    lost = box.ask("EDGE1:LOST?", r"\d+")
    judge.check(lost == "0", Behaviour.LOG, "none lost after EDGE1:CLE", lost)
    stamped(bench, 1, [])
    box.order("CONT1 OPEN")
    bench.desk.rest(2 * RELAY)
    stamped(bench, 1, [(line, 1)])
    box.order("CONT1 CLOS")


def unasked(bench: Bench) -> None:
    """Edges that are wanted at once come at once, each once, as they are stamped; and no longer when they are not."""
    box, judge = bench.box, bench.judge
    for door in doors(bench):
        clean(bench)
        box.order(f"EDGE{door}:REP ON")
        ahead, bound = box.clock()
        box.reported.clear()
        began = box.order(f"CONT{door} OPEN")
        bench.desk.run(began + round(2 * RELAY * 1e9))
        box.order(f"EXIT{door}:PULS 0.1")
        bench.desk.rest(0.3)
        box.order(f"CONT{door} CLOS")
        bench.desk.rest(0.1)
        loop = bench.about.loop
        got = [one for one in box.reported if loop is None or one[0] != loop[1]]
        wanted = [(f"CONTACT{door}", 1), (f"EXIT{door}", 1), (f"EXIT{door}", 0), (f"CONTACT{door}", 0)]
        judge.check([one[:2] for one in got] == wanted, Behaviour.LOG, f"reported {wanted}", f"{got}"[:160])
        if got:
            off = got[0][2] + ahead - began
            right = -bound - SAMPLE * 1e9 <= off <= RELAY * 1e9 + bound + SAMPLE * 1e9
            judge.check(
                right,
                Behaviour.CLOCK,
                "a stamp between order and limit",
                f"{off / 1e6:.1f} ms after the order",
                timing=began,
            )
        box.order(f"EDGE{door}:REP OFF")
        box.reported.clear()
        box.order(f"CONT{door} OPEN")
        box.order(f"CONT{door} CLOS")
        bench.desk.rest(0.1)
        judge.check(
            not box.reported, Behaviour.PROTOCOL, "no report when none is wanted", f"{box.reported}"[:120]
        )
        box.edges(door)


def clock(bench: Bench) -> None:
    """Its clock goes on, steadily, right to 5 s a day, over two minutes."""
    box, judge = bench.box, bench.judge
    points = []
    for _ in range(5):
        ahead, bound = box.clock()
        points.append((bench.desk.instant, ahead, bound))
        bench.desk.rest(30.0)
    (begun, first, one), (ended, last, other) = points[0], points[-1]
    drift, unsure = (first - last) / (ended - begun), (one + other) / (ended - begun)
    right = abs(drift) <= CLOCK + unsure
    judge.check(
        right,
        Behaviour.CLOCK,
        f"a clock right to {CLOCK * 1e6:.0f} ppm (5 s a day)",
        f"{drift * 1e6:+.0f} ± {unsure * 1e6:.0f} ppm",
    )
    for (_, before, a), (_, after, b) in itertools.pairwise(points):
        step = abs(after - before)
        most = CLOCK * 31e9 + a + b
        judge.check(
            step <= most, Behaviour.CLOCK, f"no jump of more than {most / 1e6:.1f} ms", f"{step / 1e6:.1f} ms"
        )


def soak(bench: Bench) -> None:
    """Two hundred edges, one by one: none lost, none twice."""
    for number in range(100):
        door = number % bench.about.doors + 1
        kind = ("CONTACT", "EXIT", "FIRE")[number % 3]
        clean(bench)
        for level in (1, 0):
            bench.box.order(ON[kind][1 - level].format(door))
            bench.desk.rest(RELAY)
        stamped(bench, door, [(f"{kind}{door}", 1), (f"{kind}{door}", 0)], Behaviour.LOG)


ROWS = (
    Planned("stamps", "an edge's stamp is when it was", stamps),
    Planned("together", "many lines at once", together),
    Planned("room", "edges that nobody fetches", room),
    Planned("reports", "edges that come unasked", unasked),
    Planned("clock", "its clock over two minutes", clock),
    Planned("many-edges", "two hundred edges, one by one", soak),
)
