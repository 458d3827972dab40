"""Instruments of the rig in the live loop, by SCPI: the supply, the switch in the uplink, the tap in the readers' line.

As every line here they are sans-I/O: orders go out through the port, answers come as its news. What was ordered is never
taken for done: each has a question that reads it back.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from ...sim.clockwork import Entry
from ..drivers.scpi import safe_order
from ..errors import NoAnswer, Refused, WrongAnswer
from ..port.events import Failed, Heard
from ..port.line import SafeOrder
from ..realtime import BenchClockwork, News
from .readers import Outgoing

PATIENCE = 2.0
"""Seconds for an answer."""
LONGEST = 4096
"""Bytes of a line that never ends."""
Going = Generator[Any, Any, Any]


class InstrumentLine:
    """One instrument. Its `heard` is the port's listener."""

    port: Outgoing

    def __init__(self, clock: BenchClockwork, resource: str) -> None:
        self.clock, self.resource = clock, resource
        self._asked: list[tuple[str, Any, Entry]] = []
        self._rest = b""

    def ask(self, question: str) -> Going:
        """Its answer. Raises: NoAnswer."""
        answered = self.clock.event()
        limit = self.clock.deadline(self.clock.now + PATIENCE, self._overdue, answered)
        self._asked.append((question, answered, limit))
        self.port.send(question.encode() + b"\n")
        text: str | None = yield answered
        if text is None:
            raise NoAnswer(
                f"no answer within {PATIENCE:g} s", resource=self.resource, sent=question.encode(),
            )  # fmt: skip
        return text

    def order(self, text: str) -> Going:
        """Carry it out; the instrument's own errors are asked for. Raises: Refused, NoAnswer."""
        told = yield from self.ask(f"{text}\n:SYST:ERR?")
        if not told.lstrip("+").startswith("0,"):
            raise Refused(
                f"refuses {text}: {told}", resource=self.resource, sent=text.encode(), received=told.encode()
            )

    def number(self, question: str) -> Going:
        """Its answer as a number. Raises: WrongAnswer, NoAnswer."""
        told = yield from self.ask(question)
        try:
            return float(told)
        except ValueError:
            raise WrongAnswer(
                "no number", resource=self.resource, sent=question.encode(), received=told.encode()
            ) from None

    def safe_orders(self) -> tuple[SafeOrder, ...]:
        """What a port process gives and reads back however the run ends."""
        raise NotImplementedError

    def heard(self, news: News) -> None:
        """News of the port."""
        event = news.event
        if isinstance(event, Heard):
            *lines, self._rest = (self._rest + event.data).split(b"\n")
            self._rest = self._rest[-LONGEST:]
            for raw in lines:
                if self._asked:
                    _, answered, limit = self._asked.pop(0)
                    self.clock.withdraw(limit)
                    answered.succeed(raw.decode("ascii", "replace").strip())
        elif isinstance(event, Failed):
            raise event.exception()

    def _overdue(self, answered: Any) -> None:
        if not answered.triggered:
            self._asked = [one for one in self._asked if one[1] is not answered]
            answered.succeed(None)


class SupplyLine(InstrumentLine):
    """One channel of a supply (Rigol DP800, Siglent SPD3000): what feeds the device under test."""

    def __init__(
        self, clock: BenchClockwork, resource: str, channel: int, volts: float, amps: float, safe: bool
    ) -> None:
        """`safe`: is it left on?"""
        super().__init__(clock, resource)
        self.channel, self.volts, self.amps, self.safe = channel, volts, amps, safe
        self._rigol = True

    def begin(self) -> Going:
        """Set it up, and switch it on. Raises: WrongAnswer for an instrument whose words are not known."""
        told = yield from self.ask("*IDN?")
        model = told.split(",")[1].strip() if told.count(",") >= 2 else ""
        self._rigol = model.startswith("DP8")
        if not self._rigol and not model.startswith("SPD3"):
            raise WrongAnswer(
                "no power supply that is known here", resource=self.resource, sent=b"*IDN?", received=told.encode(),
                advice="walk without faults of power (leave `power` out of the slot), or use a Rigol DP800 or a Siglent SPD3000",
            )  # fmt: skip
        yield from self.set_volts(self.volts)
        yield from self.switch(True)
        until = self.clock.now + PATIENCE
        while (yield from self.rail()) < 0.9 * self.volts:
            if self.clock.now > until:
                raise NoAnswer(
                    f"the rail is not up {PATIENCE:g} s after it was switched on", resource=self.resource,
                    advice="look at the supply: over-current or over-voltage protection may have tripped",
                )  # fmt: skip
            yield 0.05
        yield 0.2  # a device needs a moment from the rail to its first word

    def set_volts(self, volts: float) -> Going:
        """Of the channel, V."""
        if self._rigol:
            yield from self.order(f":APPL CH{self.channel},{volts:g},{self.amps:g}")
        else:
            yield from self.order(f"CH{self.channel}:VOLT {volts:g}")

    def switch(self, on: bool) -> Going:
        """The output."""
        yield from self.order(f"{':' if self._rigol else ''}OUTP CH{self.channel},{'ON' if on else 'OFF'}")

    def rail(self) -> Going:
        """Measured now, V."""
        return (yield from self.number(f"{':' if self._rigol else ''}MEAS:VOLT? CH{self.channel}"))

    def safe_orders(self) -> tuple[SafeOrder, ...]:
        """On, at the voltage that the device is made for: only a device with power locks its door."""
        return (
            safe_order(f":APPL CH{self.channel},{self.volts:g},{self.amps:g}", f":OUTP CH{self.channel},ON", f":OUTP? CH{self.channel}", answer="(?i:on|1)"),
        )  # fmt: skip

    def last_orders(self) -> tuple[SafeOrder, ...]:
        """Once every lock was read back: as the rig file says."""
        if self.safe:
            return self.safe_orders()
        return (safe_order(f":OUTP CH{self.channel},OFF", f":OUTP? CH{self.channel}", answer="(?i:off|0)"),)


class SwitchLine(InstrumentLine):
    """The switch in the device's uplink."""

    def connect(self, on: bool, *, silent: bool = False) -> Going:
        """Connect, or cut: both sides see it, or (`silent`) nothing comes through any more."""
        if not on:
            yield from self.order(f"NETW:CUT {'SIL' if silent else 'RES'}")
        yield from self.order(f"NETW {'ON' if on else 'OFF'}")

    def delay(self, seconds: float) -> Going:
        """Each way, s."""
        yield from self.order(f"NETW:DEL {seconds:g}")

    def state(self) -> Going:
        """Connected? Delay in s. As the switch says."""
        told = yield from self.ask("NETW?;:NETW:DEL?")
        on, _, delay = told.partition(";")
        return on == "1", float(delay or "nan")

    def safe_orders(self) -> tuple[SafeOrder, ...]:
        return (safe_order("NETW ON", "NETW:DEL 0", "NETW?;:NETW:DEL?", answer="1;0"),)


class Counts(NamedTuple):
    """Bytes that came in at the tap's ends, and what became of them."""

    left: int
    right: int
    flipped: int
    dropped: int


class TapLine(InstrumentLine):
    """The tap in the readers' line."""

    def counts(self) -> Going:
        """Since it was switched on."""
        told = yield from self.ask("TAP:COUN?")
        return Counts(*(int(one) for one in told.split(",")))

    def state(self) -> Going:
        """Delay (s), share of flipped bytes, seconds of cut left, rate (0: as they come)."""
        told = yield from self.ask("TAP:DEL?;FLIP?;CUT?;BAUD?")
        return tuple(float(one) for one in told.split(";"))

    def restore(self) -> Going:
        yield from self.order("TAP:REST")

    def safe_orders(self) -> tuple[SafeOrder, ...]:
        return (safe_order("TAP:REST", "TAP:DEL?;FLIP?;CUT?", answer="0;0;0"),)
