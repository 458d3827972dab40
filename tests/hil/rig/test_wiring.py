"""What a bench run needs of a slot, and what is said where it lacks something."""

import pytest

from gatebench.hil.rig.reading import read_rig_text
from gatebench.hil.rig.wiring import beside, wiring
from gatebench.scenarios.errors import InputError

RIG = """
schema: gatebench.rig/1
id: desk
resources:
  readers: {serial: /dev/ttyUSB0, baudrate: 19200}
  others: {serial: /dev/ttyUSB1}
  box: {visa: ASRL/dev/ttyACM0::INSTR}
  more: {tcp: "192.0.2.7:5025"}
  supply: {tcp: "192.0.2.6:5025"}
  server: {tcp: "192.0.2.8:4000"}
drivers:
  in-1: {driver: osdp-reader, resource: readers, address: 4, key: 000102030405060708090a0b0c0d0e0f}
  out-1: {driver: osdp-reader, resource: readers, address: 5, key: 000102030405060708090a0b0c0d0e0f}
  in-2: {driver: osdp-reader, resource: others, address: 4, key: 000102030405060708090a0b0c0d0e0f}
  plain: {driver: osdp-reader, resource: readers, address: 6}
  box-2: {driver: io-box, resource: box, door: 2}
  box-3: {driver: io-box, resource: box, door: 3}
  far: {driver: io-box, resource: more}
  psu: {driver: power-supply, resource: supply, volts: 12, amps: 1}
  access: {driver: access-server, resource: server}
slots:
  - id: one
    lanes:
      - {presenter: {in: in-1, out: out-1}, lock: box-2, contact: box-2, exit_button: box-2, passage: box-2}
    power: psu
    server: access
actuations: 50
"""


def test_a_slot_becomes_lines_and_lanes():
    rig = read_rig_text(RIG)
    found = wiring(rig, rig, rig.slot())
    assert (found.readers.device, found.readers.baudrate) == ("/dev/ttyUSB0", 19200)
    assert found.box.device == "/dev/ttyACM0" and found.server.device == "socket://192.0.2.8:4000"
    assert [(lane.addresses, lane.box) for lane in found.lanes] == [({"in": 4, "out": 5}, 2)]
    assert found.key == bytes(range(16)) and found.actuations == 50
    assert not found.emulated
    assert beside(rig.slot()) == {"psu"}


def test_without_a_server_the_clock_is_the_device_s_own():
    rig = read_rig_text(RIG.replace("    server: access\n", ""))
    assert wiring(rig, rig, rig.slot()).server is None


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("presenter: {in: in-1, out: out-1}, ", "", "needs a presenter in lane 0"),
        ("lock: box-2, ", "", "needs a lock in lane 0"),
        ("contact: box-2", "contact: box-3", r"one I/O box for all of lane 0 \(contact is box-3\)"),
        ("out: out-1", "out: in-2", r"all readers on one line with one key \(in-2 has another\)"),
        ("out: out-1", "out: plain", r"all readers on one line with one key \(plain has another\)"),
        ("    power: psu", "      - {presenter: {in: plain}, lock: far}\n    power: psu", "one line with one key"),
        ("passage: box-2}", "passage: box-2}\n      - {lock: box-3}", "needs a presenter in lane 1"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(before, after, message):
    rig = read_rig_text(RIG.replace(before, after))
    with pytest.raises(InputError, match=f"rig desk, slot one: a bench run .*{message}|{message}"):
        wiring(rig, rig, rig.slot())


def test_a_slot_without_lanes():
    rig = read_rig_text(RIG.split("slots:")[0] + "slots: [{id: one, server: access}]\n")
    with pytest.raises(InputError, match="slot one: a bench run needs lanes"):
        wiring(rig, rig, rig.slot())


def test_the_controller_of_the_emulated_rig_is_wired_to_the_door_that_is_played():
    rig = read_rig_text(
        "schema: gatebench.rig/1\nid: desk\nresources:\n  one: {twin: controller}\n  two: {twin: controller, options: {door: b}}\n"
    )
    told = rig.for_door("gate-3").twins
    assert told["one"].door == "gate-3" and told["two"].door == "b"
