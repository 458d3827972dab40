"""Addresses of cameras: what each kind looks like, and that no password is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.camera.address import parse


@pytest.mark.parametrize(
    ("text", "kind", "host", "port", "path"),
    [
        ("rtsp://192.0.2.7/live", "rtsp", "192.0.2.7", 554, "/live"),
        ("rtsp://cam.example:8554/h264?channel=1", "rtsp", "cam.example", 8554, "/h264?channel=1"),
        ("RTSP://[2001:db8::7]/x", "rtsp", "2001:db8::7", 554, "/x"),
        ("http://192.0.2.7:8080/?action=stream", "mjpeg", "192.0.2.7", 8080, "/?action=stream"),
        ("https://192.0.2.7", "mjpeg", "192.0.2.7", 443, "/"),
        ("/dev/video0", "usb", "", 0, "/dev/video0"),
        ("/dev/v4l/by-id/usb-046d-video-index0", "usb", "", 0, "/dev/v4l/by-id/usb-046d-video-index0"),
        ("clips/door.mp4", "file", "", 0, "clips/door.mp4"),
    ],
)
def test_kinds(text, kind, host, port, path):
    found = parse(text)
    assert (found.kind, found.host, found.port, found.path) == (kind, host, port, path)
    assert found.shown == text


def test_emulated_cameras_by_their_name():
    assert (parse("twin:eye").name, parse("twin:eye").service) == ("eye", "rtsp")
    assert parse("twin:eye.mjpeg").service == "mjpeg"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no camera"),
        ("0", "write /dev/video0"),
        ("rtp://192.0.2.7/x", "a stream is rtsp:// or http://"),
        ("rtsp:///x", "names no host"),
        ("rtsp://192.0.2.7:0/x", "names no host|port"),
        ("rtsp://192.0.2.7:99999/x", "its port is no number from 1 to 65535"),
        ("rtsp://192.0.2.7:x/x", "its port is no number"),
        ("http://[::1/x", "its host is malformed"),
        ("http://192.0.2.7/a b", "write %20"),
        ("http://me:a%0D%0Ab@192.0.2.7/x", "control characters"),
        ("twin:Eye", "write it as twin:NAME"),
        ("twin:eye.h264", "write it as twin:NAME"),
    ],
)
def test_what_is_none_is_told_with_the_way_out(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text)


SECRET = st.text("abcXYZ019-._~!$&'()*+,;=%", min_size=6, max_size=12).filter(lambda text: text.isascii())


@given(
    SECRET,
    st.sampled_from(["rtsp", "http", "rtp", "rtsp:"]),
    st.sampled_from(["host", "", "host:99999", "[::1"]),
)
def test_a_password_is_never_shown(secret, scheme, host):
    text = f"{scheme}://user:{secret}@{host}/path"
    try:
        found = parse(text)
    except ValueError as error:
        assert secret not in str(error)
    else:
        assert secret not in found.shown and secret not in repr(found) and secret not in found.url
        assert found.user == "user" and "***" in found.shown


def test_a_password_may_have_any_character():
    found = parse("rtsp://me:a%3Ab%40c%2Fd@192.0.2.7/x")
    assert (found.user, found.password, found.url) == ("me", "a:b@c/d", "rtsp://192.0.2.7/x")


def test_a_user_without_a_password():
    found = parse("http://me@192.0.2.7/x")
    assert (found.user, found.password, found.shown) == ("me", "", "http://me@192.0.2.7/x")
