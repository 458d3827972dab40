"""The rig's readers on one OSDP line: they answer the panel under test, and hear what it decides.

Everything happens in the calendar: bytes come as news of the port, replies go out at once. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from ..errors import DeviceError
from ..measure.stalls import Stalls
from ..osdp import commands as c
from ..osdp.events import Commanded, Offline, Online, Send
from ..osdp.reader import Reader, Settings
from ..osdp.replies import Keypad, LocalStatusReport, PdId, Raw, Reply
from ..port.events import Expired, Failed, Heard, Sent, Stalled
from ..realtime import BenchClockwork, News

COLOURS = {1: "deny", 2: "grant", 3: "need_more"}
"""What the colour of a temporary light says of a decision."""
QUIET = 400_000_000
"""ns without a question after which the panel counts as not asking: it asks each reader every 50 ms or so."""
FRAGMENT = 8_000_000
"""ns between two pieces of a frame: less than the 20 ms that end one."""
SOON = 1_000_000_000
"""ns. Timers further away (off-line) are looked at when something comes; an entry in the calendar would keep idle time
from being cut."""


class Outgoing(Protocol):
    """A port, live or replayed."""

    def send(self, data: bytes, *, at: int = 0, before: int = 0) -> int: ...


class Answer(NamedTuple):
    """What the panel decided, as one reader was told."""

    address: int
    outcome: str
    began: int
    instant: int
    """ns: the command's first and last byte were here."""
    news: News


class Silence(DeviceError, TimeoutError):
    """The panel polls no reader of the rig, or not all."""

    advice = "check addresses, baud rate and the secure channel's key"


class ReaderLine:
    """Readers that share a line. Its `heard` is the port's listener."""

    port: Outgoing

    def __init__(
        self,
        clock: BenchClockwork,
        resource: str,
        addresses: Iterable[int],
        on_answer: Callable[[Answer], object],
        *,
        stalls: Stalls,
        key: bytes | None = None,
        random: Callable[[int], bytes],
    ) -> None:
        """`key`: of the secure channel; None: SCBK-D if the panel wants it, else in the clear. `random`: so many random
        bytes, the same in a replay."""
        self.clock, self.resource, self._on_answer = clock, resource, on_answer
        self._key, self._random = key, random
        self._serials: dict[int, int] = {}
        self._readers = {address: self._made(address, 0) for address in addresses}
        self._shown: dict[int, tuple[Reply, Callable[[News], object]]] = {}
        """By address: what waits for a POLL, and whom to tell that it went out."""
        self._twists: dict[int, str] = {}
        """By address: how the next frame with a credential comes (see `show`)."""
        self.repeats = 0
        """Times that a credential was asked for again."""
        self.nonces: list[tuple[int, bytes]] = []
        """With what each handshake of the secure channel began, by address."""
        self._old: dict[int, bytes] = {}
        """By address: a frame that goes out once more instead of the next one."""
        self._orders: dict[int, Callable[[News], object]] = {}
        self._armed = float("inf")
        self._unplugged: set[int] = set()
        self._asked_at = 0
        """ns: when any of them was asked last."""
        self.stalls = stalls

    def _made(self, address: int, serial: int) -> Reader:
        key = None if serial else self._key  # another reader in its place does not know the key
        settings = Settings(
            address=address,
            key=key,
            default_key=False if serial and self._key else None,
            identity=PdId(serial=serial),
        )

        def watch(command: c.Command) -> None:
            if isinstance(command, c.Chlng):
                self.nonces.append((address, command.random))

        return Reader(settings, answer=watch, random=self._random)

    @property
    def online(self) -> bool:
        """Does the panel poll all of them?"""
        return all(reader.online for reader in self._readers.values())

    @property
    def secured(self) -> bool:
        """Have its readers a key of the secure channel?"""
        return self._key is not None

    def polled(self, stamp: int) -> bool:
        """Has the panel asked any of them within the last moments? `stamp`: now, ns."""
        return stamp - self._asked_at < QUIET

    def unplug(self, address: int | None, unplugged: bool) -> None:
        """A reader (None: all of them) does not answer any more, or again, as after power-on."""
        for one in self._readers if address is None else (address,):
            if unplugged:
                self._unplugged.add(one)
            else:
                self._unplugged.discard(one)
                self._readers[one] = self._made(one, self._serials.get(one, 0))

    def tamper(self, address: int, tampered: bool) -> None:
        """Somebody opens the reader's housing, or has shut it. QueueFull if nobody polls."""
        reader = self._readers[address]
        reader.local = LocalStatusReport(int(tampered), 0)
        reader.report(reader.local)

    def replace(self, address: int, serial: int) -> None:
        """Another reader of the same make is in its place: it has this serial number."""
        self._serials[address] = serial

    def serial(self, address: int) -> int:
        """As the reader in its place says of itself."""
        return self._readers[address].settings.identity.serial

    def owes(self, address: int) -> bool:
        """Has it something to report that no POLL has fetched?"""
        return self._readers[address].waiting > 0

    def was_fetched(self, address: int) -> bool:
        """Has the panel what this reader reported last, for certain?"""
        return self._readers[address].fetched

    def is_known(self, address: int) -> bool:
        """Is this reader polled by the panel?"""
        return address not in self._unplugged and self._readers[address].online

    def silent(self) -> Silence:
        """The error that says who is not polled."""
        missing = [str(address) for address, reader in self._readers.items() if not reader.online]
        return Silence(f"nobody polls the reader at address {', '.join(missing)}", resource=self.resource)

    def show(self, address: int, reply: Reply, on_sent: Callable[[News], object], frame: str = "") -> None:
        """Report a credential with the next POLL; `on_sent` hears when it was on the wire. QueueFull if nobody polls.

        `frame`: how its frame comes: `bad-crc` (spoilt at first, and sound when it is asked for again), `fragments` (in two
        pieces), `repeated` (once more, as it was, instead of the reader's next answer); empty: as it should.
        """
        self._readers[address].report(reply)
        self._shown[address] = reply, on_sent
        self._twists[address] = frame

    def withdraw(self, address: int) -> None:
        """Whoever stood there has gone: nobody is told any more, and what was not asked for is not reported."""
        waiting = self._shown.pop(address, None)
        if waiting is not None:
            self._readers[address].forget(waiting[0])

    def heard(self, news: News) -> None:
        """News of the port."""
        event = news.event
        self.stalls.note(event)
        if isinstance(event, Heard):
            for address, reader in self._readers.items():
                if address not in self._unplugged:
                    self._act(address, reader.receive(event.data, event.stamp), news)
            self._arm(event.stamp)
        elif isinstance(event, (Sent, Expired)):
            told = self._orders.pop(event.order, None)
            if told is not None and isinstance(event, Sent):
                told(news)
        elif isinstance(event, Failed):
            raise event.exception()

    def _act(self, address: int, events: Iterable[Any], news: News) -> None:
        for event in events:
            if isinstance(event, Send):
                self._asked_at = event.instant
                self.repeats += event.repeated and isinstance(event.message, (Raw, Keypad))
                self._say(address, event)
            elif isinstance(event, Commanded) and isinstance(event.command, c.Led):
                for light in event.command.lights:
                    outcome = COLOURS.get(light.temporary_on_colour) if light.temporary == 2 else None
                    if outcome is not None:
                        self._on_answer(Answer(address, outcome, event.began, event.instant, news))
            elif isinstance(event, (Online, Offline)):
                pass  # `online` tells

    def _say(self, address: int, event: Send) -> None:
        waiting = self._shown.get(address)
        if waiting is None or event.message is not waiting[0]:
            old = None if event.repeated else self._old.pop(address, None)
            self.port.send(event.data if old is None else old)
            return
        twist = self._twists.pop(address, "")
        if twist == "bad-crc":  # what is asked for again, and sound then, is what counts
            spoilt = max(len(event.data) - 5, 1)  # within the number
            self.port.send(
                event.data[:spoilt] + bytes([event.data[spoilt] ^ 0x04]) + event.data[spoilt + 1 :]
            )
            return
        if twist == "fragments":
            half = len(event.data) // 2
            self.port.send(event.data[:half])
            order = self.port.send(event.data[half:], at=event.instant + FRAGMENT)
        else:
            order = self.port.send(event.data)
        if twist == "repeated":
            self._old[address] = event.data
        self._orders[order] = waiting[1]
        del self._shown[address]

    def _arm(self, stamp: int) -> None:
        """Come back for what is timed within a second: half a frame that goes no further."""
        due = min(
            (w for reader in self._readers.values() if (w := reader.wakeup()) is not None), default=None
        )
        if due is None or due - stamp > SOON:
            return
        at = self.clock.clock.at(due)
        if at < self._armed:
            self._armed = at
            self.clock.deadline(at, self._tick, at)

    def _tick(self, at: float) -> None:
        if at != self._armed:
            return
        self._armed = float("inf")
        instant = self.clock.clock.stamp(self.clock.now)
        for address, reader in self._readers.items():
            self._act(address, reader.tick(instant), News(Stalled(self.resource, instant, instant), at, -1))
        self._arm(instant)
