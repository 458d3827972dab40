"""What commands and replies have in common: a code, fields, and bytes."""

from __future__ import annotations

from struct import Struct
from struct import error as StructError
from typing import ClassVar, Self

from .errors import MessageError


class Message:
    """A command or a reply. Subclasses are frozen dataclasses; those without fields are complete as they are."""

    code: ClassVar[int]
    name: ClassVar[str]
    """The standard's, without `osdp_`."""

    def pack(self) -> bytes:
        """Its data. MessageError if a field does not fit."""
        return b""

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """The message whose data this is. MessageError if it is none."""
        if data:
            raise misfit(cls, data)
        return cls()


def misfit(kind: type[Message], data: bytes) -> MessageError:
    return MessageError(f"{len(data)} bytes do not fit {kind.name}", received=data)


def packed(kind: type[Message], form: Struct, *values: int | bytes) -> bytes:
    """Pack, with an error of ours if a value is out of range."""
    try:
        return form.pack(*values)
    except StructError as error:
        raise MessageError(f"{kind.name}: {error} in {values}") from None


def listed(kind: type[Message], form: Struct, data: bytes) -> list[tuple[int, ...]]:
    """Records of one size, one or more."""
    if not data or len(data) % form.size:
        raise misfit(kind, data)
    return list(form.iter_unpack(data))


def counted(kind: type[Message], head: Struct, data: bytes) -> tuple[tuple[int, ...], bytes]:
    """The head and what follows it."""
    if len(data) < head.size:
        raise misfit(kind, data)
    return head.unpack_from(data), data[head.size :]


def exact(kind: type[Message], form: Struct, data: bytes) -> tuple[int, ...]:
    if len(data) != form.size:
        raise misfit(kind, data)
    return form.unpack(data)
