"""What is asked about hours and days: on either side of each edge of a rule, at the other time of the year, on a leap day, and on
the day after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from .rows import Probes, Row
from .steps import At, Lift

DAY = 86_400


def hours(probes: Probes, t: float) -> Iterator[Row]:
    """On either side of each hour at which a rule here begins or ends, and on a leap day."""
    document = probes.document
    rules = [
        rule
        for rule in (*document.exceptions, *document.access)
        if rule.hours and (rule.at is None or probes.declared in rule.at)
    ]
    spans = [span for rule in rules for one in rule.hours or () for span in one.spans]
    spans += [span for one in probes.policy.hold_open_hours(probes.portal) for span in one.spans]
    clock = probes.policy.wall_clock
    show = [probes.show(way, group, kind) for way in probes.directions for group, kind in _some(probes, way)]
    lift = tuple(Lift(one.person) for one in show) + tuple(
        Lift(f"{probes.portal}/{way}/{probes.lane(way)}") for way in probes.directions
    )
    edges = sorted({edge for span in spans for edge in span if 0 < edge < DAY})
    for number, edge in enumerate(edges):
        begin = t + (edge - clock.at(t)) % DAY
        yield Row(
            f"hours-{number + 1}", f"before and after {int(edge) // 3600:02}:{int(edge) % 3600 // 60:02}",
            (At(begin - 3.0), *show, *lift, At(begin + 2.0), *show, *lift,),
        )  # fmt: skip
    midnight = t + 2 * DAY - clock.at(t)
    able = [(way, probes.granted(way, midnight)) for way in probes.directions]
    walk = next((probes.show(way, *some[0], passes=True) for way, some in able if some), None)
    if probes.has_places and walk is not None:
        yield Row(
            "hours-places",
            "who went in yesterday is still inside",
            (At(midnight - 3.0), walk, At(midnight + 2.0), walk),
        )
    other = _other_season(probes, t)
    for edge in edges[:1]:
        if other is None:
            break
        begin = other + (edge - clock.at(other)) % DAY
        yield Row(
            "hours-season", f"before and after {int(edge) // 3600:02}:{int(edge) % 3600 // 60:02} when clocks show another time of the year",
            (At(begin - 3.0), *show, *lift, At(begin + 2.0), *show, *lift),
        )  # fmt: skip
    if show:
        yield Row(
            "leap-day",
            "noon of the next 29 February",
            (
                At(leap_day(probes, t)),
                *show,
                *lift,
            ),
        )


def _some(probes: Probes, direction: str) -> list[tuple[str, str]]:
    """A few (group, credential), one of each group."""
    return [
        (group, next(iter(sorted(players[0].listed)), probes.cast.kinds[0]))
        for group, players in probes.cast.groups.items()
    ][:3]


def _other_season(probes: Probes, t: float) -> float | None:
    """The first time, a day after the clocks were moved; None: they are not within the year."""
    start = probes.cast.scenario.start.local
    zone = start.tzinfo
    assert zone is not None
    now = start.timestamp() + t

    def offset(unix: float) -> timedelta | None:
        return datetime.fromtimestamp(unix, zone).utcoffset()

    days = (number for number in range(2, 366) if offset(now + number * DAY) != offset(now))
    first = next(days, None)
    return None if first is None else t + (first + 1) * DAY


def leap_day(probes: Probes, t: float) -> float:
    """Noon of the next 29 February, scenario time in s."""
    start = probes.cast.scenario.start.local
    year = start.year
    while True:
        try:
            noon = datetime(year, 2, 29, 12, tzinfo=start.tzinfo)
        except ValueError:
            noon = None
        if noon is not None and (noon - start).total_seconds() > t + 86_400:
            return noon.timestamp() - start.timestamp()
        year += 1
