"""What goes to standard output for machines."""

from __future__ import annotations

import io
import sys

import click


def echo_json(text: str) -> None:
    """A JSON document, in UTF-8 whatever the locale: RFC 8259 allows nothing else between programs."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    click.echo(text.removesuffix("\n"))
