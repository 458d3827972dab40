"""The `gatebench` command: its subcommands, and what their errors become."""

from __future__ import annotations

import errno
import importlib
import io
import math
import os
import signal
import sys
import time
import traceback
from types import FrameType
from typing import Any

import click

from .. import __version__

COMMANDS = {
    "bench": ("bench", "Play a scenario's people at devices: run, faults, replay, rejudge, fit."),
    "check": ("check", "Check a scenario or policy: is it sound, and what does the law indicate?"),
    "compare": ("compare", "Compare the access policies of a scenario in simulation."),
    "decode": ("decode", "Show the frames of an OSDP capture, decrypted where the key is known."),
    "list": ("catalogue", "List the scenarios of the library."),
    "devices": ("devices", "Start emulated devices for playing by hand."),
    "purge": ("purge", "Delete recordings of people that a folder lists."),
    "rig": ("rig", "Check a rig file: who answers, and what the rig itself takes."),
    "run": ("compare", "The main job: compare a scenario's policies and write the report."),
    "story": ("story", "Tell a person's day as a story, from the event logs of a comparison."),
    "schema": ("schema", "Print the JSON Schema of scenario or policy files."),
}


SAME_INTERRUPTION = 1.0
"""Seconds within which further signals mean no other thing than the first."""


class _Lazy(click.Group):
    """Imports a subcommand when it is called: `gatebench --help` must not wait for numpy."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f".{COMMANDS[name][0]}", __package__)
        command: click.Command = getattr(module, "list_" if name == "list" else name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(COMMANDS))}"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gatebench")
def gatebench() -> None:
    """What happens to people at the doors of a residential compound, under each access policy.

    Exit codes: 0 all well; 1 an expectation failed; 2 wrong input or usage; 3 the engine failed, or results could not be
    written; 130 interrupted.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command as a program: exit with its code, whatever its streams are and whoever interrupts it."""
    _ready_streams()
    _ready_signals()
    # Nothing of ours is linear algebra in parallel. For each thread OpenBLAS reserves memory, and where it gets none it tries
    # for ever instead of failing. Workers inherit it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run(arguments))


def _ready_streams() -> None:
    """Nothing that we say may fail because the locale has no sign for it, or because a stream was closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  It stays open.
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _ready_signals() -> None:
    """SIGTERM interrupts like Ctrl-C. What follows within a second is the same interruption: who presses twice in haste,
    or stops the whole group and then us, loses nothing that is finished."""
    last = -math.inf

    def interrupt(signum: int, frame: FrameType | None) -> None:
        nonlocal last
        before, last = last, time.monotonic()
        if last - before >= SAME_INTERRUPTION:
            raise KeyboardInterrupt

    for one in (signal.SIGINT, signal.SIGTERM):
        # Where it is ignored (nohup, a shell's background job) it stays so.
        if signal.getsignal(one) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(one, interrupt)


def run(arguments: list[str] | None = None) -> int:
    """Run the command; its exit code."""
    try:
        code = gatebench.main(args=arguments, prog_name="gatebench", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        # Whoever read us has gone; the interpreter must not complain about it when it flushes at exit.
        _silence()
        return 0
    except Exception as error:  # noqa: BLE001  Exit codes promise what each kind of failure means.
        return _told(error)


def _silence() -> None:
    """What still waits to be written to standard output goes nowhere."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _lacks_memory(error: Exception) -> bool:
    """Some who find none say so in their own ways: the loader of shared libraries, and threads."""
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, ImportError) and "failed to map segment" in str(error))
        or (isinstance(error, RuntimeError) and "can't start new thread" in str(error))
    )


def _told(error: Exception) -> int:
    from ..scenarios.errors import GatebenchError, InputError

    if _lacks_memory(error):
        click.echo(f"error: there is not enough memory{f': {error}' if str(error) else ''}", err=True)
        return 3
    if isinstance(error, OSError) and error.errno is not None:
        if error.filename is None:
            # A file of ours would have its name: it is standard output, which must not complain once more at exit.
            _silence()
        click.echo(f"error: {error.filename or 'standard output'}: {error.strerror}", err=True)
        return 3
    if not isinstance(error, GatebenchError):
        # Not 1, which says that an expectation failed.
        traceback.print_exc()
        click.echo("error: this is a mistake in Gatebench; please report it with the lines above", err=True)
        return 3
    wrong_input = isinstance(error, InputError)
    click.echo(str(error) if wrong_input else f"error: {error}", err=True)
    return 2 if wrong_input else 3
