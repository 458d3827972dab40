"""What the drivers of lines promise: OSDP on both sides, the tap, the network switch, the access server."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from gatebench.fixtures.devices.start import start
from gatebench.hil import errors, roles
from gatebench.hil.drivers.osdp_line import Disturbance, OsdpLine
from gatebench.hil.drivers.osdp_panel import OsdpPanel
from gatebench.hil.drivers.osdp_reader import OsdpReader
from gatebench.hil.drivers.server import AccessServer
from gatebench.hil.drivers.tap import Tap
from gatebench.hil.drivers.visa import VisaLink
from gatebench.hil.osdp import commands as c
from gatebench.hil.osdp import replies as r
from gatebench.hil.osdp.decode import Decoder
from gatebench.hil.osdp.deframer import Damaged
from gatebench.hil.port.line import Line

CARD, BITS = b"\xc0\xff\xee\x00", 26
KEY = bytes(range(16))


def becomes(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


# A reader under test


def test_a_reader_says_who_it_is_and_obeys_its_lamp(panel, request):
    identity, capabilities = panel.identify()
    assert len(identity.vendor) == 3 and capabilities.capabilities
    assert panel.emulated is (request.node.callspec.id != "rig")
    assert isinstance(panel.light("green", 0.2).reply, r.Ack)
    with pytest.raises(ValueError, match="colour"):
        panel.light("mauve")
    panel.release()
    panel.release()
    with pytest.raises(errors.PortLost):
        panel.cards()


def test_what_is_shown_to_a_reader_comes_to_the_panel(shown):
    shown.panel.wait_secure(10)
    before = time.monotonic_ns()
    shown.show(shown.credential)
    card = shown.panel.wait_card(10)
    assert (card.data, card.bits, card.secure) == (CARD, BITS, True)
    assert before < card.began <= card.ended <= time.monotonic_ns()
    shown.show("BELL 1")
    assert becomes(lambda: "? BELL 1" in shown.terminals())


def test_the_lamp_is_told_at_the_terminals(shown):
    shown.panel.wait_secure(10)
    shown.panel.light("green", 0.1)
    assert becomes(lambda: "GREEN 0" in shown.terminals().partition("GREEN 1")[2])
    shown.panel.light("red")
    assert becomes(lambda: "RED 1" in shown.terminals())
    told = [line.split() for line in shown.terminals().splitlines()]
    on, off = [int(line[2]) for line in told if line[0] == "GREEN"][1:]
    assert off - on == 100_000_000


def test_a_reader_takes_a_key_of_its_own(shown):
    shown.panel.wait_secure(10)
    shown.panel.set_key(KEY)
    assert shown.panel.key == KEY and shown.panel.secure


@pytest.mark.parametrize("key", [KEY.hex(), ""], ids=["own key", "SCBK-D"])
def test_without_its_key_there_is_no_channel(stack, key):
    device = stack.enter_context(start("reader", *(("--key", key, "--secure-only") if key else ())))
    line = OsdpLine(Line("reader", device.pty))
    stranger = stack.enter_context(OsdpPanel(line, key=bytes(16), patience=1.0))
    with pytest.raises(errors.NoAnswer, match="handshake"):
        stranger.wait_secure()


# Our reader towards a panel


def test_a_reader_of_ours_shows_cards_and_sees_its_lamp(ends):
    panel, reader = ends
    assert isinstance(reader, roles.CredentialPresenter) and isinstance(reader, roles.Observer)
    assert reader.emulated
    reader.wait_online(10)
    panel.wait_secure(10)
    before = time.monotonic_ns()
    at = reader.present(CARD, BITS)
    card = panel.wait_card(10)
    assert before < at <= card.began and (card.data, card.bits) == (CARD, BITS)
    reader.press("12#")
    assert panel.wait_card(10).data == b"12\r"
    panel.light("amber", 0.2)
    assert becomes(lambda: reader.lit() == "off")
    up, down = reader.observed()
    assert (up.line, up.level, down.line, down.level) == ("amber", 1, "amber", 0)
    assert down.stamp - up.stamp == 200_000_000 and up.clock == "host" and up.uncertainty > 0
    assert list(reader.observed()) == []


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "own key"])
def test_what_crossed_the_line_can_be_decoded(joined, stack, key):
    left, right = joined()
    reader = stack.enter_context(OsdpReader(OsdpLine(Line("reader", right)), key=key, secure_only=bool(key)))
    panel = stack.enter_context(OsdpPanel(OsdpLine(Line("panel", left)), key=key))
    reader.wait_online(10, secure=bool(key))
    reader.present(CARD, BITS)
    assert panel.wait_card(10).secure == reader.secure == bool(key)
    for line, io in ((reader.line, "output"), (panel.line, "input")):
        frames = list(Decoder([key] if key else []).decode(line.capture()))
        assert [one.notes for one in frames if "WRONG" in str(one.notes)] == []
        cards = [one.message.card for one in frames if isinstance(one.message, r.Raw)]
        assert cards == [CARD]
        assert io in {entry.io for entry in line.capture()}


def test_readers_share_a_line_and_it_ends_with_the_last(joined):
    _, right = joined()
    line = OsdpLine(Line("readers", right))
    first, second = OsdpReader(line, 0), OsdpReader(line, 1)
    first.release()
    first.release()
    with pytest.raises(errors.PortLost):
        first.present(CARD, BITS)
    second.observed()
    second.release()
    with pytest.raises(errors.PortLost):
        OsdpReader(line, 2)


def test_what_nobody_fetches_is_an_error_and_forgotten(joined):
    _, right = joined()
    with OsdpReader(OsdpLine(Line("reader", right)), patience=0.05) as reader:
        with pytest.raises(errors.NoAnswer, match="does not fetch"):
            reader.present(CARD, BITS)
        with pytest.raises(errors.NoAnswer, match="nobody polls"):
            reader.wait_online()
        assert reader._reader.waiting == 0


def test_a_reader_that_has_gone_is_no_release_and_the_line_is_let_go(ends):
    panel, reader = ends
    panel.identify()
    reader.release()
    panel.patience = 0.3
    with pytest.raises(errors.NotReleased, match="lamp"):
        panel.release()
    panel.release()
    with pytest.raises(errors.PortLost):
        panel.line.check()


@pytest.mark.parametrize(
    "what",
    [
        Disturbance(flip=-1),
        Disturbance(keep=5),
        Disturbance(withhold=True),
        Disturbance(delay=0.05),
        Disturbance(pause=0.002),
    ],
    ids=["corrupted", "cut", "withheld", "delayed", "spread"],
)
def test_a_disturbed_report_comes_all_the_same_and_once(ends, what):
    """The panel repeats its question; the reader repeats its answer."""
    panel, reader = ends
    panel.wait_secure(10)
    reader.disturb(what, only=r.Raw)
    reader.present(CARD, BITS)
    assert panel.wait_card(10).data == CARD
    panel.exchange(c.LocalStatus())
    assert list(panel.cards()) == []
    with reader.line:
        hit = [one for one in reader.line.frames if one.ours and one.disturbed == what]
    assert len(hit) == 1
    if what.flip is not None:
        with panel.line:
            assert any(isinstance(one.piece, Damaged) for one in panel.line.frames)


def test_a_line_whose_port_goes_is_an_error_for_everybody(stack):
    device = start("reader", "--tcp", "127.0.0.1:0")
    panel = OsdpPanel(OsdpLine(Line("reader", f"socket://{device.tcp}")), patience=10)
    panel.identify()
    device.end()
    with pytest.raises(errors.PortLost):
        panel.exchange(c.LocalStatus())
    panel.release()


# LineTap


def test_a_tap_is_as_it_was_set_and_restored(tap):
    assert isinstance(tap, roles.LineTap)
    tap.delay(0.1)
    tap.corrupt(0.25)
    tap.cut(60)
    assert tap.ask("TAP:DEL?;FLIP?", ".*")[0] == "0.1;0.25"
    assert tap.ask_number("TAP:CUT?") > 50
    tap.restore()
    assert tap.ask("TAP:DEL?;FLIP?;CUT?", ".*")[0] == "0;0;0"
    for wrong in (lambda: tap.delay(-1), lambda: tap.corrupt(1.5), lambda: tap.cut(1e9)):
        with pytest.raises(ValueError, match="the tap"):
            wrong()


def test_a_line_through_a_tap_suffers_and_heals(stack):
    reader = stack.enter_context(start("reader"))
    device = stack.enter_context(start("line_tap", "--right", str(reader.pty), "--seed", "7"))
    tap = stack.enter_context(Tap(VisaLink(device.visa[0])))
    panel = stack.enter_context(OsdpPanel(OsdpLine(Line("reader", device.told["left"])), patience=10))
    panel.identify()
    tap.corrupt(1)
    with panel.line:
        panel.line.frames.clear()
    assert becomes(lambda: tap.count().flipped > 20)
    tap.restore()
    panel.exchange(c.LocalStatus())
    tap.cut(0.2)
    panel.exchange(c.LocalStatus())
    assert tap.count().dropped > 0
    tap.pace(9600)
    tap.delay(0.02)
    done = panel.exchange(c.LocalStatus())
    # 8 bytes there at 10 bits each, the delay twice, the reader's 2 ms, one character of the answer
    assert done.began - done.sent >= (9 * 10 / 9600 + 2 * 0.02 + 0.002) * 1e9


# NetworkSwitch


def test_a_network_that_is_cut_ends_connections_and_comes_back(network):
    switch = network.switch
    assert isinstance(switch, roles.NetworkSwitch) and switch.emulated
    assert switch.network_connected()
    peer = network.connect()
    peer.sendall(b"*OPC?\n")
    assert peer.recv(10) == b"1\n"
    switch.switch_network(False)
    assert not switch.network_connected()
    assert gone(peer)
    assert gone(network.connect())
    switch.switch_network(True)
    again = network.connect()
    again.sendall(b"*OPC?\n")
    assert again.recv(10) == b"1\n"
    again.close()
    assert becomes(lambda: switch.connections() == 0)


def test_through_a_silent_cut_nothing_comes_until_it_ends(network):
    network.switch.cut_silently(True)
    peer = network.connect()
    peer.sendall(b"*OPC?\n")
    assert peer.recv(10) == b"1\n"
    network.switch.switch_network(False)
    peer.sendall(b"*OPC?\n")
    peer.settimeout(0.1)
    with pytest.raises(TimeoutError):
        peer.recv(10)
    network.switch.switch_network(True)
    peer.settimeout(5)
    assert peer.recv(10) == b"1\n"


def test_a_network_delays_each_way(network):
    peer = network.connect()
    network.switch.delay_network(0.05)
    before = time.monotonic()
    peer.sendall(b"*OPC?\n")
    assert peer.recv(10) == b"1\n"
    assert time.monotonic() - before >= 0.1
    with pytest.raises(ValueError, match="the switch"):
        network.switch.delay_network(61)


def gone(peer: socket.socket) -> bool:
    with suppress(ConnectionError):
        return peer.recv(10) == b""
    return True


# The access server


class Server:
    """An access server whose answers are known beforehand: (request without its id, answer without its id)."""

    def __init__(self, *conversation: tuple[dict, dict | bytes | None]) -> None:
        self.left = list(conversation)
        self.wrong: list = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def line(self) -> Line:
        return Line("server", f"socket://127.0.0.1:{self.listener.getsockname()[1]}")

    def serve(self) -> None:
        peer, _ = self.listener.accept()
        with peer, peer.makefile("rb") as lines:
            for line in lines:
                request = json.loads(line)
                number = request.pop("id")
                if not self.left or self.left[0][0] != request:
                    self.wrong.append(request)
                    return
                _, answer = self.left.pop(0)
                if isinstance(answer, dict):
                    answer = json.dumps({"id": number, **answer}).encode() + b"\n"
                peer.sendall(answer or b"")

    def close(self) -> None:
        self.listener.close()
        self.thread.join(5)
        assert not self.wrong and not self.left


@pytest.fixture
def serving() -> Iterator[Callable[..., AccessServer]]:
    made: list[Server] = []
    drivers: list[AccessServer] = []

    def make(*conversation: tuple[dict, dict | bytes | None], patience: float = 5.0) -> AccessServer:
        made.append(Server(*conversation))
        drivers.append(AccessServer(made[-1].line, patience=patience))
        return drivers[-1]

    yield make
    for driver in drivers:
        with suppress(errors.NotReleased):
            driver.release()
    for server in made:
        server.close()


def test_the_clock_is_set_and_read_back(serving):
    server = serving(
        ({"do": "set-clock", "unix": 5}, {"ok": True, "unix": 6}),
        ({"do": "clock"}, {"ok": True, "unix": 7}),
        ({"do": "clock"}, {"ok": True}),
    )
    assert isinstance(server, roles.DeviceClock)
    assert (server.set_clock(5), server.read_clock()) == (6, 7)
    with pytest.raises(errors.WrongAnswer, match="no answer to clock"):
        server.read_clock()


def test_the_server_is_told_and_asked(serving):
    server = serving(
        ({"do": "provision", "provisioning": {"text": "x" * 200_000}}, {"ok": True}),
        ({"do": "list", "number": "2:1173", "status": "revoked"}, {"ok": True}),
        ({"do": "release", "door": "d", "lane": 0, "direction": "in"}, {"ok": True}),
        ({"do": "override", "door": "d", "mode": "open"}, {"ok": True}),
        ({"do": "reset-fire"}, {"ok": False, "error": "the input says fire"}),
        ({"do": "lift", "subject": "p"}, {"ok": True}),
        ({"do": "events", "after": 3}, {"ok": True, "events": [{"number": 4}]}),
        ({"do": "uplink"}, {"ok": True, "connected": True}),
        ({"do": "override", "door": "d", "mode": None}, {"ok": True}),
    )
    for role in (roles.Provisioned, roles.AccessList, roles.RemoteRelease, roles.EventJournal):
        assert isinstance(server, role)
    server.provision({"text": "x" * 200_000})
    server.set_status("2:1173", "revoked")
    server.release_door("d", 0, "in")
    server.override("d", "open")
    with pytest.raises(errors.Refused, match="the input says fire"):
        server.reset_fire()
    server.lift("p")
    assert server.events(3) == [{"number": 4}]
    assert server.connected()
    server.release()
    server.release()
    with pytest.raises(errors.PortLost):
        server.read_clock()


def test_late_answers_are_not_taken_for_others(serving):
    server = serving(
        ({"do": "clock"}, None),
        ({"do": "clock"}, b'{"id": 1, "ok": true, "unix": 1}\n{"id": 2, "ok": true, "unix": 2}\n'),
        ({"do": "clock"}, b"hello\n"),
        patience=0.5,
    )
    with pytest.raises(errors.NoAnswer, match="clock"):
        server.read_clock()
    assert server.read_clock() == 2
    with pytest.raises(errors.WrongAnswer, match="JSON"):
        server.read_clock()


def test_an_override_that_cannot_be_undone_is_no_release(serving):
    server = serving(
        ({"do": "override", "door": "d", "mode": "open"}, {"ok": True}),
        ({"do": "override", "door": "d", "mode": None}, {"ok": False, "error": "no controller"}),
    )
    server.override("d", "open")
    with pytest.raises(errors.NotReleased, match=r"d: .*no controller"):
        server.release()


def test_a_server_without_its_controller_refuses_at_once(stack):
    device = stack.enter_context(start("access_server"))
    server = stack.enter_context(AccessServer(Line("server", f"socket://{device.tcp}")))
    assert not server.connected()
    assert list(server.events()) == []
    server.set_status("2:1", "revoked")  # is kept until there is one
    for order in (server.read_clock, lambda: server.set_clock(5), lambda: server.lift("1")):
        with pytest.raises(errors.Refused, match="no controller"):
            order()
