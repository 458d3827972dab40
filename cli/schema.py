"""`gatebench schema`: JSON Schema for editors."""

from __future__ import annotations

import json

import click
from pydantic import BaseModel

from ..scenarios.policy.document import PolicyFile
from ..scenarios.scenario import Scenario
from .output import echo_json


@click.command("schema")
@click.argument("kind", type=click.Choice(["scenario", "policy", "rig"]), default="scenario")
def schema(kind: str) -> None:
    """Print the JSON Schema of scenario files (or of policy or rig files).

    Save it beside your files and name it in their first line for completion and checks while you type:

    # yaml-language-server: $schema=scenario.schema.json
    """
    if kind == "rig":
        from ..hil.rig.schema import Rig

        model: type[BaseModel] = Rig
    else:
        model = Scenario if kind == "scenario" else PolicyFile
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    echo_json(json.dumps(document, ensure_ascii=False, indent=1))
