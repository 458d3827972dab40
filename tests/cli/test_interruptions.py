"""`gatebench compare` where something comes between: Ctrl-C, a second run, a killed process, too little memory."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gatebench.cli.folder import claimed
from gatebench.cli.main import run

SMALL = Path(__file__).parents[1].joinpath("small.yaml").read_text("utf-8")
LITTLE = 400_000_000
"""Bytes of address space: enough to begin, and too little for the workers' libraries."""
AGAIN = ["compare", "small.yaml", "-n", "1", "--no-sensitivity", "--out", "out"]


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def started(folder, *more, duration="20 h"):
    text = SMALL.replace("duration: 10 min", f"duration: {duration}")
    (folder / "small.yaml").write_text(text.replace("replications: 2", "replications: 400"))
    command = [sys.executable, "-m", "gatebench", "compare", "small.yaml", "--json", *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def children(pid):
    """Process ids below `pid`."""
    found, fresh = set(), {pid}
    while fresh:
        fresh = {
            int(child)
            for parent in fresh
            for task in _tasks(parent)
            for child in _read(f"/proc/{parent}/task/{task}/children").split()
        } - found
        found |= fresh
    return found


def _tasks(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return []


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def until(condition, seconds=60.0):
    """Wait for a condition, not for luck."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs /proc")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_what_is_finished_and_exits_with_130(small, workers):
    process = started(small, "--workers", workers, "--trace")
    traces = small / "out" / "small" / "persons"
    until(lambda: traces.exists() and len(list(traces.glob("rep-*.parquet"))) >= 3)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    result = json.loads(out)
    assert 1 <= result["n"] < 400
    assert result["cut_short"]
    assert "interrupted" in err


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs /proc")
@pytest.mark.parametrize("signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)])
def test_haste_and_sigterm_lose_nothing_that_is_finished(small, signals):
    process = started(small, "--workers", "2", "--trace")
    traces = small / "out" / "small" / "persons"
    until(lambda: traces.exists() and len(list(traces.glob("rep-*.parquet"))) >= 3)
    for one in signals:
        os.killpg(process.pid, one)
        time.sleep(0.1)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert json.loads(out)["cut_short"]
    assert (small / "out" / "small" / "report.html").exists()


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs /proc")
def test_workers_end_with_a_parent_that_was_killed(small):
    process = started(small, "--workers", "2", "--trace", duration="100 h")
    traces = small / "out" / "small" / "events" / "face-only"
    until(lambda: traces.exists() and len(list(traces.glob("rep-*.parquet"))) >= 1)
    below = children(process.pid)
    assert below
    process.kill()
    # Nobody has waited for the killed process yet, so that its id is still taken: the workers must not be deceived.
    until(
        lambda: (
            not any(
                os.path.exists(f"/proc/{pid}") and "Z" not in _read(f"/proc/{pid}/stat").split(")")[-1][:3]
                for pid in below
            )
        ),
        seconds=2.0,
    )
    process.communicate(timeout=60)


# ---- two at once


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no locks")
def test_a_second_run_into_the_same_folder_is_refused_and_spoils_nothing(small, capsys):
    with claimed(small / "out"):
        assert run(AGAIN) == 2
        assert "--out out: another run is writing there; wait until it has ended" in capsys.readouterr().err
        assert list((small / "out").iterdir()) == []
        assert run([*AGAIN[:-1], "beside"]) == 0
    assert run(AGAIN) == 0


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs /proc")
def test_a_run_that_was_killed_leaves_its_folder_free(small, capsys):
    process = started(small, "--workers", "2", "--trace", "--out", "out")
    until(lambda: (small / "out" / "persons").exists())
    assert run(AGAIN) == 2
    assert "another run is writing there" in capsys.readouterr().err
    process.kill()
    process.communicate(timeout=60)
    (small / "small.yaml").write_text(SMALL)
    assert run(AGAIN) == 0


# ---- Ctrl-C while results are written


def names(folder):
    return sorted(one.name for one in folder.iterdir())


def test_ctrl_c_while_the_page_is_made_leaves_no_page_of_another_run(small, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    assert run(AGAIN) == 0
    assert names(small / "out") == ["junit.xml", "report.html", "result.json"]
    monkeypatch.setattr("gatebench.report.page.page", interrupted)
    assert run([*AGAIN, "--seed", "2"]) == 130
    assert names(small / "out") == ["junit.xml", "result.json"]
    assert json.loads((small / "out" / "result.json").read_text("utf-8"))["seed"] == 2


@pytest.mark.parametrize("name", ["result.json", "junit.xml", "report.html"])
def test_ctrl_c_while_a_file_is_written_leaves_whole_files_only(small, monkeypatch, name):
    write_text = Path.write_text

    def half(path, text, **more):
        if name in path.name:
            write_text(path, text[: len(text) // 2], **more)
            raise KeyboardInterrupt
        return write_text(path, text, **more)

    monkeypatch.setattr(Path, "write_text", half)
    assert run(AGAIN) == 130
    assert names(small / "out") == (["junit.xml", "result.json"] if name == "report.html" else [])


# ---- memory


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit of the address space that is kept")
def test_too_little_memory_is_an_error_and_no_wait_without_end(small):
    import resource

    command = [
        sys.executable,
        "-m",
        "gatebench",
        "compare",
        "small.yaml",
        "-n",
        "4",
        "--no-sensitivity",
        "--workers",
        "2",
    ]
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=150, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LITTLE, LITTLE)),
    )  # fmt: skip
    assert told.returncode == 3, told.stderr
    assert "memory" in told.stderr.splitlines()[-1]
    assert "mistake in Gatebench" not in told.stderr


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        ImportError("libx.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
    ],
)
def test_whoever_finds_no_memory_is_understood(small, capsys, monkeypatch, error):
    def greedy(*_):
        raise error

    monkeypatch.setattr("gatebench.report.result.as_json", greedy)
    assert run(["compare", "small.yaml", "-n", "1", "--no-sensitivity"]) == 3
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: there is not enough memory")
