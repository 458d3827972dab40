"""How each group fares at each portal under a candidate: what the law compares to judge whether a way is convenient."""

from __future__ import annotations

from ..scenarios.law.measured import Measured, Way
from ..scenarios.library import Loaded
from .draws import Draws
from .log import EventLog
from .metrics import Missing, Where, measure
from .replication import metadata, persons_of, portals_under, run
from .trips import plan

_WANTED = ("visits", "passage_time.mean", "abandon.share", "passes")


def measure_ways(loaded: Loaded, policy: str, *, n: int, seed: int) -> Measured:
    """Run `n` replications of a candidate and measure every group at every declared portal."""
    scenario = loaded.scenario
    wanted = [
        Where("group@portal", f"{group}@{portal}")
        for group in scenario.people
        for portal in scenario.compound.portals
    ]
    visits = dict.fromkeys(wanted, 0.0)
    gone = dict.fromkeys(wanted, 0.0)
    through = dict.fromkeys(wanted, 0.0)
    spent = dict.fromkeys(wanted, 0.0)
    for number in range(n):
        draws = Draws(seed, number)
        day = plan(scenario, draws)
        log = EventLog()
        run(scenario, policy, day, draws, log)
        about = metadata(loaded, seed, number)
        portals = portals_under(scenario, policy, about["portals"])
        events = log.table(number, {**about, "policy": policy, "portals": portals})
        figures = measure(events, persons_of(scenario, day.population, about), wanted)
        for where in wanted:
            told = {name: figures[where][name] for name in _WANTED}
            came = told["visits"]
            if isinstance(came, Missing) or not came:
                continue
            visits[where] += came
            lost = told["abandon.share"]
            gone[where] += 0.0 if isinstance(lost, Missing) else lost * came
            passed, time = told["passes"], told["passage_time.mean"]
            if not isinstance(passed, Missing) and not isinstance(time, Missing):
                through[where] += passed
                spent[where] += time * passed
    ways: dict[tuple[str, str], Way] = {}
    for where, came in visits.items():
        if came:
            group, _, portal = where.id.partition("@")
            passed = through[where]
            ways[group, portal] = Way(came, spent[where] / passed if passed else None, gone[where] / came)
    return Measured(ways, n, seed)
