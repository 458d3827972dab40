"""An instrument whose commands stand in data: for what has no driver here, and speaks SCPI.

The words belong to a rig file. They can't say whether the device is emulated: that is what it answers to *IDN?.
"""

from __future__ import annotations

import re
from time import monotonic, sleep
from typing import Annotated

from pydantic import AfterValidator, model_validator

from ...scenarios.model import Model
from .. import errors
from ..port.line import SafeOrder
from .scpi import Instrument, safe_order
from .visa import Link

ROLES: dict[str, tuple[str, ...]] = {
    "PowerSwitch": ("power on", "power off", "power on?", "rail volts?"),
    "NetworkSwitch": ("network on", "network off", "network on?"),
    "DoorContact": ("contact open", "contact closed", "contact open?"),
    "ExitButton": ("press exit", "exit pressed?"),
    "FireInput": ("fire on", "fire off", "fire on?"),
}
"""The words that each role needs. `press exit` contains `{seconds}`."""
SWITCHED = 0.5
"""Seconds for the device to follow an order."""
KNOWN = {word for words in ROLES.values() for word in words}


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


def _message(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError(f"{text!r} is no line of ASCII")
    return text


def _confirmed(word: str) -> tuple[str, bool]:
    """The question that confirms an action, and the answer that does."""
    words = next(words for words in ROLES.values() if word in words)
    question = next(each for each in words if each.endswith("?"))
    return question, word == question.removesuffix("?")


Pattern = Annotated[str, AfterValidator(_pattern)]
Message = Annotated[str, AfterValidator(_message)]


class Question(Model):
    """What to send, and what the answer means."""

    send: Message
    yes: Pattern | None = None
    """A whole answer that means yes; for questions that have two answers."""
    no: Pattern | None = None
    """A whole answer that means no. What is neither is a wrong answer."""
    number: Pattern | None = None
    """An answer whose first group is the number; for questions that have a number."""

    @model_validator(mode="after")
    def _one_kind(self) -> Question:
        if (self.number is None) == (self.yes is None) or (self.yes is None) != (self.no is None):
            raise ValueError("a question has `yes` and `no`, or `number`")
        if self.number is not None and re.compile(self.number).groups < 1:
            raise ValueError(f"number: {self.number!r} has no group; write it as '([-+.0-9eE]+)'")
        return self


class Words(Model):
    """The commands of an instrument: what it does, what it can be asked, what is safe."""

    model: Pattern
    """The models that these words are for: the second field of their answer to *IDN?, whole."""
    actions: dict[str, tuple[Message, ...]]
    """Messages of each action, such as `power on: ["OUTP ON"]`."""
    questions: dict[str, Question]
    safe: tuple[str, ...]
    """Actions that bring it into its safe state, in this order, each followed by what confirms it: `power off`."""

    @model_validator(mode="after")
    def _whole_roles(self) -> Words:
        for word in (*self.actions, *self.questions):
            if word not in KNOWN:
                raise ValueError(f"unknown words {word!r}; known are: {', '.join(sorted(KNOWN))}")
        for word in self.actions:
            if word.endswith("?"):
                raise ValueError(f"{word!r} is a question and stands among the actions")
        for word, question in self.questions.items():
            if not word.endswith("?"):
                raise ValueError(f"{word!r} is an action and stands among the questions")
            if (word == "rail volts?") != (question.number is not None):
                raise ValueError(f"{word!r} asks for {'a number' if word == 'rail volts?' else 'yes or no'}")
        said = {*self.actions, *self.questions}
        for role, words in ROLES.items():
            missing = [word for word in words if word not in said]
            if missing and len(missing) < len(words):
                raise ValueError(f"{role} also needs {', '.join(map(repr, missing))}")
        if not said:
            raise ValueError(
                "no role: add the words of one, such as 'power on', 'power off', 'power on?', 'rail volts?'"
            )
        for message in self.actions.get("press exit", ("{seconds}",)):
            if re.findall(r"\{.*?\}", message) not in ([], ["{seconds}"]):
                raise ValueError(
                    f"press exit: {message!r} may contain {{seconds}} and nothing else in braces"
                )
        for word in self.safe:
            if word not in self.actions or word == "press exit":
                raise ValueError(f"safe: {word!r} is none of the actions that can be confirmed")
        drives = {role for role, words in ROLES.items() if words[0] in said and role != "ExitButton"}
        undone = [role for role in drives if not set(ROLES[role]) & set(self.safe)]
        if undone:
            raise ValueError(f"safe: says nothing of {', '.join(sorted(undone))}")
        return self

    @property
    def roles(self) -> frozenset[str]:
        """Roles that these words fill."""
        return frozenset(role for role, words in ROLES.items() if words[0] in self.actions)


class Generic(Instrument):
    """An instrument by its words: PowerSwitch, NetworkSwitch, DoorContact, ExitButton, FireInput, as far as they go.

    A method of a role for which there are no words raises NotTested.
    """

    def __init__(self, link: Link, words: Words) -> None:
        """Raises: WrongAnswer if it is another model than the words are for."""
        super().__init__(link)
        self.words = words
        if not re.fullmatch(words.model, self.identity.model):
            raise errors.WrongAnswer(
                f"the words are for {words.model!r}",
                resource=self.resource,
                sent=b"*IDN?",
                received=",".join(self.identity).encode(),
                advice="correct `model` in the rig file, or the address",
            )
        link.guard(self.safe_orders())

    def switch_power(self, on: bool) -> None:
        self._switch("power on" if on else "power off")

    def power_on(self) -> bool:
        return self._yes("power on?")

    def rail_volts(self) -> float:
        question = self._question("rail volts?")
        text = self.ask(question.send, str(question.number))[1]
        try:
            return float(text)
        except ValueError as error:
            raise errors.WrongAnswer(
                f"{text!r} is no number",
                resource=self.resource,
                sent=question.send.encode(),
                received=text.encode(),
            ) from error

    def switch_network(self, connected: bool) -> None:
        self._switch("network on" if connected else "network off")

    def network_connected(self) -> bool:
        return self._yes("network on?")

    def set_contact(self, open: bool) -> None:
        self._switch("contact open" if open else "contact closed")

    def contact_open(self) -> bool:
        return self._yes("contact open?")

    def press_exit(self, seconds: float) -> None:
        if not 0 < seconds <= 60:
            raise ValueError(f"{seconds!r} s at the exit button: press for up to 60 s")
        for message in self._action("press exit"):
            self.order(message.replace("{seconds}", f"{seconds:g}"))

    def exit_pressed(self) -> bool:
        return self._yes("exit pressed?")

    def set_fire(self, alarm: bool) -> None:
        self._switch("fire on" if alarm else "fire off")

    def fire(self) -> bool:
        return self._yes("fire on?")

    def make_safe(self) -> None:
        for word in self.words.safe:
            self._switch(word)

    def safe_orders(self) -> tuple[SafeOrder, ...]:
        orders = []
        for word in self.words.safe:
            name, wanted = _confirmed(word)
            question = self._question(name)
            answer = str(question.yes if wanted else question.no)
            orders.append(safe_order(*self._action(word), question.send, answer=answer))
        return tuple(orders)

    # Inside

    def _switch(self, word: str) -> None:
        """Do it, and wait until the device says that it is so."""
        for message in self._action(word):
            self.order(message)
        question, wanted = _confirmed(word)
        until = monotonic() + SWITCHED
        while self._yes(question) is not wanted:
            if monotonic() > until:
                raise errors.WrongAnswer(
                    f"{question} {'no' if wanted else 'yes'} after {word!r}",
                    resource=self.resource,
                    sent=self._action(word)[-1].encode(),
                    advice="check the words of the rig file, and the instrument",
                )
            sleep(0.001)

    def _action(self, word: str) -> tuple[str, ...]:
        if word not in self.words.actions:
            raise errors.NotTested(f"the rig has no words for {word!r}", resource=self.resource)
        return self.words.actions[word]

    def _question(self, word: str) -> Question:
        if word not in self.words.questions:
            raise errors.NotTested(f"the rig has no words for {word!r}", resource=self.resource)
        return self.words.questions[word]

    def _yes(self, word: str) -> bool:
        question = self._question(word)
        answer = self.ask(question.send, f"(?P<_yes>{question.yes})|(?P<_no>{question.no})")
        return answer["_yes"] is not None
