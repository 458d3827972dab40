"""Panel and reader against each other on a line without hardware or clock, sound and faulty."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.osdp import commands as c
from gatebench.hil.osdp import replies as r
from gatebench.hil.osdp.bus import Bus
from gatebench.hil.osdp.errors import MessageError, OsdpError, QueueFull, SecureError
from gatebench.hil.osdp.events import (
    Commanded,
    Ignored,
    KeyChanged,
    LineChanged,
    Offline,
    Online,
    Replied,
    Secured,
    Send,
    Unanswered,
    Unsecured,
)
from gatebench.hil.osdp.frame import Frame, unpack
from gatebench.hil.osdp.panel import Panel
from gatebench.hil.osdp.panel import Settings as PanelSettings
from gatebench.hil.osdp.reader import Reader
from gatebench.hil.osdp.reader import Settings as ReaderSettings

MS = 1_000_000
OWN, NEW = bytes(range(16)), bytes(range(16, 32))
SEEDED = random.Random(4).randbytes


class Wire:
    """Both machines and a clock. `fault(n, data)` sees the n-th message and says what arrives of it."""

    def __init__(self, panel: Panel, reader: Reader, fault=None) -> None:
        self.panel, self.reader, self.fault = panel, reader, fault or (lambda n, data: data)
        self.now, self.sent = 0, 0
        self.heard: dict[str, list] = {"panel": [], "reader": []}

    def run(self, milliseconds: int) -> None:
        end = self.now + milliseconds * MS
        while self.now < end:
            due = min(self.panel.wakeup(), self.reader.wakeup() or end, end)
            self.now = max(self.now + 1, due)
            self._take("reader", self.reader.tick(self.now))
            self._take("panel", self.panel.tick(self.now))

    def _take(self, side: str, events: list) -> None:
        self.heard[side] += events
        for event in events:
            if isinstance(event, Send):
                self.sent += 1
                data = self.fault(self.sent, event.data)
                self.now += MS
                other, machine = ("reader", self.reader) if side == "panel" else ("panel", self.panel)
                if data:
                    self._take(other, machine.receive(data, self.now))

    def of(self, side: str, kind) -> list:
        return [event for event in self.heard[side] if isinstance(event, kind)]


def pair(key=None, default=False, fault=None, **more) -> Wire:
    panel = Panel(PanelSettings(7, key=key, default_key=default, **more), random=SEEDED)
    return Wire(panel, Reader(ReaderSettings(7, key=key), random=SEEDED), fault)


MODES = {"plain": {}, "checksum": {"crc": False}, "SCBK-D": {"default": True}, "own key": {"key": OWN}}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_a_reader_comes_up_is_polled_and_reports_in_order(mode):
    wire = pair(**mode)
    wire.run(300)
    (online,) = wire.of("panel", Online)
    assert online.identity == r.PdId() and online.capabilities is not None
    assert wire.panel.secure == wire.reader.secure == bool(mode.get("key") or mode.get("default"))
    reports = [r.Raw(b"\x01\x02\x03\x40", 26), r.Keypad(b"12"), r.Raw(b"\xff", 8)]
    for report in reports:
        wire.reader.report(report)
    wire.run(300)
    found = [event.reply for event in wire.of("panel", Replied) if isinstance(event.command, c.Poll)]
    assert [reply for reply in found if not isinstance(reply, r.Ack)] == reports
    assert not wire.of("panel", Unsecured)


def test_polls_are_as_far_apart_as_the_settings_say():
    wire = pair(poll=30 * MS)
    wire.run(1000)
    polls = [event.instant for event in wire.of("panel", Send) if isinstance(event.message, c.Poll)]
    assert {later - sooner for sooner, later in itertools.pairwise(polls)} == {32 * MS}  # 2 ms on the line


def test_sequence_numbers_begin_with_0_and_skip_it_thereafter():
    wire = pair()
    wire.run(400)
    numbers = [event.frame.sequence for event in wire.of("panel", Send)]
    assert numbers[:8] == [0, 1, 2, 3, 1, 2, 3, 1]


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_a_lost_reply_is_asked_for_again_and_carried_out_once(mode):
    lost = set()

    def fault(number, data):
        frame = unpack(data)
        if frame.reply and armed and not lost:
            lost.add(number)
            return b""
        return data

    armed = []
    wire = pair(**mode, fault=fault)
    wire.run(300)
    armed.append(True)
    wire.panel.send(c.Out((c.Output(0, 2),)))
    wire.run(600)
    assert lost and [event for event in wire.of("panel", Send) if event.repeated]
    assert [event for event in wire.of("reader", Send) if event.repeated]
    taken = [event for event in wire.of("reader", Commanded) if isinstance(event.command, c.Out)]
    answers = [event for event in wire.of("panel", Replied) if isinstance(event.command, c.Out)]
    assert (len(taken), len(answers)) == (1, 1)
    assert not wire.of("panel", Unsecured)


def test_a_silent_reader_is_given_up_then_off_line_and_comes_back():
    cut = []
    wire = pair(key=OWN, fault=lambda n, data: b"" if cut else data)
    wire.run(300)
    cut.append(True)
    wire.panel.send(c.Buz())
    wire.run(900)
    assert any(isinstance(event.command, c.Buz) for event in wire.of("panel", Unanswered))
    assert wire.of("panel", Unsecured) and not wire.of("panel", Offline)
    wire.run(9000)
    assert len(wire.of("panel", Offline)) == len(wire.of("reader", Offline)) == 1
    assert not wire.panel.online and not wire.reader.online
    cut.clear()
    wire.run(2000)
    assert wire.panel.online and wire.panel.secure and wire.reader.secure


@given(st.data())
def test_whatever_the_line_does_to_it_the_channel_comes_back(data):
    """Messages lost, cut, flipped, doubled, mixed with noise: no error, and all is well half a second after."""
    chance = random.Random(data.draw(st.integers(0, 2**32)))
    faulty = [True]

    def fault(number, raw):
        kind = chance.randrange(8) if faulty else 7
        if kind == 0:
            return b""
        if kind == 1:
            return raw[: chance.randrange(len(raw))]
        if kind == 2:
            at = chance.randrange(len(raw))
            return raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]
        if kind == 3:
            return raw + raw
        if kind == 4:
            return chance.randbytes(chance.randrange(40)) + raw
        return raw

    wire = pair(key=OWN, fault=fault)
    for _ in range(10):
        wire.run(300)
        if wire.panel.waiting < 8:
            wire.panel.send(c.Led((c.Light(),)))
    faulty.clear()
    wire.run(3000)
    assert wire.panel.online and wire.panel.secure and wire.reader.secure
    wire.reader.report(r.Raw(b"\xaa", 8))
    wire.run(200)
    assert wire.of("panel", Replied)[-1].secure
    assert any(event.reply == r.Raw(b"\xaa", 8) for event in wire.of("panel", Replied))


@given(st.lists(st.binary(max_size=200), max_size=20), st.booleans())
def test_random_bytes_disturb_neither_machine(chunks, secure):
    wire = pair(key=OWN if secure else None)
    wire.run(200)
    for chunk in chunks:
        for machine in (wire.panel, wire.reader):
            machine.receive(chunk, wire.now)
        wire.now += MS
    wire.run(3000)
    assert wire.panel.online and wire.panel.secure == secure


@given(st.integers(0, 255), st.binary(max_size=40), st.integers(0, 3), st.booleans())
def test_any_command_is_answered(code, data, sequence, secure_only):
    reader = Reader(ReaderSettings(7, key=OWN, secure_only=secure_only))
    reader.receive(Frame(7, 0, 0x60).pack(), 0)
    events = reader.receive(Frame(7, sequence, code, data).pack(), MS)
    assert len([event for event in events if isinstance(event, Send)]) == 1


def test_what_a_reader_refuses():
    def ask(reader, command, sequence=0):
        frame = Frame(7, sequence, command.code, command.pack())
        return [event.message for event in reader.receive(frame.pack(), 0) if isinstance(event, Send)]

    reader = Reader(ReaderSettings(7, key=OWN, secure_only=True))
    assert ask(reader, c.Id()) == [r.PdId()]
    assert ask(reader, c.Buz()) == [r.Nak(r.Reason.ENCRYPTION_REQUIRED)]
    assert ask(reader, c.Chlng(bytes(8))) == [r.Nak(r.Reason.SECURITY_BLOCK)]
    reader = Reader(ReaderSettings(7))
    assert ask(reader, c.RawCommand(0xEE)) == [r.Nak(r.Reason.UNKNOWN_COMMAND)]
    assert ask(reader, c.RawCommand(0x6A, b"1")) == [r.Nak(r.Reason.LENGTH)]
    assert ask(reader, c.Keyset(NEW)) == [r.Nak(r.Reason.ENCRYPTION_REQUIRED)]
    assert ask(reader, c.Out((c.Output(9, 2),))) == [r.Nak(r.Reason.RECORD)]
    assert ask(reader, c.Poll(), sequence=3) == [r.Nak(r.Reason.SEQUENCE)]
    assert isinstance(reader.receive(Frame(8, 0, 0x60).pack(), 0)[0], Ignored)


def test_who_drives_the_reader_may_answer_itself():
    taken = []

    def answer(command):
        taken.append(command)
        return r.Busy() if isinstance(command, c.Text) else None

    reader = Reader(ReaderSettings(7), answer=answer)
    events = reader.receive(Frame(7, 0, 0x6B, c.Text(b"HI").pack()).pack(), 0)
    (sent,) = [event for event in events if isinstance(event, Send)]
    assert sent.message == r.Busy() and taken == [c.Text(b"HI")]


def test_a_busy_reader_is_asked_again():
    busy = [r.Busy(), r.Busy(), None]
    wire = pair()
    wire.reader = Reader(
        ReaderSettings(7), answer=lambda one: busy.pop(0) if isinstance(one, c.Buz) else None
    )
    wire.run(200)
    wire.panel.send(c.Buz())
    wire.run(100)
    assert isinstance(wire.of("panel", Replied)[-1].reply, r.Busy) or busy == []


@pytest.mark.parametrize("first", [{"default": True}, {"key": OWN}], ids=["from SCBK-D", "from a key"])
def test_a_new_key_serves_from_the_next_handshake_on(first):
    wire = pair(**first)
    wire.run(300)
    wire.panel.send(c.Keyset(NEW))
    wire.run(500)
    assert wire.panel.key == wire.reader.key == NEW
    assert [event.key for event in wire.of("reader", KeyChanged)] == [NEW]
    assert [event.default for event in wire.of("reader", Secured)] == [not first.get("key"), False]
    assert wire.panel.secure and wire.reader.secure
    fresh = Panel(PanelSettings(7, default_key=True), random=SEEDED)
    again = Wire(fresh, wire.reader)
    again.now = wire.now
    again.run(1000)
    assert not fresh.secure  # a reader that has a key takes SCBK-D no longer


def test_a_panel_falls_back_to_the_default_key_only_where_it_may():
    for default, expected in ((True, True), (False, False)):
        panel = Panel(PanelSettings(7, key=OWN, default_key=default), random=SEEDED)
        wire = Wire(panel, Reader(ReaderSettings(7), random=SEEDED))
        wire.run(1500)
        assert (panel.secure, panel.online) == (expected, expected)


def test_a_wrong_mac_ends_the_channel_and_a_new_handshake_follows():
    wire = pair(key=OWN)
    wire.run(300)
    wire.reader._channel.seal(Frame(7, 0, 0x40, reply=True))  # a reply that the panel never sees
    wire.run(1500)
    assert wire.of("reader", Unsecured)[0].why == "wrong MAC"
    assert len(wire.of("panel", Secured)) == 2 and wire.panel.secure


def test_nonces_come_from_the_given_source_and_differ_between_handshakes():
    wire = pair(key=OWN)
    wire.run(200)
    wire.panel.send(c.Keyset(NEW))
    wire.run(500)
    randoms = [
        event.command.random for event in wire.of("reader", Commanded) if isinstance(event.command, c.Chlng)
    ]
    answers = [event.reply.random for event in wire.of("panel", Replied) if isinstance(event.reply, r.Ccrypt)]
    assert len(set(randoms)) == len(set(answers)) == 2

    fixed = [Reader(ReaderSettings(7, key=OWN), random=bytes) for _ in range(2)]
    asked = Frame(7, 0, 0x76, bytes(8), block=wire.of("panel", Send)[2].frame.block).pack()
    first, second = ([e.data for e in one.receive(asked, 0) if isinstance(e, Send)] for one in fixed)
    assert first == second


def test_comset_changes_the_address_on_both_sides():
    wire = pair()
    wire.run(200)
    wire.panel.send(c.Comset(9, 38400))
    wire.run(1000)
    for side in ("panel", "reader"):
        (changed,) = wire.of(side, LineChanged)
        assert (changed.address, changed.baud) == (9, 38400)
    assert wire.panel.address == wire.reader.address == 9
    assert wire.of("panel", Replied)[-1].instant > wire.of("panel", LineChanged)[0].instant


def test_two_readers_share_a_line():
    bus = Bus([Panel(PanelSettings(one, key=OWN), random=SEEDED) for one in (1, 2)])
    readers = [Reader(ReaderSettings(one, key=OWN), random=SEEDED) for one in (1, 2)]
    readers[1].report(r.Raw(b"\x11", 8))
    now, cards, outstanding = 0, [], 0
    while now < 1000 * MS:
        now = max(now + 1, bus.wakeup())
        todo = bus.tick(now)
        while todo:
            panel, event = todo.pop(0)
            if isinstance(event, Replied) and isinstance(event.reply, r.Raw):
                cards.append(panel.address)
            if isinstance(event, Send):
                outstanding += 1
                now += MS
                for reader in readers:
                    for answer in reader.receive(event.data, now):
                        if isinstance(answer, Send):
                            todo += bus.receive(answer.data, now)
    assert all(panel.secure for panel in bus.panels) and all(reader.secure for reader in readers)
    assert cards == [2]
    with pytest.raises(OsdpError, match="own"):
        Bus([Panel(), Panel()])


def test_queues_and_settings_have_bounds():
    reader, panel = Reader(), Panel()
    for _ in range(64):
        reader.report(r.Ack())
        panel.send(c.Poll())
    with pytest.raises(QueueFull):
        reader.report(r.Ack())
    with pytest.raises(QueueFull):
        panel.send(c.Poll())
    with pytest.raises(SecureError, match="16 bytes"):
        Panel(PanelSettings(key=b"short"))
    with pytest.raises(MessageError, match="address"):
        Reader(ReaderSettings(address=127))


def test_a_reader_knows_whether_the_panel_has_its_last_report():
    reader = Reader()
    poll = lambda sequence: Frame(0, sequence, c.Poll.code).pack()
    reader.receive(poll(0), 0)
    reader.report(r.Raw(b"\xc0\xff\xee", 24))
    reader.receive(poll(1), 1)
    assert not reader.fetched
    reader.receive(poll(1), 2)  # asked again: it did not arrive
    assert not reader.fetched
    reader.receive(poll(2), 3)
    assert reader.fetched
    reader.report(r.Raw(b"\xc0\xff\xee", 24))
    reader.receive(poll(3), 4)
    reader.receive(poll(0), 5)  # the panel begins anew: nobody knows
    reader.receive(poll(1), 6)
    assert not reader.fetched
