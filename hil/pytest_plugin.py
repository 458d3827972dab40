"""Tests of devices with pytest: a rig, a door under test, and measurements that are judged when the test is over.

```
def test_a_listed_card_opens(gb_portal, gb_measure):
    gb_portal.provision(load("zhengzhou-2021"), "card-only")
    shown = gb_portal.present("card", person=gb_portal.people("resident")[0])
    assert shown.outcome == "grant" and gb_portal.wait_unlocked()
    gb_measure("decision", shown.seconds, limit="500 ms")
```

`--gb-rig FILE` names the rig; without it emulated devices are started. A rig that was named and is not there, or lacks a
role that a test needs, is an error, never a skip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .rig.opening import OpenRig
    from .tested_door import TestedDoor
    from .verdicts import Judgement


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, all of them with our prefix."""
    group = parser.getgroup("gatebench", "Gatebench: tests of doors at a rig")
    group.addoption("--gb-rig", metavar="FILE", help="rig file of the devices; emulated ones unless given")
    group.addoption("--gb-slot", metavar="ID", help="slot of the rig; the first unless given")


@pytest.fixture(scope="session")
def gb_rig(request: pytest.FixtureRequest) -> Iterator[OpenRig]:
    """The rig, open: `gb_rig["box-1"]` is a driver. Released when the session ends, however it ends."""
    from .rig.opening import opened
    from .rig.reading import read_rig

    named: str | None = request.config.getoption("--gb-rig")
    with opened(read_rig(named), tell=lambda text: None) as bench:
        yield bench


@pytest.fixture
def gb_portal(gb_rig: OpenRig, request: pytest.FixtureRequest) -> Iterator[TestedDoor]:
    """The door in a slot of the rig. After the test its leaves are shut; a lock that does not fall then fails the test."""
    from .tested_door import TestedDoor

    door = TestedDoor(gb_rig, gb_rig.rig.slot(request.config.getoption("--gb-slot")))
    yield door
    if door.plan is not None:
        for lane in range(len(door.plan.lanes)):
            door.shut(lane)
            if not door.wait_locked(door.plan.longest_unlock + 2.0, lane):
                pytest.fail(f"lane {lane} of {door.plan.portal} was left unlocked", pytrace=False)


@pytest.fixture
def gb_measure(record_property: Callable[[str, Any], None]) -> Iterator[Measure]:
    """Keep values, s, and judge them against their limits when the test is over; FAIL and INDETERMINATE fail it."""
    measure = Measure()
    yield measure
    wrong = []
    for judged in measure.judge():
        record_property(judged.what, f"{judged.verdict}: {judged.reason}")
        if judged.failed:
            wrong.append(f"{judged.what}: {judged}")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


class Measure:
    """Values by name, and the limit of each."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}
        self._limits: dict[str, tuple[float, float, float, str]] = {}

    def __call__(
        self, name: str, seconds: float | None, *, limit: str | None = None, p: float = 1.0, expanded: float = 0.001, rule: str = "simple"
    ) -> None:  # fmt: skip
        """Keep a value. `limit`: such as `500 ms`, for the p-quantile of all values of this name; `expanded`: U (k = 2), s;
        `rule`: `simple` or `guard-band`, which takes 59 values for p = 0.95.

        Raises: ValueError for a limit that is no time, or another limit for the same name.
        """
        from ..scenarios.units import parse_duration

        if seconds is None:
            from .errors import EmptySample

            raise EmptySample(f"nothing was measured of {name}")
        self._values.setdefault(name, []).append(seconds)
        if limit is not None:
            wanted = parse_duration(limit), p, expanded, rule
            if self._limits.setdefault(name, wanted) != wanted:
                raise ValueError(f"{name} has another limit already")

    def judge(self) -> list[Judgement]:
        """Of every name that has a limit."""
        from .measure.judging import judge
        from .measure.sample import Sample
        from .verdicts import Rule

        return [
            judge(Sample(name, tuple(self._values[name])), p, limit, expanded, Rule(rule))
            for name, (limit, p, expanded, rule) in self._limits.items()
        ]
