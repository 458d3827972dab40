"""Replications on workers: the same results, and what happens when something dies."""

from __future__ import annotations

import importlib
import sys
import threading
from concurrent.futures import Future
from functools import partial

import pytest

from gatebench.scenarios import EngineError
from gatebench.sim.runner import _await, run_replications

TASKS = """
import os, signal, time
from pathlib import Path

def square(number):
    return number * number


def dies_once(flag, number):
    "Kills its worker the first time it is asked for replication 2."
    if number == 2 and not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def always_dies(number):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


class NeverThere:
    "Whoever unpickles it is busy for an hour, as a worker that waits for memory."

    def __reduce__(self):
        return time.sleep, (3600,)


def square_of(there, number):
    return number * number


def fails(number):
    if number == 1:
        raise ZeroDivisionError("nobody came")
    return number
"""


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """Functions in a module that worker processes can import."""
    (tmp_path / "tasks_for_workers.py").write_text(TASKS)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("tasks_for_workers")
    del sys.modules["tasks_for_workers"]


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order_of_replication(tasks, workers):
    counted = []
    assert list(run_replications(tasks.square, range(5), workers, counted.append).items()) == [
        (n, n * n) for n in range(5)
    ]
    assert counted == [1, 2, 3, 4, 5]


def test_a_killed_worker_loses_only_its_own_replication_which_is_tried_again(tasks, tmp_path):
    task = partial(tasks.dies_once, str(tmp_path / "flag"))
    assert run_replications(task, range(4), 2) == {n: n for n in range(4)}


def test_a_replication_that_kills_every_worker_is_named(tasks):
    with pytest.raises(EngineError, match=r"replication 1: its worker process died 2 times"):
        run_replications(tasks.always_dies, range(3), 2)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_replication_that_fails_is_named_with_its_reason(tasks, workers):
    with pytest.raises(EngineError, match=r"replication 1 failed: ZeroDivisionError: nobody came"):
        run_replications(tasks.fails, range(3), workers)


def test_why_workers_could_not_be_started_is_not_hidden(tasks, monkeypatch):
    """As where a script without a main guard is imported by its own workers."""

    def refuse(self, function, args=()):
        raise RuntimeError("no process can be started here")

    monkeypatch.setattr("pebble.ProcessPool.schedule", refuse)
    with pytest.raises(RuntimeError, match="no process can be started here"):
        run_replications(tasks.square, range(3), 2)


def test_workers_that_never_begin_are_an_error_and_no_wait_without_end(tasks, monkeypatch):
    monkeypatch.setattr("gatebench.sim.runner.START", 2.0)
    with pytest.raises(EngineError, match=r"have not begun to work within 2 s; is there enough memory\?"):
        run_replications(partial(tasks.square_of, tasks.NeverThere()), range(4), 2)


def test_who_works_may_take_as_long_as_it_takes(monkeypatch):
    monkeypatch.setattr("gatebench.sim.runner.START", 0.1)
    futures = [Future(), Future()]
    futures[1].set_running_or_notify_cancel()  # The first waits for a worker, and one is at work.
    threading.Timer(0.5, futures[0].set_result, [1]).start()
    _await([(number, 1, future) for number, future in enumerate(futures)])
    with pytest.raises(EngineError, match="have not begun to work"):
        _await([(2, 1, Future())])
