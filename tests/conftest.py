"""What all tests share: hypothesis profiles, the published reference data, and `compare` on a scenario (such as small.yaml)."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("explore", settings.get_profile("ci"), derandomize=False, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# Parallel workers inherit the width of the terminal, and what the commands print would depend on who runs the tests.
os.environ.pop("COLUMNS", None)

BESIDE = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of the published data: $GATEBENCH_REFERENCE_DATA, or shared/data beside the checkout."""
    named = os.environ.get("GATEBENCH_REFERENCE_DATA")
    if named:
        if not Path(named).is_dir():
            pytest.fail(f"GATEBENCH_REFERENCE_DATA names {named}, and there is no such folder", pytrace=False)
        return Path(named)
    if not BESIDE.is_dir():
        pytest.skip("the published data is not here: name its folder by GATEBENCH_REFERENCE_DATA")
    return BESIDE


class Told(NamedTuple):
    """What came of `gatebench compare`."""

    code: int
    out: str
    result: dict[str, Any]
    junit: ET.Element
    page: str


@pytest.fixture
def compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """`gatebench compare` on a scenario's text, on one worker unless arguments say otherwise."""
    from gatebench.cli.main import run

    def compare(text: str, *arguments: str) -> Told:
        scenario, out = tmp_path / "small.yaml", tmp_path / "out"
        scenario.write_text(text, "utf-8")
        code = run(["compare", str(scenario), "--workers", "1", "--out", str(out), *arguments])
        return Told(
            code,
            capsys.readouterr().out,
            json.loads((out / "result.json").read_text("utf-8")),
            ET.parse(out / "junit.xml").getroot(),
            (out / "report.html").read_text("utf-8"),
        )

    return compare


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The marker `reference_data` and the fixture of that name come together."""
    for item in items:
        if "reference_data" in getattr(item, "fixturenames", ()):
            item.add_marker("reference_data")
        elif item.get_closest_marker("reference_data"):
            item.fixturenames.insert(0, "reference_data")
