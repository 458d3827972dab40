"""Checks of a reader under test: we are the panel.

Each check begins anew (sequence 0), so that they do not depend on each other, and can be run in any order. A late time
while the host was stalled proves nothing: INDETERMINATE. Nothing here changes the reader's keys or its address.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterable

from ..errors import NoAnswer
from ..osdp import commands as c
from ..osdp import replies as r
from ..osdp.checks import GAP, READER, REPLY
from ..osdp.frame import Block
from ..osdp.secure import DEFAULT_KEY, Session
from .probe import Probe, Trial
from .result import Result, judged, not_tested, passed, unclear

ALL = tuple(check.id for check in READER)
TRIALS = 20
FRAGMENTS = 5
"""Commands that are sent in pieces; their pieces come so many seconds apart: well below 20 ms."""
PAUSE = 0.002
Restart = Callable[[], None]


class ReaderChecks:
    """All checks of one reader, by id."""

    def __init__(self, probe: Probe, *, key: bytes | None = None, restart: Restart | None = None) -> None:
        """`key`: of its secure channel, None: SCBK-D; `restart`: switches it off and on, and returns when it is up again.
        Without it, what needs that is NOT_TESTED."""
        self.probe, self.key, self.restart = probe, key, restart
        self._block = Block(0x11, b"\0" if key is None else b"\1")
        self._checks: dict[str, Callable[[str], Result]] = {
            "050-07-01": self._reply_time,
            "050-08-01": self._character_gaps,
            "050-09-02": self._sequence_zero,
            "050-09-17": self._wrong_crc,
            "060-03-01": lambda id: self._answered(id, c.Id(), r.PdId),
            "060-04-01": lambda id: self._answered(id, c.Cap(), r.PdCap),
            "060-17-01": self._challenge,
            "070-03-01": self._unknown_command,
            "gb-osdp-fragmented": self._fragmented,
            "gb-osdp-half-frame": self._half_frame,
            "gb-osdp-noise": self._noise,
            "gb-osdp-repeat": self._repeat,
            "gb-osdp-sequence": self._sequence,
            "gb-osdp-address": self._address,
            "gb-osdp-nonce": self._nonce,
            "gb-osdp-nonce-restart": self._nonce_restart,
            "gb-osdp-cryptogram": self._cryptogram,
            "gb-osdp-survives": self._survives,
        }

    def run(self, ids: Iterable[str] = ALL) -> list[Result]:
        """These, in order. Raises: NoAnswer if the reader does not answer at all; PortError; KeyError."""
        wanted = [(id, self._checks[id]) for id in ids]
        if not any(self._fresh(c.Id(), within=1.0).reply for _ in range(3)):
            raise NoAnswer(
                f"reader {self.probe.address} does not answer",
                resource=self.probe.line.name,
                advice="check address, baud rate and the swap of A and B",
            )
        return [check(id) for id, check in wanted]

    # What all need

    def _fresh(self, command: c.Command, **more: float) -> Trial:
        self.probe.fresh()
        return self.probe.ask(command, **more)  # type: ignore[arg-type]

    def _alive(self) -> Trial:
        """Does it answer now?"""
        return self._fresh(c.Poll())

    def _series(self) -> list[Trial]:
        self.probe.fresh()
        return [self.probe.ask(c.Id()), self.probe.ask(c.Cap())] + [
            self.probe.ask(c.Poll()) for _ in range(TRIALS - 2)
        ]

    def _timed(self, id: str, times: list[tuple[int, int, Trial]], limit: float, what: str) -> Result:
        """Each (longest, shortest) time that it may have taken, ns, against a limit in seconds."""
        bound = round(limit * 1e9)
        worst = max(times, key=lambda one: one[0])
        reason = f"{what} at most {worst[0] / 1e6:.1f} ms in {len(times)} replies, limit {limit * 1e3:g} ms"
        evidence = [str(worst[2])]
        if worst[0] <= bound:
            return passed(id, reason, evidence)
        late = [one for one in times if one[1] > bound]
        if any(not one[2].stalled for one in late):
            return judged(id, False, reason, [str(one[2]) for one in late])
        return unclear(id, f"{reason}: {'host stalled' if late else 'within the time on the line'}", evidence)

    # The checks

    def _reply_time(self, id: str) -> Result:
        trials = self._series()
        silent = [str(one) for one in trials if one.delay is None]
        if silent:
            return judged(id, False, f"{len(silent)} of {len(trials)} commands were not answered", silent)
        times = [(one.delay or 0, (one.delay or 0) - one.line_time, one) for one in trials]
        return self._timed(id, times, REPLY, "first character after")

    def _character_gaps(self, id: str) -> Result:
        trials = [one for one in self._series() if one.reply is not None]
        if not trials:
            return judged(id, False, "no whole reply")
        times = []
        for one in trials:
            stamps = [stamp for stamp, _ in one.heard]
            longest = max((b - a for a, b in itertools.pairwise(stamps)), default=0)
            times.append((longest, longest, one))
        return self._timed(id, times, GAP, "reads of a reply apart by")

    def _sequence_zero(self, id: str) -> Result:
        trials = [self._fresh(c.Poll()), self.probe.ask(c.Poll()), self._fresh(c.Id())]
        return judged(
            id, isinstance(trials[-1].message, r.PdId), f"answered by {_name(trials[-1])}", map(str, trials)
        )

    def _wrong_crc(self, id: str) -> Result:
        self._fresh(c.Poll())
        frame = self.probe.frame(c.Id(), sequence=1)
        wrong = self.probe.ask(self.probe.wrong_check(frame))
        after = self._alive()
        refused = wrong.reply is None or (
            isinstance(wrong.message, r.Nak) and wrong.message.reason == r.Reason.CHECK
        )
        reason = f"answered by {_name(wrong)}, then {_name(after)}"
        return judged(id, refused and after.reply is not None, reason, (str(wrong), str(after)))

    def _answered(self, id: str, command: c.Command, by: type[r.Reply]) -> Result:
        trial = self._fresh(command)
        return judged(id, isinstance(trial.message, by), f"answered by {_name(trial)}", [str(trial)])

    def _hand(self) -> tuple[Trial, bytes]:
        """A challenge, and the random number that it carried."""
        random = secrets.token_bytes(8)
        self.probe.fresh()
        return self.probe.ask(self.probe.frame(c.Chlng(random), block=self._block)), random

    def _challenge(self, id: str) -> Result:
        trial, random = self._hand()
        if isinstance(trial.message, r.Nak):
            return not_tested(id, f"it refuses the challenge: {trial.message.why}; name its key")
        if not isinstance(trial.message, r.Ccrypt):
            return judged(id, False, f"answered by {_name(trial)}", [str(trial)])
        session = Session(self.key or DEFAULT_KEY, random, trial.message.random)
        right = session.reader_cryptogram == trial.message.cryptogram
        reason = "its cryptogram is right" if right else "its cryptogram is wrong, or the key is another"
        return judged(id, right, reason, [str(trial)])

    def _unknown_command(self, id: str) -> Result:
        trial = self._fresh(c.RawCommand(0x5E))
        right = isinstance(trial.message, r.Nak) and trial.message.reason == r.Reason.UNKNOWN_COMMAND
        return judged(id, right, f"answered by {_name(trial)}", [str(trial)])

    def _fragmented(self, id: str) -> Result:
        trials = [self._fresh(c.Id(), pause=PAUSE) for _ in range(FRAGMENTS)]
        lost = [str(one) for one in trials if not isinstance(one.message, r.PdId)]
        reason = f"{len(lost)} of {len(trials)} were not answered, characters {PAUSE * 1e3:g} ms apart"
        return judged(id, not lost, reason, lost or [str(trials[0])])

    def _half_frame(self, id: str) -> Result:
        self.probe.fresh()
        half = self.probe.ask(self.probe.frame(c.Id()).pack()[:5])
        after = self._alive()
        right = half.reply is None and after.reply is not None
        return judged(id, right, f"then answered by {_name(after)}", (str(half), str(after)))

    def _noise(self, id: str) -> Result:
        self.probe.fresh()
        raw = bytes.fromhex("ff 00 12 99 ff ff") + self.probe.frame(c.Id()).pack()
        trial = self.probe.ask(raw)
        again = trial if trial.reply is not None else self._alive()
        if trial.reply is None and again.reply is not None:
            return judged(
                id, False, "the frame after the noise was lost, the next was answered", [str(trial)]
            )
        return judged(id, trial.reply is not None, f"answered by {_name(trial)}", [str(trial)])

    def _repeat(self, id: str) -> Result:
        self._fresh(c.Poll())
        frame = self.probe.frame(c.Cap(), sequence=1)
        first, second = self.probe.ask(frame), self.probe.ask(frame)
        same = first.reply is not None and first.reply == second.reply
        return judged(id, same, "the same" if same else "not the same", (str(first), str(second)))

    def _sequence(self, id: str) -> Result:
        self._fresh(c.Poll())
        trial = self.probe.ask(self.probe.frame(c.Id(), sequence=3))
        right = isinstance(trial.message, r.Nak) and trial.message.reason == r.Reason.SEQUENCE
        return judged(id, right, f"answered by {_name(trial)}", [str(trial)])

    def _address(self, id: str) -> Result:
        other = (self.probe.address + 1) % 0x7E
        trial = self.probe.ask(self.probe.frame(c.Id(), sequence=0, address=other))
        ours = trial.reply is not None and trial.reply.address == self.probe.address
        if trial.heard and not ours:
            return not_tested(id, f"there is another reader at address {other}")
        return judged(id, not trial.heard, f"answered by {_name(trial)}", [str(trial)])

    def _nonces(self, count: int) -> tuple[list[bytes], list[str]]:
        found, evidence = [], []
        for _ in range(count):
            trial, _ = self._hand()
            evidence.append(str(trial))
            if isinstance(trial.message, r.Ccrypt):
                found.append(trial.message.random)
        return found, evidence

    def _nonce(self, id: str) -> Result:
        found, evidence = self._nonces(4)
        if len(found) < 4:
            return not_tested(
                id, f"{4 - len(found)} of 4 challenges were not answered by CCRYPT; name its key"
            )
        return judged(id, len(set(found)) == 4, f"{len(set(found))} different in 4 handshakes", evidence)

    def _nonce_restart(self, id: str) -> Result:
        if self.restart is None:
            return not_tested(id, "the rig cannot switch it off and on")
        series, evidence = [], []
        for _ in range(2):
            self.restart()
            found, told = self._nonces(4)
            series.append(found)
            evidence += told
        if not series[0] or not series[1]:
            return not_tested(id, "it answers no challenge; name its key")
        again = set(series[0]) & set(series[1])
        reason = f"{len(again)} of {len(series[1])} came again after a restart"
        return judged(id, not again, reason, evidence)

    def _cryptogram(self, id: str) -> Result:
        hand, _ = self._hand()
        if not isinstance(hand.message, r.Ccrypt):
            return not_tested(id, f"the challenge is answered by {_name(hand)}; name its key")
        block = Block(0x13, self._block.data)
        trial = self.probe.ask(self.probe.frame(c.Scrypt(secrets.token_bytes(16)), block=block))
        # A reader may also answer RMAC_I whose security block says that it refuses (SCS_14, 0).
        taken = isinstance(trial.message, r.RMacI) and (
            trial.reply is None or trial.reply.block is None or trial.reply.block.data != b"\0"
        )
        self._alive()
        return judged(id, not taken, f"answered by {_name(trial)}", [str(trial)])

    def _survives(self, id: str) -> Result:
        address = self.probe.address
        self.probe.fresh()
        led = self.probe.frame(c.RawCommand(c.Led.code, b"\1\2\3")).pack()
        bad = (
            bytes([0x53, address, 0xFF, 0xFF, 0x04, 0x60]) + bytes(30),  # far too long
            bytes([0x53, address, 0x00, 0x00, 0x04, 0x60, 0, 0]),  # no length
            self.probe.frame(c.Poll(), sequence=0, block=Block(0x99, bytes(9))).pack(),  # unknown block
            led,  # data that does not fit
            self.probe.frame(c.RawCommand(c.Chlng.code, b""), sequence=0, block=self._block).pack(),
            bytes(range(256)) * 4,
        )
        evidence, silenced = [], 0
        for raw in bad:
            evidence.append(str(self.probe.ask(raw, within=0.25)))
            after = next((one for _ in range(3) if (one := self._alive()).reply is not None), None)
            if after is None:
                silenced += 1
                evidence.append("silence, three times")
        return judged(id, not silenced, f"silent after {silenced} of {len(bad)} malformed frames", evidence)


def _name(trial: Trial) -> str:
    message = trial.message
    if message is None:
        return "silence" if not trial.heard else "what is no reply"
    return f"NAK ({message.why})" if isinstance(message, r.Nak) else message.name
