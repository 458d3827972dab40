"""Rows about what is shown to a reader: each card and key once, in order, bit for bit, in time."""

from __future__ import annotations

from ..osdp import commands as c
from ..osdp import replies as r
from ..walk.finding import Behaviour
from .bench import Bench, Planned

READ = 1.0
"""Seconds from a card to its number, with a poll each 50 ms: what people at a door take for at once."""
QUIET = 0.4
"""Seconds of polling after the last report, for what comes twice."""
LENGTHS = (1, 4, 8, 24, 25, 26, 27, 32, 34, 35, 36, 37, 40, 48, 56, 63, 64, 65, 80, 128, 200)
"""Bits of a card; each length with three patterns."""
KEPT = 12
"""Reports that a reader keeps while nobody polls it for a second."""
_KEYS = str.maketrans({"*": "\x7f", "#": "\r"})


def card(bits: str) -> r.Raw:
    """The report of a card whose bits these are."""
    padded = bits + "0" * (-len(bits) % 8)
    return r.Raw(int(padded, 2).to_bytes(len(padded) // 8, "big"), len(bits))


def keys(text: str) -> bytes:
    return text.translate(_KEYS).encode("ascii")


def told(reply: r.Reply) -> str:
    if isinstance(reply, r.Raw):
        return f"a card of {reply.bits} bits, {reply.card.hex()}"
    return f"keys {reply.keys!r}" if isinstance(reply, r.Keypad) else str(reply)


def _same(one: r.Reply, other: r.Reply) -> bool:
    """As far as the card goes: the format is the reader's to say."""
    if isinstance(one, r.Raw) and isinstance(other, r.Raw):
        spare = -one.bits % 8
        mine, theirs = (int.from_bytes(card.card, "big") >> spare for card in (one, other))
        return one.bits == other.bits and mine == theirs
    return one == other


def arrives(
    bench: Bench, wanted: list[r.Reply], since: int, within: float = READ, *, by_kind: bool = False
) -> bool:
    """These, in this order, each once, within so many seconds; `by_kind`: cards and keys in an order of their own, since a
    reader takes longer for the one than for the other. What differs is found: a wrong number as `decision`, lost,
    doubled or reordered ones as `log`, late ones as `latency`."""
    judge = bench.judge
    came = bench.panel.collect(within + 1.0, lambda found: len(found) >= len(wanted))
    came += bench.panel.collect(QUIET)
    last = came[-1][0] if came else 0
    if by_kind:
        came.sort(key=lambda one: one[1].code)
        wanted = sorted(wanted, key=lambda one: one.code)
    replies = [reply for _, reply in came]
    text = lambda: "; ".join(map(told, replies)) or "nothing"
    expected = "; ".join(map(told, wanted))
    if len(replies) == len(wanted):
        pairs = list(zip(replies, wanted, strict=True))
        if all(_same(one, other) for one, other in pairs):
            late = (last - since) / 1e9
            return judge.check(
                late <= within,
                Behaviour.LATENCY,
                f"{expected} within {within:g} s",
                f"after {late:.2f} s",
                timing=since,
            )
        left = list(wanted)
        for one in replies:
            match = next((other for other in left if _same(one, other)), None)
            if match is None:
                return judge.check(False, Behaviour.DECISION, expected, text)
            left.remove(match)
        return judge.check(False, Behaviour.LOG, f"{expected}, in this order", text)
    strange = [one for one in replies if not any(_same(one, other) for other in wanted)]
    return judge.check(False, Behaviour.DECISION if strange else Behaviour.LOG, expected, text)


def shown(bench: Bench, bits: str) -> bool:
    """Show a card and see it come."""
    report = card(bits)
    since = bench.at.do(f"CARD {report.card.hex().upper()}/{report.bits}")
    return arrives(bench, [report], since)


def cards(bench: Bench) -> None:
    """Cards of many lengths and patterns."""
    for secure in bench.ways:
        if not bench.panel.begin(secure):
            continue
        for count in LENGTHS:
            some = ("1" * count, "10" * count, "".join(bench.lot.choice("01") for _ in range(count)))
            for bits in some if not secure else some[2:]:
                shown(bench, bits[:count])


def same_card(bench: Bench) -> None:
    """The same card three times, with seconds between, and cards that differ in one bit: each as shown."""
    bench.panel.begin(bench.about.secure_only)
    bits = "".join(bench.lot.choice("01") for _ in range(37))
    for _ in range(3):
        shown(bench, bits)
        bench.panel.collect(2.0)
    for place in (0, 18, 36):
        shown(bench, bits[:place] + "10"[int(bits[place])] + bits[place + 1 :])


def typed(bench: Bench) -> None:
    """Every key, alone and in a row, at once and one by one."""
    for secure in bench.ways:
        if not bench.panel.begin(secure):
            continue
        for text in ("0123456789*#", "1234#", "*", "9", "00", "7#"):
            since = bench.at.do(f"KEYS {text}")
            keyed(bench, text, since)
        for text in ("4711#", "1122*"):
            since = bench.desk.instant
            for key in text:
                bench.at.do(f"KEYS {key}")
                bench.desk.rest(0.12)
            keyed(bench, text, since)


def _joined(found: list[tuple[int, r.Reply]]) -> bytes:
    return b"".join(one.keys for _, one in found if isinstance(one, r.Keypad))


def keyed(bench: Bench, text: str, since: int, within: float = READ + 1.0) -> None:
    """These keys come, in one report or several."""
    wanted, judge = keys(text), bench.judge
    came = bench.panel.collect(within + 1.0, lambda found: len(_joined(found)) >= len(wanted))
    came += bench.panel.collect(QUIET)
    others = [told(one) for _, one in came if not isinstance(one, r.Keypad)]
    judge.check(not others, Behaviour.LOG, f"keys {text} and nothing else", lambda: "; ".join(others))
    got = _joined(came)
    if got != wanted:
        kind = (
            Behaviour.LOG if len(got) != len(wanted) or sorted(got) == sorted(wanted) else Behaviour.DECISION
        )
        judge.check(False, kind, f"keys {wanted!r}", repr(got))
    elif came:
        late = (came[-1][0] - since) / 1e9
        judge.check(
            late <= within,
            Behaviour.LATENCY,
            f"keys {text} within {within:g} s",
            f"after {late:.2f} s",
            timing=since,
        )


def queued(bench: Bench) -> None:
    """While nobody polls for a second, cards and keys are kept, in order; what comes after is told as ever."""
    for secure in bench.ways:
        if not bench.panel.begin(secure):
            continue
        since, wanted = bench.desk.instant, list[r.Reply]()
        for number in range(KEPT):
            if number % 3 == 2:
                bench.at.do(f"KEYS {number % 10}")
                wanted.append(r.Keypad(keys(str(number % 10))))
            else:
                report = card(f"{number + 1:026b}")
                bench.at.do(f"CARD {report.card.hex()}/26")
                wanted.append(report)
            bench.desk.rest(0.1)
        arrives(bench, wanted, since, within=READ + 0.2 * KEPT, by_kind=True)
    panel = bench.panel
    if not panel.begin(bench.about.secure_only):
        return
    many = [card(f"{number + 1:032b}") for number in range(120)]
    for one in many:
        bench.at.do(f"CARD {one.card.hex()}/32")
        bench.desk.rest(0.02)
    bench.desk.rest(0.2)
    came = [reply for _, reply in panel.collect(20.0, lambda found: _idle(bench, found))]
    places = [next((n for n, one in enumerate(many) if _same(one, reply)), -1) for reply in came]
    right = -1 not in places and places == sorted(set(places)) and len(places) >= KEPT
    bench.judge.check(
        right,
        Behaviour.LOG,
        f"at least {KEPT} of 120 cards, each once, in order",
        lambda: f"numbers {places}"[:160],
    )
    bench.panel.collect(0.5)
    for number in (7, 8):
        shown(bench, f"{number:026b}")


def _idle(bench: Bench, found: list[tuple[int, r.Reply]]) -> bool:
    """Has nothing come for half a second?"""
    return bool(found) and bench.desk.instant - found[-1][0] > 500_000_000


def asked_again(bench: Bench) -> None:
    """A POLL that fetched a card and comes again gets the same card again; the next one gets the next."""
    panel, judge = bench.panel, bench.judge
    panel.begin(bench.about.secure_only)
    if bench.about.secure_only:
        return
    some = [card(f"{number:026b}") for number in (5, 6, 7)]
    for one in some:
        bench.at.do(f"CARD {one.card.hex()}/26")
    bench.desk.rest(READ)
    for one in some:
        frame = panel.frame(c.Poll()).pack()
        first, second = panel.raw(frame), panel.raw(frame)
        right = first.message is not None and _same(first.message, one)
        judge.check(right, Behaviour.LOG, told(one), first.name)
        judge.check(
            second.raw == first.raw, Behaviour.PROTOCOL, "the same card to the same POLL", second.name
        )
    judge.check(isinstance(panel.poll().message, r.Ack), Behaviour.LOG, "no card twice", "another report")


def tampered(bench: Bench) -> None:
    """Its housing is opened and shut: each is reported, once, and told when it is asked; cards are read on."""
    panel, judge = bench.panel, bench.judge
    for secure in bench.ways:
        if not panel.begin(secure):
            continue
        for level in (1, 0, 1, 0):
            since = bench.at.do(f"TAMPER {level}")
            arrives(bench, [r.LocalStatusReport(level, 0)], since)
            asked = panel.ask(c.LocalStatus(), by=r.LocalStatusReport).message
            right = isinstance(asked, r.LocalStatusReport) and asked.tamper == level
            judge.check(right, Behaviour.LOG, f"LSTATR says tamper {level}", str(asked))
            if bench.about.kind == "reader":
                shown(bench, "1011001110001111000011111")


def idle(bench: Bench) -> None:
    """After twenty seconds in which nothing happens, and after nine without a panel, a card and a key come as ever."""
    for secure in bench.ways:
        for pause in (20.0, 9.0):
            if not bench.panel.begin(secure):
                return
            if pause == 20.0:
                bench.panel.collect(pause)
            else:
                bench.desk.rest(pause)
                bench.panel.begin(secure)
            shown(bench, "1100101011110000101011001")
            keyed(bench, "5", bench.at.do("KEYS 5"))


def many(bench: Bench) -> None:
    """Card after card: none lost, none twice."""
    bench.panel.begin(bench.about.secure_only)
    for _ in range(40):
        shown(bench, "".join(bench.lot.choice("01") for _ in range(37)))


CARDS = (
    Planned("cards", "cards of many lengths and patterns", cards, stimulus=True),
    Planned("same-card", "the same card again, and its neighbours", same_card, stimulus=True),
    Planned("keys", "keys, at once and one by one", typed, stimulus=True),
    Planned("queue", "what is shown while nobody polls", queued, stimulus=True),
    Planned("asked-again", "a POLL that comes again gets the same card", asked_again, stimulus=True),
    Planned("idle", "a card after nothing happened for a while", idle, stimulus=True),
    Planned("many-cards", "forty cards, one after the other", many, stimulus=True),
)
TAMPER = (Planned("tamper", "its housing is opened and shut", tampered, stimulus=True),)
