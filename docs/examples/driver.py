"""A driver that comes from elsewhere: a USB relay (LCUS-1 and its like) as the contact of the fire alarm system.

In the pyproject.toml of its package:

    [project.entry-points."gatebench.drivers"]
    lcus-relay = "lcus_relay:RELAY"

In a rig file: `fire-relay: {driver: lcus-relay, resource: relay}`, and `fire: fire-relay` in a slot.
"""

import select
import time

from gatebench.hil.errors import NoAnswer, NotReleased
from gatebench.hil.port.events import Failed, Heard
from gatebench.hil.port.line import SafeOrder
from gatebench.hil.port.port import Port
from gatebench.hil.rig.drivers import Kind

ON, OFF, ASK = b"\xa0\x01\x01\xa2", b"\xa0\x01\x00\xa1", b"\xff"
SAFE = (SafeOrder(OFF + ASK, rb"CH1: ?OFF"),)  # also given when this program is killed
PATIENCE = 1.0  # seconds for an answer


class Relay:
    """FireInput. Released: no fire."""

    emulated = False

    def __init__(self, line):
        self.resource = line.name
        self._port = Port(line, SAFE)

    def set_fire(self, alarm):
        self._port.send(ON if alarm else OFF)
        if self.fire() is not alarm:
            raise NoAnswer(f"it did not switch {'on' if alarm else 'off'}", resource=self.resource)

    def fire(self):
        self._port.take()  # what was said before is no answer
        self._port.send(ASK)
        heard, until = b"", time.monotonic() + PATIENCE
        while (rest := until - time.monotonic()) > 0:
            select.select([self._port], (), (), rest)
            for event in self._port.take():
                if isinstance(event, Failed):
                    raise event.exception()
                heard += event.data if isinstance(event, Heard) else b""
            if heard.endswith(b"\n"):
                return b"ON" in heard
        raise NoAnswer(f"nothing within {PATIENCE:g} s", resource=self.resource, sent=ASK, received=heard)

    def release(self):
        if not self._port.release().sound:
            raise NotReleased("the relay may be on: a fire alarm is played", resource=self.resource)


RELAY = Kind(Relay, lambda access, options: Relay(access.line), takes=("serial",))
