"""What the bench itself takes on a line that answers at once, beside pyserial, labgrid and pytest-embedded.

    python benchmarks/floor.py [--trials 200] [--rounds 3] [--busy 0]

A pty whose other end, a process of its own, sends back whatever comes. Measured is the time from just before a line of 16
bytes is written until it is there again: of the bench twice, by the stamps of its port process (what it measures devices
with) and as its harness learns of it; of the others as a test written with them has it. Peers take turns. What is not
installed is skipped, and said so. Exit code 1 if our floor's median is above 0.3 ms.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from time import monotonic_ns, sleep

from desk import busy, echo, quantile

BAR = 0.3
"""ms, of our median."""
LINE = b"gatebench floor\n"
NEEDS = {"labgrid": "labgrid", "pytest-embedded": "pytest_embedded_serial"}
TEST = """
import json, random, time
from pathlib import Path

def test_floor(dut):
    rests, found = random.Random(5), []
    for trial in range({trials} + 5):
        time.sleep(rests.uniform(0.005, 0.02))
        word = f"gb floor {{trial:06}}"
        began = time.monotonic_ns()
        dut.write(word)
        dut.expect_exact(word, timeout=5)
        found.append((time.monotonic_ns() - began) / 1e6)
    Path({out!r}).write_text(json.dumps(found[5:]))
"""


def gatebench(device: str, trials: int, realtime: int) -> dict[str, list[float]]:
    import select

    from gatebench.hil.port.events import Heard, Sent
    from gatebench.hil.port.line import Line
    from gatebench.hil.port.port import Port

    stamps, harness, rests = [], [], Random(5)
    with Port(Line("line", device), realtime=realtime) as port:
        for trial in range(trials + 5):
            sleep(rests.uniform(0.005, 0.02))
            began = monotonic_ns()
            port.send(LINE)
            sent, heard, data = 0, 0, b""
            while not data.endswith(b"\n") or not sent:
                select.select([port], (), (), 5)
                for event in port.take():
                    if isinstance(event, Sent):
                        sent = event.stamp
                    elif isinstance(event, Heard):
                        heard, data = event.stamp, data + event.data
            if trial >= 5:
                stamps.append((heard - sent) / 1e6)
                harness.append((monotonic_ns() - began) / 1e6)
    kind = ", real-time" if realtime else ""
    return {f"gatebench{kind}": stamps, f"gatebench{kind}, as its harness learns": harness}


def pyserial(device: str, trials: int) -> list[float]:
    import serial

    found, rests = [], Random(5)
    with serial.Serial(device, 115_200, timeout=5) as line:
        for _ in range(trials + 5):
            sleep(rests.uniform(0.005, 0.02))
            began = monotonic_ns()
            line.write(LINE)
            assert line.read(len(LINE)) == LINE
            found.append((monotonic_ns() - began) / 1e6)
    return found[5:]


def labgrid(device: str, trials: int) -> list[float]:
    from labgrid import Target
    from labgrid.driver import SerialDriver
    from labgrid.resource import RawSerialPort

    target, found, rests = Target("floor"), [], Random(5)
    RawSerialPort(target, name=None, port=device, speed=115_200)
    driver = SerialDriver(target, name=None)
    target.activate(driver)
    for trial in range(trials + 5):
        sleep(rests.uniform(0.005, 0.02))
        word = f"gb floor {trial:06}"
        began = monotonic_ns()
        driver.sendline(word)
        driver.expect(word, timeout=5)
        found.append((monotonic_ns() - began) / 1e6)
    target.deactivate(driver)
    return found[5:]


def pytest_embedded(device: str, trials: int) -> list[float]:
    """As its users have it: a test with the fixture `dut`, run by pytest."""
    with tempfile.TemporaryDirectory() as folder:
        test, out = Path(folder, "test_floor.py"), Path(folder, "floor.json")
        test.write_text(TEST.format(trials=trials, out=str(out)))
        told = subprocess.run(
            [
                sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_embedded.plugin", "--embedded-services", "serial", "--port", device,
                "--root-logdir", folder, str(test),
            ],
            cwd=folder, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # other plugins are none of its business
        )  # fmt: skip
        if not out.exists():
            raise RuntimeError(f"pytest-embedded did not run:\n{told.stdout[-2000:]}{told.stderr[-2000:]}")
        found: list[float] = json.loads(out.read_text())
        return found


def measured(peer: str, device: str, trials: int) -> dict[str, list[float]]:
    match peer:
        case "gatebench":
            return gatebench(device, trials, 0)
        case "gatebench-realtime":
            return gatebench(device, trials, 50)
        case "pyserial":
            return {"pyserial": pyserial(device, trials)}
        case "labgrid":
            return {"labgrid, expect": labgrid(device, trials)}
        case _:
            return {"pytest-embedded, expect": pytest_embedded(device, trials)}


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--trials", type=int, default=200, help="of each peer, in all")
    options.add_argument("--rounds", type=int, default=4, help="turns of each")
    options.add_argument("--busy", type=int, default=0, help="processes that never rest, beside")
    options.add_argument("--peer", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.peer:  # one turn, in a process of its own
        with echo() as device:
            print(json.dumps(measured(chosen.peer, device, chosen.trials)))
        return 0
    peers = ["gatebench", "gatebench-realtime", "pyserial"]
    for peer, module in NEEDS.items():
        if importlib.util.find_spec(module) is None:
            print(
                f"{peer}: not installed, skipped (pip install {peer.replace('embedded', 'embedded-serial')})"
            )
        else:
            peers.append(peer)
    found: dict[str, list[float]] = {}
    with busy(chosen.busy):
        for _ in range(chosen.rounds):
            for peer in peers:
                trials = str(max(1, chosen.trials // chosen.rounds))
                told = subprocess.run(
                    [sys.executable, __file__, "--peer", peer, "--trials", trials],
                    stdout=subprocess.PIPE,
                    check=True,
                )
                for name, values in json.loads(told.stdout.splitlines()[-1]).items():
                    found.setdefault(name, []).extend(values)
    ours = quantile(found["gatebench"], 0.5)
    print(f"{'ms':46} {'n':>5} {'p50':>8} {'p95':>8} {'max':>8} {'p50 / ours':>11}")
    for name, values in found.items():
        p50, p95 = quantile(values, 0.5), quantile(values, 0.95)
        print(f"{name:46} {len(values):5} {p50:8.3f} {p95:8.3f} {max(values):8.3f} {p50 / ours:11.1f}")
    worst = max(quantile(found[name], 0.5) for name in ("gatebench", "gatebench, real-time"))
    print(f"bar: median at most {BAR} ms: {'met' if worst <= BAR else 'missed'} ({worst:.3f} ms)")
    return int(worst > BAR)


if __name__ == "__main__":
    sys.exit(main())
