"""libosdp as the other side of a line, in a process of its own: its thread would keep ours from ending.

    python peer.py pd|cp DEVICE KEYHEX|default|plain [ADDRESS]

Orders come as JSON lines on standard input, what it sees goes out as JSON lines. It gets whole frames only: it loses
replies that arrive in more than one read.
"""

import json
import os
import sys
import time

import osdp
import serial

ROLE, DEVICE, KEY = sys.argv[1:4]
ADDRESS = int(sys.argv[4]) if len(sys.argv) > 4 else 101


def say(**what):
    print(json.dumps(what), flush=True)


class Whole(osdp.Channel):
    def __init__(self):
        super().__init__()
        self.line = serial.Serial(DEVICE, 115200, timeout=0, write_timeout=1)
        self.buffer, self.ready, self.heard = bytearray(), bytearray(), 0.0

    def read(self, most):
        data = self.line.read(2048)
        if data:
            self.buffer += data
            self.heard = time.monotonic()
        elif self.buffer and time.monotonic() - self.heard > 0.15:
            self.buffer.clear()
        while not self.ready and len(self.buffer) > 3:
            start = self.buffer.find(0x53)
            del self.buffer[: start if start >= 0 else len(self.buffer)]
            length = self.buffer[2] | self.buffer[3] << 8 if len(self.buffer) > 3 else 1 << 16
            if len(self.buffer) < length:
                break
            self.ready += self.buffer[:length]
            del self.buffer[:length]
        out = bytes(self.ready[:most])
        del self.ready[:most]
        return out

    def write(self, data):
        return self.line.write(data)

    def flush(self):
        pass


def plain(value):
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value.hex() if isinstance(value, bytes) else value


def info():
    """`default` as a panel: a key that the reader does not have, so that it falls back to SCBK-D and sets its own."""
    own = None if KEY == "plain" else bytes(range(0x60, 0x70)) if KEY == "default" else bytes.fromhex(KEY)
    flags = {"plain": [], "default": []}.get(KEY, [osdp.LibFlag.EnforceSecure])
    if KEY == "default" and ROLE == "pd":
        own, flags = None, [osdp.LibFlag.InstallMode]
    return osdp.PDInfo(
        ADDRESS, Whole(), scbk=own, flags=flags, id=osdp.PdId(7, 9, 0x123456, 0xCAFE, 0x010203)
    )


def pd():
    c = osdp.Capability
    kinds = (
        c.OutputControl,
        c.LEDControl,
        c.AudibleControl,
        c.TextOutput,
        c.Readers,
        c.CommunicationSecurity,
    )
    able = osdp.PDCapabilities([*((one, 1, 1) for one in kinds), (c.ContactStatusMonitoring, 1, 2)])

    def handler(command):
        say(command=plain(command))
        return 0, None

    device = osdp.PeripheralDevice(info(), able, log_level=osdp.LogLevel.Critical, command_handler=handler)
    device.start()
    say(ready=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "card" in order:
            card = {"event": osdp.Event.CardRead, "reader_no": 0, "direction": 0}
            card |= {"format": osdp.CardFormat.Wiegand, "length": order["bits"]}
            say(took=device.submit_event(card | {"data": bytes.fromhex(order["card"])}))
        elif "keys" in order:
            keys = {"event": osdp.Event.KeyPress, "reader_no": 0, "data": bytes.fromhex(order["keys"])}
            say(took=device.submit_event(keys))
        elif "state" in order:
            say(secure=bool(device.is_sc_active()), online=bool(device.is_online()))


def cp():
    def handler(number, event):
        say(event=plain(event))
        return 0

    panel = osdp.ControlPanel([info()], log_level=osdp.LogLevel.Critical, event_handler=handler)
    panel.start()
    say(ready=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "state" in order:
            say(secure=bool(panel.is_sc_active(ADDRESS)), online=bool(panel.is_online(ADDRESS)))
            continue
        name, order["command"] = order["command"], getattr(osdp.Command, order["command"])
        if name == "Keyset":
            order["data"] = bytes.fromhex(order["data"])
        say(took=panel.submit_command(ADDRESS, order))


{"pd": pd, "cp": cp}[ROLE]()
os._exit(0)
