"""Frames, messages and the secure channel: known vectors, round trips, and bytes that are nothing."""

import dataclasses
import tracemalloc
from binascii import unhexlify

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.osdp import commands, replies
from gatebench.hil.osdp.commands import COMMANDS, RawCommand, decode_command
from gatebench.hil.osdp.crc import checksum, crc16
from gatebench.hil.osdp.deframer import Damaged, Deframer, Noise, Whole
from gatebench.hil.osdp.errors import FrameError, MessageError, OsdpError, SecureError, WrongCheck, WrongMac
from gatebench.hil.osdp.frame import LONGEST, Block, Frame, unpack
from gatebench.hil.osdp.replies import REPLIES, decode_reply
from gatebench.hil.osdp.secure import DEFAULT_KEY, Channel, Session

MS = 1_000_000


def hexed(text: str) -> bytes:
    return unhexlify(text.replace(" ", ""))


# IEC 60839-11-5 / SIA OSDP 2.2, annex E (examples).
def test_crc_and_checksum_of_the_standards_examples():
    assert crc16(hexed("53 7F 0D 00 04 6E 00 80 25 00 00")).to_bytes(2, "little") == hexed("6E 38")
    assert crc16(hexed("53 00 09 00 04 61 00")).to_bytes(2, "little") == hexed("C0 66")
    assert checksum(hexed("53 7F 0C 00 00 6E 00 80 25 00 00")) == 0x0F
    assert checksum(hexed("53 00 08 00 00 61 00")) == 0x44


def test_keys_and_cryptograms_of_the_standards_example():
    session = Session(DEFAULT_KEY, hexed("B0B1B2B3B4B5B6B7"), hexed("A0A1A2A3A4A5A6A7"))
    assert session.mac1.hex() == "5e86c676603bdee2d8beafe178637332"
    assert session.mac2.hex() == "6fda86e857777e81132035758239172e"
    assert session.enc.hex() == "bf8dc2a8329acb8c67c6d0cd9a451682"
    assert session.panel_cryptogram.hex() == "26d3356e07762d262801fc8e6665a891"
    assert session.reader_cryptogram.hex() == "fde5d2f428ec16312471ea3c02bd7796"
    assert session.first_mac.hex() == "b2a30057eb98ba2229ec1f875662b524"


@pytest.mark.parametrize(
    ("raw", "frame", "message"),
    [
        ("53 7F 0D 00 04 6E 00 80 25 00 00 6E 38", Frame(0x7F, 0, 0x6E), commands.Comset(0, 9600)),
        ("53 00 08 00 00 61 00 44", Frame(0, 0, 0x61, crc=False), commands.Id()),
        ("53 00 08 00 04 60 eb aa", Frame(0, 0, 0x60), commands.Poll()),
        ("53 80 0a 00 04 48 00 01 0f a1", Frame(0, 0, 0x48, reply=True), replies.LocalStatusReport(0, 1)),
    ],
)
def test_frames_of_the_standard_and_of_other_stacks(raw, frame, message):
    found = unpack(hexed(raw))
    decode = decode_reply if frame.reply else decode_command
    assert dataclasses.replace(found, data=b"") == frame
    assert decode(found.code, found.data) == message
    assert dataclasses.replace(frame, data=message.pack()).pack() == hexed(raw)


frames = st.builds(
    Frame,
    address=st.integers(0, 127),
    sequence=st.integers(0, 3),
    code=st.integers(0, 255),
    data=st.binary(max_size=200),
    reply=st.booleans(),
    block=st.none() | st.builds(Block, st.integers(0x11, 0x14), st.binary(max_size=4)),
    crc=st.booleans(),
)


@given(frames)
def test_frames_come_back(frame):
    assert unpack(frame.pack()) == frame


@given(frames, st.data())
def test_one_wrong_bit_is_noticed(frame, data):
    raw = bytearray(frame.pack())
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    if bit // 8 == 4 and bit % 8 == 2:
        return  # another kind of check: 1 of 256 checksums fits by chance
    with pytest.raises(FrameError):
        unpack(raw)


@given(st.binary(max_size=400), st.sampled_from([decode_command, decode_reply]), st.integers(0, 255))
def test_data_that_does_not_fit_is_a_message_error(data, decode, code):
    try:
        message = decode(code, data)
    except MessageError:
        return
    if data or code not in (0x41, 0x61, 0x62):
        assert message.pack() == data


def values(kind):
    """Any message of this class."""
    numbers = {
        "baud": 2**32 - 1,
        "serial": 2**32 - 1,
        "size": 2**16 - 1,
        "milliseconds": 2**16 - 1,
        "delay": 2**16 - 1,
    }
    made = {
        "outputs": st.lists(
            st.builds(commands.Output, *[st.integers(0, 255)] * 3), min_size=1, max_size=5
        ).map(tuple),
        "lights": st.lists(
            st.builds(commands.Light, *[st.integers(0, 255)] * 13), min_size=1, max_size=5
        ).map(tuple),
        "capabilities": st.lists(st.builds(replies.Capability, *[st.integers(0, 255)] * 3), max_size=9).map(
            tuple
        ),
        "firmware": st.tuples(*[st.integers(0, 255)] * 3),
    }
    if kind is replies.OutputStatusReport:
        made["outputs"] = st.binary(max_size=64)
    sizes = {"vendor": 3, "random": 8, "uid": 8, "cryptogram": 16, "mac": 16}
    fields = {}
    for one in dataclasses.fields(kind):
        if one.name in made:
            fields[one.name] = made[one.name]
        elif "bytes" in str(one.type):
            size = sizes.get(one.name)
            fields[one.name] = st.binary(min_size=size or 0, max_size=size or 64)
        else:
            fields[one.name] = st.integers(0, numbers.get(one.name, 255))
    return st.builds(kind, **fields)


@pytest.mark.parametrize("kind", [*COMMANDS.values(), *REPLIES.values()], ids=lambda kind: kind.name)
@given(st.data())
def test_messages_come_back(kind, data):
    message = data.draw(values(kind))
    if kind is replies.Raw:
        message = dataclasses.replace(message, bits=8 * len(message.card))
    assert kind.unpack(message.pack()) == message


@pytest.mark.parametrize(
    "message",
    [
        commands.Output(0, 256),
        commands.Buz(tone=-1),
        commands.Keyset(bytes(300)),
        commands.Chlng(b"short"),
        commands.Mfg(b"1"),
        replies.PdId(vendor=b"1234"),
        replies.PdId(firmware=(1, 2, 300)),
        replies.Ccrypt(b"", b"", b""),
        replies.Nak(300),
    ],
)
def test_fields_out_of_range_are_message_errors(message):
    with pytest.raises(MessageError):
        (commands.Out((message,)) if isinstance(message, commands.Output) else message).pack()


def test_unknown_codes_are_kept():
    assert decode_command(0xEE, b"abc") == RawCommand(0xEE, b"abc")
    assert decode_reply(0x57, b"abc").name == "BIOREADR"


# The stream


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_random_bytes_are_no_error_and_do_not_grow(chunks):
    deframer = Deframer()
    for instant, chunk in enumerate(chunks):
        for piece in deframer.feed(chunk, instant):
            assert isinstance(piece, Whole | Damaged | Noise)
        assert len(deframer) <= LONGEST
    deframer.flush()
    assert len(deframer) == 0


def test_a_megabyte_of_promising_bytes_takes_no_memory():
    head = hexed("53 00 9F 05 04")  # a frame of 1439 bytes, again and again
    deframer = Deframer()
    tracemalloc.start()
    for instant in range(200):
        deframer.feed(head * 1000, instant)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(deframer) <= LONGEST
    assert peak < 2_000_000  # the pieces of one chunk; the input is of 1,000,000 bytes


@given(st.lists(frames, min_size=1, max_size=6), st.data())
def test_frames_come_out_however_they_are_cut(sent, data):
    stream = b"".join(b"\xff" + frame.pack() for frame in sent)
    deframer, found, at = Deframer(), [], 0
    while at < len(stream):
        step = data.draw(st.integers(1, 64))
        found += deframer.feed(stream[at : at + step], at)
        at += step
    assert [piece.frame for piece in found if isinstance(piece, Whole)] == sent
    assert len(found) == len(sent)


@given(st.binary(max_size=100), frames)
def test_after_noise_and_silence_the_next_frame_is_found(noise, frame):
    deframer = Deframer(gap=20 * MS)
    deframer.feed(noise, 0)
    raw = frame.pack()
    found = deframer.feed(raw, 21 * MS) + deframer.flush()
    assert raw in [piece.raw for piece in found if isinstance(piece, Whole)]


@given(st.binary(max_size=60), st.lists(frames, min_size=2, max_size=5))
def test_after_noise_without_silence_at_most_one_frame_is_lost(noise, sent):
    deframer = Deframer()
    found = deframer.feed(noise + b"".join(frame.pack() for frame in sent), 0) + deframer.flush()
    whole = [piece.frame for piece in found if isinstance(piece, Whole)]
    assert whole[len(whole) - len(sent) + 1 :] == sent[1:]


@given(frames, frames, st.data())
def test_a_damaged_frame_costs_no_other(first, second, data):
    raw = bytearray(first.pack())
    at = data.draw(st.integers(5, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        unpack(raw)
    except FrameError:
        found = Deframer().feed(bytes(raw) + second.pack(), 0)
        assert second in [piece.frame for piece in found if isinstance(piece, Whole)]


def test_a_frame_that_stalls_is_given_up_after_the_gap():
    deframer = Deframer(gap=20 * MS)
    raw = Frame(5, 1, 0x60).pack()
    assert deframer.feed(raw[:6], 0) == []
    assert deframer.deadline == 20 * MS
    assert deframer.expire(20 * MS) == []
    (left,) = deframer.expire(20 * MS + 1)
    assert isinstance(left, Damaged) and left.raw == raw[:6]
    assert deframer.deadline is None


def test_pieces_carry_the_instants_of_their_first_and_last_byte():
    raw = Frame(5, 1, 0x60).pack()
    deframer = Deframer()
    deframer.feed(raw[:3], 100)
    (piece,) = deframer.feed(raw[3:], 250)
    assert (piece.began, piece.ended) == (100, 250)


def test_a_wrong_check_is_told():
    raw = bytearray(Frame(5, 1, 0x60).pack())
    raw[-1] ^= 1
    (piece,) = Deframer().feed(bytes(raw), 0)
    assert isinstance(piece, Damaged) and isinstance(piece.error, WrongCheck)


# The secure channel


def channels() -> tuple[Channel, Channel]:
    session = Session(bytes(16), b"12345678", b"abcdefgh")
    return Channel(session), Channel(session)


@given(st.lists(st.tuples(st.binary(max_size=80), st.binary(max_size=80), st.booleans()), max_size=8))
def test_what_is_sealed_is_opened_in_order(exchanges):
    panel, reader = channels()
    for asked, answered, crc in exchanges:
        command = Frame(3, 1, 0x68, asked, crc=crc)
        reply = Frame(3, 1, 0x50, answered, reply=True, crc=crc)
        sealed = unpack(panel.seal(command).pack())
        assert sealed.block == Block(0x17 if asked else 0x15) and (len(asked) < 8 or asked not in sealed.data)
        assert reader.open(sealed) == command
        assert panel.open(unpack(reader.seal(reply).pack())) == reply


@given(st.binary(max_size=40), st.data())
def test_a_changed_message_is_not_opened_and_the_right_one_still_is(content, data):
    panel, reader = channels()
    sealed = panel.seal(Frame(3, 1, 0x68, content))
    fields = data.draw(st.sampled_from(["sequence", "code", "mac", "address"] + ["data"] * bool(content)))
    old = getattr(sealed, fields)
    changed = old ^ 1 if isinstance(old, int) else bytes([old[0] ^ 1]) + old[1:]
    with pytest.raises(WrongMac):
        reader.open(dataclasses.replace(sealed, **{fields: changed}))
    assert reader.open(sealed).data == content


def test_a_message_cannot_be_played_again():
    panel, reader = channels()
    sealed = panel.seal(Frame(3, 1, 0x68, b"open"))
    reader.open(sealed)
    panel.open(reader.seal(Frame(3, 1, 0x40, reply=True)))
    with pytest.raises(WrongMac):
        reader.open(sealed)


def test_a_message_in_the_wrong_direction_or_without_mac_is_refused():
    panel, reader = channels()
    sealed = panel.seal(Frame(3, 1, 0x60))
    with pytest.raises(SecureError, match="direction"):
        reader.open(dataclasses.replace(sealed, reply=True))
    with pytest.raises(SecureError, match="without MAC"):
        reader.open(Frame(3, 1, 0x60))


@given(frames, st.binary(min_size=4, max_size=4), st.integers(0x15, 0x18))
def test_an_open_channel_raises_only_its_own_errors(frame, mac, kind):
    _, reader = channels()
    with pytest.raises(OsdpError):
        reader.open(dataclasses.replace(frame, block=Block(kind), mac=mac))
