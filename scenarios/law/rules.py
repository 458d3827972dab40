"""The rules, as data: what is asked, since when, where, by which article, and how well its text is known.

Texts and their grades: the project's facts. A rule whose article or date nobody of the project has seen in a stored copy says so
in `doubts`, and the command shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from ..portals import Portal
from .declared import (
    assessed,
    declares,
    every,
    filed,
    mode_known,
    opens_in_fire,
    stays_in_device,
    with_children,
)
from .places import CHINA, EU
from .ways import Predicate, coerced, convenient, only_way
from .witness import ANY, FACE

Severity = Literal["life", "grave", "serious", "formal"]
"""`life`: people may die; `grave`: somebody has no way; `serious`: rights of people whose data are stored; `formal`: papers."""


@dataclass(frozen=True)
class Rule:
    """One rule of law, as far as a scenario file can tell of it."""

    id: str
    law: str
    """The text's name."""
    article: str
    begin: date
    """The day on which it came into force."""
    where: str
    """Where it holds: a place of `places`."""
    summary: str
    severity: Severity
    judge: Predicate
    asks: bool = False
    """Only towards those who do not consent and ask."""
    doubts: tuple[str, ...] = ()
    """What of it was not seen, or only in a poor copy."""
    sources: tuple[str, ...] = ()
    """Where the project's copy comes from."""

    @property
    def verified(self) -> bool:
        return not self.doubts


_MIRROR = "github.com/LawRefBook/Laws, 19 Apr 2025"
_CAC = "www.cac.gov.cn/2025-03/21/c_1744174262156096.htm"
_EXTRACT = "article read in extracts, not on the official page"
_COPY = "article read in a copy of the standard"
_PARAPHRASE = "article seen only in paraphrase"
_DATE = "date of commencement not found in a stored copy"

_SPC = ("Supreme People's Court, Fa Shi [2021] 15", date(2021, 8, 1))
_PIPL = ("Personal Information Protection Law", date(2021, 11, 1))
_NDR = ("Network Data Security Regulations", date(2025, 1, 1))
_ORDER = ("CAC and MPS Order 19, face recognition measures", date(2025, 6, 1))
_SHANGHAI = ("Shanghai Data Regulation", date(2022, 1, 1))


def _on_foot(portal: Portal) -> bool:
    return portal.kind not in ("vehicle-barrier", "lift")


def _not_lifts(portal: Portal) -> bool:
    return portal.kind != "lift"


def _outer_door(portal: Portal) -> bool:
    return portal.kind in ("swing-door", "revolving-door")


def _china(
    id: str, text: tuple[str, date], article: str, summary: str, severity: Severity, judge: Predicate, *,
    where: str = CHINA, asks: bool = False, doubts: tuple[str, ...] = (), sources: tuple[str, ...] = (_MIRROR,),
) -> Rule:  # fmt: skip
    return Rule(id, text[0], article, text[1], where, summary, severity, judge, asks, doubts, sources)


RULES: tuple[Rule, ...] = (
    # ---- fire
    _china(
        "GB50396-9.0.1", ("GB 50396-2007, access control systems", date(2007, 8, 1)), "9.0.1(2)",
        "Where a door lies on an escape route, the fire alarm frees it, and people pass quickly without a key.", "life",
        opens_in_fire(_on_foot, "door that one leaves by"), doubts=(_COPY,),
        sources=("m.jianbiaoku.com/webarbs/book/113/72723.shtml", "m.wnwk.com/doc/520889.html"),
    ),
    _china(
        "GB50116-4.10.3", ("GB 50116-2013, automatic fire alarm systems", date(2014, 5, 1)), "4.10.3",
        "The fire controller opens doors on escape routes, courtyard gates and the barriers of car parks.", "life",
        opens_in_fire(_not_lifts, "door or barrier that one leaves by"), doubts=(_COPY,),
        sources=("huaxiamen.com/men/11297.html", "www.jianbiaoku.com/webarbs/PublicNoticeInfo/245.shtml"),
    ),
    _china(
        "GB50016-6.4.11", ("GB 50016-2014, fire protection of buildings", date(2015, 5, 1)), "6.4.11",
        "Outer doors of homes with access control open from inside in a fire without key or tool.", "life",
        opens_in_fire(_outer_door, "outer door of a building"), doubts=(_COPY,),
        sources=("tk.swop.cn/question.php?id=1402925", "fdjgj.cn/articleDetailssjk_id_1648.html"),
    ),
    _china(
        "GB51348-14.4.3", ("GB 51348-2019, electrical design of civil buildings", date(2020, 8, 1)), "14.4.3",
        "Controls on escape routes are linked to the fire alarm and stand open in a fire.", "life",
        opens_in_fire(_on_foot, "door that one leaves by"), doubts=(_DATE,), sources=("gf.cabr-fire.com/article-35189.htm",),
    ),
    _china(
        "GB55037-7.1.6", ("GB 55037-2022, general code for fire protection", date(2023, 6, 1)), "7.1.6",
        "Escape doors are side-hung, or act so in a fire, and open outward.", "life",
        opens_in_fire(_on_foot, "door that one leaves by", frozenset({"turnstile", "revolving-door"})),
        doubts=(_COPY, _DATE), sources=("www.khalejna.com/bbs/thread-10545861-1-1.html",),
    ),
    # ---- courts, 2021
    _china(
        "SPC-10.1", _SPC, "10(1)",
        "Face as the only means of verification: an owner or user who does not consent and asks gets another reasonable one.",
        "grave", only_way(FACE, lifts=False), asks=True,
    ),
    _china(
        "SPC-2.3", _SPC, "2(3)", "Faces without a separate consent infringe the right.", "serious",
        declares(consent__separate=True),
    ),
    _china(
        "SPC-4", _SPC, "4", "Consent that was required for the service, bundled or forced is no defence.", "serious",
        every(coerced, declares(consent__bundled=False)),
    ),
    # ---- Personal Information Protection Law
    _china(
        "PIPL-29", _PIPL, "13, 14, 29",
        "Consent to biometrics is separate, informed and voluntary, and asked for anew when something changes.", "serious",
        declares(consent__separate=True, consent__informed=True, consent__renewed=True),
    ),
    _china(
        "PIPL-16", _PIPL, "15, 16", "Consent can be withdrawn easily, and nobody is refused for refusing it.", "grave",
        every(only_way(FACE), declares(consent__withdrawable=True)),
    ),
    _china(
        "PIPL-30", _PIPL, "17, 30", "People are told before: who, why, how, how long, and what it does to them.", "serious",
        declares(notice__given=True, notice__effects=True),
    ),
    _china("PIPL-19", _PIPL, "19", "Data are kept no longer than the purpose needs.", "serious", declares(storage__shortest=True)),
    _china(
        "PIPL-28", _PIPL, "28",
        "Biometrics and movement tracks (entry logs) need a specific purpose, necessity and strict protection.", "serious",
        declares(necessity=True, protection=True),
    ),
    _china(
        "PIPL-31", _PIPL, "31", "Below 14 a guardian consents, and there are rules of their own.", "serious",
        with_children(declares(minors__guardian=True, minors__rules=True)),
    ),
    _china(
        "PIPL-47", _PIPL, "47", "Data go from every store when consent is withdrawn or the purpose is gone.", "serious",
        declares(storage__deleted=True),
    ),
    _china("PIPL-55", _PIPL, "55, 56", "An impact assessment comes before the use, and is kept for three years.", "formal", assessed),
    # ---- cities, 2022
    _china(
        "SH-23", _SHANGHAI, "23",
        "In residential compounds image capture and identity recognition must not be the only way in or out.", "grave",
        only_way(ANY, lifts=False), where="Shanghai",
    ),
    _china(
        "SH-23-signs", _SHANGHAI, "23", "Such devices serve public security alone, with signs, and their data nothing else.",
        "serious", declares(public__security_only=True, public__signs=True), where="Shanghai",
    ),
    _china(
        "SZ-19", ("Shenzhen Data Regulation", date(2022, 1, 1)), "19",
        "Who asks for consent to a biometric offers another way with it.", "grave",
        every(only_way(ANY), declares(consent__alternative_offered=True)), where="Shenzhen",
    ),
    _china(
        "HZ-50", ("Hangzhou Property Management Rules", date(2022, 3, 1)), "50",
        "Property managers must not force any biometric, neither to enter nor to use the common parts.", "grave",
        only_way(ANY, each=True), where="Hangzhou",
    ),
    # ---- 2025
    _china(
        "NDR-22", _NDR, "22", "Consent to biometrics is separate, and whoever clearly refused is not asked again.", "serious",
        declares(consent__separate=True, consent__asks_again=False),
    ),
    _china(
        "CAC-5", _ORDER, "5", "A conspicuous notice, and one that old and disabled people can use.", "serious",
        declares(notice__given=True, notice__accessible=True), doubts=(_EXTRACT,), sources=(_CAC,),
    ),
    _china(
        "CAC-6", _ORDER, "6", "Separate consent, as easily withdrawn.", "serious",
        declares(consent__separate=True, consent__withdrawable=True), doubts=(_EXTRACT,), sources=(_CAC,),
    ),
    _china(
        "CAC-7", _ORDER, "7", "Below 14 a guardian consents, and there are rules of their own.", "serious",
        with_children(declares(minors__guardian=True, minors__rules=True)), doubts=(_EXTRACT,), sources=(_CAC,),
    ),
    _china(
        "CAC-8", _ORDER, "8", "Faces stay in the device, and no longer than need be.", "serious", stays_in_device,
        doubts=(_EXTRACT,), sources=(_CAC,),
    ),
    _china(
        "CAC-10", _ORDER, "10",
        "Face is not the only way where another meets the need; who refuses gets a reasonable and convenient one.", "grave",
        convenient, doubts=(_EXTRACT, "speaks of verification; most doors look for a face in a list (1:N)"), sources=(_CAC,),
    ),
    _china(
        "CAC-13", _ORDER, "13", "In public places for public security alone, with signs, and never in private spaces.", "serious",
        declares(public__security_only=True, public__signs=True, public__private_spaces=False),
        doubts=(_PARAPHRASE,), sources=(_CAC,),
    ),
    _china(
        "CAC-15", _ORDER, "15", "From 100,000 stored people on it is filed within 30 working days.", "formal",
        filed(date(2025, 6, 1)), doubts=(_EXTRACT,), sources=(_CAC,),
    ),
    _china(
        "CAC-19", _ORDER, "19", "Defines verifying an identity (1:1) and identifying somebody (1:N): which one is a terminal?",
        "formal", mode_known, doubts=(_EXTRACT,), sources=(_CAC,),
    ),
    # ---- for comparison
    Rule(
        "GDPR-9", "General Data Protection Regulation; EDPB guidelines 3/2019", "9(1), 9(2)(a); 5.1", date(2018, 5, 25), EU,
        "Explicit consent, and another way without biometrics, with no restraint and at no extra cost.", "grave",
        every(only_way(ANY), declares(consent__separate=True, consent__informed=True)),
        doubts=("read in commentaries, not in the official text", "date of application from memory"),
        sources=("ai-regulation.com (guide to the guidelines)", "www.privacad.com/processing-of-personal-data-through-video-devices-19/"),
    ),
)  # fmt: skip
"""In order of their coming into force within each text."""
