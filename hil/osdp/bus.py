"""Several readers on one line, in turn: one question at a time."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import OsdpError
from .events import Event, Send
from .panel import Panel


class Bus:
    """Panels that share a line. Driven as one panel is: `tick`, `receive`, `wakeup`."""

    def __init__(self, panels: Sequence[Panel]) -> None:
        addresses = [panel.address for panel in panels]
        if not panels or len(set(addresses)) != len(addresses):
            raise OsdpError(f"a line needs readers with addresses of their own, not {addresses}")
        self.panels = list(panels)
        self._talking = self.panels[0]

    def wakeup(self) -> int:
        """When `tick` has something to do if nothing comes before."""
        return self._talking.wakeup() if self._talking.busy else min(panel.wakeup() for panel in self.panels)

    def tick(self, instant: int) -> list[tuple[Panel, Event]]:
        """Let time pass; each event with the panel that reports it."""
        events: list[tuple[Panel, Event]] = []
        if self._talking.busy:
            events = [(self._talking, event) for event in self._talking.tick(instant)]
            if self._talking.busy:
                return events
        start = self.panels.index(self._talking) + 1
        for panel in self.panels[start:] + self.panels[:start]:
            new = panel.tick(instant)
            events += [(panel, event) for event in new]
            if any(isinstance(event, Send) for event in new):
                self._talking = panel
                break
        return events

    def receive(self, data: bytes, instant: int) -> list[tuple[Panel, Event]]:
        """Take bytes from the line: they are for who asked last."""
        return [(self._talking, event) for event in self._talking.receive(data, instant)]
