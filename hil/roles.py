"""What a rig can do to a door and see of it, as small protocols. A driver implements one or more; a rig binds them.

Instants are ns of the clock that is named; other times are seconds, voltages V. Every method may raise a BenchError
(`errors.py`): PortError for the line, DeviceError for what is behind it. None waits longer than its driver's patience,
apart from `Operator`. What a method has set is in force when it returns, as far as the device itself can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable


class Edge(NamedTuple):
    """A line changed its level."""

    line: str
    """Its name on the instrument."""
    level: int
    """1 or 0, from this instant on."""
    stamp: int
    """ns of `clock`."""
    clock: str
    """Whose clock: the resource that stamped it, or `host` for the monotonic clock."""
    uncertainty: int
    """ns, standard uncertainty of the stamp on that clock (type B)."""


@runtime_checkable
class Driver(Protocol):
    """What every driver has."""

    @property
    def resource(self) -> str:
        """Name of the resource that it owns; errors name it."""

    @property
    def emulated(self) -> bool:
        """Is there an emulated device behind it? The driver knows by its class or by what the device says of itself;
        no file can set it."""

    def release(self) -> None:
        """Bring what it drives into its safe state, read back, and let go of the resource. May be called again.

        Raises: NotReleased if the device did not confirm.
        """


@runtime_checkable
class CredentialPresenter(Driver, Protocol):
    """Plays a credential at a reader."""

    def present(self, credential: bytes, bits: int) -> int:
        """Show a credential: its number, most significant bit first, padded with zeros at the end; `bits` that count.

        The instant of the presentation, ns of the host's monotonic clock.
        """


@runtime_checkable
class LockSensor(Driver, Protocol):
    """Senses the voltage on the lock's wires. Whether that means locked depends on the lock: fail-safe locks hold with
    it, fail-secure ones without."""

    def lock_energised(self) -> bool:
        """Is there voltage now?"""

    def lock_edges(self) -> Sequence[Edge]:
        """What changed since this was last asked, in order.

        Raises: TooMuch if the instrument had no room for all of them: what it gives would be incomplete.
        """


@runtime_checkable
class DoorContact(Driver, Protocol):
    """Plays the door contact: what the controller believes of the leaf."""

    def set_contact(self, open: bool) -> None:
        """The leaf is open, or closed."""

    def contact_open(self) -> bool:
        """What is played now."""


@runtime_checkable
class ExitButton(Driver, Protocol):
    """Plays the button that requests to exit."""

    def press_exit(self, seconds: float) -> None:
        """Press it for so long; returns at once. ValueError for a time that the instrument can't do."""

    def exit_pressed(self) -> bool:
        """Is it pressed now?"""


@runtime_checkable
class FireInput(Driver, Protocol):
    """Plays the contact of the fire alarm system."""

    def set_fire(self, alarm: bool) -> None:
        """Fire, or none."""

    def fire(self) -> bool:
        """What is played now."""


@runtime_checkable
class PassageSensor(Driver, Protocol):
    """Plays the light barrier of a lane."""

    def pass_body(self, direction: str) -> None:
        """A body passes, `in` or `out`; returns at once. ValueError for another direction."""


@runtime_checkable
class PowerSwitch(Driver, Protocol):
    """Switches the supply of the device under test."""

    def switch_power(self, on: bool) -> None:
        """On or off. The instrument has accepted it; the rail follows later, see `rail_volts`."""

    def power_on(self) -> bool:
        """What is switched."""

    def rail_volts(self) -> float:
        """Measured now."""


@runtime_checkable
class NetworkSwitch(Driver, Protocol):
    """Cuts the device's uplink."""

    def switch_network(self, connected: bool) -> None:
        """Connect or cut."""

    def network_connected(self) -> bool:
        """What is switched."""


@runtime_checkable
class LineTap(Driver, Protocol):
    """Disturbs a line that runs through the rig."""

    def delay(self, seconds: float) -> None:
        """Pass everything on later by so much; 0 for no delay."""

    def corrupt(self, share: float) -> None:
        """Flip a bit in this share of all bytes, 0 to 1."""

    def cut(self, seconds: float) -> None:
        """Pass nothing on for so long, and drop it; returns at once."""

    def restore(self) -> None:
        """Undo all of it."""


@runtime_checkable
class DeviceClock(Driver, Protocol):
    """Sets the clock of the device under test. Times are Unix times, ns."""

    def set_clock(self, unix: int) -> int:
        """Set it; what the device said when it was read back. Raises: NoAnswer, Refused."""

    def read_clock(self) -> int:
        """What it says now."""


@runtime_checkable
class Provisioned(Driver, Protocol):
    """Loads the device under test with cardholders, levels, schedules and behaviour."""

    def provision(self, provisioning: Mapping[str, Any]) -> None:
        """Replace all of it; the form is that of `scenarios/provisioning.py`. Raises: Refused."""


@runtime_checkable
class AccessList(Driver, Protocol):
    """Changes what the device knows of one credential."""

    def set_status(self, number: str, status: str) -> None:
        """`number`: of the credential, as provisioned (`2:1173`); `status`: `listed`, `revoked` and so on.
        Raises: Refused."""


@runtime_checkable
class RemoteRelease(Driver, Protocol):
    """Opens and shuts from afar, as an operator does at the access server."""

    def release_door(self, door: str, lane: int, direction: str) -> None:
        """Unlock a lane once, as a grant does. Raises: Refused."""

    def override(self, door: str, mode: str | None) -> None:
        """`open`, `locked`, or None: as the rules say. Raises: Refused."""

    def reset_fire(self) -> None:
        """End the latched fire alarm. Raises: Refused, such as while the input still says fire."""

    def lift(self, subject: str) -> None:
        """Lift the suspension of a person or a reader. Raises: Refused."""


@runtime_checkable
class EventJournal(Driver, Protocol):
    """Reads what the device reported of itself."""

    def events(self, after: int = 0) -> Sequence[Mapping[str, Any]]:
        """Events with numbers above `after`, in order."""


@runtime_checkable
class PanelSide(Driver, Protocol):
    """Plays the panel towards a reader under test."""

    def identify(self) -> tuple[Any, Any]:
        """Who the reader is and what it can do: its answers to ID and CAP. Raises: NoAnswer, Refused."""

    def cards(self) -> Sequence[Any]:
        """What was shown to it since this was last asked, in order."""


@runtime_checkable
class Observer(Driver, Protocol):
    """Sees what no wire tells: a lamp, the leaf, a screen."""

    def observed(self) -> Sequence[Edge]:
        """What changed since this was last asked, in order; a line's name says what it is (`green`, `leaf`)."""


@runtime_checkable
class Operator(Driver, Protocol):
    """A person at the door, for what no wire reaches."""

    def act(self, instruction: str) -> int:
        """Ask for something to be done; the instant at which it was confirmed, ns of the host's monotonic clock.

        Raises: NotTested where nobody can be asked, or who was asked can't do it.
        """

    def ask(self, question: str) -> bool:
        """Yes or no. Raises: NotTested where nobody can be asked, or who was asked can't tell."""
