"""A lane at the toy device, as a program: `toy_world.py live DEVICE TRANSCRIPT`, `toy_world.py replay TRANSCRIPT`.

Prints all that happens in it as it happens. Between visits 30 s pass, which are cut; one answer comes after its limit.
"""

import sys

from gatebench.hil.inbox import Inbox
from gatebench.hil.port.events import Failed, Heard
from gatebench.hil.port.line import Line, SafeOrder
from gatebench.hil.port.port import Port
from gatebench.hil.realtime import RealtimeClockwork, ReplayedClockwork
from gatebench.hil.replay import ReplayedPort
from gatebench.hil.transcript import Transcript, read

LIMIT = 0.5
ANSWERS = (5, 20, 20, 900, 5, 20, 0, 5)
"""ms that the device takes for each visit."""


def say(*what):
    print(*what, flush=True)


class Lane:
    def __init__(self, env):
        self.env, self.rest, self.waits = env, b"", {}

    def heard(self, news):
        if isinstance(news.event, Failed):
            raise news.event.exception()
        if not isinstance(news.event, Heard):
            return
        *lines, self.rest = (self.rest + news.event.data).split(b"\n")
        for line in lines:
            say(self.env.now.hex(), "heard", line.decode(), news.then.hex(), news.evidence)
            if waits := self.waits.pop(int(line), None):
                waits.succeed("answered")

    def give_up(self, visit):
        if waits := self.waits.pop(visit, None):
            waits.succeed("no-answer")

    def visits(self):
        for visit, ms in enumerate(ANSWERS):
            yield 0.01 if visit % 2 else 30.0
            self.waits[visit] = waits = self.env.event()
            self.port.send(f"ECHO {ms} {visit}\n".encode())
            self.env.hold("lane", self.env.now + 2 * LIMIT)
            self.env.deadline(self.env.now + LIMIT, self.give_up, visit)
            say(self.env.now.hex(), "presented", visit)
            say(self.env.now.hex(), (yield waits), visit)


def live(device, transcript):
    with Transcript(transcript) as written:
        env = RealtimeClockwork(Inbox(), written, cut_idle=0.2, give_up=60.0)
        lane = Lane(env)
        env.process(lane.visits())
        with Port(Line("door", device), [SafeOrder(b"RELEASE\n", b"LOCK 1")]) as lane.port:
            env.listen(lane.port, lane.heard)
            env.begin()
            with env.interruptible():
                env.run()


def replay(transcript):
    recording = read(transcript)
    listeners = {}
    env = ReplayedClockwork(recording, listeners)
    lane = Lane(env)
    listeners["door"] = lane.heard
    env.process(lane.visits())
    lane.port = ReplayedPort(recording, "door")
    env.run()


if __name__ == "__main__":
    try:
        {"live": live, "replay": replay}[sys.argv[1]](*sys.argv[2:])
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
