"""The persons table, opened: who is in which group, entitled, consenting."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .columns import Codes, Columns, Flags, Ints


class Persons:
    """Persons by position in the table; `find` leads from their numbers to it."""

    def __init__(self, table: pa.Table | None) -> None:
        self._columns = Columns(table, "persons table")

    def __len__(self) -> int:
        return len(self._columns)

    def find(self, numbers: Ints) -> Ints:
        """Positions; -1: not in the table."""
        known, order = self._sorted
        if not len(known):
            return np.full(len(numbers), -1)
        if known[0] == 0 and known[-1] == len(known) - 1:
            return np.where(
                (numbers >= 0) & (numbers < len(known)), order[np.clip(numbers, 0, len(known) - 1)], -1
            )
        place = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
        return np.where(known[place] == numbers, order[place], -1)

    @cached_property
    def _sorted(self) -> tuple[Ints, Ints]:
        numbers, first = np.unique(self._columns.ints("person"), return_index=True)
        return numbers, first

    @cached_property
    def _group(self) -> tuple[NDArray[Any], list[str]]:
        return self._columns.codes("group")

    @property
    def groups(self) -> list[str]:
        """Words of the codes that `group_of` gives."""
        return self._group[1]

    @cached_property
    def present(self) -> list[str]:
        """Groups that somebody belongs to."""
        codes, words = self._group
        return [words[code] for code in np.unique(codes[codes >= 0])]

    def group_of(self, numbers: Ints) -> Codes:
        """Codes of the groups of these persons; -1: unknown person, or none."""
        return np.append(self.by_group(), np.int16(-1))[self.find(numbers)]

    def by_group(self) -> Codes:
        """By position: code of the group."""
        return self._group[0].astype(np.int16)

    @cached_property
    def _entitled(self) -> NDArray[np.int8]:
        return np.append(self._columns.flags("entitled"), np.int8(-1))

    def entitled(self, numbers: Ints) -> Flags:
        """Are they known to be entitled?"""
        return np.asarray(self._entitled[self.find(numbers)] == 1)

    def not_entitled(self, numbers: Ints) -> Flags:
        """Are they known not to be entitled?"""
        return np.asarray(self._entitled[self.find(numbers)] == 0)

    @cached_property
    def _consent(self) -> NDArray[np.int8]:
        return np.append(self._columns.flags("consent"), np.int8(-1))

    def consenting(self, numbers: Ints) -> Flags:
        """Have they said yes? Whoever was never asked, or is nobody we know, has not."""
        return np.asarray(self._consent[self.find(numbers)] == 1)

    @cached_property
    def numbers(self) -> Ints:
        return self._columns.ints("person")

    @cached_property
    def enrolled(self) -> Flags:
        """By position: is there a template of them as the run begins?"""
        codes, words = self._columns.codes("enrolment")
        return np.asarray(np.array([word == "enrolled" for word in words] + [False])[codes])

    @cached_property
    def households(self) -> int:
        """How many different ones there are."""
        numbers = self._columns.ints("household")
        return len(np.unique(numbers[numbers >= 0]))

    @cached_property
    def at_home(self) -> Flags:
        """By position: do they belong to a household?"""
        return np.asarray(self._columns.ints("household") >= 0)
