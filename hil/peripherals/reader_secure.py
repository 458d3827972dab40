"""Rows about a reader's secure channel: whoever does not know the key gets nowhere, and nothing falls back to the clear."""

from __future__ import annotations

from dataclasses import replace

from ..osdp import commands as c
from ..osdp import replies as r
from ..osdp.frame import Block
from ..osdp.secure import DEFAULT_KEY, Channel, Session
from ..walk.finding import Behaviour
from .asking import Answer
from .bench import Bench, Planned

HANDSHAKES = 6
_A = Behaviour.AUTHENTICITY
_HARMLESS = (r.Nak, r.Busy)
RED = c.Led((c.Light(permanent=1, on=1, on_colour=1, off_colour=1),))
DARK = c.Led((c.Light(permanent=1, on=1),))


def refused(bench: Bench, answer: Answer, what: str) -> bool:
    """Silence or a refusal; the lamp, where it can be seen, stays dark."""
    panel, judge = bench.panel, bench.judge
    harmless = answer.frame is None and not answer.raw or isinstance(answer.message, _HARMLESS)
    right = judge.check(harmless, _A, f"{what} is refused", answer.name)
    if bench.terminals is not None:
        bench.desk.rest(0.05)
        lit = bench.at.level("RED")
        right &= judge.check(not lit, _A, f"{what} does nothing", "its lamp is red")
    panel.channel = None
    return right


def handshake(bench: Bench) -> None:
    """The channel comes up again and again, each time with another random number, and carries commands."""
    panel, judge, numbers = bench.panel, bench.judge, []
    for _ in range(HANDSHAKES):
        answer, _ = panel.challenge()
        if isinstance(answer.message, r.Ccrypt):
            numbers.append(answer.message.random)
        if not panel.handshake():
            return
        who = panel.ask(c.Id(), by=r.PdId)
        for _ in range(4):
            panel.poll()
        panel.ask(c.LocalStatus(), by=r.LocalStatusReport)
        panel.fresh()
        plain = panel.ask(c.Id(), by=r.PdId)
        judge.check(
            who.message == plain.message,
            Behaviour.PROTOCOL,
            "the same PDID in the channel as in the clear",
            f"{who.message}, {plain.message}",
        )
    judge.check(
        len(set(numbers)) == HANDSHAKES, _A, f"{HANDSHAKES} random numbers", f"{len(set(numbers))} different"
    )
    tails = {one[-4:] for one in numbers}, {one[:4] for one in numbers}
    judge.check(
        all(len(one) == HANDSHAKES for one in tails),
        _A,
        "random numbers in all their bytes",
        ", ".join(one.hex() for one in numbers),
    )


def strangers(bench: Bench) -> None:
    """Whoever does not know the key gets no channel: wrong cryptogram, wrong key, SCBK-D where it has a key of its own."""
    panel, judge = bench.panel, bench.judge
    for wrong in ("a cryptogram of another key", "a cryptogram of zeros", "its own cryptogram"):
        hand, random = panel.challenge()
        if not isinstance(hand.message, r.Ccrypt):
            judge.check(False, Behaviour.PROTOCOL, "CHLNG answered by CCRYPT", hand.name)
            return
        session = Session(bytes(range(16, 32)), random, hand.message.random)
        told = {"a cryptogram of another key": session.panel_cryptogram, "a cryptogram of zeros": bytes(16)}
        cryptogram = told.get(wrong, hand.message.cryptogram)
        answer = panel.raw(panel.frame(c.Scrypt(cryptogram), block=Block(0x13, panel.block)).pack())
        block = None if answer.frame is None else answer.frame.block
        taken = isinstance(answer.message, r.RMacI) and (block is None or block.data != b"\0")
        judge.check(not taken, _A, f"{wrong} is refused", answer.name)
        panel.channel = Channel(session)
        refused(bench, panel.raw(panel.sealed(RED).pack()), f"a command after {wrong}")
    if bench.about.key is not None and bench.about.key != DEFAULT_KEY:
        hand, random = panel.challenge(block=b"\0")
        if isinstance(hand.message, r.Ccrypt):
            knows = (
                Session(DEFAULT_KEY, random, hand.message.random).reader_cryptogram == hand.message.cryptogram
            )
            judge.check(not knows, _A, "SCBK-D is refused by a reader with a key of its own", "CCRYPT")


def wrong_mac(bench: Bench) -> None:
    """In the channel a command with a wrong MAC, a changed one, and one that was heard before are refused."""
    panel = bench.panel
    for place in (0, 3):
        if not panel.handshake():
            return
        panel.ask(DARK)
        panel.poll()
        sealed = panel.sealed(RED)
        mac = bytearray(sealed.mac)
        mac[place] ^= 0x10
        refused(bench, panel.raw(replace(sealed, mac=bytes(mac)).pack()), "a command with a wrong MAC")
    if not panel.handshake():
        return
    panel.ask(DARK)
    sealed = panel.sealed(RED)
    data = bytearray(sealed.data)
    data[-1] ^= 1
    refused(bench, panel.raw(replace(sealed, data=bytes(data)).pack()), "a command whose data was changed")
    if not panel.handshake():
        return
    panel.ask(DARK)
    heard = panel.sealed(RED)
    answer = panel._opened(panel.raw(heard.pack()), heard)
    bench.judge.check(answer.message is not None, Behaviour.PROTOCOL, "LED answered", answer.name)
    panel.ask(DARK)
    panel.poll()
    panel.next = heard.sequence % 3 + 1
    refused(bench, panel.raw(heard.pack()), "a command that was heard before")
    if panel.handshake():
        panel.ask(DARK)


def no_fallback(bench: Bench) -> None:
    """Within the channel nothing in the clear is obeyed or answered with more than a refusal."""
    panel = bench.panel
    for command in (RED, c.Poll(), c.LocalStatus()):
        if not panel.handshake():
            return
        panel.ask(DARK)
        if command == c.Poll() and bench.terminals is not None and bench.about.kind == "reader":
            bench.at.do("CARD C0FFEE/24")
            bench.desk.rest(1.0)
        frame = panel.frame(command)
        refused(bench, panel.raw(frame.pack()), f"{command.name} in the clear, within the channel,")
    if not bench.about.secure_only:
        panel.fresh()
        panel.ask(c.Poll())
        panel.collect(0.3)
        return
    for command in (RED, c.LocalStatus(), c.Poll()):
        panel.fresh()
        refused(
            bench,
            panel.raw(panel.frame(command).pack()),
            f"{command.name} in the clear, from a reader that insists,",
        )


def unkeyed(bench: Bench) -> None:
    """A key is set within the channel alone."""
    panel = bench.panel
    panel.fresh()
    panel.ask(c.Id(), by=r.PdId)
    answer = panel.raw(panel.frame(c.Keyset(bytes(range(100, 116)))).pack())
    bench.judge.check(
        isinstance(answer.message, r.Nak) or not answer.raw, _A, "KEYSET in the clear is refused", answer.name
    )
    panel.handshake()


def again(bench: Bench) -> None:
    """In the channel a frame that comes again gets the same bytes again, and the chain goes on."""
    panel, judge = bench.panel, bench.judge
    if not panel.handshake():
        return
    for command in (c.LocalStatus(), c.Poll(), c.Id()):
        sealed = panel.sealed(command)
        first = panel.raw(sealed.pack())
        second = panel.raw(sealed.pack())
        judge.check(
            first.raw == second.raw != b"",
            Behaviour.PROTOCOL,
            "the same answer to the same frame",
            f"{first.name}, {second.name}",
        )
        opened = panel._opened(second, sealed)
        judge.check(opened.message is not None, Behaviour.PROTOCOL, f"{command.name} answered", opened.name)
    panel.poll()


ROWS = (
    Planned("secure-handshake", "the secure channel comes up, each time with another number", handshake),
    Planned("secure-strangers", "no channel without the key", strangers),
    Planned("secure-mac", "commands with a wrong MAC, changed, or heard before", wrong_mac),
    Planned("secure-only", "no falling back to the clear", no_fallback),
    Planned("secure-keyset", "no key in the clear", unkeyed),
    Planned("secure-repeated", "a repeated command in the channel", again),
)
