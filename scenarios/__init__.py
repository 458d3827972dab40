"""What is to be run: scenarios, access policies, and the library of both."""

from .errors import EngineError, Finding, GatebenchError, InputError
from .library import Loaded, load, names
from .scenario import Scenario

__all__ = ["EngineError", "Finding", "GatebenchError", "InputError", "Loaded", "Scenario", "load", "names"]
