"""Metrics: what one replication's event log and persons table say. `measure` is the way in."""

from __future__ import annotations

from ...scenarios.metrics import METRICS
from .cuts import OVERALL, Figure, Missing, Where
from .measure import measure
from .ways import Ways, ways

__all__ = ["METRICS", "OVERALL", "Figure", "Missing", "Ways", "Where", "measure", "ways"]
