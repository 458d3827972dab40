"""The event log: collecting rows, tables, files."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.scenarios.errors import EngineError, InputError
from gatebench.sim.events import COLUMNS, ROW, Direction, Event, Outcome, Way
from gatebench.sim.files import (
    EVENTS,
    PERSONS,
    metadata_of,
    persons_table,
    read_events,
    read_persons,
    with_metadata,
    write_events,
    write_persons,
)
from gatebench.sim.log import WIDTH, EventLog
from gatebench.sim.metrics import OVERALL, Missing, measure

ARRIVAL = (0.5, "arrive", "main-gate", -1, "in", 7, 16, None, None, None, None, None, None, None, None)
GRANT = (2.25, "decision", "main-gate", 1, "in", 7, 16, 0, 3, "face", "grant", "granted", None, -1, 1.75)
PASSAGE = (4.0, "pass", "main-gate", 1, "in", 7, 16, 0, 3, None, None, None, "own", 12, None)
RELOCK = (9.0, "relock", "main-gate", 1, None, None, None, None, 3, None, None, None, None, None, None)


@pytest.fixture
def log():
    return EventLog()


def test_columns_are_those_of_the_definitions():
    types = {
        "rep": pa.int32(), "seq": pa.int64(), "t": pa.float64(), "u": pa.float64(), "lane": pa.int16(), "person": pa.int32(),
        "visit": pa.int64(), "attempt": pa.int16(), "cycle": pa.int64(), "donor": pa.int32(), "value": pa.float64(),
        "evidence": pa.int64(),
    }  # fmt: skip
    assert tuple(EVENTS.names) == COLUMNS
    for field in EVENTS:
        if field.name in types:
            assert field.type == types[field.name]
        else:
            assert pa.types.is_dictionary(field.type) and field.type.value_type == pa.string()
    assert PERSONS.names == ["person", "household", "group", "age", "entitled", "enrolment", "consent"]


def test_rows_become_columns(log):
    for row in (ARRIVAL, GRANT, PASSAGE, RELOCK):
        log.record(row)
    assert len(log) == 4
    table = log.table(3, {"world": "sim"})
    assert table.schema.equals(EVENTS)
    assert metadata_of(table) == {"world": "sim"}
    first, second, third, last = table.to_pylist()
    assert first == {
        **dict.fromkeys(COLUMNS), "rep": 3, "seq": 0, "t": 0.5, "u": 0.0, "clock": "sim", "portal": "main-gate", "lane": -1,
        "direction": "in", "event": "arrive", "person": 7, "visit": 16,
    }  # fmt: skip
    assert {**second, "donor": -1} == {**dict.fromkeys(COLUMNS), **dict(zip(ROW, GRANT, strict=True)),
                                       "rep": 3, "seq": 1, "u": 0.0, "clock": "sim"}  # fmt: skip
    assert second["donor"] is None
    assert (third["way"], third["donor"], third["value"]) == ("own", 12, None)
    assert (last["person"], last["direction"], last["cycle"], last["seq"]) == (None, None, 3, 3)


def test_numbers_and_words_write_the_same_row(log):
    log.record(GRANT)
    kind = log.kind("decision", credential="face", outcome="grant", reason="granted")
    place = log.place("main-gate", 1, "in")
    log.write((2.25, kind, place, 7, 16, 0, 3, -1, 1.75))
    one, two = log.table().to_pylist()
    assert {**one, "seq": 1} == two


def test_several_rows_at_once(log):
    kind, place = log.kind("open"), log.place("main-gate", 0, "in")
    row = (1.0, kind, place, -1, -1, -1, 5, -1, math.nan)
    log.write(row + row)
    assert log.table().column("cycle").to_pylist() == [5, 5]


def test_an_empty_log_is_a_table_without_rows(log):
    table = log.table()
    assert table.num_rows == 0 and table.schema.equals(EVENTS)


@pytest.mark.parametrize(
    ("place", "word"),
    [(ROW.index("event"), "pas"), (ROW.index("outcome"), "granted"), (ROW.index("way"), "tailgating")],
)
def test_a_word_that_there_is_not_is_an_error(log, place, word):
    row = list(GRANT)
    row[place] = word
    with pytest.raises(EngineError, match=word):
        log.record(tuple(row))


def test_a_direction_that_there_is_not_is_an_error(log):
    with pytest.raises(EngineError, match="up"):
        log.place("main-gate", 0, "up")


def test_a_row_cut_short_is_an_error(log):
    log.write((1.0,) * (WIDTH - 1))
    with pytest.raises(EngineError, match="not rows"):
        log.table()


optional = st.one_of(st.none(), st.integers(0, 2**15 - 1))
ids = st.from_regex(r"[a-z][a-z0-9-]{0,5}", fullmatch=True)
recorded = st.tuples(
    st.floats(0, 1e7), st.sampled_from(list(Event)), st.one_of(st.none(), ids), st.integers(-1, 99),
    st.one_of(st.none(), st.sampled_from(list(Direction))), optional, st.one_of(st.none(), st.integers(0, 2**40)), optional, optional,
    st.one_of(st.none(), ids), st.one_of(st.none(), st.sampled_from(list(Outcome))), st.one_of(st.none(), ids),
    st.one_of(st.none(), st.sampled_from(list(Way))), optional, st.one_of(st.none(), st.floats(allow_nan=False)),
)  # fmt: skip


@given(st.lists(recorded, max_size=20))
def test_what_was_recorded_comes_back_from_a_file(tmp_path_factory, rows):
    log = EventLog()
    for row in rows:
        log.record(row)
    table = log.table(1, {"world": "sim", "policy": "face-or-card", "start": "2021-10-11T00:00"})
    assert [tuple(row[name] for name in ROW) for row in table.to_pylist()] == rows
    path = tmp_path_factory.mktemp("log") / "rep-00001.parquet"
    write_events(path, table)
    again = read_events(path)
    assert again.equals(table)
    assert again.schema.equals(table.schema, check_metadata=True)


def test_a_long_log_comes_back_whole(tmp_path, log):
    """More than one row group."""
    kind, place = log.kind("pass", way="own"), log.place("main-gate", 0, "in")
    for t in range(70_000):
        log.write((float(t), kind, place, t, 0, 0, t, -1, math.nan))
    table = log.table()
    write_events(tmp_path / "long.parquet", table)
    assert read_events(tmp_path / "long.parquet").equals(table)


def test_a_file_appears_whole_or_not_at_all(tmp_path, log, monkeypatch):
    log.record(ARRIVAL)
    path = tmp_path / "events" / "face-only" / "rep-00000.parquet"
    write_events(path, log.table(), {"world": "sim"})
    before = path.read_bytes()

    def half(table, where, **options):
        where.write_bytes(b"PAR1 half")
        raise OSError("disk full")

    monkeypatch.setattr(pq, "write_table", half)
    with pytest.raises(OSError, match="disk full"):
        write_events(path, log.table(), {"world": "bench"})
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_same_log_is_the_same_file(tmp_path):
    def written(name):
        log = EventLog()
        for row in (ARRIVAL, GRANT, PASSAGE):
            log.record(row)
        write_events(tmp_path / name, log.table(0, {"seed": 7, "policy": "face-only"}))
        return (tmp_path / name).read_bytes()

    assert written("one") == written("two")


# ---- persons


def test_persons_come_back_from_a_file(tmp_path):
    persons = persons_table(
        {
            "person": np.arange(3),
            "household": np.array([0, 0, -1]),
            "group": ["resident", "refuser", "courier"],
            "age": [30, -1, 41],
            "entitled": [True, True, False],
            "enrolment": ["enrolled", "refused", None],
            "consent": [True, False, None],
        },
        {"world": "sim"},
    )
    assert persons.schema.equals(PERSONS)
    assert persons.column("household").to_pylist() == [0, 0, None]
    assert persons.column("age").to_pylist() == [30, None, 41]
    write_persons(tmp_path / "persons.parquet", persons)
    again = read_persons(tmp_path / "persons.parquet")
    assert again.equals(persons) and metadata_of(again) == {"world": "sim"}


# ---- real access logs


def test_a_real_log_as_csv_has_few_columns(tmp_path):
    path = tmp_path / "campus.csv"
    path.write_text(
        "t,portal,direction,event,person,outcome,card colour\n"
        "2019-04-01 07:30:00,north-gate,in,decision,12,grant,blue\n"
        "2019-04-01 07:30:20.5,north-gate,in,decision,13,deny,red\n"
        "2019-04-02 00:00:01,north-gate,out,decision,,grant,red\n"
    )
    log = read_events(path)
    assert log.column_names == ["t", "portal", "direction", "event", "person", "outcome"]
    assert log.column("t").to_pylist() == [27_000.0, 27_020.5, 86_401.0]
    assert metadata_of(log) == {"world": "log", "start": "2019-04-01T00:00:00"}
    found = measure(log, None)
    assert found[OVERALL]["decisions"] == 3
    assert {where.id: figures["decisions"] for where, figures in found.items() if where.kind == "hour" and figures["decisions"]} == {
        "00": 1, "07": 2,
    }  # fmt: skip
    assert found[OVERALL]["wait.mean"] == Missing("the log has no 'arrive' rows")
    assert found[OVERALL]["passes"] == Missing("the log has no 'pass' rows")


def test_a_real_log_as_parquet_with_plain_columns(tmp_path):
    table = pa.table(
        {"event": ["decision", "pass"], "t": pa.array([5, 8]), "way": ["", "own"], "zone": [1, 2]}
    )
    pq.write_table(table, tmp_path / "plain.parquet")
    log = read_events(tmp_path / "plain.parquet")
    assert log.column("t").type == pa.float64() and "zone" not in log.column_names
    assert measure(log, None)[OVERALL]["passes"] == 1


def test_local_times_of_a_zone_are_kept(tmp_path):
    t = pa.array([0, 60], pa.timestamp("s", "Asia/Shanghai"))  # 1970-01-01, 08:00 there
    pq.write_table(pa.table({"event": ["pass", "pass"], "t": t}), tmp_path / "zone.parquet")
    log = read_events(tmp_path / "zone.parquet")
    assert log.column("t").to_pylist() == [28_800.0, 28_860.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,event\n1,pass\n", "there is no column 't'"),
        ("t,event\n1,pass\n,pass\n", "column 't' is empty in some rows"),
        ("t,event\nsoon,pass\n", "Failed to parse string: 'soon'"),
        ("t,event,person\n1,pass,Ann\n", "'Ann'"),
        ("t,event\n1,pass,own\n", "columns"),
        ("t,event\n2019-04-01T07:30:00+08:00,pass\n", "give local times"),
        ("", "Empty CSV"),
    ],
)
def test_a_wrong_csv_is_named_with_what_is_wrong(tmp_path, text, message):
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_events(path)
    assert str(path) in str(caught.value)


def test_a_broken_or_absent_file_is_an_input_error(tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 half")
    for name in ("broken.parquet", "absent.parquet", "absent.csv"):
        with pytest.raises(InputError, match=name):
            read_events(tmp_path / name)


def test_metadata_replace_those_of_the_table():
    table = with_metadata(pa.table({"t": [1.0]}), {"world": "sim"})
    assert metadata_of(with_metadata(table, {"world": "log"})) == {"world": "log"}
    assert metadata_of(pa.table({"t": [1.0]})) == {}
