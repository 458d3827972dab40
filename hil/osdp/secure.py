"""The secure channel, version 1: session keys, cryptograms, the MAC chain, encrypted data.

Every message's MAC is chained to the last one of the other side: a message that is lost, repeated or changed breaks
the chain, and both sides begin anew. AES comes from `cryptography`; random numbers come from the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hmac import compare_digest

from .errors import SecureError, WrongMac
from .frame import Block, Frame

DEFAULT_KEY = bytes(range(0x30, 0x40))
"""SCBK-D, which everybody knows: for installation only."""

_BLOCK = 16


def _aes(key: bytes, data: bytes, iv: bytes | None = None, decrypt: bool = False) -> bytes:
    """AES-128: ECB without `iv`, CBC with it."""
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    except ImportError as error:
        raise SecureError("AES is missing", advice="pip install 'gatebench[bench]'") from error

    cipher = Cipher(algorithms.AES(key), modes.ECB() if iv is None else modes.CBC(iv))
    context = cipher.decryptor() if decrypt else cipher.encryptor()
    done: bytes = context.update(data) + context.finalize()
    return done


def checked_key(key: bytes) -> bytes:
    """The key, if it has 16 bytes; else SecureError."""
    if len(key) != _BLOCK:
        raise SecureError(f"a key of {len(key)} bytes", advice="give a key of 16 bytes (32 hex digits)")
    return bytes(key)


@dataclass(frozen=True)
class Session:
    """What both sides compute from the key (SCBK) and their random numbers of 8 bytes each."""

    key: bytes
    panel_random: bytes
    reader_random: bytes

    def _derived(self, first: int, second: int) -> bytes:
        return _aes(checked_key(self.key), bytes([first, second]) + self.panel_random[:6] + bytes(8))

    @property
    def enc(self) -> bytes:
        return self._derived(0x01, 0x82)

    @property
    def mac1(self) -> bytes:
        return self._derived(0x01, 0x01)

    @property
    def mac2(self) -> bytes:
        return self._derived(0x01, 0x02)

    @property
    def reader_cryptogram(self) -> bytes:
        """The client's, in CCRYPT."""
        return _aes(self.enc, self.panel_random + self.reader_random)

    @property
    def panel_cryptogram(self) -> bytes:
        """The server's, in SCRYPT."""
        return _aes(self.enc, self.reader_random + self.panel_random)

    @property
    def first_mac(self) -> bytes:
        """R-MAC I, in RMAC_I."""
        return _aes(self.mac2, _aes(self.mac1, self.panel_cryptogram))


def same(one: bytes, other: bytes) -> bool:
    """Are they equal? In constant time."""
    return compare_digest(one, other)


class Channel:
    """An established channel, as either side (or somebody who listens and knows the key) keeps it."""

    def __init__(self, session: Session) -> None:
        self._enc, self._mac1, self._mac2 = session.enc, session.mac1, session.mac2
        self._last = {False: b"", True: session.first_mac}
        """The last MAC of commands (False) and of replies (True)."""

    def seal(self, frame: Frame) -> Frame:
        """The plain frame as it goes out; the chain moves on."""
        reply, data = frame.reply, frame.data
        if data:
            data += b"\x80" + bytes(-(len(data) + 1) % _BLOCK)
            data = _aes(self._enc, data, self._vector(reply))
        sealed = replace(frame, block=Block((0x17 if data else 0x15) + reply), data=data, mac=bytes(4))
        mac = self._mac(sealed)
        self._last[reply] = mac
        return replace(sealed, mac=mac[:4])

    def open(self, frame: Frame) -> Frame:
        """The frame with its data in the clear; the chain moves on.

        WrongMac, and the chain stays, if it is not the other side's next message; SecureError if it cannot be read.
        """
        if frame.block is None or not frame.mac:
            raise SecureError("a message without MAC within the secure channel")
        if frame.block.kind % 2 == frame.reply:
            raise SecureError(f"{frame.block.name} in the wrong direction")
        if not self._last[not frame.reply]:
            raise SecureError("a reply within the secure channel before any command")
        mac = self._mac(frame)
        if not same(mac[:4], frame.mac):
            raise WrongMac("wrong MAC")
        data = frame.data
        if frame.block.encrypted and data:
            if len(data) % _BLOCK:
                raise SecureError(f"{len(data)} encrypted bytes are no whole blocks")
            padded = _aes(self._enc, data, self._vector(frame.reply), decrypt=True).rstrip(b"\0")
            if not padded.endswith(b"\x80"):
                raise SecureError("the decrypted data does not end as it should")
            data = padded[:-1]
        self._last[frame.reply] = mac
        return replace(frame, data=data, mac=b"", block=None)

    def _vector(self, reply: bool) -> bytes:
        return bytes(0xFF ^ one for one in self._last[not reply])

    def _mac(self, frame: Frame) -> bytes:
        covered = frame.covered()
        if len(covered) % _BLOCK:
            covered += b"\x80" + bytes(-(len(covered) + 1) % _BLOCK)
        vector = self._last[not frame.reply]
        if len(covered) > _BLOCK:
            vector = _aes(self._mac1, covered[:-_BLOCK], vector)[-_BLOCK:]
        return _aes(self._mac2, covered[-_BLOCK:], vector)
