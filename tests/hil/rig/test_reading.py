"""Rig files: what is taken, and what is said of each mistake, with its place."""

import json
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest

from gatebench.cli.main import run
from gatebench.hil.errors import PortMissing, PortUnfit
from gatebench.hil.rig import drivers
from gatebench.hil.rig.reading import read_rig, read_rig_text
from gatebench.hil.rig.twins import TWINS, arguments, in_order
from gatebench.scenarios.errors import InputError

ROOT = Path(__file__).parents[3]
DESK = """\
schema: gatebench.rig/1
id: desk
resources:
  readers: {serial: usb:A50285BI, baudrate: 19200, parity: E}
  box: {visa: ASRL/dev/ttyACM0::INSTR}
  supply: {visa: "TCPIP::192.0.2.7::5025::SOCKET", calibration: {certificate: K-12, due: 2027-03-01}}
  server: {tcp: "192.0.2.8:4000"}
  scope: {visa: "TCPIP::192.0.2.9::INSTR"}
  eye: {camera: "rtsp://192.0.2.10/1"}
  twin: {twin: io_box, options: {relay: 2 ms}}
drivers:
  in-1: {driver: osdp-reader, resource: readers, address: 0}
  out-1: {driver: osdp-reader, resource: readers, address: 1}
  box-1: {driver: io-box, resource: box, door: 1}
  box-2: {driver: io-box, resource: box, door: 2}
  psu: {driver: power-supply, resource: supply, volts: 12, amps: 1.5}
  access: {driver: access-server, resource: server}
  someone: {driver: operator}
slots:
  - id: one
    lanes:
      - {presenter: {in: in-1, out: out-1}, lock: box-1, contact: box-1, exit_button: box-1, passage: box-1}
    fire: box-1
    power: psu
    server: access
    operator: someone
loops:
  box: {press: box-2}
"""


def refusal(text: str) -> str:
    with pytest.raises(InputError) as refused:
        read_rig_text(text, name="rig.yaml")
    return str(refused.value)


def test_a_rig_file_is_read_as_written():
    rig = read_rig_text(DESK)
    assert rig.slot().power == "psu" and rig.slot("one").lanes[0].presenter == {"in": "in-1", "out": "out-1"}
    assert rig.drivers["box-2"].channel == "2" and rig.drivers["psu"].options.amps == 1.5
    assert rig.actuations == 2000
    assert "LockSensor" in rig.drivers["box-1"].roles


def test_resources_are_lines_whatever_they_are_called():
    rig = read_rig_text(DESK)
    readers = rig.line("readers")
    assert (readers.device, readers.baudrate, readers.parity) == ("usb:A50285BI", 19200, "E")
    assert rig.line("box").device == "/dev/ttyACM0"
    assert rig.line("supply").device == "socket://192.0.2.7:5025"
    assert rig.line("server").device == "socket://192.0.2.8:4000"
    assert rig.visa("server") == "TCPIP::192.0.2.8::4000::SOCKET"
    assert rig.visa("scope") == "TCPIP::192.0.2.9::INSTR"


def test_what_is_no_line_says_so():
    rig = read_rig_text(DESK)
    for name in ("scope", "eye"):
        with pytest.raises(PortUnfit, match=name):
            rig.line(name)
    with pytest.raises(PortMissing, match="not started"):
        rig.line("twin")
    with pytest.raises(InputError, match="did you mean 'supply'"):
        rig.line("suply")


def test_a_calibration_that_is_overdue_is_told_and_no_mistake():
    rig = read_rig_text(DESK)
    assert rig.expired(date(2027, 3, 1)) == []
    assert rig.expired(date(2027, 3, 2)) == ["supply: its calibration (K-12) was due on 2027-03-01"]


CHANGES = {
    "an unknown driver": ("driver: io-box, resource: box, door: 1", "driver: io-bx, resource: box", "14:19: error: drivers.box-1.driver: unknown driver 'io-bx'; did you mean 'io-box'?"),
    "a driver's unknown key": ("door: 1}", "dor: 1}", "14:42: error: drivers.box-1.dor: unknown key 'dor'; did you mean 'door'?"),
    "a driver's wrong value": ("door: 1}", "door: one}", "14:48: error: drivers.box-1.door: must be a whole number (got 'one')"),
    "a twin's unknown option": ("relay: 2 ms", "relais: 2 ms", "10:34: error: resources.twin.options.relais: unknown key 'relais'; did you mean 'relay'?"),
    "a twin's wrong option": ("relay: 2 ms", "relay: 2", "10:41: error: resources.twin.options.relay: a duration needs a unit, e.g. '2 s'"),
    "an unknown twin": ("twin: io_box, options: {relay: 2 ms}", "twin: iobox", "10:16: error: resources.twin.twin: unknown emulated device 'iobox'; did you mean 'io_box'?"),
    "a role that it has not": ("power: psu", "power: box-1", "24:12: error: slots[0].power: box-1 (io-box) is no PowerSwitch; there are: psu"),
    "an unknown driver in a slot": ("fire: box-1", "fire: box-9", "23:11: error: slots[0].fire: unknown driver 'box-9'; did you mean 'box-"),
    "an unknown resource": ("resource: supply", "resource: suply", "16:41: error: drivers.psu.resource: unknown resource 'suply'; did you mean 'supply'?"),
    "one channel twice": ("door: 2}", "door: 1}", "15:48: error: drivers.box-2.door: door 1 of box is box-1's already"),
    "one address twice": ("address: 1}", "address: 0}", "13:60: error: drivers.out-1.address: address 0 of readers is in-1's already"),
    "a resource for which it is not made": ("resource: supply", "resource: eye", "eye is a camera resource; the driver power-supply takes: serial, visa, tcp"),
    "a resource of two kinds": ("{camera: ", "{tcp: \"a:1\", camera: ", "a resource is of one kind, and 'tcp' is given already"),
    "a line parameter of no line": ('tcp: "192.0.2.8:4000"', 'tcp: "192.0.2.8:4000", baudrate: 9600', "only serial lines have line parameters"),
    "no address": ('tcp: "192.0.2.8:4000"', "tcp: 192.0.2.8", "'192.0.2.8' is no address; write it as HOST:PORT"),
    "no serial line": ("usb:A50285BI", "A50285BI", "'A50285BI' is no serial line"),
    "no VISA address": ("ASRL/dev/ttyACM0::INSTR", "/dev/ttyACM0", "'/dev/ttyACM0' is no VISA address"),
    "no date": ("due: 2027-03-01", "due: 2027-13-01", "'2027-13-01' is no date"),
    "a driver without its resource": ("driver: osdp-reader, resource: readers, address: 0", "driver: osdp-reader", "the driver osdp-reader needs a `resource`"),
    "a resource for nobody": ("driver: operator", "driver: operator, resource: box", "the driver operator has no resource"),
    "a loop of two kinds": ("{press: box-2}", "{press: box-2, send: eye}", "a loop has `press`, or `send`"),
    "a loop over somebody's line": ("{press: box-2}", "{send: readers}", "readers is in-1's; a loop needs a line of its own"),
    "another schema": ("gatebench.rig/1", "gatebench.rig/2", "1:9: error: schema"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_each_mistake_is_told_at_its_place(change):
    before, after, expected = CHANGES[change]
    assert DESK.count(before) >= 1
    told = refusal(DESK.replace(before, after, 1))
    assert expected in told, told


def test_every_mistake_at_once():
    text = DESK.replace("relay: 2 ms", "relais: 2 ms").replace(
        "driver: io-box, resource: box, door: 1", "driver: io-bx"
    )
    told = refusal(text.replace("baudrate: 19200", "baudrate: fast"))
    assert told.endswith("3 errors") and told.count("^") == 3


def test_what_two_slots_share():
    more = "  - {id: two, fire: box-1, server: access, power: psu, lanes: [{lock: box-1}]}\nloops:"
    told = refusal(DESK.replace("loops:", more))
    assert "slots[1].power: psu is the power of slot one already" in told
    assert "slots[1].lanes[0].lock: box-1 is the lock of slot one, lane 0 already" in told
    assert "fire" not in told.replace("fire: box-1", "") and "server" not in told.replace(
        "server: access", ""
    )


def test_twins_lead_to_twins_that_fit():
    text = """
schema: gatebench.rig/1
id: desk
resources:
  box: {twin: io_box}
  switch: {twin: network_switch, options: {to: server}}
  server: {twin: access_server}
  one: {twin: controller, options: {field: box, uplink: switch}}
"""
    rig = read_rig_text(text)
    order = in_order(rig.twins)
    assert order == [["box", "server"], ["switch"], ["one"]]
    told = {
        "box": {"device": "io_box", "field": "127.0.0.1:1"},
        "switch": {"device": "network_switch", "port": "127.0.0.1:2"},
    }
    assert arguments("controller", rig.twins["one"], told) == [
        "--field",
        "127.0.0.1:1",
        "--uplink",
        "127.0.0.1:2",
    ]
    assert "resources.one.options.field: server is no emulated io_box" in refusal(
        text.replace("field: box", "field: server")
    )
    assert "did you mean 'switch'?" in refusal(text.replace("uplink: switch", "uplink: swich"))


def test_the_end_of_a_tap_is_a_line_unless_something_is_wired_to_it():
    text = """
schema: gatebench.rig/1
id: desk
resources:
  one: {twin: controller}
  tap: {twin: line_tap, options: {left: one}}
  readers: {serial: "twin:tap.right"}
"""
    assert read_rig_text(text).resources["readers"].serial == "twin:tap.right"
    assert "the left end of tap is wired to one already" in refusal(text.replace("tap.right", "tap.left"))
    assert "unknown emulated line tap 'tp'; did you mean 'tap'?" in refusal(
        text.replace("twin:tap.right", "twin:tp.right")
    )


def test_the_words_of_a_generic_instrument_say_which_roles_it_has():
    text = """
schema: gatebench.rig/1
id: desk
resources:
  relay: {serial: /dev/ttyUSB3}
drivers:
  relay-1:
    driver: scpi
    resource: relay
    words:
      model: RB4
      actions: {fire on: [CLOS 1], fire off: [OPEN 1]}
      questions: {"fire on?": {send: "CLOS? 1", yes: "1", no: "0"}}
      safe: [fire off]
slots:
  - {id: one, fire: relay-1}
"""
    assert read_rig_text(text).drivers["relay-1"].roles == {"FireInput"}
    assert "relay-1 (scpi) is no PowerSwitch" in refusal(text.replace("fire: relay-1", "power: relay-1"))
    assert "FireInput also needs 'fire off'" in refusal(
        text.replace(", fire off: [OPEN 1]", "").replace("[fire off]", "[]")
    )


def test_files_that_it_names_lie_beside_it(tmp_path):
    (tmp_path / "rig.yaml").write_text("""
schema: gatebench.rig/1
id: desk
resources:
  one: {twin: controller, options: {provisioning: told.json}}
""")
    with pytest.raises(InputError, match="there is no file .*told.json"):
        read_rig(tmp_path / "rig.yaml")
    (tmp_path / "told.json").write_text("{}")
    rig = read_rig(tmp_path / "rig.yaml")
    assert arguments("controller", rig.twins["one"], {}) == ["--provisioning", str(tmp_path / "told.json")]


@pytest.mark.parametrize("name", TWINS)
def test_the_options_of_twins_are_those_of_the_programs(name):
    command = [sys.executable, "-P", "-m", f"gatebench.fixtures.devices.{name}", "--help"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    takes = set(re.findall(r"^ +--([a-z-]+)", shown, re.MULTILINE)) - {"pty", "tcp", "parent"}
    assert {field.replace("_", "-") for field in TWINS[name].model_fields} - {"line"} == takes


def test_our_drivers_are_registered_like_those_of_others():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert settings["project"]["entry-points"][drivers.GROUP] == drivers.OURS
    for name in drivers.OURS:
        assert drivers.kind(name).driver


def test_a_slot_without_lanes_or_name():
    rig = read_rig_text(DESK)
    with pytest.raises(InputError, match="unknown slot 'two'"):
        rig.slot("two")
    with pytest.raises(InputError, match="no slots"):
        read_rig_text("schema: gatebench.rig/1\nid: desk\nresources: {}\n").slot()


def test_editors_get_a_schema(capsys):
    assert run(["schema", "rig"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["properties"]) == {
        "schema", "id", "resources", "drivers", "slots", "loops", "actuations", "contract",
    }  # fmt: skip
    assert told["$defs"]["Binding"]["additionalProperties"] is True
    assert "io_box" in told["$defs"]["Resource"]["properties"]["twin"]["enum"]
