"""Faults of the catalogue (`scenarios/faults.py`) done on a rig: each begun, seen to be on, ended, and seen to be off."""

from .rig import able, injectors, places, played, why_not

__all__ = ["able", "injectors", "places", "played", "why_not"]
