"""What is to be run: scenarios, access policies, and the library of both."""

from typing import TYPE_CHECKING, Any

from .errors import EngineError, Finding, GatebenchError, InputError

if TYPE_CHECKING:
    from .library import Loaded, load, names
    from .scenario import Scenario

__all__ = ["EngineError", "Finding", "GatebenchError", "InputError", "Loaded", "Scenario", "load", "names"]


def __getattr__(name: str) -> Any:
    """The rest when it is asked for: processes that only need the errors are to be up at once."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import library, scenario

    return getattr(scenario if name == "Scenario" else library, name)
