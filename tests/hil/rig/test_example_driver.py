"""The documented driver of a third party: found by its entry point, bound by a rig file, released however it is left."""

import os
import pty
import shutil
import threading
import tty
from pathlib import Path

import pytest

from gatebench.hil.errors import NoAnswer
from gatebench.hil.rig import drivers
from gatebench.hil.rig.opening import opened
from gatebench.hil.rig.reading import read_rig_text
from gatebench.hil.roles import FireInput
from gatebench.scenarios.errors import InputError

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "driver.py"
RIG = """
schema: gatebench.rig/1
id: desk
resources:
  relay: {{serial: {device}}}
drivers:
  fire-relay: {{driver: lcus-relay, resource: relay}}
slots:
  - {{id: one, fire: fire-relay}}
"""


class Relay:
    """What such a relay does, on a pty."""

    def __init__(self):
        self.ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.theirs, self.device = theirs, os.ttyname(theirs)
        self.on, self.deaf, self.heard = False, False, b""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        rest = b""
        while True:
            try:
                rest += os.read(self.ours, 64)
            except OSError:
                return
            while rest:
                if rest[:1] == b"\xff":
                    rest = rest[1:]
                    if not self.deaf:
                        os.write(self.ours, b"CH1: ON\r\n" if self.on else b"CH1: OFF\r\n")
                elif len(rest) >= 4:
                    self.on, rest = rest[2] == 1, rest[4:]
                else:
                    break

    def close(self):
        os.close(self.theirs)  # which ends the reading
        os.close(self.ours)


@pytest.fixture
def relay():
    one = Relay()
    yield one
    one.close()


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The example as an installed package."""
    shutil.copy(EXAMPLE, tmp_path / "lcus_relay.py")
    about = tmp_path / "lcus_relay-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lcus-relay\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[gatebench.drivers]\nlcus-relay = lcus_relay:RELAY\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    drivers.kind.cache_clear()


def test_a_driver_from_elsewhere_drives_its_relay_and_leaves_it_off(installed, relay):
    rig = read_rig_text(RIG.format(device=relay.device))
    assert "lcus-relay" in drivers.names()
    with opened(rig, tell=lambda text: None) as bench:
        driver = bench["fire-relay"]
        assert isinstance(driver, FireInput)
        driver.set_fire(True)
        assert driver.fire() is True
        assert relay.on
    assert not relay.on


def test_it_is_held_against_the_roles_like_ours(installed, relay):
    with pytest.raises(InputError, match=r":9:\d+: error: .*fire-relay \(lcus-relay\) is no PowerSwitch"):
        read_rig_text(RIG.format(device=relay.device).replace("fire: fire", "power: fire"))


def test_silence_is_a_typed_error_and_it_is_released_all_the_same(installed, relay):
    rig = read_rig_text(RIG.format(device=relay.device))
    with pytest.raises(NoAnswer), opened(rig, tell=lambda text: None) as bench:
        bench["fire-relay"].set_fire(True)
        relay.deaf = True
        try:
            bench["fire-relay"].fire()
        finally:
            relay.deaf = False
    assert not relay.on


def test_without_it_the_name_is_unknown_and_the_others_are_named(relay):
    with pytest.raises(
        InputError, match=r"unknown driver 'lcus-relay'; there are: access-server, camera, io-box"
    ):
        read_rig_text(RIG.format(device=relay.device))


def test_the_example_stays_short():
    assert len(EXAMPLE.read_text().splitlines()) <= 60
