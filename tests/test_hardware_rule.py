"""A test on hardware can be skipped only where no rig was named."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = (Path(__file__).parent / "hardware" / "conftest.py").read_text("utf-8")
FORGETFUL = "def test_that_forgot_to_ask_for_the_rig(): open('touched', 'w').close()"


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("GATEBENCH_RIG", raising=False)
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\nmarkers = hardware: needs a rig")
    pytester.makepyfile(FORGETFUL)
    return pytester


def run(folder: pytest.Pytester) -> pytest.RunResult:
    return folder.runpytest_inprocess("-ra", "-p", "no:cacheprovider")


def test_without_a_rig_it_is_skipped_with_the_reason(folder: pytest.Pytester) -> None:
    result = run(folder)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*name a rig file by GATEBENCH_RIG"])
    assert not (folder.path / "touched").exists()


def test_a_rig_that_is_named_and_missing_is_an_error(
    folder: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEBENCH_RIG", "nowhere.yaml")
    result = run(folder)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*GATEBENCH_RIG names nowhere.yaml*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert not (folder.path / "touched").exists()


def test_with_a_rig_it_runs(folder: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEBENCH_RIG", str(folder.makefile(".yaml", rig="door: emulated")))
    run(folder).assert_outcomes(passed=1)
    assert (folder.path / "touched").exists()


def test_it_can_be_chosen_by_its_marker(folder: pytest.Pytester) -> None:
    result = folder.runpytest_inprocess("-m", "not hardware", "-p", "no:cacheprovider")
    result.assert_outcomes(deselected=1)
