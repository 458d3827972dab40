"""`gatebench rig check`: what a rig is made of, and what it takes itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import echo_json

if TYPE_CHECKING:
    from ..hil.rig.checking import RigCheck


@click.group("rig")
def rig() -> None:
    """Rig files: which instruments there are, and what they do at the door under test."""


@rig.command("check")
@click.argument("file", metavar="[RIG]", required=False)
@click.option(
    "--trials",
    type=click.IntRange(2, 100_000),
    default=200,
    show_default=True,
    help="Of each null test.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for rig-check.json, with every single value."
)
def check(file: str | None, trials: int, as_json: bool, out: Path | None) -> None:
    """Open everything that the rig file RIG names, say who answers, and measure what the rig itself takes.

    Without RIG the rig is made of emulated devices. Exits with 2 for mistakes in the file, with 3 if something is not
    there or does not answer.
    """
    from ..hil.rig.checking import check
    from ..hil.rig.reading import read_rig

    found = check(read_rig(file), trials=trials, progress=lambda text: click.echo(f"{text} …", err=True))
    text = json.dumps(found.to_json(), ensure_ascii=False, indent=1) + "\n"
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "rig-check.json").write_text(text, "utf-8")
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        echo_json(text)
    else:
        _show(found, out)


def _show(found: RigCheck, out: Path | None) -> None:
    """The answer for people."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    what = "emulated devices" if found.emulated else "real devices among them"
    console.print(f"{found.rig} · {len(found.found)} drivers · {what}", markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("driver", "", "resource", "", "who answers"):
        table.add_column(name, overflow="fold")
    for one in found.found:
        table.add_row(
            one.driver, one.kind, one.resource, "emulated" if one.emulated else "real", one.identity
        )
    if found.found:
        console.print(table, markup=False)
    for camera in found.cameras:
        what = "emulated camera" if camera.emulated else "file" if camera.kind == "file" else "real camera"
        console.print(f"{camera.resource} · {what} · {camera}", markup=False, soft_wrap=True)
    if found.paths:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for index, name in enumerate(("path", "", "n", "floor", "jitter", "U (k = 2)")):
            table.add_column(name, justify="left" if index < 2 else "right", no_wrap=index != 1)
        for path in found.paths:
            figures = (_ms(path.floor), _ms(path.jitter), _ms(path.expanded))
            table.add_row(path.name, path.what, str(path.sample.n), *figures)
        console.print()
        console.print(table)
        console.print(
            "floor: median, to be subtracted; jitter: standard deviation; U: of one value, after that (docs/measurement.md)",
            style="dim",
        )
    console.print()
    for lock in found.locks:
        console.print(lock, markup=False, soft_wrap=True)
    if out is not None:
        console.print(f"files: {out / 'rig-check.json'}", markup=False, soft_wrap=True)


def _ms(value: float) -> str:
    return f"{value * 1e3:.3f} ms"
