"""However an instrument or its line fails, the error says which resource, what was sent and received, what to try."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from gatebench.fixtures.devices.start import start
from gatebench.hil import errors
from gatebench.hil.drivers.io_box import IoBox
from gatebench.hil.drivers.power_supply import RigolDp800
from gatebench.hil.drivers.visa import VisaLink

PATIENCE = 0.3


@pytest.fixture
def peer() -> Iterator[Callable[..., VisaLink]]:
    """A link to a peer that does with the first connection what the test says."""
    ends: list[Callable[[], None]] = []

    def make(behave: Callable[[socket.socket], None]) -> VisaLink:
        server = socket.create_server(("127.0.0.1", 0))

        def run() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    behave(connection)
                except OSError:
                    pass  # the link was closed while it spoke

        thread = threading.Thread(target=run)
        thread.start()
        link = VisaLink(
            f"TCPIP::127.0.0.1::{server.getsockname()[1]}::SOCKET", resource="supply", patience=PATIENCE
        )
        ends.extend((link.close, thread.join, server.close))
        return link

    yield make
    for end in ends:
        end()


def hears(connection: socket.socket) -> bytes:
    return connection.recv(4096)


def answers(*chunks: bytes, pause: float = 0.0) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        hears(connection)
        for chunk in chunks:
            time.sleep(pause)
            connection.sendall(chunk)
        hears(connection)

    return behave


def test_an_answer_in_pieces_is_one_answer(peer):
    assert peer(answers(b"Acme,", b"PSU", b",1,2\r\n", pause=0.05)).query("*IDN?") == "Acme,PSU,1,2"


def test_silence(peer):
    link = peer(answers())
    began = time.monotonic()
    with pytest.raises(
        errors.NoAnswer, match=r"supply: no answer within 0\.3 s; sent '\*IDN\?\\n'; received nothing\. Try: "
    ) as caught:
        link.query("*IDN?")
    assert isinstance(caught.value, TimeoutError)
    assert time.monotonic() - began < 3 * PATIENCE


@pytest.mark.parametrize("noise", [b"\xff\x00\x80\n", b"Acme\x1b[0m\n", b"no end"])
def test_garbage_is_shown(peer, noise):
    with pytest.raises(errors.WrongAnswer) as caught:
        peer(answers(noise)).query("*IDN?")
    assert caught.value.received == noise
    assert caught.value.sent == b"*IDN?\n"


def test_a_flood_ends_soon(peer):
    began = time.monotonic()
    with pytest.raises(errors.TooMuch) as caught:
        peer(answers(b"x" * 200_000)).query("*IDN?")
    assert time.monotonic() - began < 5
    assert len(caught.value.received or b"") <= 65_536


def test_a_late_answer_is_not_taken_for_the_next(peer):
    def behave(connection: socket.socket) -> None:
        hears(connection)
        time.sleep(PATIENCE + 0.1)
        connection.sendall(b"late\n")
        hears(connection)
        connection.sendall(b"right\n")
        hears(connection)

    link = peer(behave)
    with pytest.raises(errors.NoAnswer):
        link.query("first?")
    time.sleep(0.2)
    assert link.query("second?") == "right"


def test_a_second_answer_is_not_taken_for_the_next(peer):
    def behave(connection: socket.socket) -> None:
        hears(connection)
        connection.sendall(b"one\ntwo\n")
        hears(connection)
        connection.sendall(b"right\n")
        hears(connection)

    link = peer(behave)
    assert link.query("first?") == "one"
    time.sleep(0.05)
    with pytest.raises(errors.WrongAnswer, match="without being asked") as caught:
        link.query("second?")
    assert caught.value.received == b"two\n"
    assert link.query("second?") == "right"


def test_a_connection_that_is_closed(peer):
    with pytest.raises(errors.PortLost, match="supply"):
        peer(lambda connection: hears(connection) and None).query("*IDN?")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ASRL/dev/gatebench-nowhere::INSTR", errors.PortMissing),
        ("ASRL/dev/null::INSTR", errors.PortUnfit),
        ("TCPIP::127.0.0.1::1::SOCKET", errors.PortMissing),
        ("somewhere", errors.PortUnfit),
    ],
)
@pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_what_cannot_be_opened(address, kind):
    with pytest.raises(kind, match=r"supply: .*Try: "):
        VisaLink(address, resource="supply")


def test_a_serial_line_has_one_owner():
    with start("io_box") as device:
        link = VisaLink(device.visa[0], resource="box")
        with pytest.raises(errors.PortBusy, match="box"):
            VisaLink(device.visa[0], resource="box")
        assert link.query("*OPC?") == "1"
        link.close()
        VisaLink(device.visa[0], resource="box").close()


def test_what_another_program_left_half_said_is_ended():
    with start("io_box") as device:
        fd = os.open(str(device.pty), os.O_RDWR | os.O_NOCTTY)
        os.write(fd, b"CONT1 OP")
        os.close(fd)
        with IoBox(VisaLink(device.visa[0], resource="box")) as box:
            assert not box.contact_open()


@pytest.mark.parametrize("options", [(), ("--tcp", "127.0.0.1:0")], ids=["pty", "tcp"])
def test_a_device_that_dies_is_lost_and_no_release(options):
    device = start("power_supply", *options)
    supply = RigolDp800(VisaLink(device.visa[0], resource="supply", patience=PATIENCE), volts=12, amps=1)
    device.process.kill()
    device.end()
    with pytest.raises(errors.PortLost, match="supply"):
        supply.power_on()
    with pytest.raises(errors.NotReleased, match="supply"):
        supply.release()
