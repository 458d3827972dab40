"""Nobody passes a fail-secure lock without power by a grant (docs/decisions/0011)."""

import pytest

from gatebench.scenarios.checks import problems
from gatebench.scenarios.policy.engine import Policy
from gatebench.scenarios.policy.state import Fault, FaultOn, Override
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.replication import run
from gatebench.sim.trips import plan

TEXT = """
scenario: story
start: 2024-01-01T08:00 UTC
duration: 10 min
compound: {{portals: {{gate: {{kind: swing-door, readers: [in], without_power: {without}}}}}}}
people: {{person: {{holds: [card], entitled: true}}}}
traffic:
  one: {{group: person, at: gate, direction: {direction}, arrivals: {{instants: [10 s]}}}}
readers:
  card: {{acquire: 1 s, match: 0 s, decide: 0 s, actuate: 0 s, failure_to_acquire: 0, false_non_identification: 0}}
policies: {{it: {{access: [{{accept: card}}]}}}}
"""


@pytest.mark.parametrize(
    ("without", "direction", "passes"),
    [("locked", "in", False), ("open", "in", True), ("locked", "out", True)],
)
def test_a_grant_opens_no_dead_lock_and_a_handle_lets_out(
    without: str, direction: str, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Policy.__init__

    def in_a_power_cut(policy: Policy, *arguments: object, **named: object) -> None:
        make(policy, *arguments, **named)  # type: ignore[arg-type]
        for event in (FaultOn(0.0, Fault.POWER_CUT), Override(0.0, "gate", "open")):
            policy.initial = policy.advance(policy.initial, event)

    monkeypatch.setattr(Policy, "__init__", in_a_power_cut)
    text = TEXT.format(without=without, direction=direction)
    scenario = read_bytes(text.encode(), Scenario, check=problems)
    draws, log = Draws(1, 0), EventLog()
    run(scenario, "it", plan(scenario, draws), draws, log)
    events = [(row["event"], row["reason"]) for row in log.table().to_pylist()]
    assert any(event == "pass" for event, _ in events) is passes
    assert any(event == "unlock" for event, _ in events) is passes
    if direction == "in":
        assert ("decision", "override-open") in events
