"""USB cameras, of which there is none here: what we make of what OpenCV says, with a capture that plays a camera's part."""

import cv2
import pytest

from gatebench.hil.camera import errors, usb
from gatebench.hil.camera.messages import Charge

PATH = "/dev/video0"


class Capture:
    """Answers as OpenCV's V4L2 does: the kernel's stamps in milliseconds, settings that it may not take."""

    opened, frames, takes = True, 3, True

    def __init__(self, path, backend):
        assert (path, backend) == (PATH, cv2.CAP_V4L2)
        self.settings = {
            cv2.CAP_PROP_FPS: 30.0,
            cv2.CAP_PROP_FRAME_WIDTH: 640,
            cv2.CAP_PROP_FRAME_HEIGHT: 480,
        }
        self.taken, self.released = 0, False

    def isOpened(self):
        return self.opened

    def set(self, setting, value):
        if self.takes:
            self.settings[setting] = value

    def get(self, setting):
        if setting == cv2.CAP_PROP_POS_MSEC:
            return 1000.0 * (50 + self.taken / 30)
        return self.settings[setting]

    def grab(self):
        self.taken += 1
        return self.taken <= self.frames

    def release(self):
        self.released = True


@pytest.fixture
def capture(monkeypatch):
    """The class that is opened, to be changed at will."""
    kind = type("Played", (Capture,), {})
    monkeypatch.setattr(cv2, "VideoCapture", kind)
    monkeypatch.setattr(usb.Usb, "_look", lambda self: None)
    return kind


def source(**settings):
    charge = Charge(PATH, "eye", **settings)
    return usb.Usb(charge.parsed, charge)


def test_frames_have_the_kernel_s_stamps(capture):
    found = source()
    assert [found.next().stamp for _ in range(3)] == pytest.approx([50 + place / 30 for place in (1, 2, 3)])
    assert (found.fps, found.live) == (30.0, True)


def test_a_driver_without_stamps_leaves_arrival(capture):
    capture.get = lambda self, setting: 0.0
    found = source()
    assert found.next().stamp is None and found.fps is None


def test_a_camera_that_goes_has_ended_and_one_that_is_silent_has_stalled(capture, monkeypatch):
    for seconds, kind in ((0.0, errors.StreamEnded), (3.0, errors.StreamStalled)):
        found = source()
        for _ in range(3):
            found.next()
        found._last -= round(seconds * 1e9)
        with pytest.raises(kind, match=f"eye: {PATH}"):
            found.next()


def test_one_that_opens_and_gives_nothing_may_be_another_program_s(capture):
    capture.frames = 0
    with pytest.raises(errors.CameraSilent, match="end the program that streams"):
        source().next()


def test_one_that_does_not_open(capture):
    capture.opened = False
    with pytest.raises(errors.CameraUnfit, match="no camera, or another program"):
        source()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": (1280, 720)}, "asked for 1280x720 and gives 640x480"),
        ({"fps": 60.0}, "asked for 60 fps and gives 30"),
    ],
)
def test_what_it_was_asked_for_and_does_not_give_is_an_error(capture, settings, message):
    capture.takes = False
    with pytest.raises(errors.CameraUnfit, match=message):
        source(**settings)


def test_what_it_was_asked_for_and_gives(capture):
    found = source(size=(1280, 720), fps=60.0)
    assert found.fps == 60.0


@pytest.mark.parametrize(
    ("number", "kind"), [(13, errors.CameraDenied), (16, errors.CameraBusy), (19, errors.CameraMissing)]
)
def test_what_the_system_says_has_a_name(monkeypatch, number, kind):
    """EACCES, EBUSY, ENODEV."""

    def refused(path, flags):
        raise OSError(number, "")

    monkeypatch.setattr(usb.os, "open", refused)
    charge = Charge("/dev/null", "eye")
    with pytest.raises(kind):
        usb.Usb(charge.parsed, charge)
