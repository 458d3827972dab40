"""The rig of a bench run: that of a rig file, or emulated devices wired to each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ..fixtures.devices.start import NotStarted, start
from ..hil.bench.run import WiredLane, Wiring
from ..hil.errors import BenchError
from ..hil.port.line import Line

LANES = 2
"""Lanes of the emulated rig."""
LINGER = "20"
"""Seconds that the emulated devices outlive a harness that was killed: until every lock has fallen and was read back."""


@contextmanager
def bench_wiring(rig: str | None, slot: str | None, portal: str) -> Iterator[Wiring]:
    """Lines and lanes, for as long as the run lasts. `slot`: of a rig file with several."""
    with emulated(portal) as wiring:
        yield wiring


@contextmanager
def emulated(portal: str) -> Iterator[Wiring]:
    """I/O box, access server, and a controller between them, each a process of its own."""
    with ExitStack() as stack:
        try:
            box = stack.enter_context(start("io_box", "--linger", LINGER))
            server = stack.enter_context(start("access_server", "--linger", LINGER))
            controller = stack.enter_context(
                start(
                    "controller",
                    "--door",
                    portal,
                    "--field",
                    box.field,
                    "--uplink",
                    server.told["uplink"],
                    "--linger",
                    LINGER,
                )
            )
        except NotStarted as error:
            raise BenchError(f"an emulated device did not start: {error}") from error
        yield Wiring(
            "emulated",
            Line("readers", controller.pty or f"socket://{controller.tcp}"),
            Line("box", box.pty or f"socket://{box.tcp}"),
            Line("server", f"socket://{server.tcp}"),
            tuple(WiredLane({"in": 2 * lane, "out": 2 * lane + 1}, lane + 1) for lane in range(LANES)),
            emulated=True,
        )
