"""What RTSP servers say of their streams."""

import pytest

from gatebench.hil.camera.description import Described, read

HEAD = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=x\r\nt=0 0\r\n"
SOUND = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000\r\na=framerate:8\r\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=framerate:25.0\r\n", Described("H264", 25.0)),
        (SOUND + "m=video 0 RTP/AVP 98\r\na=rtpmap:98 H265/90000\r\n", Described("H265", None)),
        ("m=video 0 RTP/AVP 26\r\n" + SOUND, Described("JPEG", None)),
        ("m=video 0 RTP/AVP 96\r\na=rtpmap:96 vnd.acme/90000\r\n", Described("VND.ACME", None)),
        ("m=video 0 RTP/AVP 99\r\n", Described("of payload type 99", None)),
        ("m=video 0 RTP/AVP 26\r\na=framerate:0\r\n", Described("JPEG", None)),
        (SOUND, None),
        ("", None),
    ],
)
def test_the_first_stream_of_pictures_counts(text, found):
    assert read(HEAD + text) == found
