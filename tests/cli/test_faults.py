"""`gatebench bench faults` at emulated devices, as processes on ptys; and what is wrong with its arguments."""

import json

import pytest

from gatebench.cli.main import run

SHORT = ["bench", "faults", "fire-drill", "--time-scale", "10", "--only", "forced-closed", "--only", "network-down-closed", "--only", "power-cut-closed"]  # fmt: skip


def test_a_short_walk_passes_and_is_judged_again_from_its_transcript(tmp_path, capsys):
    out = tmp_path / "out"
    code = run([*SHORT, "--out", str(out), "--json"])
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert told == json.loads((out / "faults.json").read_text("utf-8"))
    assert {row["id"] for row in told["rows"]} == {"forced-closed", "network-down-closed", "power-cut-closed"}
    # A host that is kept from running makes a row INDETERMINATE, and no row FAIL.
    assert {row["verdict"] for row in told["rows"]} <= {"PASS", "INDETERMINATE"}, told["rows"]
    assert code == told["exit_code"] == int(told["verdict"] != "PASS")
    assert "3 rows with 3 faults, about" in shown.err  # the plan comes first
    assert all(one["sound"] for one in told["released"])
    assert run(["bench", "rejudge", str(out), "--json"]) == code
    again = json.loads(capsys.readouterr().out)
    assert again["rows"] == told["rows"]


def test_a_defective_device_is_found_at_the_command_line(tmp_path, capsys):
    rig = tmp_path / "rig.yaml"
    from importlib.resources import files

    text = (files("gatebench.hil") / "rig" / "emulated-faults.yaml").read_text("utf-8")
    rig.write_text(text.replace("uplink: switch,", "uplink: switch, defect: forced-missing,"), "utf-8")
    assert run([*SHORT[:7], "--rig", str(rig), "--out", str(tmp_path / "out")]) == 1
    assert "forced: expected alarm forced" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--time-scale", "0"], "--time-scale: must be from 1 to 100"),
        (["--only", "fier"], "did you mean 'fire"),
        (["--explore", "soon"], "--explore"),
        (["--policy", "nobody"], "unknown policy 'nobody'"),
    ],
)
def test_wrong_arguments_are_told(arguments, message, tmp_path, capsys):
    assert run(["bench", "faults", "fire-drill", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err


def test_a_reader_is_walked_without_a_scenario(tmp_path, capsys):
    out = tmp_path / "out"
    short = ["--only", "identity", "--only", "sequence", "--only", "asked-again", "--only", "tamper"]
    code = run(["bench", "faults", "--device", "reader", *short, "--out", str(out), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((out / "faults.json").read_text("utf-8"))
    assert {row["verdict"] for row in told["rows"]} <= {"PASS", "INDETERMINATE"}, told["rows"]
    assert code == told["exit_code"] and told["rig"] == {"emulated": True, "id": "emulated"}
    assert (out / "bench" / "journal.jsonl").stat().st_size > 0


def test_a_defective_box_is_found_at_the_command_line(tmp_path, capsys):
    line = ["bench", "faults", "--device", "io-box", "--defect", "passage-swapped", "--only", "passage"]
    assert run([*line, "--out", str(tmp_path / "out")]) == 1
    assert "door-state: expected edges PASSIN1 1, PASSIN1 0" in capsys.readouterr().out


def test_the_device_of_a_rig_is_that_of_the_slot(tmp_path, capsys):
    rig = tmp_path / "rig.yaml"
    rig.write_text(
        "schema: gatebench.rig/1\nid: desk\nresources:\n  terminal: {twin: face_terminal, options: {address: 4}}\n"
        "drivers:\n  us: {driver: osdp-panel, resource: terminal, address: 4}\nslots:\n  - {id: door, panel: us}\n",
        encoding="utf-8",
    )
    line = ["bench", "faults", "--device", "face-terminal", "--rig", str(rig), "--only", "identity", "--json"]
    assert run([*line, "--out", str(tmp_path / "out")]) == 0
    assert json.loads(capsys.readouterr().out)["rig"] == {"emulated": True, "id": "desk"}
    assert run(["bench", "faults", "--device", "io-box", "--rig", str(rig)]) == 2
    assert "it names no driver io-box" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ([], "name a SCENARIO, or a device"),
        (["fire-drill", "--device", "reader"], "--device: a reader, terminal or box has no scenario"),
        (["--device", "reader", "--only", "card"], "--only: unknown row 'card'; did you mean 'cards'?"),
        (
            ["--device", "reader", "--rig", "x.yaml", "--defect", "card-twice"],
            "--defect: only an emulated device",
        ),
        (["fire-drill", "--defect", "card-twice"], "--defect: goes with --device"),
    ],
)
def test_what_is_wrong_with_a_walk_at_a_device_is_said(line, told, capsys):
    assert run(["bench", "faults", *line]) == 2
    assert told in capsys.readouterr().err
