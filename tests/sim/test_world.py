"""What must hold in every world: people are conserved, nobody is in two places, doors stay shut to those without a grant."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebench.scenarios.checks import problems
from gatebench.scenarios.library import Loaded
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.metrics import OVERALL, Missing, measure
from gatebench.sim.replication import metadata, persons_of, replicate, run
from gatebench.sim.trips import plan

times = st.sampled_from(
    ["0 s", "1 s", "exponential 3 s", "triangular 0.5 s 1 s 4 s", "lognormal median 1.2 s p95 4 s"]
)
shares = st.sampled_from(["0 %", "5 %", "30 %", "100 %"])


@st.composite
def portals(draw):
    kind = draw(st.sampled_from(["speed-gate", "turnstile", "swing-door", "vehicle-barrier"]))
    room = draw(st.sampled_from(["", ", room: 0", ", room: 2"]))
    lanes = draw(st.sampled_from(["1", "3", "{in: 1, out: 1}", "{in: 1, both: 1, out: 0}"]))
    readers = draw(st.sampled_from(["[in]", "[in, out]"]))
    restart = draw(
        st.sampled_from(["5 s", "{time: 2 s, restart_on_pass: true}", "{time: 9 s, restart_on_grant: false}"])
    )
    return (
        f"{{kind: {kind}, lanes: {lanes}, readers: {readers}, unlock: {restart}{room}, passing: {draw(times)},"
        f" closing: {draw(times)}, rearm: {draw(times)}, camera: true, railing: {{height: 50 cm}}, wall: {{height: 2 m}}}}"
    )


chances = st.sampled_from(
    ["0 %", "30 %", "100 %", "{night: 5 %, company: 80 %, guard: 100 %, otherwise: 20 %}"]
)
resorts = st.permutations(["guard", "crawl", "climb", "elsewhere", "follow", "call"])


@st.composite
def ways_out(draw):
    """What people do whom nothing lets in."""
    count = draw(st.integers(0, 6))
    chosen = [*draw(resorts)[:count], "leave"]
    some = "{night: 5 %, guard: 60 %, otherwise: 30 %}"
    return f"""  resorts: [{", ".join(chosen)}]
  crawl: {{probability: {some}, takes: {draw(times)}}}
  climb: {{at: gate, probability: {some}, takes: {draw(times)}}}
  elsewhere: {{probability: 70 %, walk: {draw(times)}}}
  call: {{management: {{probability: 50 %, takes: {draw(times)}}}, police: {{probability: 20 %, takes: 1 min}}}}
  guards: {{opens: 30 %, registers: {draw(st.sampled_from(["0", "30 %"]))}, lends: 20 %, takes: {draw(times)}}}
{f"  lend: {{probability: {draw(chances)}}}" if "follow" in chosen else ""}
"""


@st.composite
def scenarios(draw):
    """A small compound with residents and visitors, and two policies that differ."""
    rejoin = draw(st.sampled_from(["stay", "front", "back"]))
    limit = draw(st.sampled_from(["1", "3", "null"]))
    patience = draw(
        st.sampled_from(
            ["", "patience: {time: exponential 20 s, over: queue}", "patience: {time: 30 s, over: visit}"]
        )
    )
    guard = draw(
        st.sampled_from(
            ["", "guard: {takes: 5 s}", "guard: {takes: exponential 9 s, occupies_lane: true, grants: 50 %}"]
        )
    )
    accept = draw(st.sampled_from(["[face]", "[card, face]", "[face, card, guard]", "[card + pin, face]"]))
    if "guard" in accept and not guard:
        guard = "guard: {takes: 3 s, posts: 2}"
    suspension = draw(
        st.sampled_from(
            [
                "",
                "suspension: {after: 2, lasts: 20 s, of: person},",
                "suspension: {after: 1, lasts: 9 s, of: reader},",
            ]
        )
    )
    passback = draw(
        st.sampled_from(
            [
                "",
                "anti_passback: {kind: timed, at: gate, lasts: 3 min},",
                "anti_passback: {kind: soft, at: gate, update: grant},",
            ]
        )
    )
    return (
        f"""
scenario: small
start: 2024-03-04T07:00+01:00 Europe/Berlin
duration: 1 h
drain: 1 h
compound:
  towers: {{count: 2, floors: 3, flats: 4, households: {{1: 50 %, 3: 50 %}}}}
  portals:
    gate: {draw(portals())}
    door: {draw(portals()).replace("kind:", "one_for_each: tower, kind:")}
  routes:
    - {{through: [gate, door], walk: [20 s, 10 s], share: 70 %}}
    - {{through: [door], walk: exponential 15 s}}
people:
  resident: {{share: 60 %, holds: [face, card, pin], face: {{enrolled: 80 %, pending: 20 %}}, forgets: 10 %}}
  refuser: {{share: 40 %, together: household, holds: [card], face: refused, slow: true}}
  courier: {{holds: []}}
traffic:
  residents: occupancy/calendar
  couriers: {{group: courier, stay: 2 min, arrivals: {{every: exponential 2 min}}}}
  rush: {{group: resident, at: gate, arrivals: {{every: exponential 15 s, batch: 2}}}}
readers:
  face: {{acquire: {draw(times)}, failure_to_acquire: {draw(shares)}, false_non_identification: {draw(shares)}}}
  card: {{acquire: {draw(times)}, false_non_identification: {draw(shares)}}}
behaviour:
  {patience}
  retry: {{probability: {draw(shares)}, limit: {limit}, rejoin: {rejoin}}}
  follow: {{with_credential: {draw(shares)}, without_credential: {draw(st.sampled_from(["5 %", "100 %"]))}, reverse: {draw(shares)}, headway: {draw(times)}, hope: 2 min}}
  hold: {{probability: {draw(chances)}, halves_every: {draw(st.sampled_from(["1 s", "20 s"]))}}}
""".replace("  \n", "")
        + draw(ways_out())
        + f"""
policies:
  one: {{access: [{{accept: {accept}}}], remote: [{{by: management, who: [resident], grants: 70 %}}], {suspension} {passback} {guard}}}
  other: {{access: [{{accept: card}}]}}
"""
    )


def lived(text, policy="one", seed=1):
    loaded = Loaded(read_bytes(text.encode(), Scenario, check=problems), None, "0" * 64)
    draws = Draws(seed, 0)
    day = plan(loaded.scenario, draws)
    about = {**metadata(loaded, seed, 0), "policy": policy}
    log = EventLog()
    run(loaded.scenario, policy, day, draws, log)
    return loaded.scenario, day, log.table(0, about), about


def visits(table):
    """Rows by (person, visit), in order."""
    found = defaultdict(list)
    for row in table.to_pylist():
        if row["visit"] is not None:
            found[row["person"], row["visit"]].append(row)
    return found


@settings(max_examples=25)
@given(scenarios())
def test_people_are_conserved_and_in_one_place_at_a_time(text):
    _, _, table, _ = lived(text)
    journeys = defaultdict(list)
    for (person, visit), rows in visits(table).items():
        events = [row["event"] for row in rows]
        assert events[0] == "arrive"
        assert events.count("arrive") == 1
        ends = [row for row in rows if row["event"] in ("pass", "bypass", "abandon")]
        assert len(ends) <= 1, rows
        begin, end = rows[0]["t"], ends[0]["t"] if ends else math.inf
        assert all(row["t"] <= end for row in rows if row["event"] not in ("stage",)), rows
        assert len({(row["portal"], row["direction"]) for row in rows}) == 1
        journeys[person].append((begin, end, visit))
        waiting = sum(event == "present" for event in events) - sum(
            event in ("decision", "acquire_failed") for event in events
        )
        assert waiting in (0, 1), events
    for spans in journeys.values():
        spans.sort()
        for (_, end, _), (begin, _, _) in itertools.pairwise(spans):
            assert begin >= end


@settings(max_examples=25)
@given(scenarios())
def test_nobody_passes_a_door_that_is_neither_open_nor_unlocked(text):
    _, _, table, _ = lived(text)
    state = defaultdict(lambda: {"unlocked": False, "open": False})
    last = -1.0
    for row in table.to_pylist():
        assert row["t"] >= last
        last = row["t"]
        door = state[row["portal"], row["lane"]]
        if row["event"] == "unlock":
            assert not door["unlocked"]
            door["unlocked"] = True
        elif row["event"] == "open":
            assert door["unlocked"] and not door["open"]
            door["open"] = True
        elif row["event"] == "pass":
            assert door["open"], row
        elif row["event"] == "close":
            assert door["open"]
            door["open"] = False
        elif row["event"] == "relock":
            assert door["unlocked"] and not door["open"]
            door["unlocked"] = False
    assert not any(door["open"] or door["unlocked"] for door in state.values())


@settings(max_examples=20)
@given(scenarios())
def test_own_passes_rest_on_a_grant_of_that_visit(text):
    _, _, table, _ = lived(text)
    for rows in visits(table).values():
        for row in rows:
            if row["event"] == "pass" and row["way"] in ("own", "guard", "shared"):
                helped = any(other["event"] == "call" and other["reason"] == "guard" for other in rows)
                assert any(other["outcome"] == "grant" for other in rows) or (
                    helped and row["way"] in ("guard", "shared")
                ), rows
            if row["event"] == "pass" and row["way"] in ("tailgate", "piggyback"):
                assert row["donor"] is not None and row["donor"] != row["person"]


@settings(max_examples=20)
@given(scenarios())
def test_changing_the_policy_leaves_arrivals_and_luck_as_they_were(text):
    _, one_day, one, _ = lived(text, "one")
    _, other_day, other, _ = lived(text, "other")
    assert one_day.trips == other_day.trips
    first = {}
    for table in (one, other):
        for (person, visit), rows in visits(table).items():
            attempt = next(
                (
                    (r["credential"], r["value"])
                    for r in rows
                    if r["event"] == "decision" and r["attempt"] == 0
                ),
                None,
            )
            presented = next(
                (r["credential"] for r in rows if r["event"] == "present" and r["attempt"] == 0), None
            )
            if attempt is None or presented in (None, "guard"):
                continue
            key = (person, visit, rows[0]["portal"], presented)
            assert first.setdefault(key, attempt[1]) == pytest.approx(attempt[1], abs=1e-9)


@settings(max_examples=20)
@given(scenarios())
def test_within_a_priority_the_line_is_first_come_first_served(text):
    if "rejoin: front" in text or "rejoin: back" in text:
        return
    _, _, table, _ = lived(text)
    queued = defaultdict(list)
    for row in table.to_pylist():
        key = (row["portal"], row["direction"])
        who = (row["person"], row["visit"])
        if row["event"] == "queue" and row["reason"] is None and row["attempt"] is None:
            queued[key].append(who)
        elif row["event"] == "present" and row["attempt"] == 0 and who in queued[key]:
            assert queued[key][0] == who
            queued[key].remove(who)
        elif row["event"] in ("pass", "abandon", "present", "guard_start", "stage") and who in queued[key]:
            queued[key].remove(who)


@settings(max_examples=20)
@given(scenarios())
def test_the_log_alone_gives_metrics_that_lie_where_they_must(text):
    scenario, day, table, about = lived(text)
    persons = persons_of(scenario, day.population, about)
    found = measure(table, persons)
    again = replicate(Loaded(scenario, None, "0" * 64), ["one"], 1, 0)["one"]
    assert found == again
    for figures in found.values():
        for name, figure in figures.items():
            if isinstance(figure, Missing):
                continue
            assert math.isfinite(figure) and figure >= 0.0, (name, figure)
            if (name.endswith(".share") and name != "peak5.share") or name == "utilisation":
                assert figure <= 1.0 + 1e-9, (name, figure)
    overall = found[OVERALL]
    assert overall["passes"] <= overall["visits"]


def test_a_replication_is_the_same_in_every_process_and_order():
    text = EXAMPLE
    loaded = Loaded(read_bytes(text.encode(), Scenario, check=problems), None, "0" * 64)
    both = replicate(loaded, ["one", "other"], 3, 2)
    assert replicate(loaded, ["other"], 3, 2)["other"] == both["other"]


EXAMPLE = """
scenario: small
start: 2024-03-04T07:00+01:00 Europe/Berlin
duration: 30 min
compound: {portals: {gate: {kind: swing-door}}}
people: {person: {holds: [face, card], entitled: true}}
traffic: {rush: {group: person, at: gate, arrivals: {every: exponential 5 s}}}
policies: {one: {access: [{accept: [face, card]}]}, other: {access: [{accept: card}]}}
"""
