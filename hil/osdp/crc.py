"""The two checks of an OSDP frame."""

from __future__ import annotations

from binascii import crc_hqx

INITIAL = 0x1D0F


def crc16(data: bytes | bytearray) -> int:
    """CRC-16 of polynomial 0x1021, initial value 0x1D0F, neither reflected nor inverted."""
    return crc_hqx(data, INITIAL)


def checksum(data: bytes | bytearray) -> int:
    """Two's complement of the sum of the bytes, modulo 256."""
    return -sum(data) & 0xFF
