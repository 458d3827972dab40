"""`gatebench decode`: what an OSDP capture says."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import click

from ..hil.osdp.capture import BrokenLine, read
from ..hil.osdp.decode import Decoded, Decoder
from ..hil.osdp.replies import Function, Nak
from ..scenarios.errors import Finding, InputError

_SHOWN = 48
_FINDINGS = 20


def _key(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[bytes, ...]:
    keys = []
    for value in values:
        try:
            key = bytes.fromhex(value.replace(":", "").replace("-", ""))
        except ValueError:
            raise click.BadParameter(f"{value!r} is not hexadecimal") from None
        if len(key) != 16:
            raise click.BadParameter(f"{value!r} has {len(key)} bytes; a key has 16 (32 hex digits)")
        keys.append(key)
    return tuple(keys)


@click.command("decode")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "keys",
    metavar="HEX",
    multiple=True,
    callback=_key,
    help="Key of a secure channel (SCBK), 32 hex digits; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def decode(file: Path, keys: tuple[bytes, ...], as_json: bool) -> None:
    """Show the frames of an OSDP capture (.osdpcap), both directions, decrypted where the key is known.

    Tried are SCBK-D, the keys given, and those that the capture itself sets by KEYSET; keys are printed as they were
    sent. What is wrong (CRC, MAC, a broken line) is marked where it stands and does not end the decoding.
    """
    counted: Counter[str] = Counter()
    frames: list[dict[str, Any]] = []
    broken: list[BrokenLine] = []
    for item in Decoder(keys).decode(read(file)):
        if isinstance(item, BrokenLine):
            broken.append(item)
            if not as_json:
                click.echo(f"line {item.line}: BROKEN LINE: {item.why}")
            continue
        counted["frames" if item.frame is not None else "bits of noise"] += 1
        counted.update(note for note in item.notes if note.isupper() or note.startswith("WRONG"))
        if as_json:
            frames.append(_document(item))
        else:
            click.echo(_line(item))
    if not counted:
        named = [one.finding(str(file)) for one in broken[:_FINDINGS]]
        empty = Finding(str(file), 0, 0, "", "no record of a capture in it")
        raise InputError(named or [empty], unshown=max(0, len(broken) - _FINDINGS))
    if as_json:
        lines = [{"line": one.line, "why": one.why} for one in broken]
        click.echo(json.dumps({"frames": frames, "broken_lines": lines, "counts": dict(counted)}, indent=1))
    if broken:
        counted["broken lines"] = len(broken)
    click.echo(", ".join(f"{count:,} {what}" for what, count in counted.items()), err=True)


def _line(item: Decoded) -> str:
    when = _time(item.time)
    if item.frame is None:
        return f"{when} {item.io:6} {'; '.join(item.notes)}: {_hex(item.raw)}"
    way = "<-" if item.frame.reply else "->"
    told = [f"{name}={_text(value)}" for name, value in _fields(item).items()]
    if item.message is None and item.frame.data:
        told = [f"data={_hex(item.frame.data)}"]
    marks = [] if item.secure == "plain" else [item.secure]
    marks += ["repeated"] if item.repeated else []
    marks += item.notes
    head = f"{when} {way} {item.frame.address:3} #{item.frame.sequence} {item.name:8}"
    return " ".join([head, *told, *([f"[{'; '.join(marks)}]"] if marks else [])]).rstrip()


def _document(item: Decoded) -> dict[str, Any]:
    document: dict[str, Any] = {"line": item.line, "time_ns": item.time, "io": item.io, "raw": item.raw.hex()}
    if item.frame is not None:
        frame = item.frame
        document |= {
            "direction": "reply" if frame.reply else "command",
            "address": frame.address,
            "sequence": frame.sequence,
            "code": frame.code,
            "name": item.name,
            "fields": _fields(item) if item.message is not None else None,
            "secure": item.secure,
            "block": frame.block.name if frame.block is not None else None,
            "check": "crc" if frame.crc else "checksum",
            "repeated": item.repeated,
        }
    return document | {"notes": list(item.notes)}


def _fields(item: Decoded) -> dict[str, Any]:
    """The message's fields, plain enough for JSON: bytes in hex."""
    message = item.message
    if message is None:
        return {}
    told: dict[str, Any] = _plain(message)
    if isinstance(message, Nak):
        told["why"] = message.why
    if message.name in ("TEXT", "FMT"):
        told["text"] = getattr(message, "text", b"").decode("latin-1")
    for one in told.get("capabilities", ()):
        known = one["function"] in Function.__members__.values()
        one["name"] = Function(one["function"]).name.lower() if known else "?"
    told.pop("code", None)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_text(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + " ".join(f"{name}={_text(one)}" for name, one in value.items()) + "}"
    return repr(value) if isinstance(value, str) and not value.isalnum() else str(value)


def _time(time: int | None) -> str:
    """In UTC, to the microsecond; in seconds where the clock counts from no date."""
    if time is None:
        return "-"
    seconds, nanos = divmod(time, 1_000_000_000)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{nanos // 1000:06d}"
    except (ValueError, OverflowError, OSError):
        return f"{time / 1e9:.6f}"


def _hex(data: bytes) -> str:
    return data[:_SHOWN].hex(" ") + (f" … ({len(data)} bytes)" if len(data) > _SHOWN else "")
