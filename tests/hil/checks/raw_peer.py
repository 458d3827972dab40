"""libosdp with its reads as they come, in a process of its own: `python raw_peer.py pd|cp DEVICE`.

Unlike the peer of tests/hil/osdp, nothing puts its frames together for it: so its own ways with a line can be seen.
"""

import os
import sys

import osdp
import serial

ROLE, DEVICE = sys.argv[1:3]


class Raw(osdp.Channel):
    def __init__(self):
        super().__init__()
        self.line = serial.Serial(DEVICE, 115200, timeout=0, write_timeout=1)

    def read(self, most):
        return self.line.read(most)

    def write(self, data):
        return self.line.write(data)

    def flush(self):
        pass


identity = osdp.PdId(7, 9, 0x123456, 0xCAFE, 0x010203)
quiet = {"log_level": osdp.LogLevel.Critical}
if ROLE == "pd":
    info = osdp.PDInfo(101, Raw(), scbk=None, flags=[osdp.LibFlag.InstallMode], id=identity)
    c = osdp.Capability
    able = [(kind, 1, 1) for kind in (c.LEDControl, c.Readers, c.CommunicationSecurity)]
    able += [(c.ContactStatusMonitoring, 1, 2)]
    device = osdp.PeripheralDevice(
        info, osdp.PDCapabilities(able), command_handler=lambda command: (0, None), **quiet
    )
else:
    info = osdp.PDInfo(101, Raw(), scbk=bytes(range(16)), flags=[], id=identity)
    device = osdp.ControlPanel([info], event_handler=lambda number, event: 0, **quiet)
device.start()
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
