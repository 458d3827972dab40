"""A test that needs a rig or published data is skipped only where none was named."""

from pathlib import Path
from typing import NamedTuple

import pytest

pytest_plugins = ["pytester"]

TESTS = Path(__file__).parent


class Need(NamedTuple):
    """Something that a test can do without only where nobody named it."""

    variable: str
    conftest: Path
    test: str


NEEDS = {
    # Forgets to ask for the rig: standing in that folder is enough.
    "hardware": Need("GATEBENCH_RIG", TESTS / "hardware" / "conftest.py", "def test_it(): "),
    "reference_data": Need(
        "GATEBENCH_REFERENCE_DATA",
        TESTS / "conftest.py",
        "import pytest\n@pytest.mark.reference_data\ndef test_it(): ",
    ),
}


@pytest.fixture(params=NEEDS)
def marker(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def need(marker: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Need:
    need = NEEDS[marker]
    monkeypatch.delenv(need.variable, raising=False)
    pytester.makeconftest(need.conftest.read_text("utf-8"))
    pytester.makeini(f"[pytest]\nmarkers = {marker}: is needed")
    pytester.makepyfile(need.test + "open('touched', 'w').close()")
    return need


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-ra", "-p", "no:cacheprovider", *arguments)


def test_unnamed_it_is_skipped_with_the_way_out(need: Need, pytester: pytest.Pytester) -> None:
    result = run(pytester)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"SKIPPED*by {need.variable}"])
    assert not (pytester.path / "touched").exists()


def test_named_and_missing_it_is_an_error(
    need: Need, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(need.variable, "nowhere")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{need.variable} names nowhere*"])
    assert not (pytester.path / "touched").exists()


def test_named_and_there_it_runs(
    marker: str, need: Need, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = pytester.makefile(".yaml", rig="door: emulated") if marker == "hardware" else pytester.path
    monkeypatch.setenv(need.variable, str(named))
    run(pytester).assert_outcomes(passed=1)
    assert (pytester.path / "touched").exists()


def test_it_can_be_left_out_by_its_marker(marker: str, need: Need, pytester: pytest.Pytester) -> None:
    run(pytester, "-m", f"not {marker}").assert_outcomes(deselected=1)
