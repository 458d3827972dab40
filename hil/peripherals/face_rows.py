"""Rows about a face terminal: whom it knows, whom not, once, in time, and what it forgets."""

from __future__ import annotations

from dataclasses import replace

from .. import wiegand
from ..osdp import replies as r
from ..walk.finding import Behaviour
from .bench import Bench, Planned
from .reader_power import back, cut
from .reader_stimuli import arrives, told

SECOND = 1.0
"""Seconds from a face to its number: below one second is what makers say."""
WAIT = 2.0
"""Seconds in which nothing must come."""
SPREAD = 0.15
"""Seconds by which a long list may make it slower, two hundred people against five."""
PEOPLE = {
    "anna": (2, 1173),
    "boris": (2, 1174),
    "chen": (7, 1173),
    "dora": (2, 66709),
    "emil": (65535, 524287),
}
"""Enrolled by the walk: facility and number; some differ in the facility or in one bit alone."""


def report(person: tuple[int, int]) -> r.Raw:
    return r.Raw(*wiegand.encode(*person))


def begin(bench: Bench) -> bool:
    """Nobody in front of it, the people of the walk enrolled, the panel on-line."""
    leave(bench)
    for name, (facility, number) in PEOPLE.items():
        bench.at.do(f"ENROL {name} {facility}:{number}")
    bench.desk.rest(0.05)
    return bench.panel.begin(bench.about.secure_only)


def leave(bench: Bench) -> None:
    bench.at.do("FACE -")
    bench.panel.desk.rest(0.1)


def known(bench: Bench, name: str, person: tuple[int, int] | None = None) -> None:
    """Somebody comes, is recognised, and goes."""
    since = bench.at.do(f"FACE {name}")
    arrives(bench, [report(person or PEOPLE[name])], since, within=SECOND)
    leave(bench)


def nobody(bench: Bench, what: str, behaviour: Behaviour, seconds: float = WAIT) -> None:
    """Nothing comes for so long."""
    came = [told(one) for _, one in bench.panel.collect(seconds)]
    bench.judge.check(not came, behaviour, f"no number: {what}", lambda: "; ".join(came))


def unknown(bench: Bench, name: str, what: str) -> None:
    """Somebody comes, is not known, and goes; the terminal says no by its own lamp, where that can be seen."""
    mark = len(bench.at.shown)
    since = bench.at.do(f"FACE {name}")
    nobody(bench, what, Behaviour.DECISION)
    seen = [one for one in bench.at.since(mark, "UNKNOWN") if one.level]
    right = bool(seen) and (seen[0].instant - since) / 1e9 <= SECOND
    bench.judge.check(
        right,
        Behaviour.INDICATION,
        f"its own refusal within {SECOND:g} s: {what}",
        "none" if not seen else "late",
    )
    leave(bench)
    bench.panel.collect(0.5)


def people(bench: Bench) -> None:
    """Everybody by their own number, in the clear and in the channel, in turn and again."""
    if not begin(bench):
        return
    for secure in bench.ways:
        if bench.panel.begin(secure):
            for name in (*PEOPLE, "chen", "anna", "anna", "emil", "boris"):
                known(bench, name)


def strangers(bench: Bench) -> None:
    """Whoever is not enrolled has no number, whoever went before."""
    if not begin(bench):
        return
    unknown(bench, "zoe", "a stranger")
    for before in PEOPLE:
        known(bench, before)
        unknown(bench, "zoe", f"a stranger after {before}")
    unknown(bench, "ann", "a stranger whose name is like another's")
    for _ in range(6):
        unknown(bench, "yuri", "a stranger who tries again")


def enrolled(bench: Bench) -> None:
    """Who is enrolled, changed and deleted is so at once, and nobody else is."""
    if not begin(bench):
        return
    bench.at.do("ENROL fritz 3:999")
    known(bench, "fritz", (3, 999))
    for name in PEOPLE:
        known(bench, name)
    bench.at.do("ENROL fritz 3:1000")
    known(bench, "fritz", (3, 1000))
    known(bench, "anna")
    for name in ("fritz", "boris", "emil"):
        bench.at.do(f"DELETE {name}")
        bench.desk.rest(0.05)
        unknown(bench, name, f"{name} was deleted")
        known(bench, "anna")
    known(bench, "chen")
    known(bench, "dora")
    unknown(bench, "fritz", "fritz was deleted before")
    bench.at.do("ENROL boris 2:1999")
    known(bench, "boris", (2, 1999))
    begin(bench)
    known(bench, "boris")
    known(bench, "emil")


def standing(bench: Bench) -> None:
    """Whoever stays is recognised once; whoever comes again, again."""
    if not begin(bench):
        return
    since = bench.at.do("FACE anna")
    arrives(bench, [report(PEOPLE["anna"])], since, within=SECOND)
    nobody(bench, "anna was recognised and stays", Behaviour.LOG, seconds=8.0)
    leave(bench)
    known(bench, "anna")


def passing(bench: Bench) -> None:
    """Whoever goes at once is not recognised; of two in turn each is who they are."""
    if not begin(bench):
        return
    bench.at.do("FACE anna")
    bench.desk.rest(0.05)
    leave(bench)
    nobody(bench, "anna was gone after 0.05 s", Behaviour.DECISION)
    bench.at.do("FACE anna")
    bench.desk.rest(0.2)
    since = bench.at.do("FACE boris")
    arrives(bench, [report(PEOPLE["boris"])], since, within=SECOND)
    since = bench.at.do("FACE chen")
    arrives(bench, [report(PEOPLE["chen"])], since, within=SECOND)
    bench.at.do("FACE zoe")
    nobody(bench, "a stranger in the place of chen", Behaviour.DECISION)
    since = bench.at.do("FACE dora")
    arrives(bench, [report(PEOPLE["dora"])], since, within=SECOND)
    leave(bench)
    for first, second in (("anna", "emil"), ("emil", "anna")):
        since = bench.at.do(f"FACE {first}")
        bench.desk.rest(SECOND)
        bench.at.do(f"FACE {second}")
        arrives(bench, [report(PEOPLE[first]), report(PEOPLE[second])], since, within=2 * SECOND)
        leave(bench)


def covered(bench: Bench) -> None:
    """With its camera covered it recognises nobody; uncovered, it does again."""
    if not begin(bench):
        return
    known(bench, "anna")
    bench.at.do("COVERED 1")
    for name in ("anna", "boris", "zoe"):
        bench.at.do(f"FACE {name}")
        nobody(bench, "its camera is covered", Behaviour.FALLBACK)
        leave(bench)
    bench.at.do("COVERED 0")
    with bench.panel.blaming(Behaviour.RECOVERY):
        known(bench, "boris")
    bench.at.do("FACE anna")
    bench.desk.rest(0.1)
    bench.at.do("COVERED 1")
    nobody(bench, "its camera was covered after 0.1 s", Behaviour.FALLBACK)
    leave(bench)
    bench.at.do("COVERED 0")
    known(bench, "anna")


def listed(bench: Bench) -> None:
    """With two hundred people more it is as quick, for the first and the last of them."""
    if not begin(bench):
        return
    few = [_took(bench, name, PEOPLE[name]) for name in PEOPLE]
    more = {f"p{number}": (9, 10_000 + number) for number in range(200)}
    for name, (facility, number) in more.items():
        bench.at.do(f"ENROL {name} {facility}:{number}")
    bench.desk.rest(0.1)
    some = [
        ("anna", PEOPLE["anna"]),
        *[(name, more[name]) for name in ("p0", "p1", "p99", "p198", "p199")],
        ("emil", PEOPLE["emil"]),
    ]
    long = [_took(bench, name, person) for name, person in some]
    grown = max(long) - max(few)
    bench.judge.check(
        grown <= SPREAD,
        Behaviour.LATENCY,
        f"as quick with 200 people more, to {SPREAD:g} s",
        f"{grown:.2f} s slower",
    )
    for name in more:
        bench.at.do(f"DELETE {name}")
    bench.desk.rest(0.1)
    unknown(bench, "p199", "p199 was deleted")
    known(bench, "dora")


def _took(bench: Bench, name: str, person: tuple[int, int]) -> float:
    since = bench.at.do(f"FACE {name}")
    came = bench.panel.collect(5.0, lambda found: bool(found))
    leave(bench)
    bench.panel.collect(0.2)
    right = (
        bool(came)
        and isinstance(came[0][1], r.Raw)
        and (came[0][1].card, came[0][1].bits) == wiegand.encode(*person)
    )
    bench.judge.check(
        right, Behaviour.DECISION, told(report(person)), "; ".join(told(one) for _, one in came) or "nothing"
    )
    took = (came[0][0] - since) / 1e9 if came else 5.0
    bench.judge.check(
        took <= SECOND,
        Behaviour.LATENCY,
        f"a number within {SECOND:g} s",
        f"after {took:.2f} s",
        timing=since,
    )
    return took


def remembered(bench: Bench) -> None:
    """Without power and back: who was enrolled is, who was deleted is not."""
    if not begin(bench):
        return
    bench.at.do("DELETE dora")
    bench.at.do("ENROL fritz 3:77")
    bench.desk.rest(0.1)
    if not back(bench, cut(bench)) or not bench.panel.begin(bench.about.secure_only):
        return
    bench.panel.collect(1.5)
    judged = bench.judge.row.findings
    mark = len(judged)
    for name in PEOPLE:
        if name != "dora":
            known(bench, name)
    known(bench, "fritz", (3, 77))
    unknown(bench, "dora", "dora was deleted before the power cut")
    for number in range(mark, len(judged)):
        judged[number] = replace(judged[number], behaviour=Behaviour.RECOVERY)
    bench.at.do("DELETE fritz")
    begin(bench)
    bench.at.do("FACE anna")
    bench.desk.rest(0.2)
    if back(bench, cut(bench)) and bench.panel.begin(bench.about.secure_only):
        came = [one for _, one in bench.panel.collect(3.0) if isinstance(one, r.Raw)]
        bench.judge.check(
            came in ([], [report(PEOPLE["anna"])]),
            Behaviour.RECOVERY,
            "anna, or nobody: she stood there",
            str(came),
        )
        leave(bench)
        known(bench, "boris")


def crowd(bench: Bench) -> None:
    """Forty people in turn, in an order that is drawn."""
    if not begin(bench):
        return
    for _ in range(40):
        known(bench, bench.lot.choice(list(PEOPLE)))


ROWS = (
    Planned("faces", "everybody by their own number", people, stimulus=True),
    Planned("strangers", "whoever is not enrolled has none", strangers, stimulus=True),
    Planned("enrolment", "enrolled, changed, deleted", enrolled, stimulus=True),
    Planned("standing", "whoever stays is recognised once", standing, stimulus=True),
    Planned("passing", "people who go, and people in turn", passing, stimulus=True),
    Planned("covered", "the camera is covered", covered, stimulus=True),
    Planned("long-list", "two hundred people more", listed, stimulus=True),
    Planned("memory", "enrolment survives a power cut", remembered, stimulus=True),
    Planned("crowd", "forty people in turn", crowd, stimulus=True),
)
