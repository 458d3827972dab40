"""The calendar in real time, and again from its transcript.

In most stories the host's time is scripted: it passes only while the world waits, so that they are the same on every
machine. The last ones run a device on a pty.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil import realtime
from gatebench.hil.errors import BrokenTranscript, HostStalled
from gatebench.hil.inbox import Inbox
from gatebench.hil.port.events import Heard, Sent
from gatebench.hil.realtime import INFINITY, RealtimeClockwork, ReplayedClockwork
from gatebench.hil.replay import Differs, ReplayedPort
from gatebench.hil.transcript import Transcript, read

BEGIN = 10**12
DOOR = object()


def ns(seconds: float) -> int:
    return round(seconds * 1e9)


class Script:
    """The host and its inbox: each wait takes as long as the next turn says and brings what it says, `(instant of the
    world, text)`, by the first piece of its time; beyond the turns a wait takes its time-out."""

    def __init__(self, *turns):
        self.turns, self.now, self.waits, self.rung = list(turns), BEGIN, [], 0

    def add(self, port):
        pass

    def ring(self):
        self.rung += 1

    def wait(self, timeout):
        self.waits.append(timeout)
        if not self.turns:
            self.now += ceil(timeout * 1e9)  # as select: never too early
            return []
        takes, said = self.turns.pop(0)
        self.now += ns(takes)
        return [(DOOR, Heard("door", BEGIN + ns(at), 0, text.encode())) for at, text in said]


class Story:
    """What happened, in order: (text, world time), and the news."""

    def __init__(self, env):
        self.env, self.seen, self.news = env, [], []

    def does(self, text):
        self.seen.append((text, self.env.now))

    def heard(self, news):
        self.news.append(news)
        self.does(news.event.data.decode())


@pytest.fixture
def play(monkeypatch):
    """Plays calendar entries (instant, text) and a script."""

    def play(script, *entries, transcript=None, before=lambda env, story: None, **options):
        monkeypatch.setattr(realtime, "monotonic_ns", lambda: script.now)
        env = RealtimeClockwork(script, transcript, **options)
        env.listen(DOOR, (story := Story(env)).heard)
        for at, text in entries:
            env.at(at, story.does, text)
        before(env, story)
        env.run()
        return story

    return play


def test_what_a_device_says_wakes_the_world_and_happens_at_its_stamp(play):
    story = play(Script((0.03, [(0.02, "device")])), (0.1, "lane"))
    assert story.seen == [("device", 0.02), ("lane", 0.1)]


def test_the_world_waits_until_the_next_entry_is_due(play):
    script = Script()
    story = play(script, (0.25, "lane"), (0.75, "lane"))
    assert script.now - BEGIN == ns(0.75)
    assert list(story.env.due) == [0.25, 0.75]
    assert list(story.env.late) == [0.0, 0.0]


def test_after_a_stall_all_happens_in_the_order_of_its_instants(play):
    stall = (0.3, [(0.12, "second"), (0.24, "fourth")])
    story = play(Script(stall), (0.1, "first"), (0.2, "third"))
    assert story.seen == [("first", 0.1), ("second", 0.12), ("third", 0.2), ("fourth", 0.24)]
    assert list(story.env.late) == pytest.approx([0.2, 0.18, 0.1, 0.06])


def test_an_answer_in_time_is_not_too_late_because_the_host_was_away(play):
    def ask(env, story):
        env.deadline(0.5, story.does, "limit")

    story = play(Script((0.9, [(0.4, "answer")])), before=ask)
    assert story.seen == [("answer", 0.4), ("limit", 0.5)]


def test_at_one_instant_the_world_goes_first_then_who_spoke_first(play):
    def ask(env, story):
        env.deadline(0.5, story.does, "limit")

    story = play(Script((0.6, [(0.5, "answer"), (0.5, "more")])), (0.5, "lane"), before=ask)
    assert story.seen == [("lane", 0.5), ("limit", 0.5), ("answer", 0.5), ("more", 0.5)]


def test_late_news_is_acted_on_now_and_keeps_its_stamp(play):
    story = play(Script((0.06, []), (0, []), (0, [(0.04, "late")])), (0.05, "lane"), (0.1, "next"))
    assert story.seen == [("lane", 0.05), ("late", 0.05), ("next", 0.1)]
    assert story.news[0].then == 0.04


def test_a_deadline_that_has_passed_is_now(play):
    def late(env, story):
        env.at(0.2, lambda _: env.deadline(0.1, story.does, "limit"))

    assert play(Script(), before=late).seen == [("limit", 0.2)]


def test_a_device_that_does_not_stop_talking_cannot_hold_up_the_world(play):
    flood = [(0.01, [(0.01 * n, "x")]) for n in range(1, 200)]
    story = play(Script(*flood), (0.5, "lane"))
    before = [text for text, at in story.seen[: story.seen.index(("lane", 0.5))]]
    assert before == ["x"] * len(before)
    assert len(before) <= 51


def test_idle_time_is_cut(play):
    script = Script()
    story = play(script, (100.0, "a"), (5000.0, "b"), cut_idle=0.1)
    assert story.seen == [("a", 100.0), ("b", 5000.0)]
    assert script.now == BEGIN
    assert story.env.clock.pieces == [(BEGIN, 0.0), (BEGIN, 100.0), (BEGIN, 5000.0)]


def test_short_waits_are_not_cut(play):
    script = Script()
    play(script, (0.1, "a"), (0.2, "b"), cut_idle=0.1)
    assert script.now - BEGIN == ns(0.2)


def test_idle_time_is_not_cut_while_a_device_owes_something(play):
    script = Script()
    story = play(script, (100.0, "a"), cut_idle=0.1, before=lambda env, story: env.hold("door", 0.4))
    assert script.now - BEGIN == ns(0.4)
    assert story.env.clock.pieces[1:] == [(BEGIN + ns(0.4), 100.0)]


def test_the_longest_hold_counts_until_it_is_let_go(play):
    def holds(env, story):
        env.hold("unlock", 0.3)
        env.hold("answer", INFINITY)
        env.at(0.2, lambda _: env.hold("answer", env.now))

    script = Script()
    play(script, (100.0, "a"), cut_idle=0.1, before=holds)
    assert script.now - BEGIN == ns(0.3)


def test_with_an_empty_calendar_the_world_waits_for_a_device_that_owes_something(play):
    owes = [(1.0, []), (1.0, []), (0.5, [(2.25, "at last")])]
    story = play(
        Script(*owes),
        cut_idle=0.1,
        before=lambda env, story: env.hold("door", 3.0),
    )
    assert story.seen == [("at last", 2.25)]
    assert story.env.clock.pieces == [(BEGIN, 0.0)]


def test_what_was_said_before_a_cut_keeps_the_instant_that_it_had(play):
    late = (0.02, [(0.004, "from before"), (0.02, "from after")])
    story = play(Script((0.01, []), late), (3600.0, "a"), (3600.05, "b"), cut_idle=0.1)
    assert [news.then for news in story.news] == [0.004, 3600.01]
    assert story.seen == [("a", 3600.0), ("from before", 3600.0), ("from after", 3600.01), ("b", 3600.05)]


def test_what_was_said_in_the_last_moment_prevents_the_cut(play):
    """The inbox is asked once more before time is cut."""
    story = play(Script((0.0, [(0.0, "device")])), (100.0, "lane"), cut_idle=0.1)
    assert story.seen[0] == ("device", 0.0)
    assert story.env.clock.pieces[1:] == [(BEGIN, 100.0)]


def test_devices_are_told_of_a_cut_before_the_world_goes_on(play):
    def tell(env, story):
        env.on_cut = lambda stamp: story.does(f"it is {env.clock.at(stamp):g}")

    story = play(Script(), (100.0, "lane"), cut_idle=0.1, before=tell)
    assert story.seen == [("it is 100", 0.0), ("lane", 100.0)]


def test_a_long_stall_ends_the_run(play, tmp_path):
    told = r"0\.4 s behind at world time 0\.100 s.*real-time priority"
    with Transcript(tmp_path / "t.jsonl") as transcript, pytest.raises(HostStalled, match=told):
        play(Script((0.5, [])), (0.1, "lane"), transcript=transcript, give_up=0.3)
    again = ReplayedClockwork(read(tmp_path / "t.jsonl"), {})
    again.at(0.1, pytest.fail, "the live run had ended")
    with pytest.raises(HostStalled, match="as in the live run"):
        again.run()


def test_what_was_set_up_before_has_not_been_waiting(play):
    def slow(env, story):
        env.inbox.now += ns(5.0)
        env.begin()

    script = Script()
    story = play(script, (0.1, "lane"), before=slow)
    assert list(story.env.late) == [0.0]
    assert script.now - BEGIN == ns(5.1)


# ---- the end by Ctrl-C and TERM


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_term_end_the_run_between_two_steps(play, tmp_path, number):
    story = []

    def step(_):
        os.kill(os.getpid(), number)
        story.append("the step goes on")

    def before(env, _):
        env.at(0.1, step)
        env.at(0.2, pytest.fail, "the next step")
        stack = env.interruptible()
        stack.__enter__()
        ends.append(lambda: stack.__exit__(None, None, None))

    ends, handler = [], signal.getsignal(number)
    script = Script((0.1, []), (0.05, [(0.12, "last words")]))
    try:
        with Transcript(tmp_path / "t.jsonl") as transcript, pytest.raises(KeyboardInterrupt):
            play(script, before=before, transcript=transcript)
    finally:
        ends[0]()
    assert story == ["the step goes on"]
    assert script.rung == 1
    assert signal.getsignal(number) == handler
    *_, heard, stop, _ = read(tmp_path / "t.jsonl").records
    assert (heard["kind"], stop["kind"], heard["step"], stop["step"]) == ("heard", "stop", 1, 1)


def test_a_second_ctrl_c_is_answered_at_once(play):
    def step(_):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            time.sleep(0.01)
        pytest.fail("the step goes on")

    script = Script()
    env = RealtimeClockwork(script)
    env.at(0.0, step)
    with pytest.raises(KeyboardInterrupt), env.interruptible():
        env.run()


def test_ctrl_c_ends_a_long_wait():
    inbox = Inbox()
    env = RealtimeClockwork(inbox)
    env.at(3600.0, pytest.fail, "an hour later")
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt), env.interruptible():
        timer.start()
        env.run()
    timer.join()
    inbox.close()
    assert env.steps == 0


def test_a_bell_ends_the_present_wait_or_the_next_one():
    inbox = Inbox()
    inbox.ring()
    assert inbox.wait(3600.0) == []
    timer = threading.Timer(0.05, inbox.ring)
    timer.start()
    assert inbox.wait(3600.0) == []
    timer.join()
    for _ in range(100_000):  # more than the bell holds
        inbox.ring()
    assert inbox.wait(3600.0) == []
    inbox.close()


# ---- again, from the transcript

TURNS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.001, 0.01, 0.1, 0.7]), st.lists(st.integers(-300, 0), max_size=3)),
    max_size=25,
)


class Lane:
    """Goes to and fro, and does what devices say: everything that a world on this calendar may do."""

    def __init__(self, env):
        self.env, self.seen = env, []
        env.on_cut = lambda stamp: self.does("cut", env.clock.at(stamp))
        env.process(self.visits())

    def does(self, *what):
        self.seen.append(
            (*(one.hex() if isinstance(one, float) else one for one in what), self.env.now.hex())
        )

    def visits(self):
        for visit in range(8):
            yield (0.03, 7.1, 0.2)[visit % 3]
            self.env.hold("lane", self.env.now + 0.11 * (visit % 4))
            self.env.deadline(self.env.now + 0.1, lambda visit: self.does("limit", visit), visit)
            self.does("visit", visit)

    def heard(self, news):
        self.does("heard", news.event, news.then, news.evidence)
        self.env.hold("device", self.env.now + 0.05)
        self.env.deadline(news.then + 0.02, lambda n: self.does("after", n), news.evidence)


@given(TURNS)
def test_a_replay_is_the_live_run_bit_for_bit(tmp_path_factory, turns):
    """Whatever devices say and however long the host is away; instants of what is said are counted from now, ms."""
    script, clock = Script(), realtime.monotonic_ns
    path = tmp_path_factory.mktemp("run") / "t.jsonl"

    def wait(timeout):
        takes, said = turns.pop(0) if turns else (timeout, [])
        script.now += ceil(takes * 1e9)
        return [(DOOR, Heard("door", script.now + ns(ms / 1000), 0, b"%d" % ms)) for ms in said]

    script.wait, turns = wait, list(turns)
    realtime.monotonic_ns = lambda: script.now
    try:
        with Transcript(path) as transcript:
            env = RealtimeClockwork(script, transcript, cut_idle=0.15, give_up=INFINITY)
            live = Lane(env)
            env.listen(DOOR, live.heard)
            env.run()
    finally:
        realtime.monotonic_ns = clock
    listeners = {}
    again = Lane(ReplayedClockwork(read(path), listeners))
    listeners["door"] = again.heard
    again.env.run()
    assert again.seen == live.seen
    assert again.env.clock.pieces == env.clock.pieces
    assert again.env.steps == env.steps


def test_a_transcript_without_a_world_is_not_replayed(tmp_path):
    Transcript(tmp_path / "t.jsonl").close()
    with pytest.raises(BrokenTranscript, match="no run of a world"):
        ReplayedClockwork(read(tmp_path / "t.jsonl"), {})


def test_a_replay_that_gives_another_order_is_told_which(tmp_path):
    with Transcript(tmp_path / "t.jsonl") as transcript:
        transcript.event(Sent("door", 1, 2, 1, b"OPEN\n"))
        transcript.event(Sent("door", 3, 4, 2, b"RELEASE\n"))
    port = ReplayedPort(read(tmp_path / "t.jsonl"), "door")
    assert port.send(b"OPEN\n") == 1
    with pytest.raises(Differs, match="door: order 2 was 'RELEASE.*in the live run; sent 'OPEN"):
        port.send(b"OPEN\n")


# ---- with a device

WORLD = Path(__file__).with_name("toy_world.py")
LIMIT = 0.5
"""Of an answer, s, in that world."""


def world(*arguments):
    return subprocess.Popen([sys.executable, WORLD, *arguments], stdout=subprocess.PIPE, text=True)


def test_a_live_run_on_a_device_replays_bit_for_bit_though_its_host_was_away(toy, tmp_path):
    """The harness is stopped for longer than the limit of the answer that it waits for: the answer counts, as it came in
    time by its stamp. Only one that was late is late."""
    path, rows = tmp_path / "t.jsonl", []
    with world("live", toy.device, path) as live:
        for row in live.stdout:
            rows.append(row)
            if row.split()[1:] in (["presented", "1"], ["presented", "5"]):
                live.send_signal(signal.SIGSTOP)
                time.sleep(0.7)  # the stall
                live.send_signal(signal.SIGCONT)
    assert live.returncode == 0
    told = [row.split() for row in rows]
    limit = {int(row[2]): float.fromhex(row[0]) + LIMIT for row in told if row[1] == "presented"}
    came = {int(row[2]): float.fromhex(row[3]) for row in told if row[1] == "heard"}
    outcomes = {int(row[2]): row[1] for row in told if row[1] in ("answered", "no-answer")}
    in_time = {visit for visit in limit if came.get(visit, INFINITY) < limit[visit]}
    assert outcomes == {visit: "answered" if visit in in_time else "no-answer" for visit in range(8)}
    assert 3 not in in_time
    recording = read(path)
    assert recording.complete
    assert sum(record["kind"] == "cut" for record in recording.records) >= 3
    with world("replay", path) as again:
        assert again.stdout.readlines() == rows
    assert again.returncode == 0


def test_an_interrupted_run_on_a_device_replays_to_where_it_was(toy, tmp_path):
    path, rows = tmp_path / "t.jsonl", []
    with world("live", toy.device, path) as live:
        for row in live.stdout:
            rows.append(row)
            if row.split()[1:] == ["presented", "3"]:
                live.send_signal(signal.SIGINT)
    assert (live.returncode, rows[-1]) == (130, "interrupted\n")
    assert toy.says() == "LOCK 1"
    with world("replay", path) as again:
        assert again.stdout.readlines() == rows
    assert again.returncode == 130
