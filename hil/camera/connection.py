"""A TCP connection to a camera: heads of answers as RTSP and HTTP write them, and what each way to fail is called."""

from __future__ import annotations

import socket
import ssl
from time import monotonic
from typing import NamedTuple

from .address import Address
from .errors import (
    CameraBusy,
    CameraDenied,
    CameraError,
    CameraMissing,
    CameraSilent,
    CameraUnfit,
)

LONGEST = 65_536
"""Bytes of a head."""
CHUNK = 65_536


class Answer(NamedTuple):
    """The head of an answer."""

    status: int
    reason: str
    headers: dict[str, list[str]]
    """Names in lower case; each may come several times."""

    def header(self, name: str) -> str:
        """The last of that name; empty without one."""
        return self.headers.get(name, [""])[-1]


class Connection:
    """One of them. Every wait ends after `patience`, s."""

    def __init__(self, address: Address, resource: str, patience: float) -> None:
        """Connect. Raises: CameraMissing, CameraSilent, CameraUnfit."""
        self.address, self.resource, self.patience = address, resource, patience
        self._rest = b""
        where = f"{address.host}:{address.port}"
        try:
            self._socket: socket.socket = socket.create_connection((address.host, address.port), patience)
        except socket.gaierror as error:
            raise self.error(CameraMissing, f"no host {address.host!r}: {error.strerror}") from error
        except TimeoutError as error:
            raise self.error(CameraSilent, f"nobody answers at {where} within {patience:g} s") from error
        except ConnectionRefusedError as error:
            raise self.error(CameraMissing, f"nobody listens at {where}") from error
        except (OSError, UnicodeError) as error:
            raise self.error(CameraMissing, f"no connection to {where}: {_why(error)}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address.secure:
            self._encrypt()

    def _encrypt(self) -> None:
        try:
            context = ssl.create_default_context()
            self._socket = context.wrap_socket(self._socket, server_hostname=self.address.host)
        except OSError as error:  # ssl.SSLError is one
            self.close()
            raise self.error(
                CameraUnfit, f"no TLS with it: {_why(error)}", "use http://, if that is safe here"
            ) from error

    def error(self, kind: type[CameraError], message: str, advice: str = "") -> CameraError:
        """What went wrong with this camera."""
        return kind(f"{self.address.shown}: {message}", resource=self.resource, advice=advice)

    def send(self, data: bytes) -> None:
        """Raises: CameraMissing, CameraSilent."""
        try:
            self._socket.sendall(data)
        except TimeoutError as error:
            raise self.error(CameraSilent, "it takes no question") from error
        except OSError as error:
            raise self.error(CameraMissing, f"the connection went: {_why(error)}") from error

    def receive(self) -> bytes:
        """What came next; empty at the end. Raises: TimeoutError, OSError."""
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        self._socket.settimeout(self.patience)
        return self._socket.recv(CHUNK)

    def answer(self, protocol: str) -> Answer:
        """The head of the next answer; what follows it is for `receive`. Raises: CameraSilent, CameraUnfit."""
        data = b""
        until = monotonic() + self.patience
        while (end := _head_ends(data)) < 0:
            if len(data) > LONGEST:
                raise self.error(CameraUnfit, "its answer has no end")
            try:
                more = self.receive() if monotonic() < until else b""
            except TimeoutError:
                more = b""
            except OSError as error:
                raise self.error(CameraUnfit, f"it broke the connection: {_why(error)}") from error
            if not more:
                if data or monotonic() < until - 0.05:
                    said = f"it said {data[:60]!r}" if data else "it ended the connection without an answer"
                    raise self.error(CameraUnfit, f"no {protocol}: {said}")
                raise self.error(
                    CameraSilent, f"it takes the connection and says nothing for {self.patience:g} s"
                )
            data += more
            if not data.startswith(protocol.encode()[: len(data)]):
                raise self.error(CameraUnfit, f"it does not speak {protocol}: it said {data[:60]!r}")
        head, self._rest = data[:end], data[end:]
        return _parsed(head) or self._malformed(head)

    def _malformed(self, head: bytes) -> Answer:
        raise self.error(CameraUnfit, f"its answer is malformed: {head[:60]!r}")

    def body(self, length: int) -> bytes:
        """So many bytes of an answer. Raises: CameraUnfit."""
        data = b""
        while len(data) < length:
            try:
                more = self.receive()
            except OSError:
                more = b""
            if not more:
                raise self.error(CameraUnfit, f"its answer ended after {len(data)} of {length} bytes")
            data += more
        self._rest = data[length:] + self._rest
        return data[:length]

    def refused(self, answer: Answer) -> CameraError:
        """What a status is called."""
        status, told = answer.status, f"it answers {answer.status} {answer.reason}".rstrip()
        if status == 401:
            given = self.address.user or self.address.password
            told = (
                "it refuses this user and password (401)" if given else "it wants a user and a password (401)"
            )
            return self.error(CameraDenied, told)
        if status == 403:
            return self.error(
                CameraDenied,
                f"{told}: this user may not look",
                "give the user that right in the camera's settings",
            )
        if status in (404, 410):
            return self.error(
                CameraMissing,
                f"it has no stream {self.address.path} ({status})",
                "the camera's manual has the path of its stream",
            )
        if status in (453, 503):
            return self.error(CameraBusy, f"{told}: it serves no more viewers", "end another viewer")
        if 300 <= status < 400 and answer.header("location"):
            return self.error(CameraUnfit, told, f"write the address as {answer.header('location')}")
        return self.error(CameraUnfit, told)

    def close(self) -> None:
        self._socket.close()


def _head_ends(data: bytes) -> int:
    """Where the head's last byte is behind us; -1: not yet."""
    end = data.find(b"\r\n\r\n")
    return -1 if end < 0 else end + 4


def _parsed(head: bytes) -> Answer | None:
    first, *lines = head.decode("utf-8", "replace").split("\r\n")
    words = first.split(maxsplit=2)
    if len(words) < 2 or not words[1].isdecimal():
        return None
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), []).append(value.strip())
    return Answer(int(words[1]), words[2] if len(words) > 2 else "", headers)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
