"""Which faults a rig can do, by what is wired to it, and why not the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from ..bench.connections import Connections, Lane
from .device import BufferFull, ClockDrift, ClockJump, StoreCorrupt, StoreFull
from .hands import by_hand
from .injector import Injector
from .line import LineBitErrors, LineCut, LineDelay, LineNoise, LineShort
from .network import NetworkDown, NetworkPartitioned, NetworkSlow
from .power import BrownOut, PowerCut, Restart
from .readers import ReaderReplaced, ReaderTampered, ReaderUnplugged
from .server import ServerDown, ServerStale, ServerWrong

if TYPE_CHECKING:
    from ..bench.wired import Wiring
    from ..walk.plan import WalkPlan

BY_STEPS = ("fire", "forced", "held-open", "override-open", "override-locked")
"""Faults that a walk does by steps of its own: contact, fire input, operator."""
NEEDS: Mapping[str, str] = {
    "network-down": "network", "network-slow": "network", "network-partitioned": "network", "buffer-full": "network",
    "power-cut": "power", "brown-out": "power", "restart": "power",
    "line-cut": "tap", "line-short": "tap", "line-bit-errors": "tap", "line-noise": "tap", "line-delay": "tap",
    "server-down": "server", "server-wrong": "server", "server-stale": "server", "store-full": "server", "clock-drift": "server", "clock-jump": "server", "store-corrupt": "server", "override-open": "server", "override-locked": "server", "fire": "server",
}  # fmt: skip
"""What each needs in the slot of the rig file, beside readers and box."""
WHY_NOT: Mapping[str, str] = {
    "server-wrong": "a walk gives its own list; it is played with people (`gatebench bench run`)",
    "server-stale": "a walk gives its own list; it is played with people (`gatebench bench run`)",
    "camera-covered": "no camera: the device under test is a controller with readers",
    "camera-blinded": "no camera: the device under test is a controller with readers",
    "camera-frozen": "no camera: the device under test is a controller with readers",
    "clock-drift": "a walk measures how far its clock drifts; one that runs fast is played with people (`gatebench bench run`)",
    "store-full": "a walk gives its own list; it is played with people (`gatebench bench run`)",
    "strike-stuck": "a walk judges the lock's wires, which say nothing of the bolt; it is played with people (`gatebench bench run`)",
}  # fmt: skip
"""Faults that no walk can do, and why."""
WITH_PEOPLE = (
    "server-wrong", "server-stale", "store-full", "clock-drift", "strike-stuck", "camera-covered", "camera-blinded", "camera-frozen",
)  # fmt: skip
"""Those of them that are played with people nevertheless."""


def able(wiring: Wiring, plan: WalkPlan) -> tuple[dict[str, float], dict[str, str]]:
    """By fault that this rig can do the seconds until it is noticed, about; and why not, of the others."""
    there = {"server": wiring.server, "power": wiring.supply, "network": wiring.network, "tap": wiring.tap}
    can: dict[str, float] = {
        "reader-unplugged": 9.0, "reader-tampered": 0.4, "reader-replaced": 9.0, "forced": 0.1, "held-open": 0.1,
    }  # fmt: skip
    missing = dict(WHY_NOT)
    for fault, need in NEEDS.items():
        if fault in WITH_PEOPLE:
            continue
        if there[need] is None:
            missing[fault] = f"the slot of the rig file names no {need}"
        else:
            can[fault] = (
                9.0
                if fault in ("line-cut", "line-short")
                else wiring.silence + 0.5
                if fault == "network-partitioned"
                else 0.2
            )
    if not plan.spec.directions:
        missing.update(
            dict.fromkeys(("reader-unplugged", "reader-tampered", "reader-replaced"), "no readers")
        )
    return dict(sorted(can.items())), missing


def places(plan: WalkPlan, can: Mapping[str, float]) -> dict[str, str | None]:
    """Where each fault is done on a walk: at a reader, at the portal, or everywhere."""
    probes = plan.probes()
    reader = None
    if probes.directions:
        way = probes.directions[0]
        reader = f"{plan.portal}/{way}/{probes.lane(way)}"
    found: dict[str, str | None] = {}
    for fault in can:
        if fault.startswith("reader-"):
            if reader is not None:
                found[fault] = reader
        else:
            found[fault] = (
                plan.portal
                if fault.startswith(("line-", "power-", "override"))
                or fault in ("brown-out", "restart", "forced", "held-open")
                else None
            )
    return found


def injectors(
    rig: Connections, lines: Mapping[str, Any], lanes: list[Lane], portal: str, battery: bool, silence: float
) -> dict[str, Injector | str]:
    """By fault what does it here, or why nothing does. `lines`: of the run by name; `silence`: s until a line without a
    word counts as cut."""
    found: dict[str, Injector | str] = dict(WHY_NOT)
    addresses = {
        f"{portal}/{way}/{lane.number}": address for lane in lanes for way, address in lane.addresses.items()
    }
    found["reader-unplugged"] = ReaderUnplugged(rig, addresses)
    found["reader-tampered"] = ReaderTampered(rig, addresses)
    found["reader-replaced"] = ReaderReplaced(rig, addresses)
    if (switch := lines.get("network")) is not None:
        found["network-down"] = NetworkDown(rig, switch)
        found["network-partitioned"] = NetworkPartitioned(rig, switch, silence)
        found["network-slow"] = NetworkSlow(rig, switch)
        found["buffer-full"] = BufferFull(rig, switch)
    if (supply := lines.get("supply")) is not None:
        for name, kind in (("power-cut", PowerCut), ("brown-out", BrownOut), ("restart", Restart)):
            found[name] = kind(rig, supply, battery)
    if (tap := lines.get("tap")) is not None:
        kinds = {
            "line-cut": LineCut,
            "line-short": LineShort,
            "line-bit-errors": LineBitErrors,
            "line-noise": LineNoise,
            "line-delay": LineDelay,
        }
        found |= {name: kind(rig, tap) for name, kind in kinds.items()}
    if rig.server is not None:
        found["server-down"] = ServerDown(rig)
        found["clock-jump"] = ClockJump(rig)
        found["store-corrupt"] = StoreCorrupt(rig, rig.server.resource)
    return found


def why_not(
    fault: str, there: Collection[str], readers: bool, secured: bool, told: Collection[str] = ()
) -> str:
    """Why a rig cannot do a fault while people are played; empty: it can. `there`: lines that it has; `readers`: has the
    portal any? `secured`: have they a key of the secure channel? `told`: faults of
    which the policy says something."""
    if fault == "camera-covered" and fault in told:
        return "the policy has a rule for it, and a controller learns of a covered camera from a face terminal alone"
    if fault in WHY_NOT and fault not in WITH_PEOPLE:
        return WHY_NOT[fault]
    if fault in NEEDS and NEEDS[fault] not in there:
        return f"the slot of the rig file names no {NEEDS[fault]}"
    if fault.startswith("reader-") and not readers:
        return "no readers"
    if fault == "reader-replaced" and secured:
        return "in the secure channel a reader without the key is none that a controller may trust: play reader-unplugged"
    return ""


def played(
    rig: Connections, lines: Mapping[str, Any], lanes: list[Lane], portal: str, battery: bool, silence: float
) -> dict[str, Injector | str]:
    """As `injectors`, with what somebody does by hand or by an order."""
    found = injectors(rig, lines, lanes, portal, battery, silence)
    if rig.server is not None:
        found |= {"server-wrong": ServerWrong(rig), "server-stale": ServerStale(rig)}
        found |= {"store-full": StoreFull(rig, rig.server.resource), "clock-drift": ClockDrift(rig)}
    addresses = {
        f"{portal}/{way}/{lane.number}": one for lane in lanes for way, one in lane.addresses.items()
    }
    return found | by_hand(rig, [(lane.number, lane.box) for lane in lanes], addresses, portal)
