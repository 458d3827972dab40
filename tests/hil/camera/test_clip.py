"""Files: every frame with the time that the file gives it, and no more of them in memory than there is room for."""

import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from gatebench.fixtures.devices.camera.timecode import burn, read
from gatebench.hil.camera import errors
from gatebench.hil.camera.camera import Camera, Frame

FPS = 25.0


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Makes a clip of so many frames, each with its number burnt in."""
    folder = tmp_path_factory.mktemp("clips")

    def make(name, count, codec="MJPG", size=(320, 240)):
        path = folder / name
        if not path.exists():
            writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), FPS, size)
            assert writer.isOpened()
            for number in range(count):
                image = np.full((size[1], size[0], 3), number % 200, np.uint8)
                burn(image, number, number)
                writer.write(image)
            writer.release()
        return str(path)

    return make


@pytest.mark.parametrize(("name", "codec"), [("a.avi", "MJPG"), ("b.mp4", "mp4v"), ("c.mkv", "FFV1")])
def test_every_frame_in_order_with_the_file_s_time(clips, name, codec):
    with Camera(clips(name, 60, codec), resource="clip") as camera:
        frames = list(camera.frames())
        assert (camera.opened.live, camera.opened.clock, camera.opened.discarded) == (False, "source", 0)
        assert camera.counts == errors.Counts(60, 0, 0, 0, 0)
    assert [read(frame.image)[1] for frame in frames] == list(range(60)) == [frame.number for frame in frames]
    # Matroska tells milliseconds.
    assert [frame.t - frames[0].t for frame in frames] == pytest.approx(np.arange(60) / FPS, abs=0.00051)
    assert frames[0].u == pytest.approx(1e-3 / 12**0.5)


def test_who_reads_slowly_loses_nothing_and_is_not_flooded(clips):
    with Camera(clips("long.avi", 200), room=8) as camera:
        frames = []
        while not frames or frames[-1].number < 199:
            taken = [event for event in camera.take() if isinstance(event, Frame)]
            assert len(taken) <= 8
            frames += taken
        assert [frame.number for frame in frames] == list(range(200)) and camera.unread == 0


def test_a_reader_that_waits_for_us_has_not_stalled(clips):
    """It has no room for more, which is no silence of the file."""
    with Camera(clips("long.avi", 200), room=4, patience=0.1) as camera:
        frames = camera.frames()
        next(frames)
        time.sleep(2.5)  # longer than its patience and what it adds
        assert len(list(frames)) == 199


def test_its_end_is_no_error_unless_more_was_wanted(clips):
    with (
        Camera(clips("a.avi", 60)) as camera,
        pytest.raises(errors.StreamEnded, match="the file is over; 60 frames") as told,
    ):
        camera.collect(100)
    assert len(told.value.frames) == 60
    with Camera(clips("a.avi", 60)) as camera:
        assert len(camera.collect(1.0)) == 26


def test_frames_that_were_cut_out_are_a_gap(clips, tmp_path):
    """By its time stamps; also a file that was recorded with drops has them."""
    av = pytest.importorskip("av", reason="PyAV is not installed: pip install 'gatebench[av]'")
    with av.open(clips("a.avi", 60)) as source, av.open(str(tmp_path / "gap.mkv"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for place, packet in enumerate(source.demux(video=0)):
            if packet.size and place not in (30, 31, 40):
                packet.stream = stream
                target.mux(packet)
    with Camera(str(tmp_path / "gap.mkv")) as camera:
        numbers = [frame.number for frame in camera.frames()]
        assert camera.lost == 3 and [two - one for one, two in pairwise(numbers) if two - one > 1] == [3, 2]


def test_a_clip_that_breaks_off_gives_what_it_has(clips, tmp_path):
    data = Path(clips("c.mkv", 60, "FFV1")).read_bytes()
    (tmp_path / "half.mkv").write_bytes(data[: len(data) // 2])
    with Camera(str(tmp_path / "half.mkv")) as camera:
        assert 20 < len(list(camera.frames())) < 40


@pytest.mark.reference_data
def test_a_real_clip_is_read_to_its_end(reference_data):
    """1,394 frames in 139.4 s, as ffprobe -count_frames counts them."""
    path = reference_data / "pedestrian" / "one-by-one-person-detection.mp4"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with Camera(str(path)) as camera:
        numbers = [frame.number for frame in camera.frames()]
        assert camera.opened.size == (768, 432) and camera.opened.fps == pytest.approx(10.0)
        assert numbers == list(range(1394)) and camera.last.t == pytest.approx(139.3)
