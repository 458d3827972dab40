"""What a bench run measured, as YAML that can stand in a scenario: the next simulation then uses measured times.

`decide` is the time from the credential's being on the wire until the decision is told to the reader; `actuate` the time
from there until the lock lets go. What nobody saw is not there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ...sim.events import Event
from ...sim.files import metadata_of
from ..measure.quantiles import estimate, shown
from .timings import STAGES, Timing

SAME = 0.002
"""Seconds within which all values count as one: a stamp through a busy host is no better."""
FEW, SEVERAL = 5, 40
"""From so many values on they are given one by one, and from so many on a curve is tried."""
MOST = 100
"""Values that stand in a list at the most."""
DOUBT = 0.01
"""Below this p-value of Shapiro and Wilk's test the logarithms are not normal."""


@dataclass(frozen=True)
class Stage:
    """A time as it was measured."""

    key: str
    """As the scenario calls it."""
    values: tuple[float, ...]
    """s, in order of time."""
    note: str = ""
    """What else is to be known of the values."""

    def choose(self) -> tuple[str, str]:
        """The distribution as a scenario writes it, and how it was chosen."""
        n, ordered = len(self.values), sorted(self.values)
        median = estimate(ordered, 0.5).value
        if ordered[-1] - ordered[0] <= SAME:
            return _ms(median), f"all within {1000 * SAME:g} ms: their median"
        if n < FEW:
            return _ms(median), f"fewer than {FEW} values: their median"
        p = _lognormal(ordered) if n >= SEVERAL and ordered[0] > 0.0 else 0.0
        if p >= DOUBT:
            return _curve(ordered), f"lognormal fits (Shapiro-Wilk on logarithms: p = {p:.2g})"
        if n <= MOST:
            few = f"fewer than {SEVERAL} values" if n < SEVERAL else "no lognormal"
            return f"empirical {' '.join(map(_ms, ordered))}", f"{few}: as they were measured"
        taken = [estimate(ordered, (place + 0.5) / MOST).value for place in range(MOST)]
        return f"empirical {' '.join(map(_ms, taken))}", f"no lognormal: {MOST} quantiles"

    def lines(self) -> list[str]:
        """The YAML of this key, with its origin as comments."""
        text, how = self.choose()
        spread = f"median {shown(estimate(self.values, 0.5))}, p95 {shown(estimate(self.values, 0.95))}"
        note = [f"# {self.note}"] if self.note else []
        return [f"# n = {len(self.values)}: {spread}, 95 % intervals; {how}", *note, f"{self.key}: {text}"]


@dataclass(frozen=True)
class Fit:
    """What a run measured."""

    about: str
    readers: Mapping[str, tuple[Stage, ...]]
    """By credential."""
    portal: str
    """As the scenario declares it."""
    portals: tuple[Stage, ...]
    """Of that portal."""
    missing: tuple[str, ...]
    """What could not be told, and why."""

    def to_yaml(self) -> str:
        """Keys of a scenario, with sample sizes and uncertainty as comments."""
        lines = [f"# {self.about}", *(f"# Not measured: {one}." for one in self.missing)]
        if self.readers:
            lines.append("readers:")
        for credential, stages in self.readers.items():
            lines += [f"  {credential}:", *(f"    {line}" for one in stages for line in one.lines())]
        if self.portals:
            lines += ["compound:", "  portals:", f"    {self.portal}:"]
            lines += [f"      {line}" for one in self.portals for line in one.lines()]
        return "\n".join(lines) + "\n"


def fit(events: pa.Table, timings: Iterable[Timing] = ()) -> Fit:
    """Fit the stages of a run. `timings`: the intervals as they were stamped; without them those are taken that the event
    log has as `stage` rows named like the stages of `timings.STAGES`."""
    rows: list[dict[str, Any]] = events.to_pylist()
    about = metadata_of(events)
    bench = about.get("bench", {})
    instance = bench.get("portal", "")
    timings = list(timings)
    attempts, stalled, doubt = _attempts(rows, timings)
    decide, actuate = _by_credential(attempts)
    missing: list[str] = []
    if not decide:
        missing.append("decide, as no stage tells when a credential was on the wire")
    if not actuate:
        actuate = _by_rows(rows)
    if not actuate:
        missing.append("actuate, as no lock let go after a grant")
    notes = [f"{stalled} more left out: the host stalled"] if stalled else []
    if doubt:
        notes.append(f"stamps may be wrong by up to {1000 * doubt:.2g} ms")
    notes.append("with the time until the panel asked")
    readers: dict[str, tuple[Stage, ...]] = {}
    for credential in sorted(decide.keys() | actuate.keys()):
        stages = []
        if decide.get(credential):
            stages.append(Stage("decide", tuple(decide[credential]), "; ".join(notes)))
        if actuate.get(credential):
            early = sum(value < 0.0 for value in actuate[credential])
            note = f"{early} of them let go before the reader was told: 0 ms" if early else ""
            stages.append(Stage("actuate", tuple(max(value, 0.0) for value in actuate[credential]), note))
        readers[credential] = tuple(stages)
    held = _unlocked(rows)
    if not held:
        missing.append("unlock, as somebody went through in every cycle, which may end it or start it anew")
    missing.append(
        "approach, acquire, match, opening, passing and closing, which the bench takes from the model"
    )
    portals = (Stage("unlock", tuple(held), "cycles in which nobody went through"),) if held else ()
    return Fit(
        f"Measured on the bench: scenario {about.get('scenario')}, policy {about.get('policy')}, portal {instance}, "
        f"rig {about.get('rig', 'not named')}",
        readers,
        about.get("portals", {}).get(instance, {}).get("declared", instance),
        portals,
        tuple(missing),
    )


_Attempt = tuple[int, int, int, str]
"""Person, visit, attempt, credential."""


def _attempts(
    rows: Sequence[Mapping[str, Any]], timings: Iterable[Timing]
) -> tuple[dict[_Attempt, dict[str, float]], int, float]:
    """Seconds by stage of each attempt; how many decisions were left out as the host stalled; the largest doubt, s."""
    found: dict[_Attempt, dict[str, float]] = defaultdict(dict)
    stalled, doubt, any_timing = 0, 0.0, False
    for one in timings:
        any_timing = True
        if one.stage not in ("poll", "decision", "unlock") or not one.credential:
            continue
        if one.stalled:
            stalled += one.stage == "decision"
            continue
        found[one.person, one.visit, one.attempt, one.credential][one.stage] = one.seconds
        doubt = max(doubt, one.doubt / 1e9)
    if not any_timing:
        for row in rows:
            if (
                row["event"] == Event.STAGE
                and row["reason"] in STAGES
                and row["credential"]
                and row["value"] is not None
            ):
                attempt = row["person"], row["visit"], row["attempt"], row["credential"]
                found[attempt][row["reason"]] = row["value"]
    return found, stalled, doubt


def _by_credential(
    attempts: Mapping[_Attempt, Mapping[str, float]],
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds from the sample to the decision, with the line to it (as scenarios have it), and from there until the lock let
    go."""
    decide: dict[str, list[float]] = defaultdict(list)
    actuate: dict[str, list[float]] = defaultdict(list)
    for (*_, credential), stages in attempts.items():
        if "decision" in stages:
            decide[credential].append(stages.get("poll", 0.0) + stages["decision"])
            if "unlock" in stages:
                actuate[credential].append(stages["unlock"] - stages["decision"])
    return decide, actuate


def _by_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """From a grant to the unlock of the same attempt, by the rows' own instants."""
    grants: dict[tuple[Any, ...], tuple[float, str]] = {}
    unlocks: dict[tuple[Any, ...], float] = {}
    for row in rows:
        attempt = row["person"], row["visit"], row["attempt"]
        if row["event"] == Event.DECISION and row["outcome"] == "grant" and row["credential"]:
            grants[attempt] = row["t"], row["credential"]
        elif row["event"] == Event.UNLOCK and row["reason"] == "own" and row["person"] is not None:
            unlocks[attempt] = row["t"]
    found: dict[str, list[float]] = defaultdict(list)
    for attempt, (t, credential) in grants.items():
        if attempt in unlocks:
            found[credential].append(unlocks[attempt] - t)
    return found


def _unlocked(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Seconds from unlock to relock, of cycles on one grant in which the leaf stayed shut: nothing but time ended them."""
    since: dict[tuple[str, int], float] = {}
    entered: set[tuple[str, int]] = set()
    """Cycles."""
    granted_again: set[tuple[str, int]] = set()
    """Lanes where somebody else has presented since the lock let go: a further grant may start the time anew."""
    found = []
    for row in rows:
        cycle, lane = (row["portal"], row["cycle"]), (row["portal"], row["lane"])
        if row["event"] == Event.UNLOCK and row["reason"] == "own":
            since[cycle] = row["t"]
            granted_again.discard(lane)
        elif row["event"] in (Event.OPEN, Event.PASS):
            entered.add(cycle)
        elif row["event"] == Event.PRESENT:
            granted_again.add(lane)
        elif (
            row["event"] == Event.RELOCK
            and cycle in since
            and cycle not in entered
            and lane not in granted_again
        ):
            found.append(row["t"] - since[cycle])
    return found


def _lognormal(ordered: Sequence[float]) -> float:
    """p-value of the hypothesis that the logarithms are normal."""
    import numpy as np
    from scipy.stats import shapiro

    logs = np.log(ordered)
    every = max(len(logs) // 5_000 + 1, 1)  # above 5,000 the p-value is not accurate
    return float(shapiro(logs[::every]).pvalue)


def _curve(ordered: Sequence[float]) -> str:
    import numpy as np

    logs = np.log(ordered)
    mu, sigma = float(logs.mean()), float(logs.std(ddof=1))
    return (
        f"lognormal median {_ms(float(np.exp(mu)))} p95 {_ms(float(np.exp(mu + 1.6448536269514722 * sigma)))}"
    )


def _ms(seconds: float) -> str:
    return f"{1000.0 * seconds:.6g} ms"
