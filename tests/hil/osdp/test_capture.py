"""Captures: read as others write them, written as others read them, decoded whatever is in them."""

import json
import random

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatebench.cli.decode import decode
from gatebench.cli.main import run
from gatebench.hil.osdp import commands as c
from gatebench.hil.osdp import replies as r
from gatebench.hil.osdp.capture import LONGEST_LINE, BrokenLine, Entry, parse, read, to_line
from gatebench.hil.osdp.decode import Decoder
from gatebench.hil.osdp.events import Send
from gatebench.hil.osdp.frame import Block, Frame
from gatebench.hil.osdp.panel import Panel
from gatebench.hil.osdp.panel import Settings as PanelSettings
from gatebench.hil.osdp.reader import Reader
from gatebench.hil.osdp.reader import Settings as ReaderSettings

MS = 1_000_000
OWN, NEW = bytes(range(16)), bytes(range(16, 32))
POLL = Frame(0, 1, 0x60).pack()


def session(key=None, steps=60, start=1_700_000_000_000_000_000) -> list[Entry]:
    """What a listener sees of a panel and a reader: handshake, a card, KEYSET, the next handshake, another card."""
    seeded = random.Random(1).randbytes
    panel = Panel(PanelSettings(7, key=key, default_key=key is None), random=seeded)
    reader = Reader(ReaderSettings(7, key=key), random=seeded)
    now, entries = 0, []
    for step in range(steps):
        if step == 10:
            reader.report(r.Raw(b"\x12\x34\x56\x40", 26))
        if step == 20:
            panel.send(c.Keyset(NEW))
        if step == 40:
            reader.report(r.Keypad(b"4711"))
        now = max(now + 1, panel.wakeup())
        todo = panel.tick(now)
        while todo:
            event = todo.pop(0)
            if isinstance(event, Send):
                now += MS
                io = "input" if event.frame.reply else "output"
                entries.append(Entry(event.data, start + now, io, "test", line=len(entries) + 1))
                todo += (panel if event.frame.reply else reader).receive(event.data, now)
    return entries


def messages(entries, keys=()) -> list:
    return [one.message for one in Decoder(keys).decode(entries)]


@pytest.mark.parametrize(
    "line",
    [
        (
            '{ "timeSec" : "1693167786", "timeNano" : "033907099", "io" : "in", "data" : " ff 53 00 08 00 05 60 da 99", '
            '"osdpTraceVersion":"1", "osdpSource":"libosdp-conformance 1.33-2" }'
        ),
        (
            '{"timeSec":"1693167786","timeNano":"033907099","io":"input","data":"FF-53-00-08-00-05-60-DA-99",'
            '"osdpTraceVersion":"1","osdpSource":"OSDP.Net"}'
        ),
        '{"timeSec":1693167786,"timeNano":33907099,"io":"IN","data":"ff53000800 0560da99","more":{"x":[1]}}',
        '{"TIMESEC":1693167786.0,"timeNSec":"33907099","Io":"rx","Data":"0xFF 0x53 0x00 0x08 0x00 0x05 0x60 0xDA 0x99"}',
    ],
)
def test_lines_of_different_tools_mean_the_same(line):
    entry = parse(line, 3)
    assert isinstance(entry, Entry)
    assert (entry.time, entry.io, entry.line) == (1693167786_033907099, "input", 3)
    assert entry.data == bytes.fromhex("ff53000800 0560da99")
    assert messages([entry]) == [c.Poll()]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "no JSON object"),
        ("[1]", "no JSON object"),
        ("[" * 100_000, "no JSON object"),
        ("{}", "data is missing"),
        ('{"data": 5}', "data: hex digits expected"),
        ('{"data": "5"}', "data: an odd number of hex digits"),
        ('{"data": "5z"}', "data: no hex digits"),
        ('{"data": "53", "timeSec": "soon"}', "timeSec: a number expected, not 'soon'"),
        ('{"data": "53", "timeSec": NaN}', "timeSec: a number expected, not 'nan'"),
        ('{"data": "53", "timeSec": 1e99999}', "timeSec: a number expected"),
        ('{"data": "53", "timeSec": 1, "timeNano": true}', "timeNano: a number expected"),
    ],
)
def test_a_broken_line_says_why(line, why):
    broken = parse(line, 9)
    assert isinstance(broken, BrokenLine) and broken.line == 9
    assert broken.why.startswith(why)
    assert str(broken.finding("x.osdpcap")).startswith(f"x.osdpcap:9:1: error: {why}")


@given(
    st.binary(max_size=80), st.none() | st.integers(0, 2**62), st.sampled_from(["input", "output", "trace"])
)
def test_what_is_written_is_read(data, time, io):
    entry = Entry(data, time, io, "gatebench", line=1)
    assert parse(to_line(entry), 1) == entry


@given(st.text(max_size=200))
def test_any_line_is_a_record_or_a_broken_line(text):
    assert isinstance(parse(text), Entry | BrokenLine)


def test_a_file_may_have_a_byte_order_mark_empty_lines_and_one_without_end(tmp_path):
    path = tmp_path / "x.osdpcap"
    line = to_line(Entry(POLL, 5))
    path.write_bytes(
        b"\xef\xbb\xbf" + line.encode() + b"\r\n\n" + b"\xff\xfe\n" + b"x" * (LONGEST_LINE + 9) + b"\n"
    )
    path.write_bytes(path.read_bytes() + line.strip().encode())
    found = list(read(path))
    assert [type(one) for one in found] == [Entry, BrokenLine, BrokenLine, Entry]
    assert [one.line for one in found] == [1, 4, 5, 6]


def test_a_session_is_followed_from_the_default_key_over_keyset():
    found = list(Decoder().decode(session()))
    assert [one.notes for one in found if one.notes] == [
        ("secure channel with SCBK-D",),
        ("secure channel with own key",),
    ]
    told = [one.message for one in found]
    assert r.Raw(b"\x12\x34\x56\x40", 26) in told and r.Keypad(b"4711") in told and c.Keyset(NEW) in told


def test_an_own_key_has_to_be_given():
    hidden = list(Decoder().decode(session(OWN)))
    cards = (r.Raw, r.Keypad)
    assert not any(isinstance(one.message, cards) for one in hidden)
    assert {note for one in hidden for note in one.notes} == {"key not known"}
    assert sum(isinstance(one, cards) for one in messages(session(OWN), [OWN])) == 2


def test_lines_that_hold_parts_of_frames_or_several_are_joined_and_cut():
    whole = messages(session())
    flow = session()
    for size in (1, 5, 64):
        stream = b"".join(one.data for one in flow)
        parts = [Entry(stream[at : at + size], 1, "trace", line=at + 1) for at in range(0, len(stream), size)]
        assert messages(parts) == whole


def test_wrong_crc_and_wrong_mac_are_marked_and_what_follows_is_read():
    flow = session()
    bad = next(number for number, one in enumerate(flow) if number > 12 and len(one.data) > 12)
    flipped = bytearray(flow[bad].data)
    flipped[-1] ^= 1
    seen = list(Decoder().decode([*flow[:bad], Entry(bytes(flipped), 1, "trace"), *flow[bad:]]))
    assert seen[bad].notes[0] == "WRONG CRC" and seen[bad].frame is not None
    assert not any("WRONG" in note for one in seen[bad + 1 :] for note in one.notes)

    forged = Frame(7, 1, 0x60, block=Block(0x15), mac=b"abcd").pack()
    seen = list(Decoder().decode([*flow[:bad], Entry(forged, 1, "trace"), *flow[bad:]]))
    assert seen[bad].notes == ("WRONG MAC",) and seen[bad].secure == "authenticated?"
    assert not any("WRONG" in note for one in seen[bad + 1 :] for note in one.notes)


def test_a_repeated_frame_does_not_break_the_chain():
    flow = session()
    doubled = [one for entry in flow for one in (entry, entry)]
    seen = list(Decoder().decode(doubled))
    assert not any("WRONG" in note for one in seen for note in one.notes)

    def kept(told):  # sequence 0 begins anew each time: that is no repetition
        return [one for one in told if not isinstance(one, c.Id | r.PdId)]

    assert kept(one.message for one in seen if not one.repeated) == kept(messages(flow))


def test_a_lost_last_step_of_the_handshake_is_made_up_for():
    flow = session(steps=20)
    lost = next(number for number, one in enumerate(flow) if b"\x03\x14\x01\x78" in one.data)
    assert r.Raw(b"\x12\x34\x56\x40", 26) in messages(flow[:lost] + flow[lost + 1 :])


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_mutated_capture_never_stops_the_decoder(data):
    flow = session(steps=30)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(flow) - 1))
        kind = data.draw(st.sampled_from(["drop", "flip", "swap", "noise", "cut"]))
        raw = bytearray(flow[at].data)
        if kind == "drop" and len(flow) > 1:
            del flow[at]
            continue
        if kind == "flip" and raw:
            raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        elif kind == "swap":
            other = data.draw(st.integers(0, len(flow) - 1))
            flow[at], flow[other] = flow[other], flow[at]
            continue
        elif kind == "noise":
            raw = bytearray(data.draw(st.binary(max_size=60)))
        else:
            del raw[data.draw(st.integers(0, len(raw))) :]
        flow[at] = Entry(bytes(raw), flow[at].time, flow[at].io, line=flow[at].line)
    seen = list(Decoder().decode(flow))
    assert sum(len(one.raw) for one in seen) <= sum(len(one.data) for one in flow)


# The command


def capture(tmp_path, entries, more=""):
    path = tmp_path / "line.osdpcap"
    path.write_text("".join(map(to_line, entries)) + more)
    return str(path)


def test_the_command_prints_readable_lines_and_decrypts(tmp_path):
    result = CliRunner().invoke(decode, [capture(tmp_path, session())])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "2023-11-14 22:13:20.001000 ->   7 #0 ID       form=0"
    assert any("RAW      card=12345640 bits=26 reader=0 form=1 [encrypted]" in line for line in lines)
    assert any("KEYSET   key=101112131415161718191a1b1c1d1e1f" in line for line in lines)
    assert any("secure channel with own key" in line for line in lines)


def test_the_command_takes_a_key_and_prints_one_json_document(tmp_path):
    path = capture(tmp_path, session(OWN), "{broken\n")
    result = CliRunner().invoke(decode, [path, "--key", OWN.hex().upper(), "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    (card,) = [one for one in document["frames"] if one.get("name") == "RAW"]
    assert card["fields"] == {"card": "12345640", "bits": 26, "reader": 0, "form": 1}
    assert (card["direction"], card["address"], card["secure"]) == ("reply", 7, "encrypted")
    assert document["broken_lines"] == [{"line": len(session(OWN)) + 1, "why": "no JSON object"}]
    assert "1 broken lines" in result.stderr


def test_the_command_marks_what_is_wrong_and_goes_on(tmp_path):
    wrong = POLL[:-1] + b"\0"
    entries = [Entry(b"abc" + POLL, 1, "input"), Entry(wrong, 2, "input"), Entry(POLL, 3, "input")]
    result = CliRunner().invoke(decode, [capture(tmp_path, entries, "nonsense\n")])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "3 bytes that are no frame: 61 62 63" in lines[0]
    assert lines[2].endswith("[WRONG CRC]")
    assert lines[3].endswith("POLL     [repeated]")
    assert lines[4] == "line 4: BROKEN LINE: no JSON object"


@pytest.mark.parametrize(
    ("content", "options", "code", "told"),
    [
        (None, [], 2, "line.osdpcap: error: No such file or directory"),
        ("", [], 2, "no record of a capture in it"),
        ("hello\nworld\n", [], 2, "line.osdpcap:2:1: error: no JSON object"),
        ("{}", ["--key", "00"], 2, "has 1 bytes; a key has 16"),
        ("{}", ["--key", "zz"], 2, "'zz' is not hexadecimal"),
        (to_line(Entry(b"", 1)), [], 2, "no record of a capture in it"),
    ],
)
def test_wrong_input_of_the_command(tmp_path, capsys, content, options, code, told):
    path = tmp_path / "line.osdpcap"
    if content is not None:
        path.write_text(content)
    assert run(["decode", str(path), *options]) == code
    assert told in capsys.readouterr().err
