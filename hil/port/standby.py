"""A process that makes an instrument safe should its harness be killed, while the harness holds the line itself.

It opens nothing as long as the harness lives. Then it opens the line, gives the safe orders and reads back, as a port
process does.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence

from .frames import Frame, Kind
from .line import Charge, Line, SafeOrder, dump_orders


class Standby:
    """Watches over one line. The harness dismisses it when it has let go of the line in order; if it ends in any other
    way, however that is, the release is left to the process."""

    def __init__(self, line: Line, safe: Sequence[SafeOrder] = (), *, realtime: int = 50) -> None:
        """Start the process. It needs not be up to do its duty: what it is told waits for it."""
        self.line, self.safe, self._realtime = line, tuple(safe), realtime
        self._start()

    def _start(self) -> None:
        charge = Charge(self.line, self.safe, self._realtime, standby=True)
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(1.0)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "gatebench.hil.port.process", charge.dumps()],
                stdin=theirs.fileno(),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def arm(self, safe: Sequence[SafeOrder]) -> None:
        """Replace the safe orders. Where the process has died, another takes its place."""
        self.safe = tuple(safe)
        try:
            self._socket.sendall(Frame(Kind.ARM, body=dump_orders(self.safe)).pack())
        except OSError:
            self.dismiss()
            self._start()

    def dismiss(self) -> None:
        """The line was let go of in order; may be called again. The process holds nothing, so it is simply killed, and
        our end closed only when it can no longer take that for our death."""
        self._process.kill()
        self._process.wait()
        self._socket.close()
