"""A whole rig of emulated devices in one process and in virtual time: the devices of `emulated-faults`, and a walk at them.

For benchmarks and tests: `walk(plan, defects=[…])` gives what `gatebench bench faults` would, in a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gatebench.fixtures.devices import instants
from gatebench.fixtures.devices.virtual import VirtualHost
from gatebench.hil.bench.run import BenchRun
from gatebench.hil.bench.wired import Feed, WiredLane, Wiring
from gatebench.hil.errors import BenchError
from gatebench.hil.port.line import Line
from gatebench.hil.transcript import Transcript
from gatebench.hil.virtual import VirtualClockwork, VirtualPort
from gatebench.hil.walk.plan import WalkPlan
from gatebench.hil.walk.result import WalkResult

SILENCE = 2.0
LANES = (WiredLane({"in": 0, "out": 1}, 1), WiredLane({"in": 2, "out": 3}, 2))
CUT = 0.3


def wiring(lanes: int = 2, key: bytes | None = None) -> Wiring:
    """What the rig has, without a single line of the system."""
    line = {
        name: Line(name, f"/virtual/{name}")
        for name in ("readers", "box", "server", "supply", "network", "tap")
    }
    return Wiring(
        "virtual", line["readers"], line["box"], line["server"], LANES[:lanes], True, key, 1_000_000,
        Feed(line["supply"], 1, 12.0, 1.0, True), line["network"], line["tap"], SILENCE,
    )  # fmt: skip


def _host(plan: WalkPlan, poll: float, options: dict[str, Sequence[str]], key: bytes | None) -> VirtualHost:
    host = VirtualHost()
    more = lambda name: list(options.get(name, ()))

    box = host.start("box", "io_box", "--doors", "3", *more("io_box"))
    supply = host.start("supply", "power_supply", *more("power_supply"))
    server = host.start("server", "access_server", "--silence", str(SILENCE), *more("access_server"))
    switch = host.start("network", "network_switch", "--to", server["uplink"], *more("network_switch"))
    secure = [] if key is None else ["--key", key.hex()]
    controller = host.start(
        "controller", "controller", "--field", box["field"], "--power", supply["field"], "--uplink", switch["port"],
        "--silence", str(SILENCE), "--poll", str(poll), "--door", plan.portal, *secure, *more("controller"),
    )  # fmt: skip
    host.start("tap", "line_tap", "--right", controller["pty"], *more("line_tap"))
    return host


class _Enough(Exception):
    """What was looked for is found."""


def walk(
    plan: WalkPlan, *, poll: float = 0.05, transcript: Path | None = None, key: bytes | None = None, on_row: Callable[[Any], object] | None = None,
    drive: Callable[[Any], object] | None = None, until_found: bool = False,
    **options: Sequence[str],
) -> WalkResult:  # fmt: skip
    """Walk a plan. `options`: of each twin (`controller=["--defect", "…"]`); `poll`: s between two polls of a reader;
    `until_found`: stop behind the first row that fails."""
    wired = wiring(len(plan.lanes), key)
    with instants.by(lambda: host.instant if host else 1_000_000_000):
        host: Any = None
        host = _host(plan, poll, options, key)
        told = host.told
        places = {
            "readers": told["tap"]["left"], "box": told["box"]["pty"], "server": told["server"]["tcp"],
            "supply": told["supply"]["pty"], "network": told["network"]["pty"], "tap": told["tap"]["pty"],
        }  # fmt: skip
        about = wired.to_json()
        nonce = "0" * 32
        written = None
        if transcript is not None:
            text = plan.loaded.path.read_text(encoding="utf-8")
            written = Transcript(transcript, plan=plan.to_json(), wiring=about, nonce=nonce, text=text)
        clock = VirtualClockwork(host, written, cut_idle=CUT, initial_time=plan.begin)
        from gatebench.hil.bench.run import _stream

        world = plan.world(clock, about, _stream(nonce), key)
        if on_row is not None:
            world.on_row = on_row
        if until_found:
            world.on_row = _stop_at_failure
        run = BenchRun(plan, None, [], [], "" if transcript is None else transcript.name, lived=world)  # type: ignore[arg-type]
        ports = {}
        for name, place in places.items():
            port = ports[name] = VirtualPort(host, name, host.line(place, None))
            world.lines[name].port = port
            clock.listen(port, world.lines[name].heard)
            if written is not None:
                written.event(port.opened)
        try:
            clock.run(world.over)
            if drive is not None:
                drive(world)
        except _Enough:
            pass
        except BenchError as error:
            run.error, run.stopped = error, str(error)
        orders = world.lines["box"].safe_orders(world.locked, plan.longest_unlock + 2.0)
        run.released.append(ports["box"].release(orders))
        if written is not None:
            written.close()
        run.world, run.actuations = clock.now - plan.begin, world.actuations.spent
    return WalkResult(run, "virtual", True, {})


def _stop_at_failure(row: Any) -> None:
    if any(str(one.verdict) == "FAIL" for one in row.findings):
        raise _Enough
