"""SimPy's own test suite passes on our clockwork."""

import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile

import pytest

PLUGIN = """
import json, os
import simpy, simpy.core, simpy.events
from gatebench.sim.clockwork import Clockwork, Walk

simpy.Environment = simpy.core.Environment = Clockwork
simpy.Process = simpy.events.Process = Walk
seen = {"passed": 0, "failed": 0, "on ours": 0}

def pytest_runtest_call(item):
    seen["on ours"] += type(item.funcargs.get("env")) is Clockwork

def pytest_runtest_logreport(report):
    if report.when == "call" and report.outcome in seen:
        seen[report.outcome] += 1

def pytest_sessionfinish():
    with open(os.environ["SEEN"], "w") as file:
        json.dump(seen, file)
"""
# They run in real time, or need a plugin and check nothing.
LEFT_OUT = ("test_rt.py", "test_benchmark.py")


@pytest.fixture
def suite(tmp_path):
    """The tests of the SimPy that is installed, from its source distribution."""
    version = importlib.metadata.version("simpy")
    fetch = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        ":all:",
        f"simpy=={version}",
    ]
    got = subprocess.run([*fetch, "--dest", tmp_path], capture_output=True, text=True, check=False)
    if got.returncode:
        pytest.skip(f"SimPy's source distribution cannot be had here: {got.stderr.strip()[-200:]}")
    (archive,) = tmp_path.glob("simpy-*.tar.gz")
    safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.2 has none
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, **safe)
    return tmp_path / f"simpy-{version}" / "tests"


@pytest.mark.long
def test_simpys_own_suite_passes_on_the_clockwork(suite, tmp_path):
    (suite / "on_ours.py").write_text(PLUGIN)
    environment = {**os.environ, "PYTHONPATH": str(suite), "SEEN": str(tmp_path / "seen.json")}
    ignored = [f"--ignore={name}" for name in LEFT_OUT]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "on_ours", "-p", "no:cacheprovider", *ignored, "."]
    run = subprocess.run(command, cwd=suite, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["passed"] > 100
    assert seen["on ours"] > 100
    assert seen["failed"] == 0
