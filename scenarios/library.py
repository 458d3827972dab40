"""Where scenarios come from: the user's files, and the library that Gatebench brings along."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from .checks import problems
from .errors import InputError
from .reading import Problem, read
from .scenario import Scenario

_LIBRARY = files("gatebench.scenarios") / "library"


@dataclass(frozen=True)
class Loaded:
    """A scenario and the bytes that it came from."""

    scenario: Scenario
    path: Path
    sha256: str


def names() -> tuple[str, ...]:
    """The library's scenarios, in order of name."""
    return tuple(
        sorted(
            entry.name.removesuffix(".yaml") for entry in _LIBRARY.iterdir() if entry.name.endswith(".yaml")
        )
    )


Look = Callable[[Scenario], Iterable[Problem]]


def load(name_or_path: str | Path, *, also: Look | None = None) -> Loaded:
    """A scenario by its name in the library or by its file. `also`: what else to look for in it.

    Raises:
        InputError: every mistake in it, or no such scenario.
    """
    text = str(name_or_path)
    if text in names():
        with as_file(_LIBRARY / f"{text}.yaml") as path:
            return _load(path, also)
    path = Path(text)
    if path.is_dir():
        raise InputError(
            f"{text or '(nothing)'}: is a folder; name a scenario's file or one of: {', '.join(names())}"
        )
    if not path.is_file():
        looks_like_file = path.suffix in (".yaml", ".yml") or "/" in text
        near = difflib.get_close_matches(text, names(), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"the library has: {', '.join(names())}"
        raise InputError(
            f"{text}: there is no such file" if looks_like_file else f"there is no scenario {text!r}; {hint}"
        )
    return _load(path, also)


def _load(path: Path, also: Look | None) -> Loaded:
    def look(scenario: Scenario) -> Iterator[Problem]:
        found = list(problems(scenario))
        yield from found
        if also is not None and not found:
            yield from also(scenario)

    scenario = read(path, Scenario, check=look)
    return Loaded(scenario, path, hashlib.sha256(path.read_bytes()).hexdigest())
