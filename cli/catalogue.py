"""`gatebench list`: what the library holds."""

from __future__ import annotations

import json

import click

from ..scenarios import load, names
from .output import echo_json


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def list_(as_json: bool) -> None:
    """List the scenarios of the library."""
    found = [load(name).scenario for name in names()]
    if as_json:
        document = [
            {"scenario": one.id, "title": one.title, "place": one.place, "policies": list(one.policies)}
            for one in found
        ]
        echo_json(json.dumps(document, ensure_ascii=False, indent=1))
        return
    width = max(len(one.id) for one in found)
    for one in found:
        click.echo(f"{one.id:{width}}  {one.title}")
