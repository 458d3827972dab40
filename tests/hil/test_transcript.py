"""Whatever happens to a transcript is found, and what was written before the writer was killed can be read."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gatebench.cli.decode import decode
from gatebench.hil.errors import BrokenTranscript
from gatebench.hil.osdp.deframer import Deframer, Whole
from gatebench.hil.osdp.frame import Frame
from gatebench.hil.port.events import Heard, Released, Sent
from gatebench.hil.transcript import Transcript, read, to_osdpcap

EVENTS = (
    Sent("door", 1_000, 1_200, 1, b"OPEN\n"),
    Heard("door", 2_000, 5, b"LOCK 0\n"),
    Heard("box", 2_100, 0, b"\x00\xff"),
    Released("door", 3_000, False, (b"LOCK 1", None)),
)


def write(path: Path) -> Path:
    with Transcript(path, scenario="one-gate") as transcript:
        for step, event in enumerate(EVENTS):
            transcript.event(event, world=step / 3, step=step)
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The bytes of a transcript, and a place for changed ones."""
    path = write(tmp_path_factory.mktemp("transcript") / "sound.jsonl")
    return path.read_bytes(), path.with_name("changed.jsonl")


def test_what_was_written_is_read(tmp_path):
    recording = read(write(tmp_path / "t.jsonl"))
    assert recording.complete
    assert recording.about["scenario"] == "one-gate"
    assert tuple(recording.events()) == EVENTS
    assert tuple(recording.events("box")) == EVENTS[2:3]
    assert [record["n"] for record in recording.records] == list(range(6))
    assert [record["world"] for record in recording.records[1:5]] == [0.0, 1 / 3, 2 / 3, 1.0]


def test_stamps_are_joined_to_the_wall_clock(tmp_path):
    recording = read(write(tmp_path / "t.jsonl"))
    begun = recording.about
    assert recording.wall(begun["stamp"] + 7) == begun["wall"] + 7


def test_an_attempt_is_never_written_over(tmp_path):
    write(tmp_path / "t.jsonl")
    with pytest.raises(FileExistsError):
        Transcript(tmp_path / "t.jsonl")


def test_what_is_no_json_is_refused_and_breaks_nothing(tmp_path):
    with Transcript(tmp_path / "t.jsonl") as transcript:
        with pytest.raises(ValueError, match="JSON"):
            transcript.write("cut", seconds=float("nan"))
        transcript.write("cut", seconds=1.0)
    assert read(tmp_path / "t.jsonl").records[1]["seconds"] == 1.0
    with pytest.raises(ValueError, match="closed"):
        transcript.write("cut", seconds=1.0)


@given(st.data())
def test_any_changed_byte_is_found(sound, data):
    """A changed end of the file may also look torn, which is no complete transcript either."""
    whole, path = sound
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
    try:
        assert not read(path).complete
    except BrokenTranscript as error:
        line = whole.count(b"\n", 0, at) + 1
        assert f"{path}:{line} " in str(error) or line == 1


@given(st.data())
def test_any_missing_line_is_found(sound, data):
    whole, path = sound
    lines = whole.splitlines(keepends=True)
    first = data.draw(st.integers(0, len(lines) - 1))
    last = data.draw(st.integers(first, len(lines) - 1))
    path.write_bytes(b"".join(lines[:first] + lines[last + 1 :]))
    try:
        assert not read(path).complete
        assert (
            last == len(lines) - 1
        )  # what is missing at the end cannot be told from a writer that was killed
    except BrokenTranscript:
        pass


@given(st.data())
def test_any_line_too_many_or_at_another_place_is_found(sound, data):
    whole, path = sound
    lines = whole.splitlines(keepends=True)
    source, target = data.draw(st.permutations(range(len(lines))))[:2]
    moved = data.draw(st.booleans())
    line = lines[source]
    rest = lines[:source] + lines[source + 1 :] if moved else lines
    path.write_bytes(b"".join(rest[:target] + [line] + rest[target:]))
    if path.read_bytes() != whole:
        with pytest.raises(BrokenTranscript):
            read(path)


def test_a_line_that_somebody_composed_is_found(sound):
    """With a right form and a hash, but without the hash before."""
    whole, path = sound
    lines = whole.splitlines(keepends=True)
    forged = json.loads(lines[2])
    forged["data"] = b"LOCK 1\n".hex()
    lines[2] = json.dumps(forged, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(BrokenTranscript, match=f"{path}:3 is not as it was written.*untouched original"):
        read(path)


@given(st.data())
def test_a_torn_transcript_is_read_up_to_there(sound, data):
    whole, path = sound
    first = whole.index(b"\n") + 1
    path.write_bytes(torn := whole[: data.draw(st.integers(first, len(whole) - 1))])
    recording = read(path)
    assert not recording.complete
    assert len(recording.records) == torn.count(b"\n")


@pytest.mark.parametrize("text", [b"", b"\n", b"{}\n", b"not a transcript", b"\xff\xfe\n" * 3])
def test_another_file_is_no_transcript(tmp_path, text):
    (tmp_path / "t.jsonl").write_bytes(text)
    with pytest.raises(BrokenTranscript, match=r"t\.jsonl"):
        read(tmp_path / "t.jsonl")


def test_a_killed_writer_leaves_what_it_had_written(tmp_path):
    path = tmp_path / "t.jsonl"
    program = f"""
from gatebench.hil.transcript import Transcript
transcript = Transcript({str(path)!r})
while True:
    print(transcript.write("note", text="x" * 300), flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as writer:
        while int(writer.stdout.readline()) < 500:
            pass
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in writer.stdout.read().splitlines() if line]
    recording = read(path)
    assert not recording.complete
    assert len(recording.records) > max(said, default=500)


POLL, ACK = 0x60, 0x40


def frames_in(data: bytes) -> list[bytes]:
    return [piece.raw for piece in Deframer(gap=None).feed(data, 0) if isinstance(piece, Whole)]


def test_an_osdp_line_becomes_a_capture_that_decodes(tmp_path):
    """One read ends within a frame, another holds two; the capture has whole frames all the same."""
    command, reply = Frame(3, 1, POLL).pack(), Frame(3, 1, ACK, reply=True).pack()
    with Transcript(tmp_path / "t.jsonl") as transcript:
        begun = 1_000_000_000
        transcript.event(Sent("readers", begun, begun + 1, 1, b"\xff" + command))
        transcript.event(Heard("readers", begun + 10, 0, reply[:5]))
        transcript.event(Heard("other", begun + 15, 0, b"not of this line"))
        transcript.event(Heard("readers", begun + 20, 0, reply[5:] + reply))
    recording = read(tmp_path / "t.jsonl")
    capture = tmp_path / "line.osdpcap"
    assert to_osdpcap(recording, "readers", capture, frames_in) == 3
    lines = [json.loads(line) for line in capture.read_text().splitlines()]
    assert [line["io"] for line in lines] == ["output", "input", "input"]
    assert [bytes.fromhex(line["data"]) for line in lines] == [command, reply, reply]
    assert int(lines[1]["timeSec"]) * 10**9 + int(lines[1]["timeNano"]) == recording.wall(begun + 20)
    decoded = CliRunner().invoke(decode, [str(capture), "--json"])
    assert decoded.exit_code == 0, decoded.output
    document = json.loads(decoded.stdout)
    assert "POLL" in json.dumps(document) and "ACK" in json.dumps(document)
    assert "damaged" not in json.dumps(document).lower()


def test_without_a_codec_each_read_is_a_line(tmp_path):
    recording = read(write(tmp_path / "t.jsonl"))
    assert to_osdpcap(recording, "door", tmp_path / "c.osdpcap") == 2
