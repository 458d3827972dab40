"""The rig that was named: its file, and everything in it that answers."""

from pathlib import Path

from gatebench.hil.rig.checking import check
from gatebench.hil.rig.reading import read_rig


def test_everything_that_the_rig_file_names_is_there(rig: Path) -> None:
    found = check(read_rig(rig), trials=20)
    assert {one.driver for one in found.found} == set(read_rig(rig).drivers)
