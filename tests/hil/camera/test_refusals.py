"""Cameras that are not there, or are none, or say no: each has its name and the way out, and leaves no process."""

import pickle
import re
import socket
from importlib.util import find_spec

import pytest

from gatebench.hil.camera import errors
from gatebench.hil.camera.camera import Camera
from gatebench.hil.camera.errors import Counts
from gatebench.hil.camera.messages import Charge
from gatebench.hil.camera.source import open_source
from gatebench.hil.errors import BenchError

SDP = b"v=0\r\ns=x\r\nt=0 0\r\n"


def rtsp(status, body=b"", *headers):
    lines = [b"RTSP/1.0 " + status, b"CSeq: 1", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def http(status, *headers, body=b""):
    return b"\r\n".join([b"HTTP/1.1 " + status, *headers]) + b"\r\n\r\n" + body


def refused(error, kind):
    """What it says. It has the very type, a resource and a way out."""
    assert type(error) is kind and isinstance(error, BenchError) and error.advice
    assert str(error).startswith("eye: ")
    return str(error)


def refusal(address, kind, **settings):
    """Of the source alone, which is what the reader opens."""
    with pytest.raises(kind) as told:
        open_source(Charge(address, "eye", patience=0.5, **settings))
    return refused(told.value, kind)


def late_refusal(address, kind):
    """Of the reader, which says what is wrong with frames."""
    with pytest.raises(kind) as told:
        Camera(address, resource="eye", patience=0.5, realtime=0)
    return refused(told.value, kind)


RTSP = [
    (rtsp(b"401 Unauthorized"), errors.CameraDenied, "wants a user and a password"),
    (rtsp(b"403 Forbidden"), errors.CameraDenied, "this user may not look"),
    (rtsp(b"404 Not Found"), errors.CameraMissing, r"has no stream /live \(404\)"),
    (rtsp(b"453 Not Enough Bandwidth"), errors.CameraBusy, "serves no more viewers"),
    (rtsp(b"500 Internal Server Error"), errors.CameraUnfit, "answers 500 Internal Server Error"),
    (rtsp(b"200 OK", SDP + b"m=audio 0 RTP/AVP 0\r\n"), errors.CameraUnfit, r"has no pictures \(audio\)"),
    (rtsp(b"200 OK", SDP), errors.CameraUnfit, r"has no pictures \(nothing\)"),
    (
        rtsp(b"200 OK", SDP + b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 acme/9\r\n"),
        errors.UnknownCodec,
        "are ACME",
    ),
    (b"RTSP/1.0 200 OK\r\n\r\n", errors.CameraUnfit, "describes no stream"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", errors.CameraUnfit, "does not speak RTSP/1.0: it said b'SSH"),
    (b"RTSP/1.0 ok\r\n\r\n", errors.CameraUnfit, "malformed"),
    (b"RTSP/1.0 200 OK\r\nContent-Length: 50\r\n\r\nv=0", errors.CameraUnfit, "ended after 3 of 50 bytes"),
]
HTTP = [
    (http(b"401 Unauthorized"), errors.CameraDenied, "wants a user and a password"),
    (http(b"404 Not Found"), errors.CameraMissing, r"has no stream /live \(404\)"),
    (http(b"302 Found", b"Location: http://h/new"), errors.CameraUnfit, "write the address as http://h/new"),
    (http(b"503 Busy"), errors.CameraBusy, "serves no more viewers"),
    (http(b"200 OK", b"Content-Type: text/html"), errors.CameraUnfit, "sends text/html"),
    (http(b"200 OK"), errors.CameraUnfit, "without a type"),
    (
        http(b"200 OK", b"Content-Type: image/jpeg"),
        errors.CameraUnfit,
        "single picture .*not of its snapshot",
    ),
    (http(b"200 OK", b"Content-Type: video/mp4"), errors.UnknownCodec, "sends video/mp4"),
]
PARTS = b"Content-Type: multipart/x-mixed-replace; boundary=b"
STREAMS = [
    (
        b"--b\r\nContent-Type: video/h264\r\nContent-Length: 1\r\n\r\nx\r\n--b",
        errors.UnknownCodec,
        "are video/h264",
    ),
    (b"--b\r\n" + b"x" * 30_000, errors.StreamBroken, "document is malformed"),
    (b"", errors.CameraSilent, "gives no picture within 0.5 s"),
]


@pytest.mark.parametrize(("answer", "kind", "message"), RTSP, ids=range(len(RTSP)))
def test_rtsp_servers(server, answer, kind, message):
    assert re.search(message, refusal(f"rtsp://{server(answer, end=True)}/live", kind))


@pytest.mark.parametrize(("answer", "kind", "message"), HTTP, ids=range(len(HTTP)))
def test_http_servers(server, answer, kind, message):
    assert re.search(message, refusal(f"http://{server(answer, end=True)}/live", kind))


@pytest.mark.parametrize(("body", "kind", "message"), STREAMS, ids=range(len(STREAMS)))
def test_streams_that_are_none(server, body, kind, message):
    address = server(http(b"200 OK", PARTS, body=body))
    assert re.search(message, late_refusal(f"http://{address}/live", kind))


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_password_that_is_refused_twice_is_wrong_and_not_shown(server, scheme):
    challenge = b'WWW-Authenticate: Digest realm="x", nonce="y"'
    answer = (
        rtsp(b"401 Unauthorized", b"", challenge)
        if scheme == "rtsp"
        else http(b"401 Unauthorized", challenge)
    )
    answers = (answer, answer) if scheme == "rtsp" else (answer,)
    told = refusal(f"{scheme}://me:secret@{server(*answers)}/live", errors.CameraDenied)
    assert "refuses this user and password (401)" in told and "me:***@" in told and "secret" not in told


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
@pytest.mark.parametrize(("end", "kind", "message"), [(False, errors.CameraSilent, "says nothing for 0.5 s"), (True, errors.CameraUnfit, "(ended|broke) the connection")])  # fmt: skip
def test_who_takes_the_connection_and_says_nothing(server, scheme, end, kind, message):
    assert re.search(message, refusal(f"{scheme}://{server(end=end)}/live", kind))


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_nobody_there(scheme):
    with socket.create_server(("127.0.0.1", 0)) as line:
        port = line.getsockname()[1]
    assert f"nobody listens at 127.0.0.1:{port}" in refusal(
        f"{scheme}://127.0.0.1:{port}/x", errors.CameraMissing
    )
    assert "no host 'no-such-host.invalid'" in refusal(
        f"{scheme}://no-such-host.invalid/x", errors.CameraMissing
    )


def test_a_server_without_the_certificate_of_anybody(server):
    address = server(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert "no TLS with it" in refusal(f"https://{address}/x", errors.CameraUnfit)


def test_pyav_that_is_not_installed_is_named(server):
    if find_spec("av"):
        pytest.skip("PyAV is installed")
    body = SDP + b"m=video 0 RTP/AVP 26\r\n"
    told = refusal(f"rtsp://{server(rtsp(b'200 OK', body))}/x", errors.CameraUnfit, decoder="av")
    assert "PyAV is not installed" in told and "gatebench[av]" in told


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        ("/dev/no-such-video", errors.CameraMissing, "No such file or directory"),
        ("/dev/null", errors.CameraUnfit, "is no camera, or another program"),
        ("/dev/shm", errors.CameraUnfit, "is no device"),
        ("no-such-clip.mp4", errors.CameraMissing, "relative to the rig file"),
        ("empty.mp4", errors.UnknownCodec, "it is empty"),
        ("text.mp4", errors.UnknownCodec, "finds no pictures"),
        (".", errors.CameraUnfit, "it is a folder"),
    ],
)
def test_devices_and_files(path, kind, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENCV_LOG_LEVEL", "SILENT")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no clip" * 100)
    assert message in refusal(path, kind)


def test_an_emulated_camera_that_nobody_started():
    assert "was not started" in refusal("twin:eye", errors.CameraUnfit)


@pytest.mark.parametrize("kind", [errors.StreamStalled, errors.SizeChanged, errors.CameraDenied])
def test_errors_pass_from_process_to_process_with_what_was_seen(kind):
    error = kind("it went", resource="eye", advice="look")
    if isinstance(error, errors.StreamError):
        error.keep(Counts(812, 3, 1), None)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (kind, str(error))
    if isinstance(error, errors.StreamError):
        assert again.counts.frames == 812
        assert str(again) == "eye: it went; 812 frames came, 3 got lost, 1 were not taken in time. Try: look"
