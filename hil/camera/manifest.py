"""recordings.json: what a folder holds of people, why, and until when. What is not listed there was not stored.

An entry is written before the first byte of its file, so that a recording that was cut off is listed too.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import BenchError

NAME = "recordings.json"
SCHEMA = "gatebench.recordings/1"
KINDS = ("video", "silhouettes")


class BrokenManifest(BenchError, ValueError):
    """recordings.json is not what was written."""

    advice = "look into the folder and delete by hand what must not stay"


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored file."""

    file: str
    """Beside or below the manifest, with `/`."""
    kind: str
    """One of KINDS."""
    why: str
    stored: datetime
    until: datetime
    """With a time zone, both."""
    filled: str
    """What was done to faces before anything was stored."""
    ended: str = ""
    """How the recording ended; empty while it goes on, or when it was cut off."""
    bytes: int | None = None
    sha256: str | None = None
    """Of the whole file, when it had ended."""


@dataclass(frozen=True, slots=True)
class Purged:
    """A file that was deleted."""

    file: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Manifest:
    """What recordings.json says."""

    entries: tuple[Entry, ...] = ()
    purged: tuple[Purged, ...] = ()


def place(folder: Path, entry: Entry) -> Path:
    """Where an entry's file lies.

    Raises: BrokenManifest if that is outside of the folder, the manifest itself, or reached over a link.
    """
    parts = PurePosixPath(entry.file).parts
    path = folder.joinpath(*parts)
    if not parts or PurePosixPath(entry.file).is_absolute() or ".." in parts or "\0" in entry.file:
        raise BrokenManifest(
            f"{NAME} lists {entry.file!r}, which is not inside of the folder", resource=str(folder)
        )
    if parts == (NAME,):
        raise BrokenManifest(f"{NAME} lists itself", resource=str(folder))
    if not path.parent.resolve().is_relative_to(folder.resolve()) or path.is_symlink():
        raise BrokenManifest(
            f"{NAME} lists {entry.file!r}, and a link there leads out of the folder", resource=str(folder)
        )
    return path


def read(folder: Path) -> Manifest:
    """The manifest of a folder; an empty one where there is none.

    Raises: BrokenManifest, OSError.
    """
    try:
        text = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return Manifest()
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise ValueError(f"its schema is {document['schema']!r}, not {SCHEMA!r}")
        entries = tuple(_entry(one) for one in document["entries"])
        purged = tuple(Purged(str(one["file"]), _instant(one["when"])) for one in document["purged"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise BrokenManifest(f"{NAME} can't be read: {why}", resource=str(folder)) from None
    return Manifest(entries, purged)


def write(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest, whole or not at all. Raises: OSError."""
    document = {
        "schema": SCHEMA,
        "entries": [_plain(asdict(one)) for one in manifest.entries],
        "purged": [_plain(asdict(one)) for one in manifest.purged],
    }
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=folder, prefix=f".{NAME}.", delete=False
    ) as file:
        try:
            file.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, folder / NAME)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def add(folder: Path, entry: Entry) -> None:
    """List a file; one of the same name is replaced. Raises: BrokenManifest, OSError."""
    place(folder, entry)
    with changing(folder):
        known = read(folder)
        others = tuple(one for one in known.entries if one.file != entry.file)
        write(folder, replace(known, entries=(*others, entry)))


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Nobody else changes the folder's manifest meanwhile, where the system has locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (folder / f".{NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC).isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in fields.items()
    }


def _instant(text: object) -> datetime:
    when = datetime.fromisoformat(str(text))
    if when.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return when


def _entry(fields: dict[str, Any]) -> Entry:
    kind, size, sha = fields["kind"], fields.get("bytes"), fields.get("sha256")
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r} is none of {', '.join(KINDS)}")
    if not (size is None or (isinstance(size, int) and size >= 0)) or not (
        sha is None or isinstance(sha, str)
    ):
        raise ValueError(f"bytes {size!r} or sha256 {sha!r} of {fields['file']!r} are none")
    texts = [str(fields[name]) for name in ("why", "filled", "ended")]
    return Entry(
        str(fields["file"]),
        kind,
        texts[0],
        _instant(fields["stored"]),
        _instant(fields["until"]),
        texts[1],
        texts[2],
        size,
        sha,
    )
