"""Faults of the access server: stopped, or with a list that is wrong or old. Ordered at its own line, seen at the controller.

A server of the rig's own is told how to work (`server`); one that does not know the order cannot be made to lie.
"""

from __future__ import annotations

from ..bench.connections import Connections
from ..errors import DeviceError, NotTested
from .injector import Going, Injector


class ServerDown(Injector):
    """It says that it stops, and lets no controller connect."""

    appears_as: str | None = "server-down"
    noticed = 4.0
    state = "down"

    def __init__(self, rig: Connections) -> None:
        assert rig.server is not None
        super().__init__(rig.clock, rig.server.resource)
        self.rig = rig

    def on(self, where: str | None) -> Going:
        try:
            yield from self.rig.done("server", state=self.state)
        except DeviceError as error:
            raise NotTested(
                f"this access server cannot be made {self.state}: {error}", resource=self.resource
            ) from error

    def off(self) -> Going:
        yield from self.rig.done("server", state="sound")

    def is_on(self) -> Going:
        told = yield from self.rig.done("server")
        connected = (yield from self.rig.done("uplink")).get("connected")
        if told.get("state") == self.state and not connected:
            return True
        return False if told.get("state") == "sound" and connected else None


class ServerWrong(ServerDown):
    """It tells whoever is listed as revoked."""

    appears_as = None
    state = "wrong"

    def is_on(self) -> Going:
        """By what the controller's list says of a credential of which the server does not tell the truth."""
        told = yield from self.rig.done("server")
        example = told.get("example")
        if example is not None:
            try:
                known = yield from self.rig.done("list", number=example["number"])
            except DeviceError:
                return None
            if known.get("status") != example["status"]:
                return None
        return True if told.get("state") == self.state else False if told.get("state") == "sound" else None


class ServerStale(ServerWrong):
    """It tells the list as it was provisioned, and nothing of what has changed since."""

    state = "stale"
