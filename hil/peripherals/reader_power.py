"""Rows about a reader without power: it is dark and deaf, comes back, says so, and remembers what it must."""

from __future__ import annotations

from ..osdp import commands as c
from ..osdp import replies as r
from ..walk.finding import Behaviour
from .bench import Bench, Planned
from .reader_secure import RED
from .reader_shows import lit, permanent
from .reader_stimuli import shown

BACK = 10.0
"""Seconds from power to the first answer: a panel waits for as long before it tells anybody."""
OFF = 1.0
"""Seconds without power."""
_R = Behaviour.RECOVERY


def cut(bench: Bench, seconds: float = OFF) -> int:
    """Switch it off, see that it is, and on again; the instant at which it had power."""
    panel, judge = bench.panel, bench.judge
    bench.at.do("POWER 0")
    bench.desk.rest(seconds / 2)
    judge.check(lit(bench) == "OFF", Behaviour.INDICATION, "no light without power", lit(bench).lower())
    panel.fresh()
    answer = panel.raw(panel.frame(c.Id()).pack(), within=0.25)
    judge.check(not answer.raw, Behaviour.FALLBACK, "silence without power", answer.name)
    bench.desk.rest(seconds / 2)
    return bench.at.do("POWER 1")


def back(bench: Bench, since: int) -> bool:
    """It answers again in time. The answer to ID is the first that it gives: numbers begin anew with 0."""
    panel = bench.panel
    while bench.desk.instant < since + round(BACK * 1e9):
        panel.fresh()
        if isinstance(panel.raw(panel.frame(c.Id()).pack(), within=0.25).message, r.PdId):
            return True
    return bench.judge.check(False, _R, f"an answer within {BACK:g} s of power", "silence")


def restart(bench: Bench) -> None:
    """Off and on: dark, deaf, back, with a report of it and the same identity; nothing of before holds."""
    panel, judge = bench.panel, bench.judge
    for secure in bench.ways:
        if not panel.begin(secure):
            continue
        panel.ask(permanent(1))
        before = panel.ask(c.Id(), by=r.PdId).message, panel.ask(c.Cap(), by=r.PdCap).message
        for _ in range(2):
            panel.poll()
        channel, number = panel.channel, panel.next
        since = cut(bench)
        if not back(bench, since):
            return
        if not panel.begin(secure):
            judge.check(False, _R, "on-line again as before", "not")
            return
        with panel.blaming(_R):
            after = panel.ask(c.Id(), by=r.PdId).message, panel.ask(c.Cap(), by=r.PdCap).message
            judge.check(
                before == after and bench.first in (None, after),
                _R,
                "the same PDID and PDCAP as before",
                f"{after}",
            )
            came = [reply for _, reply in panel.collect(1.5)]
        told = [one for one in came if isinstance(one, r.LocalStatusReport)]
        judge.check(
            any(one.power for one in told),
            _R,
            "LSTATR says that it had no power",
            "; ".join(map(str, came)) or "nothing",
        )
        others = [str(one) for one in came if not isinstance(one, r.LocalStatusReport)]
        judge.check(not others, _R, "nothing else to report", "; ".join(others))
        asked = panel.ask(c.LocalStatus(), by=r.LocalStatusReport).message
        right = isinstance(asked, r.LocalStatusReport) and not asked.tamper
        judge.check(right, _R, "no tamper", str(asked))
        panel.ask(permanent(2))
        bench.desk.rest(0.1)
        judge.check(lit(bench) == "GREEN", _R, "its lamp obeys", lit(bench).lower())
        if bench.about.kind == "reader":
            shown(bench, "10110011100011110000111110")
        _middle(bench, channel is not None, number)


def _middle(bench: Bench, secure: bool, number: int) -> None:
    """Restarted, it takes no command that continues what was before."""
    panel, judge = bench.panel, bench.judge
    channel = panel.channel
    sealed = panel.sealed(RED) if secure else panel.frame(RED)
    since = cut(bench)
    bench.desk.run(since + 3_000_000_000)
    answer = panel.raw(sealed.pack())
    for _ in range(10):
        if answer.raw:
            break
        bench.desk.rest(0.5)
        answer = panel.raw(sealed.pack())
    right = isinstance(answer.message, r.Nak)
    what = (
        "a command of the channel before"
        if channel is not None
        else f"sequence number {sealed.sequence} after the start"
    )
    judge.check(
        right, Behaviour.AUTHENTICITY if channel is not None else _R, f"{what} is refused", answer.name
    )
    bench.desk.rest(0.05)
    judge.check(lit(bench) == "OFF", _R, f"{what} does nothing", lit(bench).lower())
    panel.fresh()
    if panel.begin(bench.about.secure_only):
        panel.collect(0.5)


def numbers(bench: Bench) -> None:
    """After each start its random numbers are others."""
    panel, judge, found = bench.panel, bench.judge, list[bytes]()
    for _ in range(3):
        if not back(bench, cut(bench)):
            return
        for _ in range(3):
            answer, _ = panel.challenge()
            if isinstance(answer.message, r.Ccrypt):
                found.append(answer.message.random)
    judge.check(
        len(set(found)) == len(found) == 9,
        Behaviour.AUTHENTICITY,
        "9 random numbers, 3 after each of 3 starts",
        f"{len(set(found))} different in {len(found)}",
    )


def tampered(bench: Bench) -> None:
    """Opened while it has no power, it says so when it has."""
    panel, judge = bench.panel, bench.judge
    bench.at.do("POWER 0")
    bench.desk.rest(0.5)
    bench.at.do("TAMPER 1")
    bench.desk.rest(0.5)
    if not back(bench, bench.at.do("POWER 1")) or not panel.begin(bench.about.secure_only):
        return
    came = [one for _, one in panel.collect(1.5) if isinstance(one, r.LocalStatusReport)]
    asked = panel.ask(c.LocalStatus(), by=r.LocalStatusReport).message
    right = any(one.tamper for one in came) and isinstance(asked, r.LocalStatusReport) and bool(asked.tamper)
    judge.check(right, _R, "LSTATR says tamper 1", "; ".join(map(str, came)) or "nothing")
    bench.at.do("TAMPER 0")
    panel.collect(0.5)


ROWS = (
    Planned("restart", "power is cut, and comes back", restart, stimulus=True),
    Planned("restart-nonce", "other random numbers after each start", numbers, stimulus=True),
    Planned("restart-tamper", "opened while it has no power", tampered, stimulus=True),
)
