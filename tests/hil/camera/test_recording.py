"""What is stored of people: no face, nothing that is not listed, nothing where nobody says what to fill."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from gatebench.hil.camera import manifest
from gatebench.hil.camera.fill import NotEmpty, PeopleFill
from gatebench.hil.camera.frame import Frame
from gatebench.hil.camera.manifest import BrokenManifest, Entry
from gatebench.hil.camera.recording import (
    SOLID,
    FillFailed,
    NoDetector,
    NotWritten,
    SilhouetteRecording,
    VideoRecording,
)
from gatebench.hil.observers.silhouettes import silhouettes

LATER = datetime.now(UTC) + timedelta(days=30)
WALL = np.full((360, 480, 3), (150, 160, 170), np.uint8)
WALL[240:] = (60, 90, 120)
WALL[:, ::40] //= 2
COAT = (40, 40, 200)


def frame(n: int, image: np.ndarray) -> Frame:
    noise = np.random.default_rng(n).normal(0, 2, image.shape)
    return Frame(n, n / 10, 0.0, "source", 0, np.clip(image + noise, 0, 255).astype(np.uint8))


def with_person(x: int) -> np.ndarray:
    image = WALL.copy()
    cv2.ellipse(image, (x, 200), (40, 110), 0, 0, 360, COAT, cv2.FILLED)
    cv2.circle(image, (x, 70), 30, (120, 150, 210), cv2.FILLED)
    return image


def video(folder: Path, fill=None, file: str = "door.avi") -> VideoRecording:
    return VideoRecording(folder, file, fill=fill, why="a test", until=LATER, fps=10)


def stored(path: Path) -> list[np.ndarray]:
    opened, images = cv2.VideoCapture(str(path)), []
    while (read := opened.read())[0]:
        images.append(read[1])
    return images


def coats(image: np.ndarray) -> int:
    """Pixels near the colour of the coat: the encoder's error is below 40."""
    return int((np.abs(image.astype(int) - COAT).max(2) < 40).sum())


def test_people_are_solid_in_the_stored_video_and_the_rest_is_there(tmp_path):
    with video(tmp_path, PeopleFill(WALL)) as recording:
        for n in range(12):
            recording.feed(frame(n, with_person(60 + 30 * n) if n else WALL))
    images = stored(tmp_path / "door.avi")
    assert len(images) == recording.frames == 12
    assert coats(with_person(200)) > 10_000
    assert all(coats(image) == 0 for image in images)
    assert np.abs(images[5][200, 60 + 30 * 5].astype(int) - SOLID).max() < 12  # Motion JPEG's error
    assert np.abs(images[5][20, 460].astype(int) - WALL[20, 460]).max() < 25


def test_until_the_empty_scene_is_learned_all_is_solid(tmp_path):
    with video(tmp_path, PeopleFill(learn=1.0)) as recording:
        for n in range(30):
            recording.feed(frame(n, with_person(60 + 10 * n) if n < 6 else WALL))
    images = stored(tmp_path / "door.avi")
    assert all(coats(image) == 0 for image in images)
    assert all(np.abs(image.astype(int) - SOLID).max() < 12 for image in images[:10])
    assert np.abs(images[-1].astype(int) - WALL).mean() < 8


def test_when_the_camera_is_moved_all_is_solid(tmp_path):
    other = np.random.default_rng(1).integers(0, 255, (9, 12, 3), np.uint8)
    with video(tmp_path, PeopleFill(WALL)) as recording:
        recording.feed(frame(0, WALL))
        recording.feed(frame(1, cv2.resize(other, (480, 360), interpolation=cv2.INTER_NEAREST)))
    assert np.abs(stored(tmp_path / "door.avi")[1].astype(int) - SOLID).max() < 12


def test_without_anything_that_says_what_to_fill_there_is_no_video(tmp_path):
    with pytest.raises(NoDetector, match="no video is stored"):
        video(tmp_path, None)
    assert not list(tmp_path.iterdir())


class Failing:
    how = "a test"

    def __init__(self, answer: object) -> None:
        self.answer, self.asked = answer, 0

    def mask(self, frame: Frame) -> np.ndarray:
        self.asked += 1
        if self.asked < 3:
            return np.zeros(frame.image.shape[:2], bool)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]


@pytest.mark.parametrize(
    "answer",
    [RuntimeError("no more memory"), None, np.zeros((3, 3), bool), np.zeros((360, 480), np.uint8)],
    ids=["raises", "nothing", "wrong size", "wrong kind"],
)
def test_a_detector_that_fails_ends_the_recording_before_the_frame(tmp_path, answer):
    recording = video(tmp_path, Failing(answer))
    recording.feed(frame(0, WALL))
    recording.feed(frame(1, WALL))
    with pytest.raises(FillFailed, match="frame 2 was not stored"):
        recording.feed(frame(2, with_person(200)))
    with pytest.raises(NotWritten, match="has ended"):
        recording.feed(frame(3, with_person(200)))
    recording.close()
    assert len(stored(tmp_path / "door.avi")) == 2
    (entry,) = manifest.read(tmp_path).entries
    assert entry.ended.startswith("fill failed at 0.200 s")


def test_somebody_in_the_empty_picture_ends_the_recording_and_deletes_it(tmp_path):
    recording = video(tmp_path, PeopleFill(with_person(200)))
    with pytest.raises(NotEmpty, match="in the empty picture"):
        for n in range(80):
            recording.feed(frame(n, with_person(200) if n < 20 else WALL))
    assert not (tmp_path / "door.avi").exists()
    assert "somebody" in manifest.read(tmp_path).entries[0].ended


def test_a_recording_is_listed_before_its_first_frame_and_completed_at_its_end(tmp_path):
    recording = video(tmp_path, PeopleFill(WALL))
    (begun,) = manifest.read(tmp_path).entries
    assert (begun.file, begun.kind, begun.why, begun.sha256, begun.ended) == (
        "door.avi",
        "video",
        "a test",
        None,
        "",
    )
    recording.feed(frame(0, WALL))
    recording.close()
    (ended,) = manifest.read(tmp_path).entries
    assert ended.bytes == (tmp_path / "door.avi").stat().st_size
    assert ended.sha256 == manifest.digest(tmp_path / "door.avi")
    assert ended.ended == "closed"
    document = json.loads((tmp_path / "recordings.json").read_text("utf-8"))
    assert document["schema"] == "gatebench.recordings/1"


def test_frames_of_another_size_end_the_recording_with_a_name(tmp_path):
    recording = video(tmp_path, Failing(np.zeros((360, 480), bool)))
    recording.feed(frame(0, WALL))
    with pytest.raises(NotWritten, match=r"\(480, 360\) px and are \(240, 180\)"):
        recording.feed(frame(1, WALL[:180, :240]))


@pytest.mark.parametrize(
    ("file", "why", "until", "told"),
    [
        ("door.mp4", "a test", LATER, "door.avi"),
        ("door.avi", " ", LATER, "no reason"),
        ("door.avi", "a test", datetime(2030, 1, 1), "no time zone"),
        ("../door.avi", "a test", LATER, "not inside"),
        ("/tmp/door.avi", "a test", LATER, "not inside"),
    ],
)
def test_what_can_not_be_listed_is_not_stored(tmp_path, file, why, until, told):
    folder = tmp_path / "out"
    with pytest.raises((NotWritten, BrokenManifest), match=told):
        VideoRecording(folder, file, fill=PeopleFill(WALL), why=why, until=until, fps=10)
    assert not list(tmp_path.rglob("*.avi"))


def test_a_recording_overwrites_nothing(tmp_path):
    (tmp_path / "door.avi").write_bytes(b"other")
    with pytest.raises(NotWritten, match="is there already"):
        video(tmp_path, PeopleFill(WALL))


def test_silhouettes_are_outlines_and_no_picture(tmp_path):
    mask = np.zeros((96, 128), np.uint8)
    cv2.ellipse(mask, (60, 40), (12, 20), 0, 0, 360, 255, cv2.FILLED)
    with SilhouetteRecording(tmp_path, "door.jsonl", why="a test", until=LATER) as recording:
        recording.feed(1.25, silhouettes(mask, 100), 0.5)
    (line,) = [json.loads(one) for one in (tmp_path / "door.jsonl").read_text("utf-8").splitlines()]
    assert (line["t"], line["scale"], len(line["outlines"])) == (1.25, 0.5, 1)
    drawn = np.zeros_like(mask)
    cv2.drawContours(drawn, [np.array(line["outlines"][0])], -1, 255, cv2.FILLED)
    assert np.array_equal(drawn, mask)
    (entry,) = manifest.read(tmp_path).entries
    assert (entry.kind, entry.ended) == ("silhouettes", "closed")


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"schema": "gatebench.recordings/2", "entries": [], "purged": []}', '{"schema": "gatebench.recordings/1"}',
     '{"schema": "gatebench.recordings/1", "entries": [{"file": "a.avi"}], "purged": []}', "[" * 5000, '{"schema": 1'],
)  # fmt: skip
def test_a_broken_manifest_is_named(tmp_path, text):
    (tmp_path / "recordings.json").write_text(text, "utf-8")
    with pytest.raises(BrokenManifest, match=r"recordings\.json can't be read"):
        manifest.read(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    folder, outside = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    outside.mkdir()
    (folder / "sub").symlink_to(outside)
    entry = Entry("sub/door.avi", "video", "a test", LATER, LATER, "")
    with pytest.raises(BrokenManifest, match="link"):
        manifest.place(folder, entry)


@pytest.mark.parametrize(
    "wall", [(150, 160, 170), (130, 150, 200), (60, 60, 60)], ids=["grey", "skin", "dark"]
)
def test_no_face_can_be_found_in_what_is_stored(tmp_path, wall):
    """The astronaut of scikit-image, cut out of her background, before walls of several colours, skin's too; looked for with the
    face cascade that scikit-image ships, which finds her in the pictures that are not stored."""
    data = pytest.importorskip("skimage.data", reason="scikit-image has the picture and the cascade")
    feature = pytest.importorskip("skimage.feature")
    astronaut = cv2.resize(
        cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), (360, 360), interpolation=cv2.INTER_AREA
    )
    cut = np.zeros((360, 360), np.uint8)
    cv2.ellipse(cut, (157, 80), (48, 72), 0, 0, 360, 1, cv2.FILLED)
    cv2.ellipse(cut, (150, 330), (150, 190), 0, 0, 360, 1, cv2.FILLED)
    empty = np.full((360, 640, 3), wall, np.uint8)
    pictures = []
    for left in (0, 140, 280):
        image = empty.copy()
        image[:, left : left + 360][cut > 0] = astronaut[cut > 0]
        pictures.append(image)
    cascade = feature.Cascade(data.lbp_frontal_face_cascade_filename())

    def faces(image: np.ndarray) -> list[object]:
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        found = cascade.detect_multi_scale(
            img=grey, scale_factor=1.2, step_ratio=1.3, min_size=(40, 40), max_size=(160, 160)
        )
        return list(found)

    assert all(faces(image) for image in pictures)
    with video(tmp_path, PeopleFill(empty)) as recording:
        for n, image in enumerate([empty, *pictures]):
            recording.feed(frame(n, image))
    images = stored(tmp_path / "door.avi")
    assert len(images) == 4
    assert not any(faces(image) for image in images)
