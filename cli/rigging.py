"""The rig of a bench run: that of a rig file, or emulated devices wired to each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date

import click

from ..hil.bench.wired import WiredEye, Wiring
from ..hil.eyes.starting import Keep, watching
from ..hil.rig.opening import opened
from ..hil.rig.reading import FAULTS, read_rig
from ..hil.rig.wiring import beside, watched, wiring


@contextmanager
def bench_wiring(
    rig: str | None,
    slot: str | None,
    portal: str,
    *,
    faults: bool = False,
    tap: bool = True,
    factor: float = 1.0,
    cameras: bool = False,
    keep: Keep | None = None,
) -> Iterator[Wiring]:
    """Lines and lanes, for as long as the run lasts. `rig`: a file, None: the emulated one; `slot`: one of several.
    `faults`: with the lines of what does faults; `tap`: does any of them need one in the readers'
    line? `factor`: timers of emulated devices run so many times as fast; `cameras`: with those that watch lanes; `keep`: what they see is stored.

    Raises: InputError for mistakes in the file; BenchError for what is not there.
    """
    found = read_rig(rig or (FAULTS if faults and tap else None)).for_door(portal).faster(factor)
    chosen = found.slot(slot)
    for warning in found.expired(date.today()):
        click.echo(f"warning: {warning}", err=True)
    with opened(found, only=() if faults else beside(chosen)) as bench, ExitStack() as programs:
        wired = wiring(found, bench.rig, chosen, faults=faults)
        eyes = [
            WiredEye(programs.enter_context(watching(name, address, options, keep)), lane, None if options.sync is None else options.sync.door)
            for lane, name, address, options in (watched(found, bench.rig, chosen) if cameras else [])
        ]  # fmt: skip
        yield replace(wired, eyes=tuple(eyes))
