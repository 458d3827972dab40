"""Tests in this folder run on real devices: a rig that was named and is not there is an error, never a skip."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test of this folder is marked `hardware` and asks for the rig, whether it says so or not."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("hardware")
            if "rig" not in item.fixturenames:
                item.fixturenames.insert(0, "rig")


@pytest.fixture(scope="session")
def rig() -> Path:
    """The rig file that GATEBENCH_RIG names."""
    named = os.environ.get("GATEBENCH_RIG")
    if not named:
        pytest.skip("no rig: name a rig file by GATEBENCH_RIG")
    if not Path(named).is_file():
        pytest.fail(f"GATEBENCH_RIG names {named}, and there is no such file", pytrace=False)
    return Path(named)
