"""Frames of an emulated camera, as they come: in order, fresh, with times that are true, and nothing lost in silence."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from gatebench.fixtures.devices.camera.timecode import read
from gatebench.fixtures.devices.start import start
from gatebench.hil.camera import errors
from gatebench.hil.camera.camera import Camera, Failed, Missed
from gatebench.hil.camera.frame import Frame
from gatebench.hil.drivers.visa import VisaLink

FPS = 50
TRUE = 20e-6
"""s: of a tick of RTP (11 us) and of the time code (1 us), on a clock that does not step within a second."""
WAYS = [("rtsp", "cv2", False), ("rtsp", "cv2", True), ("rtsp", "av", False), ("mjpeg", "", False)]
"""Service, decoder, UDP."""


def need(decoder):
    if decoder == "av" and not find_spec("av"):
        pytest.skip("PyAV is not installed: pip install 'gatebench[av]'")


def looking(device, way=("rtsp", "cv2", False), **settings):
    service, decoder, udp = way
    need(decoder)
    return Camera(device.told[service], resource="eye", decoder=decoder, udp=udp, **settings)


def small(*options):
    return start("camera", "--size", "320x240", "--fps", str(FPS), *options)


@pytest.fixture(scope="module")
def device():
    with small() as found:
        yield found


def truths(frames):
    """s of the host's monotonic clock at which each was taken."""
    return np.array([read(frame.image)[0] / 1e6 for frame in frames])


def offsets(frames):
    """From the host's monotonic clock to the frames' own."""
    return np.array([frame.t for frame in frames]) - truths(frames)


def in_order(frames):
    """A frame's number is its place on the shutter's grid."""
    places = np.round((truths(frames) - truths(frames[:1])[0]) * FPS).astype(int)
    return list(places) == [frame.number - frames[0].number for frame in frames]


# As they come


@pytest.mark.parametrize("way", WAYS, ids=["rtsp", "rtsp-udp", "rtsp-av", "mjpeg"])
def test_every_frame_has_its_number_and_the_time_at_which_it_was_taken(device, way):
    with looking(device, way) as camera:
        frames = camera.collect(0.5)
        opened = camera.opened
    assert opened.size == (320, 240) == frames[0].image.shape[1::-1] and opened.counts_drops
    assert opened.fps == pytest.approx(FPS, rel=0.01)
    assert opened.clock == {"av": "sender"}.get(way[1], "source") == frames[0].clock
    assert in_order(frames) and frames[0].number == 0
    offset = offsets(frames)
    assert max(abs(offset - np.median(offset))) < TRUE
    assert all(2 * frame.u > TRUE for frame in frames), "it is not told more exact than it is"
    assert all(frame.arrival / 1e9 > true for frame, true in zip(frames, truths(frames), strict=True))


@pytest.mark.parametrize("way", [("rtsp", "av", False), ("mjpeg", "", False)], ids=["av", "mjpeg"])
def test_the_sender_s_wall_clock_is_the_host_s_here(device, way):
    with looking(device, way) as camera:
        offset = np.median(offsets(camera.collect(0.2)))
    now = time.time() - time.monotonic()
    assert abs(offset - now) < 0.001  # time() and monotonic() are not read at once, and the clock may slew


def test_by_arrival_alone_the_order_is_known_and_how_sure_it_is():
    with small("--no-stamps") as device, looking(device, ("mjpeg", "", False)) as camera:
        assert (camera.opened.clock, camera.opened.counts_drops, camera.lost) == ("arrival", False, None)
        frames = camera.collect(0.5)
        assert "an unknown number got lost" in str(camera.counts)
    assert [frame.number for frame in frames] == list(range(len(frames)))
    assert all(frame.t == frame.arrival / 1e9 and 0 < frame.u < 0.5 for frame in frames)


def test_a_clock_that_is_wanted_is_taken(device):
    with looking(device, clock="arrival") as camera:
        frame = next(camera.frames())
        assert camera.opened.clock == "arrival" and frame.t == frame.arrival / 1e9
    with pytest.raises(errors.CameraUnfit, match="no time on the clock 'sender'.*take the clock 'source'"):
        looking(device, clock="sender")


@pytest.mark.parametrize("way", [WAYS[0], WAYS[3]], ids=["rtsp", "mjpeg"])
def test_what_waited_before_we_looked_is_not_taken_for_fresh(way):
    with small("--backlog", "1.5") as device, looking(device, way) as camera:
        first = next(camera.frames())
        age = first.arrival / 1e9 - truths([first])[0]
        assert camera.opened.discarded >= 14
    assert age < 0.5  # a third of what waited; of a busy host, most of it is the host's own


def test_gaps_are_counted_as_the_camera_counts_them():
    with small("--drop", "0.2", "--seed", "4") as device, looking(device) as camera:
        frames = camera.collect(1.0)
        assert in_order(frames) and camera.lost > 0
        assert camera.lost >= sum(two.number - one.number - 1 for one, two in pairwise(frames))


def test_frames_that_are_not_to_be_missing_are_an_error():
    with small("--drop", "0.2") as device, looking(device) as camera:
        with pytest.raises(errors.FramesLost, match=r"frames are missing, 1 may") as told:
            camera.collect(5.0, drops=1)
        assert told.value.frames and told.value.counts.lost > 1


# What goes wrong on the way


@pytest.mark.parametrize(
    ("option", "kind", "message"),
    [
        ("--stall=1.2:60", errors.StreamStalled, "no frame for"),
        ("--end=1.2", errors.StreamEnded, "the camera ended the stream"),
        ("--resize=1.2:160x120", errors.SizeChanged, "were 320x240 and are 160x120 now"),
    ],
    ids=["stall", "end", "resize"],
)
@pytest.mark.parametrize("way", [WAYS[0], *WAYS[2:]], ids=["rtsp", "rtsp-av", "mjpeg"])
def test_it_is_named_and_what_was_seen_is_kept(option, kind, message, way):
    need(way[1])
    with small(option) as device, looking(device, way, patience=0.7) as camera:
        with pytest.raises(kind, match=message) as told:
            camera.collect(60)
        error = told.value
        assert error.counts == camera.counts and error.resource == "eye"
        assert len(error.frames) == error.counts.frames == camera.count and in_order(error.frames)
        assert error.last is error.frames[-1] is camera.last
        with pytest.raises(kind):
            next(camera.frames())


def test_a_camera_that_dies_is_named(device):
    with small() as other, looking(other, patience=0.7) as camera:
        camera.collect(0.1)
        os.kill(other.pid, signal.SIGKILL)
        with pytest.raises((errors.StreamEnded, errors.StreamStalled)) as told:
            camera.collect(60)
        assert told.value.counts.frames > 0


def test_a_stream_that_is_described_and_sends_nothing():
    with small("--stall", "0:60") as device:
        for way in (WAYS[0], WAYS[3]):
            with pytest.raises(errors.CameraSilent, match="no picture"):
                looking(device, way, patience=0.5)


def test_pictures_that_are_spoilt_are_counted_and_too_many_of_them_an_error(server):
    picture = cv2.imencode(".jpg", np.zeros((240, 320, 3), np.uint8))[1].tobytes()
    half = picture[: len(picture) // 2]

    def part(body, t):
        return b"--b\r\nContent-Length: %d\r\nX-Timestamp: %.3f\r\n\r\n" % (len(body), t) + body + b"\r\n"

    bodies = [picture] * 40 + [half, picture] + [half] * 40
    address = server(
        b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n",
        *(part(body, place / 50) for place, body in enumerate(bodies)),
        pace=1 / 50,
    )
    with Camera(f"http://{address}/", resource="eye") as camera:
        with pytest.raises(errors.StreamBroken, match="the last 30 frames cannot be decoded") as told:
            camera.collect(60)
        assert told.value.counts.spoilt == 31 == camera.spoilt


# Who reads too slowly, or not at all


def test_who_does_not_take_frames_is_told_which_are_missing(device):
    with looking(device, room=8) as camera:
        until = time.monotonic() + 10
        events = []
        while not any(isinstance(one, Missed) for one in events) and time.monotonic() < until:
            time.sleep(0.4)  # twenty frames' time, for a room of eight
            taken = camera.take()
            assert sum(isinstance(one, Frame) for one in taken) <= 8
            events += taken
        missed = [one for one in events if isinstance(one, Missed)]
        assert missed and {one.why for one in missed} == {"unread"}
        assert camera.unread == sum(one.missing for one in missed)
        frames = [one for one in events if isinstance(one, Frame)]
        assert in_order(frames), "a frame that was not taken leaves a gap"


def test_the_end_of_the_reader_is_an_event_of_its_own(device, gone):
    with looking(device) as camera:
        os.kill(camera.opened.pid, signal.SIGKILL)
        assert gone(camera.opened.pid)
        until = time.monotonic() + 10
        events = []
        while not camera.dead and time.monotonic() < until:
            events += camera.take()
        assert isinstance(events[-1], Failed) and type(events[-1].error) is errors.ReaderDied
        assert "ended with -9" in str(events[-1].error) and camera.fileno() >= -1


def test_it_ends_when_it_is_left_and_gives_nothing_more(device, gone):
    with looking(device) as camera:
        pid = camera.opened.pid
    assert gone(pid)
    camera.close()
    with pytest.raises(errors.StreamError):
        list(camera.frames())


HARNESS = """
import sys, time
from gatebench.hil.camera.camera import Camera
camera = Camera(sys.argv[1])
print(camera.opened.pid, flush=True)
while True:
    camera.take()
"""


def holders():
    """Who has shared memory of ours."""
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if "gatebench-camera" in os.readlink(link):
                found.add(int(link.parts[2]))
        except OSError:
            pass  # it has gone, or is somebody else's
    return found


def test_when_the_harness_is_killed_no_reader_and_no_memory_stay_behind(device, gone):
    shared = set(os.listdir("/dev/shm"))
    with subprocess.Popen(
        [sys.executable, "-c", HARNESS, device.told["rtsp"]], stdout=subprocess.PIPE, text=True
    ) as harness:
        reader = int(harness.stdout.readline())
        assert {reader, harness.pid} <= holders()
        harness.kill()
    assert gone(reader)
    assert not {reader, harness.pid} & holders()
    assert set(os.listdir("/dev/shm")) <= shared


def test_a_harness_that_is_killed_while_it_opens_leaves_no_reader_either(server, gone):
    """A camera that takes the connection and says nothing is still being waited for."""
    code = "import sys; from gatebench.hil.camera.camera import Camera; Camera(sys.argv[1], patience=60)"
    with subprocess.Popen([sys.executable, "-c", code, f"rtsp://{server()}/x"]) as harness:
        until, readers = time.monotonic() + 10, []
        while not readers and time.monotonic() < until:
            children = Path(f"/proc/{harness.pid}/task/{harness.pid}/children").read_text().split()
            readers = [
                int(child)
                for child in children
                if b"camera.process" in Path(f"/proc/{child}/cmdline").read_bytes()
            ]
        harness.kill()
    assert readers and gone(readers[0])


def test_it_says_whether_it_got_real_time_priority(device):
    with looking(device) as camera:
        policy = os.sched_getscheduler(camera.opened.pid) & ~os.SCHED_RESET_ON_FORK
        assert camera.opened.realtime == (policy == os.SCHED_FIFO) == (not camera.opened.why)
    with looking(device, realtime=0) as camera:
        assert (camera.opened.realtime, camera.opened.why) == (False, "not asked for")


def test_several_may_look_at_once(device):
    with looking(device) as one, looking(device, WAYS[3]) as other:
        for camera in (one, other):
            assert in_order(camera.collect(0.2))


def test_the_camera_s_own_count_agrees(device):
    """By its control line: it sees us look, and no longer."""
    link = VisaLink(device.visa[0], resource="eye")
    with looking(device):
        assert link.query("CAM:VIEW?") == "1"
    until = time.monotonic() + 5
    while link.query("CAM:VIEW?") != "0" and time.monotonic() < until:
        pass
    assert link.query("CAM:VIEW?") == "0"
    link.close()
