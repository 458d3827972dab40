"""People of a scenario at the rig of `virtual_rig`, in virtual time: what `gatebench bench run` does, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import virtual_rig

from gatebench.fixtures.devices import instants
from gatebench.hil.bench.divergence import Divergence, diverge
from gatebench.hil.bench.plan import BenchPlan, bind
from gatebench.hil.bench.run import BenchRun, _stream
from gatebench.hil.bench.timeline import Skipped
from gatebench.hil.bench.world import Coming
from gatebench.hil.errors import BenchError
from gatebench.hil.transcript import Transcript
from gatebench.hil.virtual import VirtualClockwork, VirtualPort
from gatebench.scenarios.library import Loaded

LINES = ("readers", "box", "server", "supply", "network", "tap")


def everybody(loaded: Loaded, policy: str | None = None, without: Sequence[str] = ()) -> BenchPlan:
    """A plan with all who come to the portal. `without`: lines that the rig does not have."""
    plan = bind(loaded, policy=policy, portal=None, lanes=2).at(wiring(without))
    found = plan.simulate_day().to_pylist()
    coming = [
        Coming(row["t"], row["person"], row["visit"], row["direction"])
        for row in found
        if row["event"] == "arrive" and row["portal"] == plan.portal
    ]
    return plan.playing(coming)


def wiring(without: Sequence[str] = ()) -> Any:
    """The rig's, without some of its lines."""
    from dataclasses import replace

    return replace(virtual_rig.wiring(), **dict.fromkeys(without))


def play(
    plan: BenchPlan, *, without: Sequence[str] = (), transcript: Path | None = None, **options: Sequence[str]
) -> tuple[BenchRun, Divergence]:
    """The run, and what differs from the model. `options`: of each twin (`controller=["--defect", "…"]`)."""
    wired = wiring(without).to_json()
    with instants.by(lambda: host.instant if host else 1_000_000_000):
        host: Any = None
        host = virtual_rig._host(plan, 0.05, options, None)  # type: ignore[arg-type]
        told, nonce = host.told, "0" * 32
        places = {
            "readers": told["tap"]["left"], "box": told["box"]["pty"], "server": told["server"]["tcp"],
            "supply": told["supply"]["pty"], "network": told["network"]["pty"], "tap": told["tap"]["pty"],
        }  # fmt: skip
        written = None
        if transcript is not None:
            text = plan.loaded.path.read_text(encoding="utf-8")
            written = Transcript(transcript, plan=plan.to_json(), wiring=wired, nonce=nonce, text=text)
        clock = VirtualClockwork(host, written, cut_idle=virtual_rig.CUT, initial_time=plan.begin)
        world = plan.world(clock, wired, _stream(nonce), None)
        run = BenchRun(plan, None, world.rig.judged, world.rig.timings, lived=world)  # type: ignore[arg-type]
        ports = {}
        for name in LINES:
            if name in world.lines:
                port = ports[name] = VirtualPort(host, name, host.line(places[name], None))
                world.lines[name].port = port
                clock.listen(port, world.lines[name].heard)
                if written is not None:
                    written.event(port.opened)
        try:
            clock.run(world.over)
        except BenchError as error:
            run.error, run.stopped = error, str(error)
        orders = world.lines["box"].safe_orders(world.locked, plan.longest_unlock + 2.0)
        run.released.append(ports["box"].release(orders))
        if written is not None:
            written.close()
    run.events = world.table()
    model = plan.without(Skipped(one.number, one.why) for one in world.faults if one.why).at_the_model()
    return run, diverge(model, run.events, run.judged)
