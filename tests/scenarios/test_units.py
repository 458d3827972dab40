"""Quantities with units: what is understood, and what the refusals say."""

import math
import pickle
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gatebench.scenarios.units import (
    ClockTime,
    Duration,
    Hours,
    Id,
    Instant,
    Length,
    Rate,
    Share,
    Speed,
    Start,
)


def read(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)


def refusal(kind: Any, value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    (entry,) = caught.value.errors()
    return str(entry["msg"]).removeprefix("Value error, ")


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Duration, "2.5 s", 2.5),
        (Duration, "90 min", 5400.0),
        (Duration, "1 d", 86400.0),
        (Duration, "0 s", 0.0),
        (Duration, "250ms", 0.25),
        (Duration, " .5 h ", 1800.0),
        (Duration, "1e3 s", 1000.0),
        (Rate, "30 persons/min", 0.5),
        (Rate, "20 /h", 20 / 3600),
        (Rate, "0.25 /s", 0.25),
        (Rate, "30 vehicles per min", 0.5),
        (Share, "4 %", 0.04),
        (Share, "4%", 0.04),
        (Share, 0.04, 0.04),
        (Share, "0.04", 0.04),
        (Share, 0, 0.0),
        (Share, "100 %", 1.0),
        (Length, "1.2 m", 1.2),
        (Length, "50 cm", 0.5),
        (Speed, "1.3 m/s", 1.3),
        (Speed, "3.6 km / h", 1.0),
        (ClockTime, "07:30", 27000.0),
        (ClockTime, "24:00", 86400.0),
        (ClockTime, "12:00:30", 43230.0),
    ],
)
def test_text_with_a_unit_becomes_a_number(kind: Any, text: Any, expected: float) -> None:
    # One rounding of the unit's factor at the most.
    assert read(kind, text) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Duration, "5 sek", "unknown unit 'sek'; did you mean 's'?"),
        (Duration, "5 Minutes", "unknown unit 'Minutes'; did you mean 'min'?"),
        (Duration, "5 m", "unknown unit 'm'; did you mean 'min'?"),
        (Duration, "5 parsec", "unknown unit 'parsec'; there are: ms, s, min, h, d"),
        (Duration, 5, "a duration needs a unit, e.g. '5 s'"),
        (Duration, "2.5", "a duration needs a unit, e.g. '2.5 s'"),
        (Duration, "-5 s", "a duration cannot be negative (got '-5 s')"),
        (Duration, "nan s", "cannot read 'nan s' as a duration; write it like '5 s'"),
        (Duration, "inf s", "cannot read 'inf s' as a duration; write it like '5 s'"),
        (Duration, "1e300 d", "'1e300 d' is too large"),
        (Duration, "2,5 s", "decimals stand behind a point, as in '2.5' (got ',5 s' after the first number)"),
        (Duration, "1 h 30 min", "there is one number and one unit, like '5 s'"),
        (Duration, True, "must be a duration such as '5 s' (got True)"),
        (Duration, None, "must be a duration such as '5 s' (got nothing)"),
        (Duration, ["5 s"], "must be a duration such as '5 s'"),
        (Duration, "\u0663 s", "cannot read '\u0663 s' as a duration"),
        (Rate, 3, "a rate needs a unit, e.g. '3 persons/min'"),
        (Rate, "5 persons", "'persons' alone is no rate: say in which time, like '30 persons/min'"),
        (Rate, "3 persons/minute", "unknown unit 'persons/minute'; did you mean 'persons/min'?"),
        (Share, "4", "(got '4'); did you mean '4 %'?"),
        (Share, "120 %", "a share lies between 0 and 1, that is 0 % and 100 % (got '120 %')"),
        (Share, -0.1, "a share lies between 0 and 1, that is 0 % and 100 % (got -0.1)"),
        (Share, math.nan, "a share lies between 0 and 1"),
        (Share, 10**400, "a share lies between 0 and 1"),
        (Share, True, "must be a share such as '4 %' or 0.04 (got True)"),
        (Length, "5 feet", "unknown unit 'feet'"),
        (Speed, "5 kmh", "unknown unit 'kmh'; did you mean 'km/h'?"),
        (ClockTime, "24:01", "'24:01' is no time of day"),
        (ClockTime, 730, "must be a time of day such as '07:30' (got 730)"),
        (Hours, "07:00", "must be hours such as '07:00-23:00' (got '07:00')"),
        (Hours, "05:00-05:00", "are empty; write '00:00-24:00' for the whole day"),
        (Hours, "24:00-05:00", "hours begin before 24:00; write '00:00-05:00'"),
        (Start, "2021-10-11T00:00+08:00", "must be an instant with its time zone"),
        (Start, "2021-13-11T00:00 UTC", "cannot read '2021-13-11T00:00' as an instant"),
        (Start, "2021-10-11T00:00 Asia/Shangai", "did you mean 'Asia/Shanghai'?"),
        (Start, "2021-10-11T00:00 ../../etc/passwd", "is no IANA time zone"),
        (
            Start,
            "2021-10-11T00:00+09:00 Asia/Shanghai",
            "Asia/Shanghai is at +08:00 then, not at +09:00",
        ),
        (Start, "2021-03-28T02:30 Europe/Berlin", "02:30 is left out on that day in Europe/Berlin"),
        (Start, "2021-10-31T02:30 Europe/Berlin", "write 02:30+01:00 or 02:30+02:00"),
        (Start, "9999-12-31T23:59 America/New_York", "too near the end of all dates"),
        (Instant, "2021-10-11T08:00+08:00", "leave the offset out"),
        (Instant, "tomorrow", "must be a local instant such as '2021-10-11T08:00' (got 'tomorrow')"),
    ],
)
def test_a_refusal_says_what_to_write(kind: Any, value: Any, said: str) -> None:
    assert said in refusal(kind, value)


@pytest.mark.parametrize("text", ["Gate", "1-gate", "gate_1", "", "-gate", "gate\n", "g" * 81])
def test_ids_are_small_letters_digits_and_dashes(text: str) -> None:
    assert read(Id, "main-gate-2") == "main-gate-2"
    with pytest.raises(ValidationError):
        read(Id, text)


def test_hours_are_half_open_and_may_wrap_midnight() -> None:
    day, night = Hours.parse("07:00-23:00"), Hours.parse("22:00-06:00")
    assert [day.contains(hour * 3600.0) for hour in (6, 7, 22, 23)] == [False, True, True, False]
    assert [night.contains(hour * 3600.0) for hour in (21, 22, 0, 5, 6)] == [False, True, True, True, False]
    assert day.spans == ((25200.0, 82800.0),)
    assert night.spans == ((0.0, 21600.0), (79200.0, 86400.0))
    assert Hours.parse("22:00-00:00").spans == ((79200.0, 86400.0),)
    assert Hours.parse("00:00-24:00").spans == ((0.0, 86400.0),)


minutes = st.integers(0, 1440)


@given(minutes, minutes, st.floats(0, 86400, exclude_max=True))
def test_hours_contain_exactly_their_spans(begin: int, end: int, clock: float) -> None:
    written = f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
    if begin in (end, 1440):
        assert refusal(Hours, written)
        return
    hours = Hours.parse(written)
    assert hours.contains(clock) == any(low <= clock < high for low, high in hours.spans)
    assert Hours.parse(str(hours)) == hours
    assert sum(high - low for low, high in hours.spans) == pytest.approx((end - begin) % 1440 * 60 or 86400)


@pytest.mark.parametrize(
    "text",
    [
        "2021-10-11T00:00+08:00 Asia/Shanghai",
        "2021-10-11T00:00 Asia/Shanghai",
        "2021-10-11 Asia/Shanghai",
    ],
)
def test_a_start_needs_its_offset_only_where_the_zone_leaves_a_doubt(text: str) -> None:
    start = Start.parse(text)
    assert start.local.isoformat() == "2021-10-11T00:00:00+08:00"
    assert str(start) == "2021-10-11T00:00+08:00 Asia/Shanghai"
    assert start.clock == 0.0


def test_the_hour_that_comes_twice_is_told_by_its_offset() -> None:
    first = Start.parse("2021-10-31T02:30+02:00 Europe/Berlin")
    second = Start.parse("2021-10-31T02:30+01:00 Europe/Berlin")
    assert second.local.timestamp() - first.local.timestamp() == 3600.0
    assert str(first) != str(second)
    assert first.clock == second.clock == 9000.0


def test_an_instant_behind_a_change_of_clocks_is_at_its_wall_clock() -> None:
    start = Start.parse("2021-10-31T00:00 Europe/Berlin")
    assert start.seconds_until(Instant.parse("2021-10-31T12:00").local) == 13 * 3600.0


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC"]),
)
def test_a_start_is_written_as_it_is_read(instant: datetime, zone: str) -> None:
    instant = instant.replace(microsecond=0)
    try:
        start = Start.parse(f"{instant.isoformat()} {zone}")
    except ValueError as error:
        assert "twice" in str(error) or "left out" in str(error)
        return
    assert start.local.replace(tzinfo=None) == instant
    assert Start.parse(str(start)) == start
    assert start.local.utcoffset() is not None
    assert start.seconds_until(instant + timedelta(days=0)) == 0.0


@pytest.mark.parametrize(
    "value", [Hours.parse("22:00-06:00"), Start.parse("2021-10-11T00:00 UTC"), Instant.parse("2021-10-11")]
)
def test_values_can_be_hashed_and_pickled(value: Any) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    assert len({value, type(value).parse(str(value))}) == 1


KINDS: list[Any] = [Duration, Rate, Length, Speed, Share, ClockTime, Hours, Start, Instant]


@pytest.mark.parametrize("kind", KINDS)
def test_editors_get_a_pattern_that_fits_the_examples(kind: Any) -> None:
    schema = TypeAdapter(kind).json_schema()
    schema = schema if "anyOf" in schema or "type" in schema else next(iter(schema["$defs"].values()))
    patterns = [branch["pattern"] for branch in schema.get("anyOf", [schema]) if "pattern" in branch]
    assert schema["description"]
    for example in schema["examples"]:
        read(kind, example)
        if isinstance(example, str):
            assert any(re.search(pattern, example) for pattern in patterns)


@given(st.sampled_from(KINDS), st.text("0123456789.eE+- /%smhdkpernouT:Zd", max_size=14))
def test_what_is_understood_fits_the_pattern(kind: Any, text: str) -> None:
    try:
        read(kind, text)
    except ValidationError:
        return
    schema = TypeAdapter(kind).json_schema()
    schema = schema if "anyOf" in schema or "type" in schema else next(iter(schema["$defs"].values()))
    branches = [branch for branch in schema.get("anyOf", [schema]) if branch["type"] == "string"]
    assert any(re.search(branch["pattern"], text) for branch in branches)


@given(
    st.sampled_from(KINDS),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.integers())
    | st.binary(),
)
def test_anything_else_is_refused_and_never_crashes(kind: Any, value: Any) -> None:
    try:
        found = read(kind, value)
    except ValidationError:
        return
    assert not isinstance(found, float) or 0.0 <= found < math.inf


@given(st.floats(0, 1e6), st.sampled_from(["ms", "s", "min", "h"]))
def test_durations_keep_their_value(amount: float, unit: str) -> None:
    factor = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}[unit]
    assert read(Duration, f"{amount!r} {unit}") == amount * factor
