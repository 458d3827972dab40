"""Many replications, here or on worker processes; what comes out does not depend on how many there are."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from ..scenarios.errors import EngineError

R = TypeVar("R")
Task = Callable[[int], R]
ATTEMPTS = 2
"""A replication whose worker was killed is tried once more."""
START = 120.0
"""Seconds after which some worker must have taken up work: they start within one or two, on a busy machine within ten."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C: `results` has the replications that were finished."""

    def __init__(self, results: dict[int, Any]) -> None:
        super().__init__()
        self.results = results


def run_replications(
    task: Task[R], numbers: Sequence[int], workers: int, on_done: Callable[[int], None] = lambda done: None
) -> dict[int, R]:
    """`task(number)` for each replication. `task` must be picklable when `workers` > 1; it travels once to each worker.

    EngineError: a replication failed, or its worker died twice. Interrupted: Ctrl-C; what is finished is kept.
    """
    results: dict[int, R] = {}
    try:
        if workers <= 1 or len(numbers) <= 1:
            for number in numbers:
                results[number] = _checked(task, number)
                on_done(len(results))
        else:
            _on_workers(task, numbers, min(workers, len(numbers)), results, on_done)
    except KeyboardInterrupt:
        raise Interrupted(results) from None
    return {number: results[number] for number in numbers}


def _checked(task: Task[R], number: int) -> R:
    try:
        return task(number)
    except (KeyboardInterrupt, EngineError):
        raise
    except MemoryError as error:
        raise EngineError(f"replication {number}: there is not enough memory; try --workers 1") from error
    except Exception as error:
        raise EngineError(f"replication {number} failed: {type(error).__name__}: {error}") from error


def _on_workers(
    task: Task[R], numbers: Sequence[int], workers: int, results: dict[int, R], on_done: Callable[[int], None]
) -> None:
    from pebble import ProcessExpired, ProcessPool

    context = _context()
    # Only this process has the writing end: the workers read its end from the other, however this process goes.
    ending, held = context.Pipe(duplex=False)
    pool: Any = ProcessPool(max_workers=workers, initializer=_begin, initargs=(task, ending), context=context)
    waiting: list[tuple[int, int, Any]] = []  # known before anything can fail: giving up goes through it
    try:
        for number in numbers:
            waiting.append((number, 1, pool.schedule(_work, args=(number,))))
        while waiting:
            number, attempt, future = waiting[0]
            try:
                _await(waiting)
                results[number] = future.result()
                del waiting[0]
                on_done(len(results))
            except ProcessExpired as error:
                del waiting[0]
                if attempt == ATTEMPTS:
                    raise EngineError(
                        f"replication {number}: its worker process died {ATTEMPTS} times (exit code {error.exitcode}); "
                        "is there enough memory? try --workers 1"
                    ) from error
                waiting.append((number, attempt + 1, pool.schedule(_work, args=(number,))))
            except (CancelledError, BrokenProcessPool) as error:
                raise EngineError(
                    f"the worker processes could not be started or kept: {error}; try --workers 1"
                ) from error
    except BaseException:
        for _, _, future in waiting:
            future.cancel()
        for number, _, future in waiting:
            if future.done() and not future.cancelled() and future.exception() is None:
                results[number] = future.result()
        pool.stop()
        raise
    else:
        pool.close()
    finally:
        pool.join()
        held.close()
        ending.close()


def _await(waiting: Sequence[tuple[int, int, Any]]) -> None:
    """Until the first of these is done. EngineError: nobody works on any of them."""
    future, idle = waiting[0][2], time.monotonic()
    while not wait([future], timeout=min(1.0, START / 4.0)).done:
        if any(one.running() for _, _, one in waiting):
            idle = time.monotonic()
        elif time.monotonic() - idle > START:
            raise EngineError(
                f"the worker processes have not begun to work within {START:g} s; is there enough memory? try --workers 1"
            )


def _context() -> Any:
    """Worker processes that inherit nothing: from a server where the system can fork, else started anew."""
    return multiprocessing.get_context(
        "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    )


_task: Callable[[int], Any]


def _begin(task: Callable[[int], Any], ending: Connection) -> None:
    global _task
    _task = task
    # Ctrl-C goes to the whole foreground group; the parent decides what becomes of its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=partial(_end_with, ending), daemon=True).start()
    # Each worker is one thread. With more, OpenBLAS reserves memory for each, and where it gets none it tries for ever.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What needs much memory is loaded here, where whoever waits for the workers notices that they do not come; if it
    # cannot be loaded, the first replication says so.
    with suppress(ImportError, MemoryError):
        importlib.import_module("scipy.special")


def _end_with(ending: Connection) -> None:
    """End this process when the one that asked for the work is gone, however it went, waited for by its own parent or not."""
    try:
        ending.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def _work(number: int) -> Any:
    return _checked(_task, number)
