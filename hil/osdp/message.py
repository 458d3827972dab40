"""What commands and replies have in common: a code, fields, and bytes."""

from __future__ import annotations

from dataclasses import fields
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


class Fixed(Message):
    """Numbers of fixed sizes: the fields of the dataclass, in the order of `form`."""

    form: ClassVar[Struct]

    def pack(self) -> bytes:
        return packed(type(self), self.form, *(getattr(self, one.name) for one in fields(self)))  # type: ignore[arg-type]

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        if len(data) != cls.form.size:
            raise misfit(cls, data)
        return cls(*cls.form.unpack(data))


class Bytes(Message):
    """One field of bytes; of `size` bytes, if that is not None."""

    size: ClassVar[int | None] = None

    def pack(self) -> bytes:
        data: bytes = getattr(self, fields(self)[0].name)  # type: ignore[arg-type]
        if self.size not in (None, len(data)):
            raise misfit(type(self), data)
        return data

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        if cls.size not in (None, len(data)):
            raise misfit(cls, data)
        return cls(data)  # type: ignore[call-arg]


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
