"""Against libosdp, in both roles: a stack that we did not write."""

import pytest

from gatebench.hil.osdp import commands as c
from gatebench.hil.osdp import replies as r
from gatebench.hil.osdp.capture import Entry
from gatebench.hil.osdp.decode import Decoder
from gatebench.hil.osdp.events import Commanded, KeyChanged, Offline, Online, Replied, Secured, Unsecured
from gatebench.hil.osdp.panel import Panel
from gatebench.hil.osdp.panel import Settings as PanelSettings
from gatebench.hil.osdp.reader import Reader
from gatebench.hil.osdp.reader import Settings as ReaderSettings

ADDRESS = 101
OWN = bytes(range(16))
NEW = bytes(range(0x80, 0x90))
MODES = ["plain", "default", OWN.hex()]
IDS = ["plain", "SCBK-D", "own key"]


def panel(mode: str, **more) -> Panel:
    key = None if mode in ("plain", "default") else bytes.fromhex(mode)
    return Panel(PanelSettings(ADDRESS, key=key, default_key=mode == "default", **more))


def reader(mode: str, **more) -> Reader:
    key = None if mode in ("plain", "default") else bytes.fromhex(mode)
    return Reader(ReaderSettings(ADDRESS, key=key, secure_only=key is not None, **more))


def replied(kind):
    return lambda event: isinstance(event, Replied) and isinstance(event.reply, kind)


def answered(kind):
    return lambda event: isinstance(event, Replied) and isinstance(event.command, kind)


def polled(event):
    return isinstance(event, Commanded) and isinstance(event.command, c.Poll)


def up(mode: str):
    return Online if mode == "plain" else Secured


@pytest.mark.parametrize("fragment", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("mode", MODES, ids=IDS)
def test_our_panel_runs_a_libosdp_reader(lines, mode, fragment):
    ours = panel(mode)
    line = lines(ours, "pd", mode, fragment=fragment)
    online = line.until(lambda event: isinstance(event, Online))
    assert (online.identity.model, online.identity.version, online.identity.serial) == (9, 7, 0xCAFE)
    assert r.Capability(r.Function.LED_CONTROL, 1, 1) in online.capabilities.capabilities
    assert ours.secure == (mode != "plain")

    line.tell(card="a1b2c380", bits=26)
    card = line.until(replied(r.Raw))
    assert (card.reply.card.hex(), card.reply.bits, card.secure) == ("a1b2c380", 26, mode != "plain")
    line.tell(keys=b"1234".hex())
    assert line.until(replied(r.Keypad)).reply.keys == b"1234"

    ours.send(c.Led((c.Light(led=0, permanent=1, on=5, off=5, on_colour=2, off_colour=1),)))
    seen = line.peer_says("command")
    assert (seen["on_color"], seen["off_color"]) == (2, 1)
    ours.send(c.Buz(tone=2, on=3, off=4, count=5))
    seen = line.peer_says("command")
    assert (seen["on_count"], seen["off_count"], seen["rep_count"]) == (3, 4, 5)
    ours.send(c.Text(b"WELCOME", row=1, column=2))
    seen = line.peer_says("command")
    assert (seen["data"], seen["offset_col"]) == ("WELCOME", 2)
    ours.send(c.Out((c.Output(0, 5, 30),)))
    seen = line.peer_says("command")
    assert (seen["output_no"], seen["control_code"], seen["timer_count"]) == (0, 5, 30)

    ours.send(c.LocalStatus())
    assert isinstance(line.until(answered(c.LocalStatus)).reply, r.LocalStatusReport)
    assert not [event for event in line.events if isinstance(event, Unsecured | Offline)]


@pytest.mark.parametrize("fragment", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("mode", MODES, ids=IDS)
def test_a_libosdp_panel_runs_our_reader(lines, mode, fragment):
    ours = reader(mode)
    line = lines(ours, "cp", mode, fragment=fragment)
    line.until(lambda event: isinstance(event, up(mode)))
    if mode == "default":
        # libosdp does not stay with SCBK-D: it sets its own key, and shakes hands again.
        assert line.until(lambda event: isinstance(event, KeyChanged)).key == bytes(range(0x60, 0x70))
        line.until(lambda event: isinstance(event, Secured))
        assert [event.default for event in line.events if isinstance(event, Secured)] == [True, False]
    line.until(polled)
    assert ours.secure == (mode != "plain")
    line.tell(state=True)
    assert line.peer_says("online") is True

    ours.report(r.Raw(bytes.fromhex("a1b2c380"), 26))
    seen = line.peer_says("event")
    assert (seen["data"], seen["length"]) == ("a1b2c380", 26)
    ours.report(r.Keypad(b"42"))
    assert line.peer_says("event")["data"] == b"42".hex()

    def command(kind):
        return lambda event: isinstance(event, Commanded) and isinstance(event.command, kind)

    line.tell(command="Buzzer", reader=0, control_code=2, on_count=1, off_count=2, rep_count=3)
    assert line.until(command(c.Buz)).command == c.Buz(0, 2, 1, 2, 3)
    line.tell(command="Output", output_no=0, control_code=2, timer_count=0)
    assert line.until(command(c.Out)).command == c.Out((c.Output(0, 2, 0),))
    assert ours.outputs == b"\1"
    text = {"control_code": 1, "temp_time": 0, "offset_row": 1, "offset_col": 1, "data": "HELLO"}
    line.tell(command="Text", reader=0, **text)
    assert line.until(command(c.Text)).command == c.Text(b"HELLO")
    line.run(0.5)
    lost = [event for event in line.events if isinstance(event, Unsecured | Offline)]
    assert len(lost) == (mode == "default")  # the new handshake


@pytest.mark.parametrize("mode", MODES[1:], ids=IDS[1:])
def test_our_panel_gives_a_libosdp_reader_a_new_key(lines, mode):
    ours = panel(mode)
    line = lines(ours, "pd", mode)
    line.until(lambda event: isinstance(event, Secured))
    ours.send(c.Keyset(NEW))
    line.until(lambda event: isinstance(event, KeyChanged))
    line.until(lambda event: isinstance(event, Secured))
    assert [event.default for event in line.events if isinstance(event, Secured)] == [
        mode == "default",
        False,
    ]
    assert ours.key == NEW
    line.tell(card="ff00ff00", bits=32)
    assert line.until(replied(r.Raw)).secure


def test_a_libosdp_panel_gives_our_reader_a_new_key(lines):
    ours = reader(OWN.hex())
    line = lines(ours, "cp", OWN.hex())
    line.until(polled)
    line.tell(command="Keyset", type=1, data=NEW.hex())
    line.until(lambda event: isinstance(event, KeyChanged))
    assert ours.key == NEW
    ours.report(r.Raw(b"\x12\x34", 16))
    assert line.peer_says("event")["data"] == "1234"
    assert ours.secure


@pytest.mark.parametrize("wrong", [NEW.hex(), "default"], ids=["another key", "SCBK-D"])
def test_a_wrong_key_brings_no_channel_up(lines, wrong):
    ours = panel(wrong)
    line = lines(ours, "pd", OWN.hex())
    line.until(lambda event: isinstance(event, Unsecured))
    line.run(1.0)
    assert not ours.online and not ours.secure


def test_the_capture_of_a_session_is_decrypted_from_the_default_key_on(lines):
    """KEYSET under SCBK-D, then a handshake with the new key: nobody tells the decoder that key."""
    ours = panel("default")
    line = lines(ours, "pd", "default")
    line.until(lambda event: isinstance(event, Secured))
    ours.send(c.Keyset(NEW))
    line.until(lambda event: isinstance(event, KeyChanged))
    line.until(lambda event: isinstance(event, Secured))
    line.tell(card="c0ffee00", bits=26)
    line.until(replied(r.Raw))

    records = [Entry(data, time, io, line=number) for number, (time, io, data) in enumerate(line.wire, 1)]
    frames = list(Decoder().decode(records))
    assert [note for one in frames for note in one.notes if "WRONG" in note or "known" in note] == []
    cards = [one for one in frames if isinstance(one.message, r.Raw)]
    assert [(one.message.card.hex(), one.secure) for one in cards] == [("c0ffee00", "encrypted")]
    assert [one.message.key for one in frames if isinstance(one.message, c.Keyset)] == [NEW]
