"""Walks in virtual time: the rig of the benchmarks."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gatebench.hil.faults import able, places
from gatebench.hil.walk.plan import walk_plan
from gatebench.scenarios import load

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="session")
def rig():
    """The module `benchmarks/virtual_rig.py`."""
    spec = importlib.util.spec_from_file_location("virtual_rig", BENCHMARKS / "virtual_rig.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["virtual_rig"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def plan_of(rig):
    """A covering plan of `benchmarks/defects.yaml`: `plan_of("strict", "gate", only=[…])`."""

    def plan_of(policy="strict", portal="gate", only=(), fillers=0):
        plan = walk_plan(
            load(BENCHMARKS / "defects.yaml"), policy=policy, portal=portal, lanes=2, factor=10.0
        )
        can, _ = able(rig.wiring(), plan)
        return replace(plan, fillers=fillers).covering(places(plan, can), only=only)

    return plan_of
