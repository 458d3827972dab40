"""The rig that was named, before anything is switched on."""

from pathlib import Path

from ruamel.yaml import YAML


def test_the_rig_file_binds_roles(rig: Path) -> None:
    document = YAML(typ="safe", pure=True).load(rig)
    assert isinstance(document, dict), f"{rig} should be keys with values"
    assert document, f"{rig} is empty"
