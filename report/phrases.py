"""The words of a story: credentials, reasons and ways as people say them. A word of the log that is not known here is
quoted as it stands."""

from __future__ import annotations

import re

_SHOWN = {
    "face": ("shows the face", "shows the face again"),
    "fingerprint": ("lays on the finger", "lays on the finger again"),
    "card": ("presents the card", "presents the card again"),
    "phone-code": ("shows the code on the phone", "shows the code on the phone again"),
    "pin": ("types the PIN", "types the PIN again"),
}
GUARD = "guard"
"""Reason of a `call` that is no telephone call: the guard stands at the portal."""
_BIOMETRIC = ("face", "fingerprint")
_DENIED = {
    "suspended": "is turned down: suspended after too many wrong tries",
    "unknown": "is turned down: it stands on no list",
    "expired": "is turned down: its time is over",
    "not-yet": "is turned down: it is not in force yet",
    "stopped": "is turned down: it is not in force any more",
    "revoked": "is turned down: it was taken off the list",
    "outside-hours": "is turned down: it does not open here at this hour",
    "no-access": "is turned down: it does not open here for this group",
    "interlock": "is turned down: another door of the interlock stands open",
    "anti-passback": "is turned down by anti-passback: as the system knows it, they went this way last time",
    "override-locked": "is turned down: an operator holds the portal locked",
    "fault-deny": "is turned down: a fault is on",
}
_RELEASED = {
    "fire": "is let through: the fire alarm has released the portal",
    "free-egress": "is let through: nothing is asked for this way",
    "override-open": "is let through: an operator holds the portal open",
    "hold-open": "is let through: at this hour the portal is held open",
    "fault-release": "is let through: a fault has released the portal",
    "anti-passback": "is accepted, with an alarm: as the system knows it, they went this way last time",
}
_ABANDONED = {
    "patience": "runs out of patience and leaves",
    "hope": "gives up hope that somebody opens, and leaves",
    "denied": "has nothing else to try, and leaves",
    "no-credential": "has nothing that opens here, and leaves",
    "full": "finds no room in the line, and leaves",
    "elsewhere": "turns away to try another portal",
}
_BYPASSED = {"crawl": "crawls under the railing", "climb": "climbs over"}
_ENROLMENTS = {
    "enrolled": "enrolled as the run begins",
    "refused": "was asked to enrol and said no",
    "not-offered": "never asked to enrol as the run begins",
    "not-eligible": "may not enrol",
    "failed": "tried to enrol, and no template came of it",
    "pending": "has agreed to enrol and is not on the list as the run begins",
}
_DESK = {
    "desk-documents": "Goes to the enrolment desk for the {thing} and is sent home for want of papers; it took {span}.",
    "desk-not-eligible": "Goes to the enrolment desk for the {thing} and hears that they may not enrol; it took {span}.",
    "desk-failed": "Goes to the enrolment desk for the {thing}, and no template comes of it; it took {span}.",
}  # fmt: skip
_REGISTERED = {
    "registered": "Registers the {thing} at the enrolment desk; it took {span}, waiting included.",
    "listed": "The {thing} stands on the list from now on.",
    "registered-earlier": "The {thing} was registered {span} before the run began, and is not on the list yet.",
    "listed-earlier": "The {thing} has stood on the list since {span} before the run began.",
}
_CUTOVERS = {
    "begins": "For everybody: the {thing} is in force from now on.",
    "ends": "For everybody: the {thing} is not in force any more.",
}


def span(seconds: float) -> str:
    """A length of time: `1.3 s`, `27 s`, `4 min 12 s`, `1 h 5 min`, `3 d 2 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _two(whole, 60, "min", 1, "s")
    minutes = round(seconds / 60.0)
    if minutes < 1440:
        return _two(minutes, 60, "h", 1, "min")
    return _two(round(seconds / 3600.0), 24, "d", 1, "h")


def _two(amount: int, large: int, great: str, small: int, little: str) -> str:
    whole, rest = divmod(amount, large)
    return f"{whole} {great}" + (f" {rest // small} {little}" if rest else "")


def plain(word: str) -> str:
    """An id without its dashes."""
    return word.replace("-", " ")


def place(portal: str | None) -> str:
    """`the main gate`, but `tower door 3`."""
    if portal is None:
        return "a portal that the log does not name"
    return plain(portal) if re.search(r"\d$", portal) else f"the {plain(portal)}"


def people(numbers: list[int]) -> str:
    """`person 3`, `persons 3, 5 and 8`."""
    if len(numbers) == 1:
        return f"person {numbers[0]}"
    return f"persons {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def shown(credential: str, again: bool) -> str:
    """How a credential is presented."""
    first, more = _SHOWN.get(credential, (f"presents the {plain(credential)}", None))
    return first if not again else more or f"{first} again"


def judged(credential: str, outcome: str | None, reason: str | None, taken_for: int | None) -> str:
    """What the decision says."""
    if outcome == "need_more":
        return "is asked for more"
    if outcome == "grant":
        if taken_for is not None:
            return f"is taken for person {taken_for}"
        if reason in _RELEASED:
            return _RELEASED[reason]
        return "is recognised" if credential in _BIOMETRIC else "is accepted"
    named = f", taken for person {taken_for}" if taken_for is not None else ""
    if reason == "not-authentic":
        return ("is not recognised" if credential in _BIOMETRIC else "is found not to be genuine") + named
    return _DENIED.get(reason or "", f"is turned down{_why(reason)}") + named


def at_guard(outcome: str | None, reason: str | None, credential: str | None, seconds: float | None) -> str:
    """What comes of asking the guard, who looks for so long; outcome None: nothing that the log tells."""
    goes = "goes to the guard" + (
        "" if credential in (None, "guard") else f" with the {plain(str(credential))}"
    )
    if outcome is None:
        return goes + (f", for {span(seconds)}" if seconds else "")
    after = f" after {span(seconds)}" if seconds else ""
    if outcome == "grant":
        return f"{goes}, who says yes{after}"
    if outcome == "need_more":
        return f"{goes}, who asks for more{after}"
    why = {"not-authentic": ": not convinced", "no-access": ": this group may not be let in"}.get(
        reason or ""
    )
    return f"{goes}, who says no{after}{_why(reason) if why is None else why}"


def heard(seconds: float | None) -> str:
    """The guard listens to somebody who asks for help."""
    return "is heard by the guard" + (f" for {span(seconds)}" if seconds else "")


def passed(way: str | None, direction: str | None, donor: int | None, by_guard: bool = False) -> str:
    """How somebody passes. `by_guard`: the guard was the last whom they had to do with."""
    to = {"in": " in", "out": " out"}.get(direction or "", " through")
    other = {"in": "out", "out": "in"}.get(direction or "", "through")
    them = f"person {donor}" if donor is not None else "somebody"
    if way == "own":
        return f"walks{to}"
    if way == "free":
        return f"walks{to} freely"
    if way == "guard":
        return f"walks{to}, let through by the guard"
    if way == "remote":
        return f"walks{to}, let through from afar"
    if way == "shared":
        # Guards are no persons of the log: what they lend has no donor.
        owner = (
            f", but that of person {donor}" if donor is not None else ", but the guard's" if by_guard else ""
        )
        return f"walks{to} on a credential that is not their own{owner}"
    if way == "tailgate":
        return f"slips{to} behind {them}, unnoticed"
    if way == "piggyback":
        return f"follows {them}{to}, who lets them"
    if way == "reverse":
        return f"slips{to} as {them} comes {other}"
    return f"gets{to}; how, the log does not say"


def helped(who: list[int], way: str | None, direction: str | None) -> str | None:
    """What others did through this person's doing. None: no words for it."""
    to = {"in": " in", "out": " out"}.get(direction or "", " through")
    s, many = ("s", False) if len(who) == 1 else ("", True)
    subject = people(who)
    subject = subject[0].upper() + subject[1:]
    if way == "tailgate":
        return f"{subject} slip{s}{to} behind them, unnoticed."
    if way == "piggyback":
        return f"{subject} follow{s} them{to}, with their consent."
    if way == "reverse":
        return f"{subject} slip{s}{to} past them through the door that they opened from the other side."
    if way == "shared":
        return f"{subject} go{'' if many else 'es'}{to} on their credential."
    return None


def abandoned(reason: str | None) -> str:
    """Why somebody leaves."""
    return _ABANDONED.get(reason or "", f"leaves{_why(reason)}")


def bypassed(reason: str | None, seconds: float | None) -> str:
    """A way around the lock."""
    took = f", which takes {span(seconds)}" if seconds is not None else ""
    return _BYPASSED.get(reason or "", f"gets around the lock{_why(reason)}") + took


def called(reason: str | None, seconds: float | None) -> str:
    """A telephone call, or a request to the guard who stands there."""
    if reason == GUARD:
        return "asks the guard for help"
    took = f", for {span(seconds)}" if seconds is not None else ""
    return f"calls {f'the {plain(reason)}' if reason else 'somebody'}{took}"


def enrolled(reason: str | None, credential: str | None, seconds: float | None) -> str | None:
    """Enrolment rows, and what happened at the desk. None: no words for it."""
    text = _REGISTERED.get(reason or "") or _DESK.get(reason or "")
    if text is None or ("{span}" in text and seconds is None):
        return None
    return text.format(thing=plain(credential or "credential"), span=span(abs(seconds or 0.0)))


def cut_over(credential: str | None, reason: str | None) -> str | None:
    """A cutover. None: no words for it."""
    text = _CUTOVERS.get(reason or "")
    return text.format(thing=plain(credential)) if text and credential else None


def enrolment(word: str) -> str:
    """How enrolment stands as the run begins."""
    return _ENROLMENTS.get(word, f"enrolment: {plain(word)}")


def article(noun: str) -> str:
    """`a courier`, `an owner`."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _why(reason: str | None) -> str:
    return f" ({reason})" if reason else ""
