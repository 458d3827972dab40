"""`gatebench purge`: deletes what is listed, tells it, and touches nothing else."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from gatebench.cli.main import run
from gatebench.hil.camera import manifest
from gatebench.hil.camera.manifest import Entry, Manifest

NOW = datetime.now(UTC)
PAST, FUTURE = NOW - timedelta(days=1), NOW + timedelta(days=1)


def listed(folder, **until: datetime):
    """A folder with a file for each, and one that is not listed."""
    for name, when in until.items():
        file = f"{name}.avi"
        (folder / file).write_bytes(name.encode())
        manifest.add(folder, Entry(file, "video", "a test", PAST, when, "filled", "closed", len(name)))
    (folder / "result.json").write_text("{}")


def test_what_has_expired_is_deleted_and_told(tmp_path, capsys):
    listed(tmp_path, old=PAST, new=FUTURE)
    assert run(["purge", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "deleted 3 bytes: old.avi (video, a test)" in out
    assert "kept until" in out
    assert not (tmp_path / "old.avi").exists()
    assert (tmp_path / "new.avi").exists()
    assert (tmp_path / "result.json").exists()
    known = manifest.read(tmp_path)
    assert [one.file for one in known.entries] == ["new.avi"]
    assert [one.file for one in known.purged] == ["old.avi"]


def test_all_is_deleted_when_asked_for(tmp_path, capsys):
    listed(tmp_path, old=PAST, new=FUTURE)
    assert run(["purge", str(tmp_path), "--all", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["file"]: one["outcome"] for one in told["recordings"]} == {
        "old.avi": "deleted",
        "new.avi": "deleted",
    }
    assert not list(tmp_path.glob("*.avi"))
    assert manifest.read(tmp_path).entries == ()


def test_a_second_purge_finds_nothing(tmp_path, capsys):
    listed(tmp_path, old=PAST)
    assert run(["purge", str(tmp_path)]) == 0
    assert run(["purge", str(tmp_path)]) == 0
    assert "nothing is recorded here" in capsys.readouterr().out


def test_a_file_that_is_gone_already_is_no_failure(tmp_path, capsys):
    listed(tmp_path, old=PAST)
    (tmp_path / "old.avi").unlink()
    assert run(["purge", str(tmp_path)]) == 0
    assert "was not there: old.avi" in capsys.readouterr().out
    assert manifest.read(tmp_path).entries == ()


def test_a_file_that_was_changed_is_deleted_and_that_is_told(tmp_path, capsys):
    listed(tmp_path, old=PAST)
    manifest.add(tmp_path, Entry("old.avi", "video", "a test", PAST, PAST, "filled", "closed", 3, "0" * 64))
    assert run(["purge", str(tmp_path)]) == 0
    assert "changed since it was recorded" in capsys.readouterr().out


@pytest.mark.parametrize(
    "file", ["../outside.avi", "/etc/hostname", "recordings.json", "sub/../../outside.avi", ""]
)
def test_nothing_is_deleted_where_the_manifest_points_out_of_the_folder(tmp_path, capsys, file):
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "outside.avi").write_bytes(b"theirs")
    listed(folder, old=PAST)
    entries = manifest.read(folder).entries
    bad = Entry(file, "video", "a test", PAST, PAST, "filled")
    manifest.write(folder, Manifest((*entries, bad)))
    assert run(["purge", str(folder), "--all"]) == 2
    assert "Nothing was deleted" in capsys.readouterr().err
    assert (tmp_path / "outside.avi").exists()
    assert (folder / "old.avi").exists()


def test_a_link_is_not_followed(tmp_path, capsys):
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "outside.avi").write_bytes(b"theirs")
    listed(folder, old=PAST)
    (folder / "old.avi").unlink()
    (folder / "old.avi").symlink_to(tmp_path / "outside.avi")
    assert run(["purge", str(folder)]) == 2
    assert (tmp_path / "outside.avi").exists()


def test_what_can_not_be_deleted_stays_listed_and_is_exit_code_3(tmp_path, capsys):
    listed(tmp_path, old=PAST, older=PAST)
    (tmp_path / "old.avi").unlink()
    (tmp_path / "old.avi").mkdir()
    assert run(["purge", str(tmp_path)]) == 3
    told = capsys.readouterr()
    assert "NOT DELETED: old.avi: is no file" in told.out
    assert "1 of 2 recordings could not be deleted" in told.err
    assert [one.file for one in manifest.read(tmp_path).entries] == ["old.avi"]
    assert not (tmp_path / "older.avi").exists()


@pytest.mark.parametrize("text", ["", "{", '{"schema": "other"}'])
def test_a_broken_manifest_deletes_nothing(tmp_path, capsys, text):
    listed(tmp_path, old=PAST)
    (tmp_path / "recordings.json").write_text(text)
    assert run(["purge", str(tmp_path)]) == 2
    assert "can't be read" in capsys.readouterr().err
    assert (tmp_path / "old.avi").exists()


def test_a_folder_without_a_manifest_is_wrong_input(tmp_path, capsys):
    assert run(["purge", str(tmp_path / "nowhere")]) == 2
    assert "nothing was recorded here" in capsys.readouterr().err


def test_expired_and_all_exclude_each_other(tmp_path, capsys):
    listed(tmp_path, old=PAST)
    assert run(["purge", str(tmp_path), "--all", "--expired"]) == 2
    assert (tmp_path / "old.avi").exists()
