"""Documents of parts and chunks, however they come in pieces."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.camera.parts import LARGEST, Chunks, Parts, boundary_of

BODIES = st.lists(st.binary(max_size=60).filter(lambda body: b"--b" not in body), max_size=5)
CUTS = st.lists(st.integers(0, 10_000), max_size=12)


def document(bodies, lengths, end="\r\n"):
    whole = b"preamble, which nobody reads\r\n"
    for number, body in enumerate(bodies):
        length = f"Content-Length: {len(body)}{end}" if lengths else ""
        whole += (
            f"--b{end}Content-Type: image/jpeg{end}{length}X-Number: {number}{end}{end}".encode()
            + body
            + b"\r\n"
        )
    return whole + b"--b--\r\nepilogue"


def fed(parts, whole, cuts):
    places = sorted({cut % (len(whole) + 1) for cut in cuts} | {0, len(whole)})
    return [part for start, end in pairwise(places) for part in parts.feed(whole[start:end], start)]


@given(BODIES, st.booleans(), CUTS, st.sampled_from(["b", "--b"]))
def test_parts_are_the_same_however_they_come_in_pieces(bodies, lengths, cuts, boundary):
    """Also where a server tells the boundary with its dashes, or no length."""
    parts = Parts(boundary)
    found = fed(parts, document(bodies, lengths), cuts)
    assert [part.body for part in found] == bodies
    assert [part.headers["x-number"] for part in found] == [str(number) for number in range(len(bodies))]
    assert parts.ended


@given(BODIES.filter(all), CUTS)
def test_a_part_has_the_stamp_of_the_bytes_in_which_its_body_began(bodies, cuts):
    """A stamp here is the place in the document where the piece began."""
    whole = document(bodies, True)
    places = sorted({cut % (len(whole) + 1) for cut in cuts} | {0, len(whole)})
    begun = 0
    for part, body in zip(fed(Parts("b"), whole, cuts), bodies, strict=True):
        begun = whole.index(b"\r\n\r\n", begun) + 4
        assert part.stamp == max(place for place in places if place <= begun)
        begun += len(body)


def test_line_feeds_alone_are_understood():
    assert [part.body for part in Parts("b").feed(document([b"one", b"two"], True, "\n"), 0)] == [
        b"one",
        b"two",
    ]


def test_what_is_too_large_is_refused():
    with pytest.raises(ValueError, match="a part of"):
        Parts("b").feed(b"--b\r\nContent-Length: %d\r\n\r\n" % (LARGEST + 1), 0)
    with pytest.raises(ValueError, match="no end"):
        Parts("b").feed(b"--b\r\n" + b"x" * 20_000, 0)


def test_what_comes_before_the_first_boundary_is_not_kept():
    parts = Parts("b")
    for _ in range(100):
        parts.feed(b"x" * 100_000, 0)
    assert parts.feed(b"\r\n--b\r\nContent-Length: 1\r\n\r\ny", 1)[0].body == b"y"


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=6), CUTS)
def test_chunks_are_undone_however_they_come_in_pieces(chunks, cuts):
    whole = b"".join(b"%x;name=value\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    undone = Chunks()
    places = sorted({cut % (len(whole) + 1) for cut in cuts} | {0, len(whole)})
    assert b"".join(undone.feed(whole[start:end]) for start, end in pairwise(places)) == b"".join(chunks)
    assert undone.ended


@pytest.mark.parametrize("data", [b"xyz\r\n", b"\r\n", b"1" * 20_000])
def test_what_is_no_chunk_is_refused(data):
    with pytest.raises(ValueError):
        Chunks().feed(data)


@pytest.mark.parametrize(
    ("told", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", "frame"),
        ('Multipart/X-Mixed-Replace;boundary="--my frame"', "--my frame"),
        ("multipart/x-mixed-replace", None),
        ("image/jpeg", None),
        ("text/html; boundary=x", None),
        ("", None),
    ],
)
def test_the_boundary_is_told_by_the_type(told, boundary):
    assert boundary_of(told) == boundary
