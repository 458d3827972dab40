"""The law as predicates over a scenario's candidates: dated, placed, and with somebody for whom a rule fails."""

from .answers import Answer, Judgement, Witness
from .case import Case
from .check import Checked, Judged, check, in_force
from .measured import Measured, Way
from .places import jurisdictions
from .rules import RULES, Rule

__all__ = [
    "RULES",
    "Answer",
    "Case",
    "Checked",
    "Judged",
    "Judgement",
    "Measured",
    "Rule",
    "Way",
    "Witness",
    "check",
    "in_force",
    "jurisdictions",
]
