"""Rows about an I/O box: what it drives and what it senses, each line at its own door."""

from __future__ import annotations

from ..walk.finding import Behaviour
from .bench import Bench, Planned
from .box_lines import (
    ASKED,
    BODY,
    NAMED,
    ON,
    RELAY,
    SAMPLE,
    clean,
    doors,
    moved,
    stamped,
    wired,
)


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
    bench.desk.run(since + round(6 * RELAY * 1e9))  # what comes late is named as late
    question, answers = ASKED[kind]
    told = box.ask(question.format(door))
    judge.check(told == answers[level], name, f"{text}, read back as {answers[level]}", told)
    others = [one for one in moved(bench, mark) if one.line != line and not wired(bench, line, one.line)]
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
    for first, then in (
        ("EXIT1:PULS 0.5", "EXIT1 PRES"),
        ("EXIT1:PULS 0.5", "EXIT1:PULS 2"),
        ("EXIT1:PULS 2", "EXIT1:PULS 1.5"),
    ):
        box.order(first)
        bench.desk.rest(0.2)
        box.order(then)
        bench.desk.rest(1.2)
        told = box.ask("EXIT1?")
        bench.judge.check(
            told == "PRES", Behaviour.FREE_EGRESS, f"{then} in place of {first}: pressed after 1.2 s", told
        )
        bench.desk.rest(1.2)
        box.order("EXIT1 REL")
        bench.desk.rest(2 * RELAY)


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
    bench.desk.rest(2 * RELAY)
    clean(bench)
    for order in ("CONT1 OPEN", "EXIT1:PULS 0.2", "PASS1 OUT", "CONT1 CLOS"):
        box.order(order)
        bench.desk.rest(0.4)
        told = box.ask("FIRE1?")
        judge.check(told == "1", Behaviour.FIRE, f"the alarm stays after {order}", told)
    wanted = [(line, level) for line in ("EXIT1", "PASSOUT1") for level in (1, 0)]
    stamped(bench, 1, [("CONTACT1", 1), *wanted, ("CONTACT1", 0)], Behaviour.FIRE)
    box.order("EDGE1:CLE")
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


ROWS = (
    Planned("identity", "who it is, and what it refuses", who),
    Planned("driven", "contact, exit button and fire of each door", driven),
    Planned("lock", "the lock's wires of each door", sensed, stimulus=True),
    Planned("bounce", "short edges of the lock", short, stimulus=True),
    Planned("exit-pulse", "how long the exit button is pressed", pulses),
    Planned("passage", "bodies through the light barrier", bodies),
    Planned("fire", "the alarm stays until it is off", fire),
    Planned("safe", "what a harness leaves behind is undone", reset),
    Planned("loop", "a driven line wired to a sensed one", loop, loop=True),
)
