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
    rig.write_text(
        text.replace("uplink: switch, linger", "uplink: switch, defect: forced-missing, linger"), "utf-8"
    )
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
