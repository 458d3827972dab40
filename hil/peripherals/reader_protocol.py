"""Rows about how a reader keeps to OSDP in the clear: who it is, sequence, checks, pieces, addresses, noise."""

from __future__ import annotations

from dataclasses import replace

from ..osdp import commands as c
from ..osdp import replies as r
from ..osdp.frame import Frame
from ..osdp.message import Message
from ..walk.finding import Behaviour
from .bench import Bench, Planned

POLLS = 100
PIECE = 0.005
"""Seconds between the pieces of a command: a quarter of what the standard allows."""
_P = Behaviour.PROTOCOL


def alive(bench: Bench, after: str, blame: Behaviour = _P) -> bool:
    """Does it answer a command that begins anew, after this? Asked three times, as a panel would."""
    panel = bench.panel
    for _ in range(3):
        panel.fresh()
        answer = panel.raw(panel.frame(c.Id()).pack())
        if isinstance(answer.message, r.PdId):
            return True
    bench.judge.check(False, blame, f"answers again {after}", f"{answer.name}, three times")
    return False


def identity(bench: Bench) -> None:
    """Who it is and what it can do: the same each time, and true as far as it can be tried."""
    panel, judge, found = bench.panel, bench.judge, []
    panel.fresh()
    for _ in range(3):
        found.append((panel.ask(c.Id(), by=r.PdId).message, panel.ask(c.Cap(), by=r.PdCap).message))
    judge.check(len(set(found)) == 1, _P, "the same PDID and PDCAP each time", f"{len(set(found))} different")
    who, can = bench.first = found[0]
    if not isinstance(who, r.PdId) or not isinstance(can, r.PdCap):
        return
    vendor = bench.about.vendor
    right = who.vendor == vendor if vendor is not None else who.vendor not in (bytes(3), b"\xff" * 3)
    judge.check(right, _P, f"vendor {vendor.hex() if vendor else 'that exists'}", who.vendor.hex())
    hand, _ = panel.challenge()
    if isinstance(hand.message, r.Ccrypt):
        judge.check(
            hand.message.uid[:3] == who.vendor,
            _P,
            f"CCRYPT names vendor {who.vendor.hex()}, as PDID",
            hand.message.uid.hex(),
        )
    capabilities(bench, can, isinstance(hand.message, r.Ccrypt))


def capabilities(bench: Bench, can: r.PdCap, secure: bool) -> None:
    """What it claims, and what a panel that believes it would send."""
    panel, judge = bench.panel, bench.judge
    claims = {one.function: one for one in can.capabilities}
    judge.check(
        len(claims) == len(can.capabilities) and bool(claims),
        _P,
        "each function once",
        f"{len(can.capabilities)} entries",
    )
    function = r.Function
    claimed = function.COMMUNICATION_SECURITY in claims and bool(
        claims[function.COMMUNICATION_SECURITY].compliance & 1
    )
    judge.check(
        claimed == secure,
        _P,
        f"a secure channel {'as' if claimed else 'that'} it claims",
        "CCRYPT" if secure else "none",
    )
    if not panel.begin(bench.about.secure_only):
        return
    tried: list[tuple[r.Function, c.Command, type[Message]]] = [
        (function.LED_CONTROL, c.Led((c.Light(permanent=1, on=1, on_colour=1, off_colour=1),)), r.Ack),
        (function.LED_CONTROL, c.Led((c.Light(permanent=1, on=1),)), r.Ack),
        (function.AUDIBLE_OUTPUT, c.Buz(tone=1, count=1), r.Ack),
        (function.TEXT_OUTPUT, c.Text(b"gate"), r.Ack),
        (function.CONTACT_STATUS, c.InputStatus(), r.InputStatusReport),
        (function.READERS, c.ReaderStatus(), r.ReaderStatusReport),
        (function.OUTPUT_CONTROL, c.OutputStatus(), r.OutputStatusReport),
    ]
    for what, command, by in tried:
        if what in claims and (claims[what].number or claims[what].compliance):
            message = panel.ask(command, by=by).message
            if isinstance(message, r.InputStatusReport):
                said = len(message.inputs)
                judge.check(
                    said >= claims[what].number, _P, f"{claims[what].number} inputs, as it claims", f"{said}"
                )
            elif isinstance(message, r.OutputStatusReport):
                said = len(message.outputs)
                judge.check(
                    said >= claims[what].number, _P, f"{claims[what].number} outputs, as it claims", f"{said}"
                )
            elif isinstance(message, r.ReaderStatusReport) and what in claims:
                judge.check(len(message.readers) >= 1, _P, "a reader's status", "none")
    room = claims.get(function.RECEIVE_BUFFER_SIZE)
    if room is not None and function.TEXT_OUTPUT in claims:
        size = room.compliance | room.number << 8
        text = c.Text(b"x" * min(200, max(1, size - 30)))
        panel.ask(text, by=(r.Ack, r.Nak))


def sequence(bench: Bench) -> None:
    """Numbers run 0, 1, 2, 3, 1 …; another is refused as such, and changes nothing; 0 begins anew."""
    panel, judge = bench.panel, bench.judge
    panel.fresh()
    for _ in range(8):
        panel.ask(c.Id(), by=r.PdId)
    for wrong in (2, 1):
        due = panel.next
        number = (due + wrong - 1) % 3 + 1
        answer = panel.raw(panel.frame(c.Cap(), sequence=number).pack())
        message = answer.message
        if number == (due - 2) % 3 + 1:  # also that of the last command, whose bytes were others
            right = message is None or (isinstance(message, r.Nak) and message.reason == r.Reason.SEQUENCE)
            told = "refused, or nothing"
        else:
            right = isinstance(message, r.Nak) and message.reason == r.Reason.SEQUENCE
            told = "NAK (sequence)"
        judge.check(right, _P, f"sequence number {number} where {due} is due: {told}", answer.name)
        panel.fresh()
        panel.ask(c.Id(), by=r.PdId)
    panel.ask(c.Id(), by=r.PdId)
    panel.fresh()
    panel.ask(c.Id(), by=r.PdId)


def repeated(bench: Bench) -> None:
    """A command that comes again, the same bytes, gets the same bytes again."""
    panel, judge = bench.panel, bench.judge
    panel.fresh()
    panel.ask(c.Id(), by=r.PdId)
    for command in (c.Cap(), c.Id(), c.Cap()):
        frame = panel.frame(command).pack()
        first = panel.raw(frame)
        again = [panel.raw(frame) for _ in range(3)]
        same = first.raw != b"" and all(one.raw == first.raw for one in again)
        judge.check(
            same,
            _P,
            "the same answer to the same frame",
            f"{first.name}, then {', '.join(one.name for one in again)}",
        )
    panel.ask(c.Id(), by=r.PdId)


def wrong_check(bench: Bench) -> None:
    """A command with a wrong CRC or checksum is ignored or refused, wherever the bit was flipped; the next is answered."""
    panel, judge = bench.panel, bench.judge
    for crc in (True, False):
        whole = Frame(panel.address, 1, c.Id.code, b"\0", crc=crc).pack()
        for place, bit in [
            (len(whole) - 1, 0),
            (len(whole) - 1, 7),
            (len(whole) - (2 if crc else 1), 3),
            (6, 1),
            (5, 0),
        ]:
            panel.fresh()
            if panel.ask(c.Id(), by=r.PdId, crc=crc).message is None:
                return
            spoilt = whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
            answer = panel.raw(spoilt)
            message = answer.message
            refused = not answer.raw or (isinstance(message, r.Nak) and message.reason == r.Reason.CHECK)
            kind = "CRC" if crc else "checksum"
            judge.check(
                refused,
                Behaviour.AUTHENTICITY,
                f"a command with a wrong {kind} is ignored, or NAK (check)",
                answer.name,
            )
            if not alive(bench, f"after a wrong {kind}"):
                return


def pieces(bench: Bench) -> None:
    """Commands that come character by character, or cut anywhere, are answered."""
    panel, judge = bench.panel, bench.judge
    panel.fresh()
    for _ in range(3):
        panel.ask(c.Id(), by=r.PdId, pause=0.002)
    frame = panel.frame(c.Id(), sequence=0).pack()
    for cut in range(1, len(frame)):
        answer = panel.raw(frame, parts=(frame[:cut], frame[cut:]), pause=PIECE)
        judge.check(
            isinstance(answer.message, r.PdId),
            _P,
            f"a command in two pieces, cut after {cut}, is answered",
            answer.name,
        )
    three = panel.raw(frame, parts=(frame[:2], frame[2:6], frame[6:]), pause=2 * PIECE)
    judge.check(isinstance(three.message, r.PdId), _P, "a command in three pieces is answered", three.name)


def noise(bench: Bench) -> None:
    """Half a frame, noise and malformed frames neither hide the next command nor silence it."""
    panel = bench.panel
    panel.fresh()
    whole = panel.frame(c.Id(), sequence=0).pack()
    for raw in (bytes.fromhex("ff001299ffff") + whole, b"\xff" * 20 + whole):
        answer = panel.raw(raw)
        if not isinstance(answer.message, r.PdId):
            alive(bench, "after noise")
            bench.judge.check(False, _P, "a command behind noise is answered", answer.name)
    address = panel.address
    for raw in (
        whole[:3], whole[:5], whole[:-1], bytes([0x53, address, 0xFF, 0xFF, 0x04, 0x60]) + bytes(30),
        bytes([0x53, address, 0, 0, 4, 0x60, 0, 0]), panel.frame(c.RawCommand(c.Led.code, b"\1\2\3"), sequence=0).pack(),
        panel.frame(c.RawCommand(c.Chlng.code, b""), sequence=0).pack(), bytes(range(256)) * 2,
    ):  # fmt: skip
        before = len(bench.judge.row.findings)
        panel.raw(raw)
        del bench.judge.row.findings[before:]  # what it makes of rubbish is its own affair
        if not alive(bench, "after a malformed frame"):
            return


def addresses(bench: Bench) -> None:
    """It is silent when another is asked, and does nothing of what that is told."""
    panel, judge = bench.panel, bench.judge
    panel.fresh()
    panel.ask(c.Id(), by=r.PdId)
    for other in sorted(
        {(panel.address + step) % 0x7F for step in (1, 2, 4, 8, 16, 32, 64, 0x7E)} - {panel.address}
    ):
        answer = panel.raw(panel.frame(c.Id(), sequence=0, address=other).pack(), within=0.25)
        judge.check(not answer.raw, _P, f"silence when address {other} is asked", answer.name)
    theirs = replace(panel.frame(c.Id(), sequence=0), reply=True).pack()
    answer = panel.raw(theirs, within=0.25)
    judge.check(not answer.raw, _P, "silence when another reader answers", answer.name)
    panel.ask(c.Id(), by=r.PdId)


def unknown(bench: Bench) -> None:
    """What it does not know is refused as such."""
    panel, judge = bench.panel, bench.judge
    for code in (0x5E, 0x59):
        panel.begin(bench.about.secure_only)
        answer = panel.ask(c.RawCommand(code), by=r.Nak)
        message = answer.message
        right = isinstance(message, r.Nak) and message.reason == r.Reason.UNKNOWN_COMMAND
        judge.check(right, _P, "NAK (unknown command)", answer.name)
    alive(bench, "after an unknown command")


def polled(bench: Bench) -> None:
    """Polled for a while, it answers each time and has nothing to report."""
    for secure in bench.ways:
        if bench.panel.begin(secure):
            bench.panel.collect(1.0)
            for _ in range(POLLS):
                answer = bench.panel.poll()
                idle = isinstance(answer.message, r.Ack)
                bench.judge.check(idle, Behaviour.LOG, "nothing to report while nothing happens", answer.name)
                bench.desk.rest(0.04)


def silence(bench: Bench) -> None:
    """After a panel that was away for longer than 8 s it answers at once."""
    bench.desk.rest(9.0)
    alive(bench, "after 9 s without a panel", Behaviour.RECOVERY)


ROWS = (
    Planned("identity", "who it is and what it can do", identity),
    Planned("sequence", "sequence numbers are followed", sequence),
    Planned("repeated", "a repeated command is answered as before", repeated),
    Planned("check", "a wrong CRC or checksum is refused, and forgotten", wrong_check),
    Planned("pieces", "commands that come in pieces", pieces),
    Planned("noise", "noise, half frames, malformed frames", noise),
    Planned("addresses", "it answers to its own address alone", addresses),
    Planned("unknown", "an unknown command is refused", unknown),
    Planned("polled", "polled while nothing happens", polled),
    Planned("away", "the panel was away", silence),
)
