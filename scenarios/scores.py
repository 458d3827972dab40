"""A matcher known by its scores: what a threshold does to the enrolled and to strangers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from .errors import InputError
from .source import whole
from .tables import read_columns

if TYPE_CHECKING:
    from .readers import ScoreFiles

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """What is left of the score files once the threshold stands."""

    threshold: float
    """A score at or above it is a match."""
    fnmr: float
    """Share of genuine scores below the threshold."""
    fmr: float
    """Share of impostor scores at or above it; 0 where no impostor file was given."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.is_instance_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                "genuine": {"type": "string"}, "impostor": {"type": "string"}, "threshold": {"type": "number"},
                "false_match_rate": {"type": ["number", "string"]},
            },
            "required": ["genuine"],
            "additionalProperties": False,
            "description": "score files (columns score, or score and count) with a threshold or the FMR that sets it",
        }  # fmt: skip


def load_scores(files: ScoreFiles, folder: Path | None) -> Scores:
    """Read the files and set the threshold. InputError names file and line."""
    base = folder or Path()
    genuine = read_scores(base / files.genuine)
    impostor = read_scores(base / files.impostor) if files.impostor is not None else None
    threshold = files.threshold
    if threshold is None:
        assert impostor is not None and files.false_match_rate is not None
        threshold = threshold_at(impostor, files.false_match_rate)
    fmr = share_at_or_above(impostor, threshold) if impostor is not None else 0.0
    return Scores(threshold, 1.0 - share_at_or_above(genuine, threshold), fmr)


def read_scores(path: Path) -> tuple[Floats, Floats]:
    """(scores in ascending order, how often each) from a CSV with `score` or `score,count`.

    Without a header it has one score a line, or score and count. InputError: all that is wrong with it.
    """
    columns = read_columns(path, ("score",), optional=("count",), header=False)
    scores = columns["score"]
    counts = columns.get("count", np.ones(len(scores)))
    if counts.min() < 0 or counts.sum() == 0:
        raise InputError([whole(str(path), "counts must not be negative, and not all 0")])
    order = np.argsort(scores, kind="stable")
    return scores[order], counts[order]


def share_at_or_above(tally: tuple[Floats, Floats], threshold: float) -> float:
    """Share of the scores that reach a threshold."""
    scores, counts = tally
    return float(counts[np.searchsorted(scores, threshold, side="left") :].sum() / counts.sum())


def threshold_at(impostor: tuple[Floats, Floats], fmr: float) -> float:
    """The smallest observed score that at most this share of the impostors reaches.

    If even the highest does not do, the next number above it.
    """
    scores, counts = impostor
    values, first = np.unique(scores, return_index=True)
    at_or_above = np.cumsum(counts[::-1])[::-1][first] / counts.sum()
    good = np.flatnonzero(at_or_above <= fmr)
    return float(values[good[0]]) if len(good) else float(np.nextafter(values[-1], np.inf))


def false_positive_identification(fmr: float, listed: int) -> float:
    """FPIR(N) = 1 - (1 - FMR)^N: the probability that a stranger matches somebody of a list of N."""
    if fmr >= 1.0:
        return 1.0 if listed else 0.0
    return float(-np.expm1(listed * np.log1p(-fmr)))
