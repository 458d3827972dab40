"""Cameras as resources of a rig: how they are written, opened, and looked through."""

import pytest

from gatebench.cli.main import run
from gatebench.hil.camera import errors
from gatebench.hil.errors import PortMissing, PortUnfit
from gatebench.hil.rig.cameras import looked
from gatebench.hil.rig.checking import check
from gatebench.hil.rig.opening import BenchErrors, _Access, _Shelf, started
from gatebench.hil.rig.reading import read_rig, read_rig_text
from gatebench.scenarios.errors import InputError

HEAD = "schema: gatebench.rig/1\nid: eyes\nresources:\n"
EYES = (
    HEAD
    + """\
  eye: {twin: camera, options: {size: 320x240, fps: 50, user: me, password: "a:b/c@d"}}
  same: {camera: "twin:eye.mjpeg"}
"""
)


def refusal(text):
    with pytest.raises(InputError) as told:
        read_rig_text(HEAD + text)
    return str(told.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rstp://me:secret@192.0.2.7/x", "a stream is rtsp:// or http://"),
        ("rtsp://me:secret@192.0.2.7:x/", "its port is no number"),
        ("0", "write /dev/video0"),
        ("no-such-clip.mp4", "there is no file no-such-clip.mp4"),
        ("twin:ey", "unknown emulated camera 'ey'; did you mean 'eye'?"),
        ("twin:eye.h264", "write it as twin:NAME or twin:NAME.mjpeg"),
    ],
)
def test_what_is_no_camera_is_told_with_its_place(text, message):
    told = refusal(f'  eye: {{twin: camera}}\n  one: {{camera: "{text}"}}\n')
    assert "resources.one.camera: " in told and message in told
    assert "secret" not in told.splitlines()[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("size: 320x241", "width and height are multiples of 8"),
        ("size: large", "write it as 640x480"),
        ("fps: 0", "must be 0.1 or more (got 0)"),
        ("jiter: 1 ms", "did you mean 'jitter'?"),
        ('rtsp: "here"', "write it as HOST:PORT"),
        ('stall: "2"', "write it as 2:1.5"),
        ('resize: "2:321x240"', "multiples of 8"),
    ],
)
def test_what_the_emulated_one_cannot_be_is_told_too(options, message):
    assert message in refusal(f"  eye: {{twin: camera, options: {{{options}}}}}\n")


def test_a_clip_lies_beside_the_rig_file(tmp_path):
    (tmp_path / "door.mp4").write_bytes(b"x")
    (tmp_path / "rig.yaml").write_text(HEAD + "  clip: {camera: door.mp4}\n")
    assert read_rig(tmp_path / "rig.yaml").camera("clip").path == str(tmp_path / "door.mp4")


def test_what_gives_frames_and_what_does_not():
    rig = read_rig_text(
        EYES + "  box: {tcp: '192.0.2.7:1'}\n  real: {camera: 'rtsp://me:secret@192.0.2.7/x'}\n"
    )
    assert rig.camera("real").host == "192.0.2.7"
    for name in ("eye", "same"):
        with pytest.raises(PortMissing, match=f"{name}: this twin was not started"):
            rig.camera(name)
    with pytest.raises(PortUnfit, match="box: a tcp resource gives no frames"):
        rig.camera("box")
    with pytest.raises(PortUnfit, match=r"real: rtsp://me:\*\*\*@192.0.2.7/x is no line of bytes"):
        rig.line("real")
    with pytest.raises(InputError, match="unknown resource 'no'"):
        rig.camera("no")


def test_a_driver_opens_its_camera_and_gives_it_back():
    with started(read_rig_text(EYES)) as running:
        access = _Access(_Shelf(running), "eye", "camera")
        camera = access.camera(realtime=0)
        assert next(camera.frames()).image.shape == (240, 320, 3) and camera.resource == "eye"
        access.undo()
        assert camera.dead


def test_all_that_no_driver_has_are_looked_through(capsys, tmp_path):
    (tmp_path / "rig.yaml").write_text(EYES)
    found = check(read_rig(tmp_path / "rig.yaml"))
    assert [(one.resource, one.kind, one.emulated) for one in found.cameras] == [
        ("eye", "rtsp", True),
        ("same", "mjpeg", True),
    ]
    for one in found.to_json()["cameras"]:
        assert (one["width"], one["height"]) == (320, 240) and one["frames"] > 25 and one["u"] < 0.02
        assert one["fps"] == pytest.approx(50, rel=0.05) and "a:b" not in one["address"]
    assert found.emulated


def test_the_command_tells_of_them(capsys, tmp_path):
    (tmp_path / "rig.yaml").write_text(EYES.split("  same")[0])
    assert run(["rig", "check", str(tmp_path / "rig.yaml")]) == 0
    out = capsys.readouterr().out
    assert "eye · emulated camera · rtsp://me:***@127.0.0.1" in out and "320x240" in out and "clock s" in out


def test_all_that_give_no_frames_are_named_at_once(capsys, tmp_path):
    rig = read_rig_text(
        HEAD + '  one: {camera: /dev/no-such-video}\n  two: {camera: "rtsp://127.0.0.1:1/x"}\n'
    )
    with pytest.raises(BenchErrors, match="2 cameras give no frames") as told:
        looked(rig, rig)
    assert [type(error) for error in told.value.exceptions] == [errors.CameraMissing] * 2
    assert [error.resource for error in told.value.exceptions] == ["one", "two"]
    (tmp_path / "rig.yaml").write_text(HEAD + "  one: {camera: /dev/no-such-video}\n")
    assert run(["rig", "check", str(tmp_path / "rig.yaml")]) == 3
    assert "one: /dev/no-such-video: No such file or directory. Try: plug it in" in capsys.readouterr().err
