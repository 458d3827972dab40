"""A reader, face terminal or I/O box in virtual time, and a walk at it: for benchmarks and tests."""

from __future__ import annotations

from collections.abc import Sequence

from gatebench.fixtures.devices import instants
from gatebench.fixtures.devices.virtual import VirtualHost
from gatebench.hil.peripherals.bench import About, Planned
from gatebench.hil.peripherals.desk import VirtualDesk
from gatebench.hil.peripherals.walking import LINE, PeripheralResult, walk

TWIN = {"reader": "reader", "face-terminal": "face_terminal", "io-box": "io_box"}
OURS = bytes.fromhex("024742")
KEY = bytes(range(16))
LOOP = ("EXIT3", "LOCK3")


def about(kind: str, key: bytes | None = KEY, secure_only: bool = False) -> About:
    """What the rig knows of it."""
    if kind == "io-box":
        return About(kind, loop=LOOP)
    return About(kind, key=key, secure_only=secure_only, vendor=OURS)


def walk_at(
    kind: str, *options: str, rows: Sequence[Planned] | None = None, seed: int = 0, key: bytes | None = KEY, secure_only: bool = False, stimulus: bool = True,
) -> PeripheralResult:  # fmt: skip
    """Walk at a device that was started with these options."""
    found = about(kind, key, secure_only)
    host = VirtualHost()
    with instants.by(lambda: host.instant):
        own = (
            ["--loop", "EXIT3=LOCK3:0.001"]
            if kind == "io-box"
            else []
            if key is None
            else ["--key", key.hex()]
        )
        own += ["--secure-only"] if secure_only and kind != "io-box" else []
        told = host.start("device", TWIN[kind], *own, *options)
        lines = {"box" if kind == "io-box" else "reader": host.line(told["pty"], None)}  # type: ignore[arg-type]
        if stimulus:
            lines[LINE] = host.line(told["field"], None)  # type: ignore[arg-type]
        desk = VirtualDesk(host, lines)
        return walk(found, desk, rows=rows, stimulus=stimulus, seed=seed, rig="virtual", emulated=True)
