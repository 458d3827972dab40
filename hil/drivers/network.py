"""The network switch in the device's uplink: connect, cut, delay. Its commands: `fixtures/devices/network_switch.py`."""

from __future__ import annotations

from .scpi import Instrument


class Network(Instrument):
    """NetworkSwitch. Released: connected, without delay."""

    fits = "NETSWITCH"

    def switch_network(self, connected: bool) -> None:
        self.order(f"NETW {'ON' if connected else 'OFF'}")

    def network_connected(self) -> bool:
        return self.ask("NETW?", "[01]")[0] == "1"

    def cut_silently(self, silent: bool) -> None:
        """Shall a cut be silent (nothing comes through), or end the connections? The latter unless this is called."""
        self.order(f"NETW:CUT {'SIL' if silent else 'RES'}")

    def delay_network(self, seconds: float) -> None:
        """Pass everything on later by so much, each way; 0 to 60. ValueError beyond."""
        if not 0 <= seconds <= 60:
            raise ValueError(f"{seconds!r} s of delay: the switch delays by 0 to 60 s")
        self.order(f"NETW:DEL {seconds:g}")

    def connections(self) -> int:
        """How many pass through it now."""
        return int(self.ask("NETW:CONN?", r"\d+")[0])

    def make_safe(self) -> None:
        self.order("NETW ON")
        self.order("NETW:DEL 0")
        self.ask("NETW?;:NETW:DEL?", "1;0")
