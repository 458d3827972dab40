"""`gatebench rig check` and `gatebench devices`, as programs."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gatebench.cli.main import run

RIG = """
schema: gatebench.rig/1
id: desk
resources:
  box: {{twin: io_box, options: {{loop: "EXIT2=LOCK2:0.005"}}, calibration: {{certificate: K-12, due: {due}}}}}
  reader: {{twin: reader}}
drivers:
  box-2: {{driver: io-box, resource: box, door: 2}}
  panel: {{driver: osdp-panel, resource: reader}}
slots:
  - {{id: one, panel: panel, lanes: [{{lock: box-2}}]}}
{loops}
"""


def write(tmp_path: Path, due: str = "2999-01-01", loops: str = "loops: {box: {press: box-2}}") -> str:
    (tmp_path / "rig.yaml").write_text(RIG.format(due=due, loops=loops))
    return str(tmp_path / "rig.yaml")


def test_the_emulated_rig_is_checked(capsys, tmp_path):
    assert run(["rig", "check", "--trials", "3", "--json", "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["schema"] == "gatebench.rig-check/1" and told["rig"] == "emulated" and told["emulated"]
    assert json.loads((tmp_path / "rig-check.json").read_text("utf-8")) == told
    answers = {one["driver"]: one["identity"] for one in told["drivers"]}
    assert answers["box-1"].startswith("Gatebench, IOBOX")
    assert answers["supply-1"].startswith("Gatebench, DP832")
    assert [path["path"] for path in told["paths"]] == ["box", "box (its stamps)", "box (live)", "line"]
    assert all(path["n"] == 3 == len(path["samples"]) for path in told["paths"])
    assert len(told["locks"]) == 2
    assert "null test of box, 3 trials" in err


def test_a_reader_under_test_says_who_it_is(capsys, tmp_path):
    assert run(["rig", "check", write(tmp_path), "--trials", "3"]) == 0
    out, err = capsys.readouterr()
    assert "vendor 024742, model 1" in out and "capabilities" in out
    assert "order on the host → sensed edge" in out and "U (k = 2)" in out
    assert "slot one, lane 0: lock without voltage (box-2)" in out
    assert "warning" not in err


def test_what_is_overdue_or_unmeasured_is_a_warning(capsys, tmp_path):
    assert run(["rig", "check", write(tmp_path, "2020-01-01", ""), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "warning: box: its calibration (K-12) was due on 2020-01-01" in err
    assert any("no loops" in warning for warning in json.loads(out)["warnings"])


def test_a_rig_that_is_not_there_is_an_error(capsys, tmp_path):
    text = Path(write(tmp_path)).read_text().replace("{twin: reader}", "{serial: /dev/no-such-line}")
    (tmp_path / "rig.yaml").write_text(text)
    assert run(["rig", "check", str(tmp_path / "rig.yaml")]) == 3
    out, err = capsys.readouterr()
    assert out == "" and "reader: /dev/no-such-line" in err and "Try: " in err


def test_a_loop_that_is_not_wired_is_an_error(capsys, tmp_path):
    text = Path(write(tmp_path)).read_text().replace("EXIT2=LOCK2:0.005", "EXIT1=LOCK1:0.005")
    (tmp_path / "rig.yaml").write_text(text)
    assert run(["rig", "check", str(tmp_path / "rig.yaml")]) == 3
    assert "no edge came back" in capsys.readouterr().err


def test_mistakes_in_the_file_are_wrong_input(capsys, tmp_path):
    text = Path(write(tmp_path)).read_text().replace("driver: io-box", "driver: io-bx")
    (tmp_path / "rig.yaml").write_text(text)
    assert run(["rig", "check", str(tmp_path / "rig.yaml")]) == 2
    assert "rig.yaml:8:19: error: drivers.box-2.driver: unknown driver 'io-bx'" in capsys.readouterr().err
    assert run(["rig", "check", str(tmp_path / "none.yaml")]) == 2


def ended(pid: int) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_devices_run_until_they_are_interrupted(number):
    # As a shell's foreground job, whatever runs the tests.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from gatebench.cli.main import main; main(['devices', '--tcp', '--json'])"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        told = first_document(process)
        assert set(told) == {
            "io_box", "power_supply", "access_server", "network_switch", "controller", "reader",
        }  # fmt: skip
        host, port = told["io_box"]["tcp"].split(":")
        with socket.create_connection((host, int(port)), 5) as box:
            box.sendall(b"*IDN?\n")
            assert box.recv(100).startswith(b"Gatebench,IOBOX")
        process.send_signal(number)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert all(ended(one["pid"]) for one in told.values())


def first_document(process: subprocess.Popen[bytes]) -> dict:
    """The JSON that it prints, as soon as it is whole; fails after 30 s."""
    text, until = b"", time.monotonic() + 30
    while True:
        assert select.select([process.stdout], (), (), max(0.0, until - time.monotonic()))[0], text
        more = os.read(process.stdout.fileno(), 65_536)
        assert more, text
        text += more
        try:
            return json.loads(text)
        except ValueError:
            continue


def test_devices_are_wired_as_far_as_they_are_there(monkeypatch, capsys):
    from gatebench.cli import devices

    monkeypatch.setattr(devices, "_wait", lambda: None)
    assert run(["devices", "io-box", "controller"]) == 0
    out = capsys.readouterr().out
    assert "VISA       ASRL/dev/pts/" in out and "LOCK1?" in out


def test_unknown_devices_are_wrong_input(capsys):
    assert run(["devices", "iobox"]) == 2
    assert "unknown emulated device 'iobox'; did you mean 'io_box'?" in capsys.readouterr().err
    assert run(["devices", "network_switch"]) == 2
    assert "leads to an access_server or io_box" in capsys.readouterr().err
