"""Walks at readers, terminals and boxes in virtual time: the rig of the benchmarks."""

import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="session")
def walk_at():
    """`walk_at(kind, *options of the twin)` of `benchmarks/peripheral_rig.py`."""
    spec = importlib.util.spec_from_file_location("peripheral_rig", BENCHMARKS / "peripheral_rig.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["peripheral_rig"] = module
    spec.loader.exec_module(module)
    return module.walk_at
