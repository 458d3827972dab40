"""Gatebench: what happens to people at the doors of a residential compound, in simulation and on real devices."""

from importlib.metadata import version

__version__ = version("gatebench")
