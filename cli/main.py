"""The `gatebench` command: its subcommands, and what their errors become."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from .. import __version__

COMMANDS = {
    "compare": ("compare", "Compare the access policies of a scenario in simulation."),
    "decode": ("decode", "Show the frames of an OSDP capture, decrypted where the key is known."),
    "list": ("catalogue", "List the scenarios of the library."),
    "run": ("compare", "The main job: compare a scenario's policies and write the report."),
    "story": ("story", "Tell a person's day as a story, from the event logs of a comparison."),
    "schema": ("schema", "Print the JSON Schema of scenario or policy files."),
}


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

    Exit codes: 0 all well; 1 an expectation failed; 2 wrong input or usage; 3 the engine failed; 130 interrupted.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit with its code."""
    sys.exit(run(arguments))


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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, RuntimeError) as error:
        # All errors of ours are one or the other; importing them here would slow down `--help`.
        return _told(error)


def _told(error: Exception) -> int:
    from ..scenarios.errors import GatebenchError, InputError

    if not isinstance(error, GatebenchError):
        raise error
    wrong_input = isinstance(error, InputError)
    click.echo(str(error) if wrong_input else f"error: {error}", err=True)
    return 2 if wrong_input else 3
