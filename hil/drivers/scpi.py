"""What all SCPI instruments have: who they are, their error queue, their release."""

from __future__ import annotations

import re
from types import TracebackType
from typing import ClassVar, NamedTuple, Self

from .. import errors
from ..port.line import SafeOrder
from .visa import Link

EMULATOR = "Gatebench"
"""Manufacturer in the *IDN? of our emulated devices, and of nothing else."""
DEEPEST = 64
"""Errors that a queue may hold."""

ADVICE = {
    -113: "check the model and its firmware: the device does not know this command",
    -114: "name a channel that the device has",
    -222: "set a value within the device's range",
    -224: "set a value that the device knows",
}


class Identity(NamedTuple):
    """An answer to *IDN? (IEEE 488.2 10.14)."""

    manufacturer: str
    model: str
    serial: str
    firmware: str

    @property
    def emulated(self) -> bool:
        return self.manufacturer == EMULATOR

    @classmethod
    def loads(cls, text: str) -> Identity | None:
        """None if it is no such answer. Some instruments add fields; they belong to the firmware."""
        parts = [part.strip() for part in text.split(",", 3)]
        return cls(*parts) if len(parts) == 4 and parts[0] and parts[1] else None


def parse_error(text: str) -> tuple[int, str] | None:
    """Number and words of an answer to SYSTem:ERRor?; None if it is none. Siglent's has neither comma nor quotes."""
    match = re.fullmatch(r'\s*([+-]?\d+)\s*[,\s]\s*"?([^"]*)"?\s*', text)
    return (int(match[1]), match[2].strip()) if match else None


def safe_order(*messages: str, answer: str) -> SafeOrder:
    """Messages of which the last is a question, in one go; `answer`: a regular expression of the whole line that answers it
    when it is so. Relays and outputs take their time, so it is asked again and again, for 2 s."""
    sent = "".join(f"{message}\n" for message in messages)
    return SafeOrder(sent.encode("ascii"), rb"(?m)^(?:%s)[ \t]*[\r\n]" % answer.encode("ascii"), 0.1, 20)


class Instrument:
    """An instrument behind a link. A subclass has its words, and what is safe."""

    fits: ClassVar[str] = ".*"
    """A regular expression of the models that it speaks to."""

    def __init__(self, link: Link) -> None:
        """Identify it and empty its error queue. On an error the link stays the caller's.

        Raises: WrongAnswer if it is another model; what the link raises.
        """
        self.link = link
        self._released = False
        answer = link.query("*IDN?")
        identity = Identity.loads(answer)
        if identity is None:
            raise errors.WrongAnswer(
                "that is no identity", resource=link.resource, sent=b"*IDN?", received=answer.encode()
            )
        if not re.fullmatch(self.fits, identity.model):
            raise errors.WrongAnswer(
                f"{type(self).__name__} does not speak to a {identity.model}",
                resource=link.resource,
                sent=b"*IDN?",
                received=answer.encode(),
                advice="name another driver in the rig file, or another address",
            )
        self.identity = identity
        self._errors("")  # what was queued before we came is not ours

    @property
    def resource(self) -> str:
        return self.link.resource

    @property
    def emulated(self) -> bool:
        """As the device itself says."""
        return self.identity.emulated

    def order(self, message: str) -> None:
        """Send a command and ask whether it was accepted. Raises: Refused; what the link raises."""
        self.link.write(message)
        found = self._errors(message)
        if found:
            code, words = found[0]
            raise errors.Refused(
                f'it reports {code},"{words}"',
                resource=self.resource,
                sent=message.encode(),
                received="; ".join(f'{code},"{words}"' for code, words in found).encode(),
                advice=ADVICE.get(code, "see the device's manual for this error"),
            )

    def ask(self, query: str, pattern: str) -> re.Match[str]:
        """The answer to a query, as a match of the pattern. Raises: WrongAnswer; what the link raises."""
        answer = self.link.query(query)
        match = re.fullmatch(pattern, answer.strip())
        if match is None:
            raise errors.WrongAnswer(
                "that is no answer to this",
                resource=self.resource,
                sent=query.encode(),
                received=answer.encode(),
            )
        return match

    def ask_number(self, query: str) -> float:
        """The answer to a query, a number. Raises: WrongAnswer; what the link raises."""
        return float(self.ask(query, r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")[0])

    def release(self) -> None:
        """Safe state, read back, link closed; the second time it does nothing.

        Raises: NotReleased, whose cause says why the device did not confirm.
        """
        if self._released:
            return
        self._released = True
        try:
            for attempt in range(2):  # the first may still meet the end of a conversation that was cut
                try:
                    self.make_safe()
                    return
                except errors.DeviceError:
                    if attempt:
                        raise
        except errors.BenchError as error:
            raise errors.NotReleased(
                f"the safe state was not confirmed: {error}", resource=self.resource
            ) from error
        finally:
            self.link.close()

    def make_safe(self) -> None:
        """Bring it into its safe state and read back. Raises: BenchError."""
        raise NotImplementedError

    def safe_orders(self) -> tuple[SafeOrder, ...]:
        """The same as data, for a process that does it when this program was killed. A subclass passes them to its link
        once it is set up."""
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _errors(self, sent: str) -> list[tuple[int, str]]:
        """Empty the error queue."""
        found: list[tuple[int, str]] = []
        while len(found) < DEEPEST:
            answer = self.link.query("SYST:ERR?")
            parsed = parse_error(answer)
            if parsed is None:
                raise errors.WrongAnswer(
                    "that is no error message",
                    resource=self.resource,
                    sent=b"SYST:ERR?",
                    received=answer.encode(),
                )
            if parsed[0] == 0:
                return found
            found.append(parsed)
        raise errors.TooMuch(
            f"more than {DEEPEST} errors",
            resource=self.resource,
            sent=sent.encode(),
            received=str(found[-1]).encode(),
        )
