"""What things cost, and how many of them each candidate needs: guards' hours, cards, calls, readers, lanes, systems.

What is priced here is counted, and nothing else is: a part without a price has no metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator

from .metrics import COSTS, METRICS, MONEY
from .model import Model
from .money import Cards, Currency, HourlyPay, Money, Thing
from .policy.access import AccessTable
from .policy.document import GuardDuty, PolicyDocument
from .policy.schedule import contains, edges
from .portals import Kind
from .reading import Location, Problem
from .spelling import closest
from .units import DAY, Id

if TYPE_CHECKING:
    from .scenario import Scenario

MONTH = 365.25 / 12.0
"""Days."""
Answerer = Literal["management", "hotline", "guard", "police", "host"]


class Capital(Model):
    """What is bought once in a while."""

    readers: dict[Id, Thing] = {}
    """By credential: one at every lane, in each direction with a reader in which a candidate accepts it."""
    lanes: dict[Kind, Thing] = {}
    """By kind of portal: one for every lane that stands. The same for all candidates."""
    systems: dict[Id, Thing] = {}
    """By credential: one for the whole place where a candidate accepts it at any reader."""


def _for_all_calls(value: Any) -> Any:
    if value == {}:
        raise ValueError(
            "no call is priced; leave the key out, or write it like '12 CNY' or '{hotline: 6 CNY}'"
        )
    return value if isinstance(value, dict) else {"management": value, "hotline": value}


class Prices(Model):
    """What things cost. Parts that are not given are not reckoned with."""

    currency: Currency
    """Of every price here, and of what is expected of costs."""
    guard: HourlyPay | None = None
    """A guard's hour on duty, with all that comes with it."""
    cards: dict[Id, Cards] | None = None
    """By token: what one costs, how long it lasts, how often it is replaced."""
    calls: Annotated[
        dict[Answerer, Money] | None,
        BeforeValidator(_for_all_calls, json_schema_input_type=Money | dict[Answerer, Money]),
    ] = None
    """Handling one call: to management or the hotline, or by who answers it."""
    capital: Capital | None = None
    """Readers, lanes and systems."""

    def told(self) -> tuple[str, ...]:
        """The metrics for which there are prices."""
        given = [name for name in COSTS if getattr(self, name.removeprefix("costs."), None) is not None]
        return (*given, "costs.total") if given else ()


def prices_of(scenario: Scenario, policy: str, standing: Mapping[str, int]) -> dict[str, Any] | None:
    """What a candidate needs and what that costs, for the metadata of its event logs. None: there are no prices.

    `standing`: by portal, how many of it stand. Keys of the answer: `currency`; where they are priced `guard`, `capital`
    (lists of `{what, count, monthly}`: money for one and a month), `cards` (`{what, groups, monthly}`: for one holder and a
    month) and `calls` (who answers -> money a call).
    """
    prices = scenario.prices
    if prices is None:
        return None
    document = scenario.policy(policy)
    found: dict[str, Any] = {"currency": prices.currency}
    if prices.guard is not None:
        hours = guard_hours(document, scenario, standing)
        found["guard"] = [
            {"what": portal, "count": a_day, "monthly": prices.guard.amount * MONTH}
            for portal, a_day in hours.items()
        ]
    accepted = _Accepted(scenario, document)
    if prices.cards is not None:
        found["cards"] = [
            {"what": token, "groups": accepted.holders(token), "monthly": cards.monthly}
            for token, cards in prices.cards.items()
        ]
    if prices.calls is not None:
        found["calls"] = {who: money.amount for who, money in prices.calls.items()}
    if prices.capital is not None:
        found["capital"] = list(_capital(prices.capital, scenario, accepted, standing))
    return found


def guard_hours(
    document: PolicyDocument, scenario: Scenario, standing: Mapping[str, int]
) -> dict[str, float]:
    """By portal: hours of guards on duty a day, posts times hours, at all that stand of it. Of several duties that
    fit at an hour the first holds."""
    found: dict[str, float] = {}
    for name, portal in scenario.compound.portals.items():
        duties = [duty for duty in document.guard if (name in duty.at if duty.at else bool(portal.readers))]
        hours = _posts_hours(duties)
        if hours:
            found[name] = hours * standing.get(name, 0)
    return found


def _posts_hours(duties: list[GuardDuty]) -> float:
    begins = edges(duty.hours for duty in duties)
    total = 0.0
    for begin, end in zip(begins, [*begins[1:], DAY], strict=True):
        posts = next((duty.posts for duty in duties if contains(duty.hours, begin)), 0)
        total += posts * (end - begin) / 3600.0
    return total


class _Accepted:
    """What a candidate accepts where and from whom, at any hour."""

    def __init__(self, scenario: Scenario, document: PolicyDocument) -> None:
        self._scenario, self.document = scenario, document
        self._portals = scenario.compound.portals
        self._table = AccessTable(document.access, {name: name for name in self._portals}, scenario.people)

    def at_readers(self, credential: str) -> Iterator[tuple[str, str]]:
        """(portal, direction) with a reader at which it is accepted, of anybody, alone or as a part."""
        for name, portal in self._portals.items():
            for direction in self.document.read(name, portal):
                if any(
                    self._table.accepts_at_some_hour((name, direction, group), credential, "reader")
                    for group in (*self._scenario.people, None)
                ):
                    yield name, direction

    def holders(self, credential: str) -> list[str]:
        """Groups that live here, hold it, and may use it somewhere."""
        return [
            group
            for group, facts in self._scenario.people.items()
            if facts.lives_here() and credential in facts.holds and self._may_use(credential, group)
        ]

    def _may_use(self, credential: str, group: str) -> bool:
        return any(
            self._table.accepts_at_some_hour((name, direction, group), credential, shown_at)
            for name, portal in self._portals.items()
            for direction in portal.readers
            for shown_at in ("reader", "guard")
        )


def _capital(
    capital: Capital, scenario: Scenario, accepted: _Accepted, standing: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    portals, document = scenario.compound.portals, accepted.document
    for credential, thing in capital.readers.items():
        count = sum(
            standing.get(name, 0)
            * sum(direction in served for served in document.lanes_of(name, portals[name]).directions())
            for name, direction in accepted.at_readers(credential)
        )
        yield {"what": f"{credential} reader", "count": count, "monthly": thing.monthly}
    for kind, thing in capital.lanes.items():
        count = sum(
            standing.get(name, 0) * document.lanes_of(name, portal).total
            for name, portal in portals.items()
            if portal.kind == kind
        )
        yield {"what": f"{kind} lane", "count": count, "monthly": thing.monthly}
    for credential, thing in capital.systems.items():
        needed = any(True for _ in accepted.at_readers(credential))
        yield {"what": f"{credential} system", "count": int(needed), "monthly": thing.monthly}


# ---- mistakes that show between prices and the rest of the file


def problems(scenario: Scenario) -> Iterator[Problem]:
    """Currencies that differ, prices of what is not there or missing for what is, expectations without prices."""
    prices = scenario.prices
    if prices is not None:
        yield from _currencies(prices)
        yield from _things(prices, scenario)
        yield from _unpriced(prices, scenario)
    yield from _expectations(scenario)


def _currencies(prices: Prices) -> Iterator[Problem]:
    found: list[tuple[Location, str]] = []
    if prices.guard is not None:
        found.append((("guard",), prices.guard.currency))
    # One price for all calls is wrong once.
    found += {
        money.currency: (("calls", who), money.currency) for who, money in (prices.calls or {}).items()
    }.values()
    found += [(("cards", name, "price"), one.price.currency) for name, one in (prices.cards or {}).items()]
    for part in ("readers", "lanes", "systems") if prices.capital is not None else ():
        for name, thing in getattr(prices.capital, part).items():
            found.append((("capital", part, name, "price"), thing.price.currency))
    for loc, currency in found:
        if currency != prices.currency:
            yield Problem(
                ("prices", *loc),
                f"the prices are in {prices.currency}, this is in {currency}; write all in one currency",
            )


def _things(prices: Prices, scenario: Scenario) -> Iterator[Problem]:
    """Credentials and kinds of portals that the scenario has not got."""
    tokens = [name for name, reader in scenario.readers.items() if reader.trait == "token"]
    for token in prices.cards or ():
        if token not in scenario.readers:
            yield Problem(("prices", "cards", token), _unknown("token", token, tokens), True)
        elif token not in tokens:
            trait = scenario.readers[token].trait
            yield Problem(
                ("prices", "cards", token),
                f"{token!r} is not handed out: its trait is {trait!r}, not 'token'; there are: {', '.join(tokens)}",
                True,
            )
    if prices.capital is None:
        return
    for part in ("readers", "systems"):
        for name in getattr(prices.capital, part):
            if name not in scenario.readers:
                yield Problem(
                    ("prices", "capital", part, name), _unknown("credential", name, [*scenario.readers]), True
                )
    kinds = {portal.kind for portal in scenario.compound.portals.values()}
    for kind in prices.capital.lanes:
        if kind not in kinds:
            yield Problem(
                ("prices", "capital", "lanes", kind),
                f"no portal is a {kind}; there are: {', '.join(sorted(kinds))}",
                True,
            )


def _unpriced(prices: Prices, scenario: Scenario) -> Iterator[Problem]:
    """A part that is priced is priced whole: a candidate must not look cheap because a price was forgotten."""
    if not prices.told():
        yield Problem(("prices",), "nothing is priced; give 'guard', 'cards', 'calls' or 'capital'", True)
    for policy in scenario.policies:
        try:
            document = scenario.policy(policy)
        except ValueError:
            continue  # it extends itself or what is not there: told beside the policy
        accepted = _Accepted(scenario, document)
        if prices.guard is None and document.guard:
            yield Problem(
                ("prices",),
                f"{policy!r} has guards on duty, and there is no price of them; give 'guard: 45 {prices.currency}/h' "
                f"(or 'guard: 0 {prices.currency}/h')",
                True,
            )
            return
        for name, reader in scenario.readers.items():
            used = any(True for _ in accepted.at_readers(name))
            if (
                prices.capital is not None
                and prices.capital.readers
                and used
                and name not in prices.capital.readers
            ):
                yield Problem(
                    ("prices", "capital", "readers"),
                    f"no price of a reader for {name!r}, which {policy!r} accepts; if it costs nothing more, "
                    f"write '{name}: 0 {prices.currency} over 1 year'",
                    True,
                )
                return
            token = prices.cards is not None and reader.trait == "token" and name not in prices.cards
            if token and accepted.holders(name):
                yield Problem(
                    ("prices", "cards"),
                    f"no price of {name!r}, which {policy!r} accepts; if it costs nothing, "
                    f"write '{name}: 0 {prices.currency} over 1 year'",
                    True,
                )
                return
    if prices.capital is not None and prices.capital.lanes:
        for name, portal in scenario.compound.portals.items():
            if portal.kind not in prices.capital.lanes:
                yield Problem(
                    ("prices", "capital", "lanes"),
                    f"no price of a lane of {name!r}, a {portal.kind}; if it costs nothing, "
                    f"write '{portal.kind}: 0 {prices.currency} over 1 year'",
                    True,
                )
                return


def _expectations(scenario: Scenario) -> Iterator[Problem]:
    prices = scenario.prices
    for policy, expectations in scenario.expect.items():
        for index, one in enumerate(expectations):
            if METRICS[one.metric].unit != MONEY:
                continue
            loc: Location = ("expect", policy, index, "expect")
            if prices is None:
                yield Problem(loc, f"{one.metric} cannot be told: the scenario gives no prices; add 'prices'")
            elif one.metric not in prices.told():
                part = one.metric.removeprefix("costs.")
                yield Problem(
                    loc,
                    f"{one.metric} cannot be told: the scenario gives no prices of it; add 'prices.{part}'",
                )
            elif one.expect.currency != prices.currency:
                yield Problem(loc, f"the prices are in {prices.currency}, this is in {one.expect.currency}")
            if one.group is not None or one.portal is not None:
                yield Problem(
                    loc, f"{one.metric} is told for the whole place; leave out '[group]' and '@portal'"
                )


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = closest(name, known)
    rest = f"did you mean {near!r}?" if near else f"there are: {', '.join(known) or 'none'}"
    return f"unknown {what} {name!r}; {rest}"
