"""Columns from CSV files, and what is said about files that are wrong."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.scenarios import tables
from gatebench.scenarios.errors import InputError
from gatebench.scenarios.tables import read_columns


@pytest.fixture
def write(tmp_path: Path):
    def written(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def said(path: Path, *names: str, **options) -> str:
    with pytest.raises(InputError) as caught:
        read_columns(path, names or ("seconds",), **options)
    return str(caught.value).replace(f"{path}", "table.csv")


@pytest.mark.parametrize(
    "content",
    [
        "seconds,note\n1,a\n2.5,b\n",
        "seconds,note\r\n1,a\r\n2.5,b\r\n",
        b"\xef\xbb\xbfseconds,note\n1,a\n2.5,b",
        'note, seconds\n"x, y",1\n"z", 2.5\n\n',
        '"seconds"\n"1"\n"2.5"\n',
    ],
)
def test_columns_are_found_by_name(write, content) -> None:
    assert read_columns(write(content), ("seconds",))["seconds"].tolist() == [1.0, 2.5]


def test_optional_columns_may_be_missing(write) -> None:
    path = write("score,count\n0.5,3\n")
    assert set(read_columns(path, ("score",), optional=("count", "weight"))) == {"score", "count"}


def test_a_table_may_lack_its_header_where_the_reader_says_so(write) -> None:
    path = write("0.5,3\n0.25,1\n")
    found = read_columns(path, ("score",), optional=("count",), header=False)
    assert {name: column.tolist() for name, column in found.items()} == {
        "score": [0.5, 0.25],
        "count": [3, 1],
    }
    assert "there is no column 'score'" in said(path, "score")


def test_every_wrong_cell_is_named_with_its_line_and_column(write) -> None:
    path = write('b,seconds\n"x, y",1\n2, x\n3\n4,\n5,nan\n6,-1\n7,1_0\n8,2\n')
    assert said(path, least=0.0) == (
        "table.csv:3:4: error: seconds: 'x' is no number\n2, x\n   ^\n"
        "table.csv:4:2: error: seconds: there is no value\n3\n ^\n"
        "table.csv:5:3: error: seconds: there is no value\n4,\n  ^\n"
        "table.csv:6:3: error: seconds: 'nan' is no number\n5,nan\n  ^\n"
        "table.csv:7:3: error: seconds: must be 0 or more (got '-1')\n6,-1\n  ^\n"
        "table.csv:8:3: error: seconds: '1_0' is no number\n7,1_0\n  ^\n"
        "6 errors"
    )


def test_many_wrong_cells_are_counted(write) -> None:
    assert said(write("seconds\n" + "x\n" * 1000)).endswith("1,000 errors; here are the first 20")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("second,note\n1,a\n", "table.csv:1:1: error: there is no column 'seconds'; did you mean 'second'?"),
        ("a,b\n1,2\n", "there is no column 'seconds'; there are: a, b"),
        ("a;seconds\n1;2\n", "the columns are separated by ';', and must be by ','"),
        ("seconds,seconds\n1,2\n", "table.csv:1:9: error: the column 'seconds' stands twice"),
        ("", "table.csv: error: is empty, or its first line is"),
        ("\n\nseconds\n1\n", "table.csv: error: is empty, or its first line is"),
        ("seconds\n", "table.csv:1:1: error: there is a header, and no row below it"),
        (b"seconds\n1\n2\xff\n", "table.csv:3:2: error: byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"\xff\xfes\x00", "table.csv: error: is UTF-16; save it as UTF-8"),
        ("seconds\n1\x00\n", "table.csv:2:1: error: seconds: '1\\x00' is no number"),
        ("seconds\n" + "1" * 200_000, "table.csv:2:1: error: no CSV: field larger than field limit"),
        ('seconds\n"1\n2', "is no number"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(write, content, expected) -> None:
    assert expected in said(write(content))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file or directory" in said(tmp_path / "none.csv")
    assert "cannot be read" in said(tmp_path)
    assert "cannot be read" in said(tmp_path / "a\0b")


def test_a_table_that_is_too_long_is_refused(write, monkeypatch) -> None:
    monkeypatch.setattr(tables, "LIMIT", 1000)
    assert "is larger than 1 kB" in said(write("seconds\n" + "1\n" * 1000))


@given(content=st.binary(max_size=60) | st.text('ab,"\n\r; 12.e-', max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_refused(tmp_path_factory, content) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"a,b\n" + content)
    try:
        found = read_columns(path, ("a", "b"))
    except InputError as error:
        assert all(one.line >= 0 for one in error.findings)
        return
    assert len(found["a"]) == len(found["b"]) > 0
    assert sys.float_info.max >= max(abs(found["a"]).max(), abs(found["b"]).max())
