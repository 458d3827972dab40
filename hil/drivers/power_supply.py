"""Laboratory power supplies as the PowerSwitch of a rig: Rigol DP800 and Siglent SPD3000.

The delay from a command to the output is not documented for either: `rail_volts` measures, and a sense line of the I/O
box stamps the rail.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import ClassVar

from .. import errors
from ..port.line import SafeOrder
from .scpi import Identity, Instrument, safe_order
from .visa import Link


class PowerSupply(Instrument):
    """One channel of a supply. Released, it is switched to `safe`."""

    channels: ClassVar[int]

    def __init__(
        self, link: Link, channel: int = 1, *, volts: float, amps: float, safe: bool = False
    ) -> None:
        """Set voltage, V, and limit of the current, A; what is switched stays.

        `safe`: what release leaves, on or off. A fail-safe lock opens without power, so off.

        Raises: ValueError for a channel that no such supply has; Refused for a setting beyond its range.
        """
        if not 1 <= channel <= self.channels:
            raise ValueError(f"channel {channel}: a {type(self).__name__} has 1 to {self.channels}")
        super().__init__(link)
        self.channel, self.safe = channel, safe
        self._set(volts, amps)
        link.guard(self.safe_orders())

    def switch_power(self, on: bool) -> None:
        self.order(self._switching(on))
        if self.power_on() is not on:
            raise errors.WrongAnswer(
                f"the output is {'off' if on else 'on'} after it was switched",
                resource=self.resource,
                sent=self._switching(on).encode(),
                advice="look at the supply: over-voltage or over-current protection may have tripped",
            )

    @abstractmethod
    def power_on(self) -> bool:
        """As PowerSwitch."""

    @abstractmethod
    def rail_volts(self) -> float:
        """As PowerSwitch."""

    def make_safe(self) -> None:
        self.switch_power(self.safe)

    def safe_orders(self) -> tuple[SafeOrder, ...]:
        return (safe_order(self._switching(self.safe), self._question(), answer=self._answer(self.safe)),)

    @abstractmethod
    def _question(self) -> str:
        """Whether the output is on."""

    @abstractmethod
    def _answer(self, on: bool) -> str:
        """A regular expression of the answer to it."""

    @abstractmethod
    def _set(self, volts: float, amps: float) -> None: ...

    @abstractmethod
    def _switching(self, on: bool) -> str: ...


class RigolDp800(PowerSupply):
    """DP811 to DP832A. DP800 Programming Guide (2015), :APPLy, :OUTPut, :MEASure."""

    fits, channels = r"DP8\d\dA?", 3

    def _set(self, volts: float, amps: float) -> None:
        self.order(f":APPL CH{self.channel},{volts:g},{amps:g}")

    def _switching(self, on: bool) -> str:
        return f":OUTP CH{self.channel},{'ON' if on else 'OFF'}"

    def power_on(self) -> bool:
        return self.ask(self._question(), "(?i:on|off|1|0)")[0].upper() in ("ON", "1")

    def _question(self) -> str:
        return f":OUTP? CH{self.channel}"

    def _answer(self, on: bool) -> str:
        return "(?i:on|1)" if on else "(?i:off|0)"

    def rail_volts(self) -> float:
        return self.ask_number(f":MEAS:VOLT? CH{self.channel}")


class SiglentSpd(PowerSupply):
    """SPD3303C, SPD3303X, SPD3303X-E. SPD3000X manual: it has no query for an output but the bits of SYSTem:STATus?."""

    fits, channels = r"SPD3\d\d\dX?(-E|C)?", 2

    def _set(self, volts: float, amps: float) -> None:
        self.order(f"CH{self.channel}:VOLT {volts:g}")
        self.order(f"CH{self.channel}:CURR {amps:g}")

    def _switching(self, on: bool) -> str:
        return f"OUTP CH{self.channel},{'ON' if on else 'OFF'}"

    def power_on(self) -> bool:
        bits = int(self.ask(self._question(), "0[xX][0-9a-fA-F]+")[0], 16)
        return bool(bits >> (3 + self.channel) & 1)  # bit 4: channel 1, bit 5: channel 2

    def _question(self) -> str:
        return "SYST:STAT?"

    def _answer(self, on: bool) -> str:
        digits = "".join(f"{n:x}" for n in range(16) if bool(n >> (self.channel - 1) & 1) is on)
        short = "" if on else "|[0-9a-f]"  # one digit: neither is on
        return f"(?i:0x(?:[0-9a-f]*[{digits}][0-9a-f]{short}))"

    def rail_volts(self) -> float:
        return self.ask_number(f"MEAS:VOLT? CH{self.channel}")


def power_supply(
    link: Link, channel: int = 1, *, volts: float, amps: float, safe: bool = False
) -> PowerSupply:
    """The driver that fits what the device says it is.

    Raises: WrongAnswer if none does; as PowerSupply.
    """
    answer = link.query("*IDN?")
    identity = Identity.loads(answer)
    for kind in (RigolDp800, SiglentSpd):
        if identity and re.fullmatch(kind.fits, identity.model):
            return kind(link, channel, volts=volts, amps=amps, safe=safe)
    raise errors.WrongAnswer(
        "no power supply that is known here",
        resource=link.resource,
        sent=b"*IDN?",
        received=answer.encode(),
        advice="describe its commands for the generic driver (docs/devices.md)",
    )
