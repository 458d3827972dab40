"""Card numbers of 37 bits: against the format written out bit by bit, and against every single wrong bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.wiegand import BITS, Card, decode, encode

FACILITY = st.integers(0, 2**16 - 1)
NUMBER = st.integers(0, 2**19 - 1)


def written_out(facility: int, number: int) -> str:
    """H10304: even parity over bits 1 to 19, 16 bits, 19 bits, odd parity over bits 19 to 37."""
    body = f"{facility:016b}{number:019b}"
    even = str(body[:18].count("1") % 2)
    odd = str(1 - body[17:].count("1") % 2)
    return even + body + odd


def bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


@given(FACILITY, NUMBER)
def test_the_bits_stand_as_the_format_says_and_are_read_back(facility: int, number: int) -> None:
    data, count = encode(facility, number)
    assert (len(data), count) == (5, BITS)
    assert bits(data) == written_out(facility, number) + "000"
    assert decode(data, count) == Card(facility, number, sound=True)


@given(FACILITY, NUMBER, st.integers(0, BITS - 1))
def test_any_one_wrong_bit_is_noticed(facility: int, number: int, wrong: int) -> None:
    data, count = encode(facility, number)
    spoilt = int.from_bytes(data, "big") ^ 1 << (39 - wrong)
    assert not decode(spoilt.to_bytes(5, "big"), count).sound


@given(FACILITY, NUMBER, st.integers(0, 7))
def test_what_stands_behind_the_last_bit_does_not_count(facility: int, number: int, rest: int) -> None:
    data, count = encode(facility, number)
    assert decode(data[:4] + bytes([data[4] | rest]), count) == Card(facility, number, sound=True)


def test_no_bits_are_no_card() -> None:
    assert decode(bytes(5), BITS) == Card(0, 0, sound=False), "the last parity is odd: zeros are no card"


@pytest.mark.parametrize(("facility", "number"), [(-1, 0), (2**16, 0), (0, -1), (0, 2**19)])
def test_what_does_not_fit_is_refused(facility: int, number: int) -> None:
    with pytest.raises(ValueError, match="16 and 19 bits"):
        encode(facility, number)


@pytest.mark.parametrize(("data", "count"), [(bytes(5), 36), (bytes(4), 26), (bytes(4), 37), (b"", 0)])
def test_other_formats_are_refused(data: bytes, count: int) -> None:
    with pytest.raises(ValueError, match="37 in 5"):
        decode(data, count)
