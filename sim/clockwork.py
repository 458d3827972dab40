"""The calendar: SimPy's environment, with processes that may simply yield seconds.

Yielding a float instead of `env.timeout(seconds)` saves the event, its list of callbacks and its scheduling, which is
most of what a discrete-event model of a gate does. Everything else is SimPy's own, and its test suite passes on these
classes. What happens at one instant happens by priority, then in the order in which it was entered.

Private names of SimPy used here (why its version is capped): Event._ok, _value, _defused; Process._generator,
_target, _resume; Environment._queue, _now, _eid, _active_proc; simpy.events._describe_frame.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from numbers import Real
from types import MethodType
from typing import Any

import simpy
from simpy.events import NORMAL, AllOf, AnyOf, Event, Process, Timeout, _describe_frame

INFINITY = float("inf")


class _Park:
    """What a process yields to sleep until somebody calls its `wake`."""


PARK = _Park()


class Walk(Process):
    """A process that may also yield a float (so many seconds pass) or `PARK` (until somebody wakes it).

    Seconds that are negative, infinite or no number raise ValueError at the `yield`. The `target` of a process that
    naps or is parked is its own business: not to be waited for.
    """

    _target: Any

    def __init__(self, env: Any, generator: Any) -> None:
        self._renew(env)
        super().__init__(env, generator)
        self._send = generator.send

    def wake(self, value: object = None) -> None:
        """Let a process that is parked go on at once, with `value`, within the caller's own step.

        Cheaper than an event and its way through the calendar. RuntimeError if it is not parked.
        """
        parked = self._parked
        if self._target is not parked:
            raise RuntimeError(f"{self} is not parked")
        env: Any = self.env
        caller = env._active_proc
        self._target = None
        parked._value = value
        self._resume(parked)
        env._active_proc = caller

    def _desc(self) -> str:
        return f"Process({self.name})"  # as SimPy's own, whose tests read it

    def _renew(self, env: Any) -> None:
        """The events that all naps and all parking of this process use. An interrupt leaves them without a callback,
        and a nap besides in the calendar, so the process then needs others."""
        self._nap: Any = Event(env)
        self._nap._ok, self._nap._value = True, None
        self._wake = [self._resume]
        self._parked: Any = Event(env)
        self._parked._ok, self._parked.callbacks = True, [self._resume]

    def _resume(self, event: Event) -> None:
        env: Any = self.env
        env._active_proc = self
        wish: Any
        while True:
            try:
                if event._ok:
                    wish = self._send(event._value)
                else:
                    if self._target is self._nap or self._target is self._parked:
                        self._renew(env)
                    event._defused = True
                    wish = self._generator.throw(_copy(event._value))
            except StopIteration as stop:
                wish, self._ok, self._value = None, True, stop.value
                env.schedule(self)
                break
            except BaseException as raised:  # noqa: BLE001 - the process's failure is its value
                wish, self._ok, self._value = None, False, raised
                if raised.__traceback__ is not None:
                    raised.__traceback__ = raised.__traceback__.tb_next
                env.schedule(self)
                break
            if type(wish) is float:
                if not 0.0 <= wish < INFINITY:
                    event = _refusal(env, wish)
                    continue
                nap = self._nap
                nap.callbacks = self._wake
                heappush(env._queue, (env._now + wish, NORMAL, next(env._eid), nap))
                wish = nap
                break
            if wish is PARK:
                wish = self._parked
                break
            try:
                if wish.callbacks is not None:
                    wish.callbacks.append(self._resume)
                    break
            except AttributeError:
                if hasattr(wish, "callbacks"):
                    raise
                where = _describe_frame(self._generator.gi_frame)  # type: ignore[attr-defined]
                hint = "; seconds are a plain float" if isinstance(wish, Real) else ""
                raise RuntimeError(f'\n{where}Invalid yield value "{wish}"{hint}') from None
            event = wish
        self._target = wish
        env._active_proc = None


def _refusal(env: Any, seconds: float) -> Event:
    """An event that fails at once, so that the error appears at the process's own line."""
    event = Event(env)
    event._ok = False
    event._value = ValueError(f"a process cannot wait for {seconds!r} s")
    return event


def _copy(error: Any) -> BaseException:
    """An error for one receiver alone, so that tracebacks don't mix."""
    copy: BaseException = type(error)(*error.args)
    copy.__cause__ = error
    return copy


class Entry:
    """What `Clockwork.at` enters in the calendar. To SimPy it looks like an event that has succeeded.

    Without `__init__` and with all that is common in the class: half the price of an event with one callback.
    """

    call: Callable[[Any], object]
    value: object
    callbacks: Any
    _ok = True

    def cancel(self) -> None:
        """Let nothing happen when it is due; no error if it was already. It keeps its place in the calendar, but not
        what it was about."""
        self.call, self.value = _do_nothing, None


def _ring(entry: Entry) -> None:
    entry.call(entry.value)


def _do_nothing(value: object) -> None:
    pass


Entry.callbacks = (_ring,)


class Clockwork(simpy.Environment):
    """SimPy's environment with `Walk` for its processes, light entries by `at`, and the quick loop `play`."""

    _queue: list[Any]
    _eid: count[int]

    def __init__(self, initial_time: float = 0) -> None:
        super().__init__(initial_time)
        # Bound early, as SimPy does for its own class alone: `env.event()` takes 187 ns instead of 305.
        kinds = {"process": Walk, "timeout": Timeout, "event": Event, "all_of": AllOf, "any_of": AnyOf}
        for name, kind in kinds.items():
            setattr(self, name, MethodType(kind, self))

    def at(
        self, t: float, callback: Callable[[Any], object], value: object = None, priority: int = NORMAL
    ) -> Entry:
        """Call `callback(value)` at world time `t`, s. ValueError if that has passed or is no instant.

        Among entries of the same instant: by priority, then as entered. Who does not want it any more may `cancel` the
        entry, or look, when called, whether things still stand as they did.
        """
        if not self._now <= t < INFINITY:
            raise ValueError(f"cannot enter {t!r} s in the calendar at {self._now!r} s")
        entry = Entry()
        entry.call = callback
        entry.value = value
        heappush(self._queue, (t, priority, next(self._eid), entry))
        return entry

    def play(self, until: float = INFINITY) -> None:
        """`run` to world time `until`, or until the calendar is empty, with `step` written into the loop.

        `run` itself stays SimPy's. In a subclass that overrides `step`, this is `run`.
        """
        if type(self).step is not simpy.Environment.step:
            self.run(until if until < INFINITY else None)
            return
        if not until > self._now:
            raise ValueError(f"cannot play until {until!r} s: it is {self._now!r} s")
        queue = self._queue
        event: Any
        while queue and queue[0][0] < until:
            self._now, _, _, event = heappop(queue)
            if type(event) is Entry:
                event.call(event.value)
                continue
            callbacks, event.callbacks = event.callbacks, None
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise _copy(event._value)
        if until < INFINITY:
            self._now = until
