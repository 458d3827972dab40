"""Card numbers as readers send them: 37 bits with facility code (the format known as H10304). No input or output.

A parity bit, 16 bits of facility code, 19 bits of card number, a parity bit. The first makes the first 19 bits (itself
and the 18 that follow) even, the last makes the last 19 odd; the middle bit counts for both.
"""

from __future__ import annotations

from typing import NamedTuple

BITS = 37
FACILITIES, NUMBERS = 1 << 16, 1 << 19
"""How many facility codes and card numbers there are."""


class Card(NamedTuple):
    """What a reader read."""

    facility: int
    number: int
    sound: bool
    """Are both parities right?"""


def encode(facility: int, number: int) -> tuple[bytes, int]:
    """The bits, first bit first, padded with zeros at the end, and how many count. ValueError for what does not fit."""
    if not 0 <= facility < FACILITIES or not 0 <= number < NUMBERS:
        raise ValueError(f"facility {facility}, number {number}: the format has room for 16 and 19 bits")
    body = facility << 19 | number
    word = (body >> 17).bit_count() % 2 << 36 | body << 1 | ((body & 0x3FFFF).bit_count() + 1) % 2
    return (word << 3).to_bytes(5, "big"), BITS


def decode(data: bytes, bits: int) -> Card:
    """What `encode` wrote, or a reader sent. ValueError for another length."""
    if bits != BITS or len(data) != 5:
        raise ValueError(f"{bits} bits in {len(data)} bytes: this format has 37 in 5")
    word = int.from_bytes(data, "big") >> 3
    body = word >> 1 & (1 << 35) - 1
    return Card(
        body >> 19,
        body & NUMBERS - 1,
        encode(body >> 19, body & NUMBERS - 1)[0] == (word << 3).to_bytes(5, "big"),
    )
