"""Hand-made logs and the exact sentences that they become; no row is told twice or lost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.report.eventful import eventful
from gatebench.report.phrases import span
from gatebench.report.story import LEFT_OUT, Clock, rows_of, tell, who
from gatebench.report.visit_story import Row
from gatebench.sim.events import Event, Way
from gatebench.sim.files import EVENTS, persons_table, with_metadata
from gatebench.sim.log import EventLog

ME, VISIT = 7, 16


def row(seq, t, event, visit=VISIT, person=ME, portal="main-gate", direction="in", **more):
    blank = dict.fromkeys(Row._fields)
    return Row(
        **{**blank, "seq": seq, "t": float(t), "event": event, "person": person, "visit": visit, "portal": portal,
           "direction": direction, **more}
    )  # fmt: skip


def texts(*rows):
    return [one.text for one in tell("p", rows, ME).sentences]


def test_an_ordinary_visit_is_one_sentence():
    story = tell(
        "p",
        [
            row(0, 0, "arrive"),
            row(1, 0, "queue"),
            row(2, 13, "present", credential="face"),
            row(3, 13, "capture", credential="face"),
            row(4, 14.3, "decision", credential="face", outcome="grant", reason="granted", value=1.3),
            row(5, 14.5, "unlock", reason="own"),
            row(6, 14.5, "open"),
            row(7, 15, "pass", way="own"),
            row(8, 15, "stage", reason="occupied", value=2.0),
        ],
        ME,
    )
    assert [one.text for one in story.sentences] == [
        (
            "Comes to the main gate to go in, waits in line 13 s, shows the face and is recognised after 1.3 s, and walks in, "
            "15 s after coming."
        )
    ]
    assert story.sentences[0].rows == (0, 1, 2, 3, 4, 5, 6, 7)
    assert story.left_out == (8,)


def test_who_is_not_recognised_tries_again_asks_waits_and_follows():
    denied = {"credential": "face", "outcome": "deny", "reason": "not-authentic"}
    assert texts(
        row(0, 0, "arrive"),
        row(1, 0, "present", credential="face"),
        row(2, 2, "decision", **denied),
        row(3, 2, "present", credential="face"),
        row(4, 4, "acquire_failed", credential="face"),
        row(5, 4, "suspend", reason="person", value=60.0),
        row(6, 64, "resume", reason="person"),
        row(7, 64, "queue", reason="guard"),
        row(8, 70, "guard_start"),
        row(9, 70, "present", credential="guard"),
        row(10, 90, "decision", credential="guard", outcome="deny", reason="no-access", value=20.0),
        row(11, 90, "guard_end", value=20.0),
        row(12, 90, "wait_other"),
        row(13, 342, "pass", way="piggyback", donor=123),
    ) == [
        (
            "Comes to the main gate to go in, shows the face and is not recognised, and shows the face again, but the reader "
            "gets no usable sample."
        ),
        "They are suspended for 1 min after too many wrong tries.",
        "They may try again, for the suspension is over.",
        "Waits for the guard 6.0 s.",
        "Goes to the guard, who says no after 20 s: this group may not be let in.",
        "Waits for somebody who opens, 4 min 12 s.",
        "Follows person 123 in, who lets them, 5 min 42 s after coming.",
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"way": "tailgate", "donor": 123}, "Slips in behind person 123, unnoticed, 5.0 s after coming."),
        ({"way": "reverse", "donor": 9}, "Slips in as person 9 comes out, 5.0 s after coming."),
        ({"way": "guard"}, "Walks in, let through by the guard, 5.0 s after coming."),
        ({"way": "remote"}, "Walks in, let through from afar, 5.0 s after coming."),
        (
            {"way": "shared", "donor": 5},
            "Walks in on a credential that is not their own, but that of person 5, 5.0 s after coming.",
        ),
        ({"way": "shared"}, "Walks in on a credential that is not their own, 5.0 s after coming."),
        ({"way": "unknown"}, "Gets in; how, the log does not say, 5.0 s after coming."),
    ],
)
def test_every_way_has_its_words(fields, said):
    assert texts(row(0, 0, "arrive"), row(1, 0, "wait_other"), row(2, 5, "pass", **fields))[1] == said


def test_calls_ways_around_and_leaving():
    assert texts(
        row(0, 0, "arrive", reason="no-credential"),
        row(1, 2, "call", reason="management", value=95.0),
        row(2, 97, "abandon", reason="elsewhere"),
        row(3, 300, "arrive", visit=17, portal="garage-ramp", reason="no-credential"),
        row(4, 302, "bypass", visit=17, portal="garage-ramp", reason="crawl", value=20.0),
        row(5, 9000, "arrive", visit=32, portal="tower-door-3", direction="out"),
        row(6, 9030, "abandon", visit=32, portal="tower-door-3", direction="out", reason="patience"),
    ) == [
        "Comes to the main gate to go in, with nothing that is accepted there.",
        "Calls the management, for 1 min 35 s.",
        "Turns away to try another portal, 1 min 37 s after coming.",
        "Goes on to the garage ramp to go in, with nothing that is accepted there.",
        "Crawls under the railing, which takes 20 s.",
        "Comes to tower door 3 to go out.",
        "Runs out of patience and leaves, 30 s after coming.",
    ]


def test_who_asks_the_guard_for_help_telephones_nobody_and_may_get_in_on_the_guards_card():
    assert texts(
        row(0, 0, "arrive", reason="no-credential"),
        row(1, 0, "call", reason="guard"),
        row(2, 0, "queue", reason="guard"),
        row(3, 6, "guard_start"),
        row(4, 36, "guard_end", value=30.0),
        row(5, 36, "unlock"),
        row(6, 36, "open"),
        row(7, 39, "pass", way="shared"),
    ) == [
        (
            "Comes to the main gate to go in, with nothing that is accepted there, asks the guard for help, and waits for the "
            "guard 6.0 s."
        ),
        "Is heard by the guard for 30 s, and walks in on a credential that is not their own, but the guard's, 39 s after coming.",
    ]
    # After an answer of the reader it is not the guard's.
    assert texts(
        row(0, 0, "arrive"), row(1, 0, "guard_start"), row(2, 30, "guard_end", value=30.0),
        row(3, 40, "present", credential="card"), row(4, 41, "decision", credential="card", outcome="grant", reason="granted"),
        row(5, 45, "pass", way="shared"),
    )[-1].endswith("walks in on a credential that is not their own, 45 s after coming.")  # fmt: skip


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (
            [("call", 300, {"reason": "management", "value": 120.0}), ("pass", 947, {"way": "remote"})],
            "5 min",
        ),
        (
            [("call", 300, {"reason": "guard"}), ("guard_start", 320, {}), ("pass", 947, {"way": "guard"})],
            "5 min",
        ),
        ([("queue", 300, {"reason": "guard"}), ("guard_start", 320, {})], "5 min"),
        ([("bypass", 360, {"reason": "climb", "value": 60.0})], "5 min"),
        ([("bypass", 20, {"reason": "climb", "value": 60.0})], "0.0 s"),
        ([("abandon", 300, {"reason": "hope"})], "5 min"),
        ([], "until the log ends"),
    ],
)
def test_the_wait_for_somebody_who_opens_is_over_as_soon_as_something_else_is_tried(then, said):
    rows = [row(0, 0, "arrive"), row(1, 0, "wait_other")]
    rows += [row(2 + n, t, event, **more) for n, (event, t, more) in enumerate(then)]
    assert texts(*rows)[0] == f"Comes to the main gate to go in, and waits for somebody who opens, {said}."


def test_who_props_the_door_is_told_of_it():
    assert texts(
        row(0, 0, "arrive", reason="no-credential"), row(1, 0, "wait_other"), row(2, 65, "pass", way="tailgate", donor=8),
        row(3, 65, "fault_on", reason="propped"),
    )[-1].endswith("and props the door open behind them.")  # fmt: skip


def test_those_who_followed_stand_in_it_too():
    assert texts(
        row(0, 0, "arrive"),
        row(1, 1, "pass", way="own"),
        row(2, 2, "pass", person=8, visit=0, way="tailgate", donor=ME),
        row(3, 3, "pass", person=9, visit=0, way="tailgate", donor=ME),
        row(4, 4, "pass", person=10, visit=0, way="piggyback", donor=ME),
        row(5, 500, "pass", person=11, visit=0, way="shared", donor=ME),
        row(6, 600, "decision", person=12, visit=0, credential="face", outcome="grant", donor=ME),
    )[1:] == [
        "Persons 8 and 9 slip in behind them, unnoticed.",
        "Person 10 follows them in, with their consent.",
        "Person 11 goes in on their credential.",
        "At the main gate the face of person 12 is taken for theirs.",
    ]


def test_enrolment_and_cutover_are_told_with_their_time():
    nobody = {"person": None, "visit": None, "portal": None, "direction": None}
    mine = {"visit": None, "portal": None, "direction": None}
    assert texts(
        row(0, 0, "enrol", credential="face", reason="registered-earlier", value=86400.0, **mine),
        row(1, 60, "stage", credential="face", reason="desk-documents", value=600.0, **mine),
        row(2, 120, "enrol", credential="face", reason="listed", **mine),
        row(3, 180, "cutover", credential="card", reason="ends", **nobody),
    ) == [
        "The face was registered 1 d before the run began, and is not on the list yet.",
        "Goes to the enrolment desk for the face and is sent home for want of papers; it took 10 min.",
        "The face stands on the list from now on.",
        "For everybody: the card is not in force any more.",
    ]


def test_what_has_no_words_is_quoted_and_what_is_cut_off_says_so():
    assert texts(
        row(0, 0, "arrive"), row(1, 1, "fault_on", reason="power"), row(2, 2, "present", credential="card")
    ) == [
        "Comes to the main gate to go in.",
        "The log has `fault_on` at the main gate, reason power.",
        "Presents the card and the log ends before the answer.",
    ]


WORDS = st.sampled_from([None, "face", "guard", "person", "crawl", "listed", "granted", "not-authentic"])
ROWS = st.lists(
    st.builds(
        lambda event, **fields: {"event": str(event), **fields},
        event=st.sampled_from(list(Event)),
        t=st.integers(0, 200),
        person=st.sampled_from([None, ME, 8]),
        visit=st.sampled_from([None, 16, 17]),
        credential=WORDS,
        outcome=st.sampled_from([None, "grant", "deny", "need_more"]),
        reason=WORDS | st.just("occupied"),
        way=st.sampled_from([None, *map(str, Way)]),
        donor=st.sampled_from([None, ME, 8]),
        value=st.sampled_from([None, 0.0, 12.5]),
    ),
    max_size=30,
)


@given(ROWS)
def test_each_row_that_concerns_the_person_is_told_once_or_knowingly_left_out(given_rows):
    blank = {"portal": "main-gate", "direction": "in"}
    ordered = sorted(given_rows, key=lambda one: one["t"])
    columns = {name: [{**blank, **one}.get(name) for one in ordered] for name in Row._fields}
    columns["seq"] = list(range(len(ordered)))
    table = pa.table({name: pa.array(columns[name], EVENTS.field(name).type) for name in Row._fields})
    rows = rows_of(table, ME)
    concern = [
        n for n, one in enumerate(ordered) if ME in (one["person"], one["donor"]) or one["event"] == "cutover"
    ]
    story = tell("p", rows, ME)
    told = [seq for one in story.sentences for seq in one.rows]
    assert sorted([*told, *story.left_out]) == concern
    assert all((ordered[seq]["event"], ordered[seq]["reason"]) in LEFT_OUT for seq in story.left_out)
    assert all(one.text[0].isupper() and one.text.endswith(".") for one in story.sentences)
    assert [one.t for one in story.sentences] == sorted(one.t for one in story.sentences)
    assert all(one.t == min(ordered[seq]["t"] for seq in one.rows) for one in story.sentences)


def test_clock_times_are_those_of_the_zone_also_where_clocks_change():
    clock = Clock({"start": "2024-03-31T00:00:00", "zone": "Europe/Berlin"})
    assert f"{clock.at(3600.0):%H:%M}" == "01:00"
    assert f"{clock.at(7200.0):%H:%M}" == "03:00"
    assert (
        f"{Clock({'start': '2021-10-11T00:00:00', 'zone': 'Asia/Shanghai'}).at(18.9):%H:%M:%S}" == "00:00:18"
    )


def test_who_it_is_says_no_more_than_the_table():
    everything = {
        "person": 7, "household": 3, "group": "refuser", "age": 34, "entitled": True, "enrolment": "refused", "consent": False,
    }  # fmt: skip
    assert who(everything) == (
        "Person 7: a refuser, 34 years old, of household 3, entitled to enter, was asked to enrol and said no."
    )
    little = {**dict.fromkeys(everything), "person": 8, "group": "courier", "entitled": False}
    assert who(little) == "Person 8: a courier, not entitled to enter."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min"), (252, "4 min 12 s"), (3599.7, "1 h"),
     (3900, "1 h 5 min"), (86399, "1 d"), (266_400, "3 d 2 h")],
)  # fmt: skip
def test_spans_are_rounded_to_what_matters(seconds, said):
    assert span(seconds) == said


def test_eventful_people_are_found_one_for_each_kind_first():
    log = EventLog()
    place = log.place("gate", 0, "in")
    for person, times in ((1, 1), (2, 3)):
        for n in range(times):
            log.write(
                (float(n), log.kind("abandon", reason="hope"), place, person, n, -1, -1, -1, float("nan"))
            )
    log.write((5.0, log.kind("pass", way="tailgate"), place, 4, 0, -1, -1, 3, float("nan")))
    log.write((6.0, log.kind("pass", way="own"), place, 5, 0, -1, -1, -1, float("nan")))
    table = with_metadata(log.table(), {"start": "2024-01-01T00:00:00"})
    n = 6
    persons = persons_table(
        {
            "person": np.arange(n), "household": [-1] * n, "group": ["resident"] * n, "age": [-1] * n,
            "entitled": [True] * n, "enrolment": pa.nulls(n, pa.string()), "consent": pa.nulls(n, pa.bool_()),
        }
    )  # fmt: skip
    found = eventful(table, persons)
    assert [(one.person, one.counts) for one in found] == [
        (2, {"given up": 3}),
        (4, {"follows": 1}),
        (3, {"followed by others": 1}),
        (1, {"given up": 1}),
    ]
    assert len(eventful(table, persons, most=2)) == 2
