"""Logging in, held against the examples of the standards."""

import base64

import pytest

from gatebench.hil.camera.login import answer

RFC7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_as_rfc_7616_has_it(algorithm, response):
    """3.9.1."""
    told = answer(
        [RFC7616.format(algorithm)], "GET", "/dir/index.html", "Mufasa", "Circle of Life",
        salt="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )  # fmt: skip
    assert f'response="{response}"' in told and f"algorithm={algorithm}" in told
    assert "qop=auth" in told and "nc=00000001" in told
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in told


def test_digest_as_rfc_2617_has_it():
    """3.5."""
    told = answer(
        ['Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'],
        "GET", "/dir/index.html", "Mufasa", "Circle Of Life", salt="0a4f113b",
    )  # fmt: skip
    assert 'response="6629fae49393a05397450978507c4ef1"' in told


def test_digest_as_old_cameras_have_it():
    """Without qop, as RFC 2069 had it; the value is that of its formula, worked out by hashlib alone."""
    told = answer(['Digest realm="r", nonce="n"'], "DESCRIBE", "rtsp://h/x", "u", "p")
    assert (
        'response="d43942a69cea5a6702fa9c0d7a6b6c77"' in told and "qop" not in told and "cnonce" not in told
    )


def test_basic_as_rfc_7617_has_it():
    told = answer(['Basic realm="WallyWorld"'], "GET", "/", "Aladdin", "open sesame")
    assert told == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@pytest.mark.parametrize(
    "challenges",
    [
        ['Basic realm="x"', 'Digest realm="x", nonce="y"'],
        ['Basic realm="x", Digest realm="x", nonce="y"'],
        ['Digest realm="Basic, of course", nonce="y", Basic realm="x"'],
    ],
)
def test_digest_goes_before_basic(challenges):
    assert answer(challenges, "GET", "/", "u", "p").startswith("Digest ")


def test_what_cannot_be_met_leaves_basic_or_nothing():
    unknown = 'Digest realm="x", nonce="y", algorithm=SHA-512-256'
    assert answer([unknown], "GET", "/", "u", "p") is None
    assert answer(['Digest realm="x", nonce="y", qop="auth-int"'], "GET", "/", "u", "p") is None
    assert answer(["Bearer x", ""], "GET", "/", "u", "p") is None
    assert answer([unknown, "Basic"], "GET", "/", "u", "p") == "Basic " + base64.b64encode(b"u:p").decode()


def test_quotes_are_quoted():
    told = answer([r'Digest realm="a \"b\"", nonce="n"'], "GET", "/", 'u"v', "p")
    assert r'realm="a \"b\""' in told and r'username="u\"v"' in told
