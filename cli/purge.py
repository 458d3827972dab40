"""`gatebench purge`: delete what a folder's recordings.json lists."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ..hil.camera import manifest
from ..hil.camera.manifest import BrokenManifest, Entry, Purged
from ..hil.errors import BenchError
from ..scenarios.errors import InputError
from .output import echo_json


class NotPurged(BenchError, OSError):
    """Something could not be deleted."""

    advice = "check who owns the files and that the disk may be written; then purge again"


@click.command("purge")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--expired", is_flag=True, help="Only what was to be kept until now or earlier. The default.")
@click.option("--all", "everything", is_flag=True, help="All that is listed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def purge(folder: Path, expired: bool, everything: bool, as_json: bool) -> None:
    """Delete the recordings of a folder: videos and silhouettes, as its recordings.json lists them.

    Nothing else is touched, and nothing outside of the folder. The manifest stays, and says what was deleted and when.
    Exit code 3: something could not be deleted; it stays listed.
    """
    if expired and everything:
        raise click.UsageError("--expired and --all exclude each other")
    if not (folder / manifest.NAME).is_file():
        raise InputError(f"{folder}: there is no {manifest.NAME}, so nothing was recorded here")
    now = datetime.now(UTC)
    with manifest.changing(folder):
        try:
            known = manifest.read(folder)
            paths = {entry.file: manifest.place(folder, entry) for entry in known.entries}
        except BrokenManifest as error:
            raise InputError(f"{error}. Nothing was deleted") from None
        told: list[dict[str, Any]] = []
        kept: list[Entry] = []
        for entry in known.entries:
            if not everything and entry.until > now:
                kept.append(entry)
                told.append({"file": entry.file, "outcome": "kept", "until": entry.until.isoformat()})
                continue
            outcome = _delete(paths[entry.file], entry)
            told.append({"file": entry.file, "kind": entry.kind, "why": entry.why, **outcome})
            if outcome["outcome"] == "failed":
                kept.append(entry)
        gone = {one["file"] for one in told if one["outcome"] in ("deleted", "missing")}
        purged = (*known.purged, *(Purged(file, now) for file in sorted(gone)))
        manifest.write(folder, replace(known, entries=tuple(kept), purged=purged))
    if as_json:
        echo_json(json.dumps({"folder": str(folder), "recordings": told}, indent=1, ensure_ascii=False))
    else:
        for one in told:
            click.echo(_line(one))
        if not told:
            click.echo("nothing is recorded here")
    failed = [one for one in told if one["outcome"] == "failed"]
    if failed:
        raise NotPurged(
            f"{len(failed)} of {len(told)} recordings could not be deleted: "
            + "; ".join(f"{one['file']}: {one['reason']}" for one in failed),
            resource=str(folder),
        )


def _delete(path: Path, entry: Entry) -> dict[str, Any]:
    """Delete a file and see that it is gone."""
    try:
        size = path.lstat().st_size
        if not path.is_file():
            return {"outcome": "failed", "reason": "is no file"}
        changed = entry.sha256 is not None and manifest.digest(path) != entry.sha256
        path.unlink()
    except FileNotFoundError:
        return {"outcome": "missing"}
    except OSError as error:
        return {"outcome": "failed", "reason": str(error.strerror)}
    if path.exists():
        return {"outcome": "failed", "reason": "is still there"}
    return {"outcome": "deleted", "bytes": size, "changed": changed}


def _line(told: dict[str, Any]) -> str:
    outcome = told["outcome"]
    if outcome == "kept":
        return f"kept until {told['until']}: {told['file']}"
    if outcome == "missing":
        return f"was not there: {told['file']}"
    if outcome == "failed":
        return f"NOT DELETED: {told['file']}: {told['reason']}"
    note = ", changed since it was recorded" if told["changed"] else ""
    return f"deleted {told['bytes']:,} bytes: {told['file']} ({told['kind']}, {told['why']}){note}"
