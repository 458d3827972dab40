"""The bench as a part of `gatebench run`: played after the simulation, reported with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..scenarios import GatebenchError, InputError, Loaded

if TYPE_CHECKING:
    from ..hil.bench.result import BenchResult


class Bench:
    """What is to be played, and what came of it."""

    def __init__(
        self, rig: str | None, slot: str | None, budget: float, limits: Sequence[str], rule: str
    ) -> None:
        self._rig, self._slot, self._budget, self._limits, self._rule = rig, slot, budget, limits, rule
        self._wanted = False
        self._failed = ""
        self.seconds = 0.0
        self.result: BenchResult | None = None

    def check(self, loaded: Loaded) -> None:
        """Find mistakes before anything is computed. InputError."""
        from ..hil.bench.latency import parse_limit

        for one in self._limits:
            parse_limit(one)
        self._wanted = loaded.scenario.bench is not None
        if not self._wanted and self._rig is not None:
            raise InputError(
                f"{loaded.path}: no `bench:` says which portal and policy to play at {self._rig}; add `bench: {{portal: …, policy: …}}`"
            )

    def play(self, loaded: Loaded, folder: Path, seed: int) -> None:
        """Play, if the scenario has a `bench:`. A bench that fails leaves the simulation's result alone."""
        if not self._wanted:
            return
        began = time.perf_counter()
        try:
            from .playing import play, write

            click.echo("bench: playing people at devices …", err=True)
            self.result = play(
                loaded, folder, rig=self._rig, policy=None, portal=None, budget=self._budget, seed=seed, slot=self._slot,
                limits=self._limits, rule=self._rule,
            )  # fmt: skip
            write(self.result, folder)
        except ImportError as error:
            self._failed = f"{error.name} is not installed: pip install 'gatebench[bench]', or leave it out by --no-bench"
        except InputError:
            raise
        except (GatebenchError, OSError) as error:
            self._failed = str(error)
        self.seconds = time.perf_counter() - began

    def tell(self, folder: Path) -> None:
        """Print what came of it."""
        if self.result is not None:
            from ..report.bench import show

            click.echo()
            show(self.result, folder)

    def exit_code(self, failed: int) -> int:
        """With that of the simulation (0 or 1): 1 goes before 3, which says that only the bench failed."""
        if self._failed:
            click.echo(f"error: bench: {self._failed}", err=True)
            return failed or 3
        if self.result is None:
            return failed
        own = self.result.exit_code
        return own if own == 130 else failed or own
