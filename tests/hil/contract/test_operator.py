"""A person is asked at a terminal; without one nothing is tested, and it says so at once."""

import io
import os
import pty
import subprocess
import sys
import time

import pytest

from gatebench.hil import errors, roles
from gatebench.hil.drivers.prompt import Prompt


@pytest.fixture
def terminal():
    """An operator at a pty, and the person's end of it."""
    ours, theirs = pty.openpty()
    with open(theirs) as source, open(os.dup(theirs), "w") as sink:
        yield Prompt("guard", source, sink), ours
    os.close(ours)


def test_what_was_done_is_stamped(terminal):
    operator, person = terminal
    assert isinstance(operator, roles.Operator)
    os.write(person, b"\n")
    before = time.monotonic_ns()
    assert before <= operator.act("Open the door") <= time.monotonic_ns()
    shown = b""  # the terminal's echo may come first, by itself
    while b"Open the door" not in shown:
        shown += os.read(person, 4096)


def test_what_could_not_be_done_is_not_tested(terminal):
    operator, person = terminal
    os.write(person, b"it is jammed\n")
    with pytest.raises(errors.NotTested, match="it is jammed"):
        operator.act("Open the door")


def test_a_question_is_repeated_until_it_is_answered(terminal):
    operator, person = terminal
    os.write(person, b"perhaps\ny\nNO\n?\n")
    assert operator.ask("Is the lamp green?") is True
    assert operator.ask("Is the lamp red?") is False
    with pytest.raises(errors.NotTested, match="can't tell"):
        operator.ask("Is there a lamp?")


def test_without_a_terminal_nothing_is_tested():
    operator = Prompt("guard", io.StringIO("y\n"), io.StringIO())
    with pytest.raises(errors.NotTested, match="no terminal"):
        operator.ask("Is the lamp green?")
    operator.release()
    assert not operator.emulated


def test_without_a_terminal_it_does_not_wait():
    program = (
        "from gatebench.hil.drivers.prompt import Prompt\n"
        "from gatebench.hil.errors import NotTested\n"
        "try: Prompt().act('x')\n"
        "except NotTested as error: print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert "no terminal" in run.stdout, run.stderr
