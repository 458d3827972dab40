"""What is said of a device in the end."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Each carries its evidence, or its reason."""

    PASS = "PASS"
    FAIL = "FAIL"
    INDETERMINATE = "INDETERMINATE"
    """Too uncertain to tell."""
    NOT_TESTED = "NOT_TESTED"
