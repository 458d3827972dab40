"""The calendar: SimPy's environment, with processes that may simply yield seconds.

Yielding a float instead of `env.timeout(seconds)` saves the event, its list of callbacks and its scheduling, which is
most of what a discrete-event model of a gate does. Everything else is SimPy's own, and its test suite passes on these
classes. Private names of SimPy used here (why its version is capped): Event._ok, _value, _defused; Process._generator,
_target; Environment._queue, _now, _eid, _active_proc; simpy.events._describe_frame.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from types import MethodType
from typing import Any

import simpy
from simpy.events import NORMAL, AllOf, AnyOf, Event, Process, Timeout, _describe_frame

INFINITY = float("inf")


class _Park:
    """What a process yields to sleep until somebody calls its `wake`."""


PARK = _Park()


class Walk(Process):
    """A process that may also yield a float (so many seconds pass) or `PARK` (until somebody wakes it)."""

    def __init__(self, env: Any, generator: Any) -> None:
        self._renew_nap(env)
        super().__init__(env, generator)
        self._send = generator.send
        self._call: Any = Event(env)
        self._call._ok = True

    def wake(self, value: object = None) -> None:
        """Let a process that is parked (`yield PARK`) go on at once, with `value`, within the caller's own step.

        Cheaper than an event and its way through the calendar. The caller must know that it is parked.
        """
        env: Any = self.env
        caller = env._active_proc
        self._call._value = value
        self._resume(self._call)
        env._active_proc = caller

    def _desc(self) -> str:
        return f"Process({self.name})"

    def _renew_nap(self, env: Any) -> None:
        """The one event that every nap of this process uses; an interrupted nap leaves its entry in the calendar, so
        the process then needs another."""
        nap = Event(env)
        nap._ok, nap._value = True, None
        self._nap: Event = nap
        self._wake = [self._resume]

    def _resume(self, event: Event) -> None:
        env: Any = self.env
        env._active_proc = self
        wish: Any
        while True:
            try:
                if event._ok:
                    wish = self._send(event._value)
                else:
                    if self._target is self._nap:
                        self._renew_nap(env)
                    event._defused = True
                    cause: Any = event._value
                    error = type(cause)(*cause.args)
                    error.__cause__ = cause
                    wish = self._generator.throw(error)
            except StopIteration as stop:
                wish, self._ok, self._value = None, True, stop.args[0] if stop.args else None
                env.schedule(self)
                break
            except BaseException as raised:
                wish, self._ok, self._value = None, False, raised
                if raised.__traceback__ is not None:
                    raised.__traceback__ = raised.__traceback__.tb_next
                env.schedule(self)
                break
            if type(wish) is float:
                if not 0.0 <= wish < INFINITY:
                    event = _refusal(env, wish)
                    continue
                nap: Any = self._nap
                nap.callbacks = self._wake
                heappush(env._queue, (env._now + wish, NORMAL, next(env._eid), nap))
                wish = nap
                break
            if wish is PARK:
                break
            try:
                if wish.callbacks is not None:
                    wish.callbacks.append(self._resume)
                    break
            except AttributeError:
                if hasattr(wish, "callbacks"):
                    raise
                where = _describe_frame(self._generator.gi_frame)
                raise RuntimeError(f'\n{where}Invalid yield value "{wish}"') from None
            event = wish
        self._target = wish
        env._active_proc = None


def _refusal(env: Any, seconds: float) -> Event:
    """An event that fails at once, so that the error appears at the process's own line."""
    event = Event(env)
    event._ok = False
    event._value = ValueError(f"a process cannot wait for {seconds!r} s")
    return event


class Clockwork(simpy.Environment):
    """SimPy's environment with `Walk` for its processes and light entries by `at`."""

    def __init__(self, initial_time: float = 0) -> None:
        super().__init__(initial_time)
        # Bound early, as SimPy itself does for its own class only.
        for name, kind in (("process", Walk), ("timeout", Timeout), ("event", Event), ("all_of", AllOf), ("any_of", AnyOf)):
            setattr(self, name, MethodType(kind, self))

    def play(self, until: float) -> None:
        """Run to world time `until`: what `run(until)` does, with SimPy's `step` written into the loop."""
        queue = self._queue
        while queue and queue[0][0] < until:
            self._now, _, _, event = heappop(queue)
            callbacks: Any = event.callbacks
            event.callbacks = None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value  # type: ignore[misc]
        self._now = until

    def at(self, t: float, callback: Callable[[Any], object], value: object = None, priority: int = NORMAL) -> None:
        """Call `callback(value)` at world time `t`. ValueError if that has passed or is no instant.

        Among entries of the same instant: by priority, then as entered. An entry cannot be taken back; who no longer
        wants it looks, when called, whether things still stand as they did.
        """
        if not self._now <= t < INFINITY:
            raise ValueError(f"cannot enter {t!r} s in the calendar at {self._now!r} s")
        entry: Any = _Entry(callback, value)
        heappush(self._queue, (t, priority, next(self._eid), entry))


class _Entry:
    """A calendar entry that calls one function; to SimPy it looks like an event that has succeeded."""

    __slots__ = ("_call", "_ok", "_value", "callbacks")

    def __init__(self, call: Callable[[Any], object], value: object) -> None:
        self._call = call
        self._value = value
        self._ok = True
        self.callbacks: Any = _RING



def _ring(entry: Any) -> None:
    entry._call(entry._value)


_RING = (_ring,)
"""Shared by all entries: SimPy only iterates over the callbacks of what it takes from the calendar."""
