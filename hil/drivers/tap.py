"""The tap in a serial line: it delays, corrupts, cuts, paces. Its commands: `fixtures/devices/line_tap.py`."""

from __future__ import annotations

from typing import NamedTuple

from .scpi import Instrument


class Count(NamedTuple):
    """Bytes since the tap was switched on."""

    left: int
    """Came in at its left end."""
    right: int
    flipped: int
    dropped: int


class Tap(Instrument):
    """LineTap. Released: passes everything on as it comes."""

    fits = "LINETAP"

    def delay(self, seconds: float) -> None:
        if not 0 <= seconds <= 10:
            raise ValueError(f"{seconds!r} s of delay: the tap delays by 0 to 10 s")
        self.order(f"TAP:DEL {seconds:g}")

    def corrupt(self, share: float) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"{share!r} of all bytes: the tap corrupts a share from 0 to 1")
        self.order(f"TAP:FLIP {share:g}")

    def cut(self, seconds: float) -> None:
        if not 0 <= seconds <= 3600:
            raise ValueError(f"{seconds!r} s of cut: the tap cuts for 0 to 3600 s")
        self.order(f"TAP:CUT {seconds:g}")

    def restore(self) -> None:
        self.order("TAP:REST")

    def pace(self, baudrate: int) -> None:
        """Pass bytes of 10 bits on at most so fast; 0: as they come."""
        self.order(f"TAP:BAUD {baudrate:d}")

    def seed(self, number: int) -> None:
        """Which bits are flipped from here on is drawn from this number."""
        self.order(f"TAP:SEED {number:d}")

    def count(self) -> Count:
        return Count(*map(int, self.ask("TAP:COUN?", r"\d+,\d+,\d+,\d+")[0].split(",")))

    def make_safe(self) -> None:
        self.restore()
        self.ask("TAP:DEL?;FLIP?;CUT?", "0;0;0")
