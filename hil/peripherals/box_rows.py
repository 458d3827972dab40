"""Rows about an I/O box: what it drives, what it senses, and the stamps that everything else is measured with."""

from __future__ import annotations

from ..walk.finding import Behaviour
from .bench import Bench, Planned
from .terminals import Shown

RELAY = 0.02
"""Seconds from an order to the relay."""
SAMPLE = 0.0002
"""Seconds by which a stamp may be off, and its rounding to microseconds."""
CLOCK = 5 / 86_400
"""How fast or slow its clock may be: 5 s a day."""
BODY = (0.02, 0.2)
"""Seconds for which a body breaks the light barrier."""
DRIVEN = ("CONTACT", "EXIT", "FIRE", "PASSIN", "PASSOUT")
ON = {
    "CONTACT": ("CONT{} OPEN", "CONT{} CLOS"),
    "EXIT": ("EXIT{} PRES", "EXIT{} REL"),
    "FIRE": ("FIRE{} ON", "FIRE{} OFF"),
}
ASKED = {
    "CONTACT": ("CONT{}?", ("CLOS", "OPEN")),
    "EXIT": ("EXIT{}?", ("REL", "PRES")),
    "FIRE": ("FIRE{}?", ("0", "1")),
}
NAMED = {
    "CONTACT": Behaviour.DOOR_STATE, "EXIT": Behaviour.FREE_EGRESS, "FIRE": Behaviour.FIRE, "PASSIN": Behaviour.DOOR_STATE,
    "PASSOUT": Behaviour.DOOR_STATE, "LOCK": Behaviour.LOCK_STATE,
}  # fmt: skip
KEPT = 512
"""Edges of a door that the box must keep (docs/devices.md)."""


def doors(bench: Bench) -> range:
    return range(1, bench.about.doors + 1)


def clean(bench: Bench) -> int:
    """Forget all edges; a mark in what the terminals told."""
    for door in doors(bench):
        bench.box.order(f"EDGE{door}:CLE")
    return 0 if bench.terminals is None else len(bench.terminals.shown)


def moved(bench: Bench, mark: int) -> list[Shown]:
    """What changed at the terminals since."""
    return [] if bench.terminals is None else bench.terminals.shown[mark:]


def who(bench: Bench) -> None:
    """It says who it is, has the doors that it should, and refuses what it does not know."""
    box, judge = bench.box, bench.judge
    names = {box.ask("*IDN?", r"[^,]+,[^,]+,[^,]*,[^,]*") for _ in range(2)}
    judge.check(len(names) == 1, Behaviour.PROTOCOL, "the same identity each time", f"{names}")
    for door in doors(bench):
        for question, form in (
            ("LOCK{}?", "[01]"),
            ("CONT{}?", "OPEN|CLOS"),
            ("EXIT{}?", "PRES|REL"),
            ("FIRE{}?", "[01]"),
        ):
            box.ask(question.format(door), form)
    for wrong in (f"CONT{bench.about.doors + 1} OPEN", "CONT1 AJAR", "NONSENSE"):
        bench.desk.write("box", wrong.encode() + b"\n")
        error = box.ask("SYST:ERR?", r'[-+]?\d+,".*"')
        judge.check(
            bool(error) and not error.lstrip("+").startswith("0,"),
            Behaviour.PROTOCOL,
            f"an error for {wrong}",
            error,
        )
    judge.check(
        box.ask("SYST:ERR?", ".*").lstrip("+").startswith("0,"),
        Behaviour.PROTOCOL,
        "no further error",
        "another",
    )


def driven(bench: Bench) -> None:
    """Each order moves its own line, that way, soon, and no other; it is read back, and stamped once."""
    for door in doors(bench):
        for kind in ("CONTACT", "EXIT", "FIRE"):
            for level in (1, 0, 1, 0):
                _drive(bench, kind, door, level)


def _drive(bench: Bench, kind: str, door: int, level: int) -> None:
    box, judge, line = bench.box, bench.judge, f"{kind}{door}"
    name = NAMED[kind]
    mark = clean(bench)
    text = ON[kind][1 - level].format(door)
    since = box.order(text)
    bench.desk.run(since + round(2 * RELAY * 1e9))
    question, answers = ASKED[kind]
    told = box.ask(question.format(door))
    judge.check(told == answers[level], name, f"{text}, read back as {answers[level]}", told)
    others = [one for one in moved(bench, mark) if one.line != line and not _wired(bench, line, one.line)]
    judge.check(not others, name, f"{text} moves no other line", ", ".join(one.line for one in others))
    if bench.terminals is not None:
        seen = [one for one in moved(bench, mark) if one.line == line]
        right = [one.level for one in seen] == [level]
        if judge.check(right, name, f"{text}: {line} {level}, once", f"levels {[one.level for one in seen]}"):
            late = (seen[0].instant - since) / 1e9
            judge.check(
                late <= RELAY,
                Behaviour.LATENCY,
                f"{text} within {RELAY * 1e3:g} ms",
                f"after {late * 1e3:.1f} ms",
                timing=since,
            )
    stamped(bench, door, [(line, level)], name)
    for other in doors(bench):
        if other != door:
            stamped(bench, other, [], Behaviour.LOG)


def _wired(bench: Bench, source: str, target: str) -> bool:
    return bench.about.loop == (source, target)


def stamped(
    bench: Bench, door: int, wanted: list[tuple[str, int]], name: Behaviour = Behaviour.LOG
) -> list[tuple[str, int, int]]:
    """These edges and no others; what a loop adds is left out."""
    edges = bench.box.edges(door)
    loop = bench.about.loop
    found = [
        one
        for one in edges
        if loop is None or one[0] != loop[1] or any(line == loop[1] for line, _ in wanted)
    ]
    got = [(line, level) for line, level, _ in found]
    text = lambda some: ", ".join(f"{line} {level}" for line, level in some[:12]) or "none"
    kind = Behaviour.LOG if sorted(got) == sorted(wanted) or len(got) != len(wanted) else name
    bench.judge.check(got == wanted, kind, f"edges {text(wanted)}", lambda: text(got))
    return found


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


def sensed(bench: Bench) -> None:
    """The lock's wires: each edge once, its level, its time, at its own door, and the level when asked."""
    box, judge = bench.box, bench.judge
    for door in doors(bench):
        clean(bench)
        ahead, bound = box.clock()
        done: list[tuple[int, int]] = []
        for number in range(12):
            level = 1 - number % 2
            stamp = bench.desk.instant  # it is told, so that the way to the terminals adds nothing
            bench.at.do(f"LOCK{door} {level} {stamp}")
            done.append((level, stamp))
            bench.desk.rest(bench.lot.uniform(0.004, 0.04))
            told = box.ask(f"LOCK{door}?", "[01]")
            judge.check(told == str(level), Behaviour.LOCK_STATE, f"LOCK{door} {level}", told)
            for other in doors(bench):
                if other != door:
                    told = box.ask(f"LOCK{other}?", "[01]")
                    judge.check(told == "0", Behaviour.LOCK_STATE, f"LOCK{other} 0", told)
        edges = stamped(bench, door, [(f"LOCK{door}", level) for level, _ in done], Behaviour.LOCK_STATE)
        if len(edges) != len(done):
            continue
        room = bound + SAMPLE * 1e9
        for (_, instant), (_, _, stamp) in zip(done, edges, strict=True):
            off = stamp + ahead - instant
            judge.check(
                abs(off) <= room,
                Behaviour.CLOCK,
                f"a stamp right to {room / 1e6:.2f} ms",
                f"{off / 1e6:.2f} ms off",
                timing=instant,
            )
        for other in doors(bench):
            if other != door:
                stamped(bench, other, [], Behaviour.LOCK_STATE)


def short(bench: Bench) -> None:
    """A lock that lets go for 2 ms has two edges, and bounces are kept in order."""
    for door in doors(bench):
        clean(bench)
        wanted = []
        for number in range(40):
            level = 1 - number % 2
            bench.at.do(f"LOCK{door} {level}")
            wanted.append((f"LOCK{door}", level))
            bench.desk.rest(0.002)
        edges = stamped(bench, door, wanted)
        times = [stamp for _, _, stamp in edges]
        bench.judge.check(times == sorted(times), Behaviour.LOG, "stamps in order", "not")


def pulses(bench: Bench) -> None:
    """The exit button is pressed for as long as was ordered, and let go; a new order replaces what is to come."""
    for door in doors(bench):
        for seconds in (0.05, 0.3, 1.0, 2.5) if door == 1 else (0.1, 0.7):
            _pulse(bench, door, seconds)
    box = bench.box
    clean(bench)
    box.order("EXIT1:PULS 5")
    bench.desk.rest(0.3)
    box.order("EXIT1 REL")
    bench.desk.rest(0.3)
    stamped(bench, 1, [("EXIT1", 1), ("EXIT1", 0)], Behaviour.FREE_EGRESS)
    bench.desk.rest(5.0)
    stamped(bench, 1, [], Behaviour.FREE_EGRESS)


def _pulse(bench: Bench, door: int, seconds: float) -> None:
    box, judge = bench.box, bench.judge
    mark = clean(bench)
    began = box.order(f"EXIT{door}:PULS {seconds:g}")
    bench.desk.run(began + round(seconds * 0.6 * 1e9))
    told = box.ask(f"EXIT{door}?")
    judge.check(told == "PRES", Behaviour.FREE_EGRESS, "pressed meanwhile", told)
    bench.desk.run(began + round((seconds + 0.2) * 1e9))
    told = box.ask(f"EXIT{door}?")
    judge.check(told == "REL", Behaviour.FREE_EGRESS, f"let go after {seconds:g} s", told)
    edges = stamped(bench, door, [(f"EXIT{door}", 1), (f"EXIT{door}", 0)], Behaviour.FREE_EGRESS)
    lengths = {"as stamped": [stamp for _, _, stamp in edges]}
    if bench.terminals is not None:
        lengths["as seen"] = [one.instant for one in moved(bench, mark) if one.line == f"EXIT{door}"]
    for how, times in lengths.items():
        lasted = (times[1] - times[0]) / 1e9 if len(times) == 2 else 0.0
        right = abs(lasted - seconds) <= 0.005 + seconds * 0.001
        judge.check(
            right, Behaviour.FREE_EGRESS, f"pressed for {seconds:g} s, {how}", f"{lasted:.3f} s", timing=began
        )


def bodies(bench: Bench) -> None:
    """A body breaks the barrier of that way and door, once, shortly."""
    box, judge = bench.box, bench.judge
    for door in doors(bench):
        for way in ("IN", "OUT", "IN"):
            line = f"PASS{way}{door}"
            clean(bench)
            box.order(f"PASS{door} {way}")
            bench.desk.rest(0.3)
            edges = stamped(bench, door, [(line, 1), (line, 0)], Behaviour.DOOR_STATE)
            if len(edges) == 2:
                lasted = (edges[1][2] - edges[0][2]) / 1e9
                judge.check(
                    BODY[0] <= lasted <= BODY[1],
                    Behaviour.DOOR_STATE,
                    "a body of 0.02 to 0.2 s",
                    f"{lasted:.3f} s",
                )


def fire(bench: Bench) -> None:
    """The alarm stays until it is ordered off, at its own door, whatever the other lines do."""
    box, judge = bench.box, bench.judge
    box.order("FIRE1 ON")
    for order in ("CONT1 OPEN", "EXIT1:PULS 0.2", "PASS1 OUT", "CONT1 CLOS", "EDGE1:CLE"):
        box.order(order)
        bench.desk.rest(0.4)
        told = box.ask("FIRE1?")
        judge.check(told == "1", Behaviour.FIRE, f"the alarm stays after {order}", told)
    bench.desk.rest(10.0)
    seen = None if bench.terminals is None else bench.at.level("FIRE1")
    told = box.ask("FIRE1?")
    judge.check(
        told == "1" and seen in (None, 1),
        Behaviour.FIRE,
        "the alarm stays for 10 s",
        f"told {told}, seen {seen}",
    )
    box.order("FIRE1 OFF")
    bench.desk.rest(2 * RELAY)
    told = box.ask("FIRE1?")
    judge.check(told == "0", Behaviour.FIRE, "the alarm ends when it is ordered off", told)


def together(bench: Bench) -> None:
    """Several lines of several doors at once: each edge, in order of its stamp."""
    box, judge = bench.box, bench.judge
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
    for (_, before, a), (_, after, b) in zip(points, points[1:], strict=False):
        step = abs(after - before)
        most = CLOCK * 31e9 + a + b
        judge.check(
            step <= most, Behaviour.CLOCK, f"no jump of more than {most / 1e6:.1f} ms", f"{step / 1e6:.1f} ms"
        )


def reset(bench: Bench) -> None:
    """What a harness leaves behind is undone: by its safe orders, and by *RST; both are seen."""
    box, judge = bench.box, bench.judge
    for how in (("FIRE{} 0", "EXIT{} REL", "CONT{} CLOS"), ("*RST",)):
        for door in doors(bench):
            for order in ("FIRE{} ON", "EXIT{}:PULS 30", "CONT{} OPEN"):
                box.order(order.format(door))
        bench.desk.rest(0.1)
        for door in doors(bench) if len(how) > 1 else (1,):
            for order in how:
                box.order(order.format(door))
        bench.desk.rest(0.1)
        for door in doors(bench):
            for kind in ("CONTACT", "EXIT", "FIRE"):
                question, answers = ASKED[kind]
                told = box.ask(question.format(door))
                seen = 0 if bench.terminals is None else bench.at.level(f"{kind}{door}")
                name = NAMED[kind]
                judge.check(
                    told == answers[0] and not seen,
                    name,
                    f"{kind}{door} at rest after {how[-1].format(door)}",
                    f"told {told}, seen {seen}",
                )
    bench.desk.rest(31.0)
    for door in doors(bench):
        told = box.ask(f"EXIT{door}?")
        judge.check(told == "REL", Behaviour.FREE_EGRESS, "a pulse that was undone stays undone", told)


def loop(bench: Bench) -> None:
    """A driven line that is wired to a sensed one: each edge of the first makes one of the second, the same way, soon."""
    assert bench.about.loop is not None
    source, target = bench.about.loop
    door = int(target.removeprefix("LOCK"))
    kind = source.rstrip("0123456789")
    number = int(source.removeprefix(kind))
    box, judge = bench.box, bench.judge
    for _ in range(10):
        clean(bench)
        for level in (1, 0):
            box.order(ON[kind][1 - level].format(number))
            bench.desk.rest(0.1)
            told = box.ask(f"LOCK{door}?", "[01]")
            judge.check(told == str(level), Behaviour.LOCK_STATE, f"{target} {level} as {source}", told)
        edges = [one for one in box.edges(door) if one[0] == target]
        drives = [one for one in box.edges(number) if one[0] == source] if number != door else []
        levels = [level for _, level, _ in edges]
        judge.check(levels == [1, 0], Behaviour.LOCK_STATE, f"edges of {target}: 1, 0", f"{levels}")
        if drives and len(edges) == len(drives):
            late = max(b[2] - a[2] for a, b in zip(drives, edges, strict=True)) / 1e9
            judge.check(
                0 <= late <= 0.05,
                Behaviour.CLOCK,
                f"{target} within 50 ms of {source}",
                f"{late * 1e3:.1f} ms",
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
    Planned("identity", "who it is, and what it refuses", who),
    Planned("driven", "contact, exit button and fire of each door", driven),
    Planned("stamps", "an edge's stamp is when it was", stamps),
    Planned("lock", "the lock's wires of each door", sensed, stimulus=True),
    Planned("bounce", "short edges of the lock", short, stimulus=True),
    Planned("exit-pulse", "how long the exit button is pressed", pulses),
    Planned("passage", "bodies through the light barrier", bodies),
    Planned("fire", "the alarm stays until it is off", fire),
    Planned("together", "many lines at once", together),
    Planned("room", "edges that nobody fetches", room),
    Planned("reports", "edges that come unasked", unasked),
    Planned("clock", "its clock over two minutes", clock),
    Planned("safe", "what a harness leaves behind is undone", reset),
    Planned("loop", "a driven line wired to a sensed one", loop, loop=True),
    Planned("many-edges", "two hundred edges, one by one", soak),
)
