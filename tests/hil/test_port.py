"""A port sends, stamps, reports how it fails, and releases however it or its harness ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil import errors
from gatebench.hil.port.events import (
    Dropped,
    Expired,
    Failed,
    Heard,
    Opened,
    Released,
    Sent,
    from_record,
    to_record,
)
from gatebench.hil.port.finding import Place, resolve
from gatebench.hil.port.frames import Frame, unpack
from gatebench.hil.port.line import Charge, Line, SafeOrder
from gatebench.hil.port.port import Port


def test_stamps_stand_around_the_write_and_before_what_is_heard(port, until):
    before = time.monotonic_ns()
    order = port.send(b"ECHO 20 hello\n")
    *_, heard = events = until(port, Heard)
    (sent,) = [event for event in events if isinstance(event, Sent)]
    assert before <= sent.stamp <= sent.after <= heard.stamp <= time.monotonic_ns()
    assert (sent.order, sent.data, heard.data) == (order, b"ECHO 20 hello\n", b"hello\n")
    assert heard.stamp - sent.stamp >= 20_000_000


def test_an_order_waits_for_its_instant_while_others_overtake_it(port, until):
    at = time.monotonic_ns() + 100_000_000
    late = port.send(b"ECHO 0 late\n", at=at)
    soon = port.send(b"ECHO 0 soon\n")
    sent = [
        event
        for event in until(port, lambda e: isinstance(e, Heard) and b"late" in e.data)
        if isinstance(event, Sent)
    ]
    assert [event.order for event in sent] == [soon, late]
    assert sent[1].stamp >= at


def test_an_order_whose_last_instant_has_passed_is_not_sent(port, until):
    order = port.send(b"ECHO 0 x\n", before=time.monotonic_ns() - 1)
    port.send(b"ECHO 0 y\n")
    events = until(port, Heard)
    assert [event.order for event in events if isinstance(event, Expired)] == [order]
    assert events[-1].data == b"y\n"


def test_it_says_whether_it_got_real_time_priority_and_passes_it_to_no_child(port):
    opened = port.opened
    policy = os.sched_getscheduler(opened.pid)
    assert opened.realtime == (policy & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO)
    assert opened.realtime == (not opened.why)
    if opened.realtime:
        assert policy & os.SCHED_RESET_ON_FORK


def test_without_real_time_priority_it_says_so(toy):
    with Port(Line("door", toy.device), realtime=0) as port:
        assert (port.opened.realtime, port.opened.why) == (False, "not asked for")


def test_it_lives_in_a_session_of_its_own(port):
    assert os.getsid(port.opened.pid) == port.opened.pid != os.getsid(0)


def test_leaving_it_gives_the_safe_orders_and_reads_back(toy, safe):
    with Port(Line("door", toy.device), safe) as port:
        port.send(b"OPEN\n")
        assert toy.says() == "LOCK 0"
    assert toy.says() == "LOCK 1"
    assert port.release().answers == (b"LOCK 1\n",)


def test_it_releases_when_the_caller_fails(toy, safe):
    with pytest.raises(ZeroDivisionError), Port(Line("door", toy.device), safe) as port:
        port.send(b"OPEN\n")
        assert toy.says() == "LOCK 0"
        raise ZeroDivisionError
    assert toy.says() == "LOCK 1"


def test_what_is_safe_can_change(toy, safe):
    with Port(Line("door", toy.device), safe) as port:
        port.arm([SafeOrder(b"ECHO 0 rest\n", b"rest")])
    assert port.release().answers == (b"rest",)


def test_a_device_that_does_not_confirm_is_asked_again_and_then_told_of(toy):
    port = Port(Line("door", toy.device), [SafeOrder(b"ECHO 0 NO\n", b"YES", within=0.02, tries=3)])
    port.take()
    released = port.release()
    assert (released.sound, released.answers) == (False, (None,))
    assert [event.data for event in port.take() if isinstance(event, Sent)] == [b"ECHO 0 NO\n"] * 3
    with pytest.raises(errors.NotReleased, match="door: the safe state was not confirmed"):
        port.__exit__()


def test_an_answer_from_before_does_not_confirm(toy):
    port = Port(Line("door", toy.device), [SafeOrder(b"MUTE\n", b"LOCK 1", within=0.05, tries=1)])
    port.send(b"RELEASE\n")
    assert toy.says() == "LOCK 1"
    assert not port.release().sound


def test_an_answer_that_is_still_on_its_way_does_not_confirm(toy):
    """The safe order is given at once, and again to be confirmed when the line has come to rest."""
    port = Port(Line("door", toy.device), [SafeOrder(b"RELEASE\nMUTE\n", b"LOCK 1", within=0.05, tries=1)])
    port.send(b"ECHO 20 LOCK 1\n")
    assert not port.release().sound
    orders = [event.data for event in port.take() if isinstance(event, Sent)]
    assert orders == [b"ECHO 20 LOCK 1\n"] + [b"RELEASE\nMUTE\n"] * 2


def test_an_answer_to_an_earlier_try_does_not_confirm_the_next_order(toy):
    safe = [
        SafeOrder(b"ECHO 250 LOCK 1\n", b"LOCK 1", within=0.2, tries=40),
        SafeOrder(b"ECHO 0 LOCK 0\n", b"LOCK 1", within=0.3, tries=1),
    ]
    released = Port(Line("door", toy.device), safe).release()
    assert released.answers == (b"LOCK 1", None)


HARNESS = """
import sys, time
from gatebench.hil.port.line import Line, SafeOrder
from gatebench.hil.port.port import Port
port = Port(Line("door", sys.argv[1]), [SafeOrder(b"RELEASE\\n", b"LOCK 1")])
port.send(b"OPEN\\n")
print(port.opened.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_when_the_harness_is_killed_the_door_is_made_safe(toy, gone, how):
    with subprocess.Popen(
        [sys.executable, "-c", HARNESS, toy.device],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as harness:
        pid = int(harness.stdout.readline())
        assert toy.says() == "LOCK 0"
        harness.send_signal(how)
        assert toy.says() == "LOCK 1"
    assert gone(pid)


def test_when_the_port_process_is_killed_another_one_releases(port, toy, until):
    port.send(b"OPEN\n")
    assert toy.says() == "LOCK 0"
    os.kill(port.opened.pid, signal.SIGKILL)
    *_, failed = until(port, Failed)
    assert isinstance(failed.exception(), errors.PortProcessDied)
    with pytest.raises(errors.PortProcessDied, match="door: the port process ended with -9"):
        port.send(b"OPEN\n")
    assert port.release().sound
    assert toy.says() == "LOCK 1"


def test_the_other_one_gives_the_orders_that_were_safe_last(port, toy):
    port.arm([SafeOrder(b"ECHO 0 rest\n", b"rest")])
    os.kill(port.opened.pid, signal.SIGKILL)
    assert port.release().answers == (b"rest",)


def test_a_port_process_that_is_asked_to_end_releases_first(port, toy, until):
    port.send(b"OPEN\n")
    assert toy.says() == "LOCK 0"
    os.kill(port.opened.pid, signal.SIGTERM)
    assert toy.says() == "LOCK 1"
    *_, released = until(port, Released)
    assert released.sound


def test_a_pulled_cable_is_told_at_once(port, toy, until):
    toy.pull()
    *_, failed = until(port, Failed, 2.0)
    with pytest.raises(errors.PortLost, match=f"door: {toy.device} has gone"):
        raise failed.exception()
    released = port.release()
    assert not released.sound


def test_a_device_that_returns_under_another_name_is_opened_again(toys, tmp_path, safe, until):
    first, second = toys(), toys()
    name = tmp_path / "by-id"
    name.symlink_to(first.device)
    with Port(Line("door", str(name)), safe) as port:
        first.pull()
        until(port, Failed)
        name.unlink()
        name.symlink_to(second.device)
        port.reopen()
        until(port, Opened)
        port.send(b"OPEN\n")
        assert second.says() == "LOCK 0"
    assert second.says() == "LOCK 1"


def test_a_port_that_others_hold_is_busy(port, toy):
    with pytest.raises(errors.PortBusy, match="Try: end the program that holds it"):
        Port(Line("again", toy.device))


@pytest.mark.parametrize(
    ("device", "error"),
    [
        ("/dev/nowhere", errors.PortMissing),
        ("/dev/null", errors.PortUnfit),
        ("/etc/passwd", errors.PortUnfit),
        ("socket://127.0.0.1:1", errors.PortMissing),
        ("socket://127.0.0.1", errors.PortUnfit),
        ("usb:no-such-adapter", errors.PortMissing),
    ],
)
def test_a_port_that_cannot_be_opened_says_what_it_is(device, error):
    with pytest.raises(error, match="^door: .*Try: "):
        Port(Line("door", device))


def test_line_parameters_that_cannot_be_are_refused(toy):
    with pytest.raises(errors.PortUnfit, match="parity"):
        Port(Line("door", toy.device, parity="X"))


def test_a_line_through_tcp(until):
    with socket.create_server(("127.0.0.1", 0)) as server:
        safe = [SafeOrder(b"bye", None)]
        with Port(Line("box", f"socket://127.0.0.1:{server.getsockname()[1]}"), safe) as port:
            peer, _ = server.accept()
            port.send(b"hello")
            assert peer.recv(100) == b"hello"
            peer.sendall(b"you")
            assert until(port, Heard)[-1].data == b"you"
        assert peer.recv(100) == b"bye"
        peer.close()


def test_a_line_through_tcp_whose_peer_ends_is_lost(until):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = Port(Line("box", f"socket://127.0.0.1:{server.getsockname()[1]}"))
        server.accept()[0].close()
        assert until(port, Failed)[-1].error == "PortLost"
        port.release()


def test_a_harness_that_does_not_listen_learns_how_much_it_missed(port, until):
    """The device says 9 MB, more than is kept (4 MiB) and than the socket holds."""
    for _ in range(90):
        port.send(b"FLOOD 100000\n")
    time.sleep(1.0)  # to let it flood; however much comes, the sum below holds
    port.send(b"ECHO 0 end\n")
    heard = dropped = 0
    while heard + dropped < 90 * 100_001 + 4:
        for event in until(port, lambda e: isinstance(e, (Heard, Dropped))):
            heard += len(event.data) if isinstance(event, Heard) else 0
            dropped += event.lost if isinstance(event, Dropped) else 0
    assert heard + dropped == 90 * 100_001 + 4


def test_a_stopped_port_process_reports_the_stall(port, until):
    os.kill(port.opened.pid, signal.SIGSTOP)
    time.sleep(0.1)
    os.kill(port.opened.pid, signal.SIGCONT)
    stalled = until(port, lambda e: type(e).__name__ == "Stalled")[-1]
    assert stalled.until - stalled.stamp >= 90_000_000


def test_the_process_starts_without_what_the_harness_needs(port):
    """numpy or pydantic would make it slow to start and large."""
    mapped = Path(f"/proc/{port.opened.pid}/maps").read_text()
    assert "numpy" not in mapped
    assert "pydantic" not in mapped


ADAPTERS = [
    Place("/dev/ttyUSB0", "A1", "1-1.1"),
    Place("/dev/ttyUSB1", "A1", "1-1.2"),
    Place("/dev/ttyUSB2", "B7", "1-1.3"),
]


def test_usb_adapters_are_found_by_number_and_place():
    assert resolve("usb:B7", adapters=ADAPTERS) == "/dev/ttyUSB2"
    assert resolve("usb-path:1-1.2", adapters=ADAPTERS) == "/dev/ttyUSB1"
    assert resolve("/dev/ttyS0", adapters=ADAPTERS) == "/dev/ttyS0"


def test_an_adapter_that_several_fit_is_refused_with_the_candidates():
    with pytest.raises(
        errors.PortMissing, match=r"usb:A1 fits /dev/ttyUSB0 \(usb-path:1-1.1\), /dev/ttyUSB1"
    ):
        resolve("usb:A1", "door", ADAPTERS)


def test_an_adapter_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(errors.PortMissing, match="door: no usb:C; there are: /dev/ttyUSB0"):
        resolve("usb:C", "door", ADAPTERS)


FRAMES = st.builds(
    Frame, st.integers(0, 255), *[st.integers(-(2**63), 2**63 - 1)] * 3, st.binary(max_size=40)
)


@given(st.lists(FRAMES, max_size=5), st.integers(1, 60))
def test_frames_survive_any_fragmentation(frames, size):
    stream, buffer, found = b"".join(frame.pack() for frame in frames), bytearray(), []
    for start in range(0, len(stream), size):
        buffer += stream[start : start + size]
        found += unpack(buffer)
    assert found == frames
    assert not buffer


@given(st.binary(), st.none() | st.just(b"LOCK [01]"))
def test_a_charge_survives_the_command_line(send, expect):
    charge = Charge(Line("door", "/dev/ttyS0", parity="E"), (SafeOrder(send, expect),))
    assert Charge.loads(charge.dumps()) == charge


@pytest.mark.parametrize(
    "event",
    [
        Heard("door", 5, 2, b"\x00\xff"),
        Sent("door", 1, 2, 3, b"x"),
        Released("door", 1, False, (b"a", None)),
        Failed("door", 1, "PortLost", "gone", ""),
    ],
)
def test_an_event_survives_its_record(event):
    assert from_record(to_record(event)) == event
