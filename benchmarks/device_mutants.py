"""Does a walk see every mistake in a controller? Each mutant of the emulated controller's own source, walked in virtual time.

mutmut's operators make the mutants, as for `mutants.py`: of the modules that decide, lock, list, tell the time, sit on the wires
and speak to the server. A mutant takes the module's place, and the covering set of `gatebench bench faults` walks the
device that it makes, at the two doors of `defects.yaml`, until the first finding. A sample by lot, the same share of each
module, unless all are asked for. Exit code 1: a survivor has no reason in `surviving_mutants.yaml`, or one is left over.

    python benchmarks/device_mutants.py --sample 200 --write docs/mutants-controller.md
    python benchmarks/device_mutants.py --only lock            # all of a module, or of one function
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, NamedTuple

import libcst
from defects import DOORS, plan_of
from libcst.metadata import MetadataWrapper
from mutants import Change, Mutant
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode
from ruamel.yaml import YAML
from virtual_rig import walk

ROOT = Path(__file__).parents[1]
PACKAGE = "gatebench.fixtures.devices.controller"
ORDER = ("daytime", "lock", "roll", "rules", "core", "wiring", "uplink", "__main__")
"""Those that import others behind them. Of the program's `__main__` there are no mutants: it reads arguments."""
SEED = 4
FACTOR = 10.0
PATIENCE = 90.0
"""Seconds of CPU time for one walk, which takes 5; behind it the mutant counts as hung."""


class Fate(NamedTuple):
    """What became of a mutant: `found`, `failed` (the device or the walk came to nothing), `hung` or `survived`."""

    kind: str
    told: str = ""


def source_of(module: str) -> str:
    """The source of a module of the controller."""
    file = importlib.import_module(f"{PACKAGE}.{module}").__file__
    assert file is not None
    return Path(file).read_text("utf-8")


def changes_of(module: str) -> list[Change]:
    """What mutmut would change in the functions and methods of a module."""
    visitor = MutationVisitor(mutation_operators, IgnoredCode(set(), set(), set()))
    tree = MetadataWrapper(libcst.parse_module(source_of(module))).visit(visitor)
    return [
        Change(module, one.contained_by_top_level_function.name.value, tree, one)
        for one in visitor.mutations
        if isinstance(one.contained_by_top_level_function, libcst.FunctionDef)
    ]


def mutants(only: str = "", sample: int | None = None) -> Iterator[Mutant]:
    """Mutants of a module or function (of all), none twice; or about so many, by lot, the same share of each module."""
    modules = [one for one in ORDER[:-1] if not only or only.split(".")[0] == one]
    every = {module: [one for one in changes_of(module) if one.where.startswith(only)] for module in modules}
    total = sum(map(len, every.values()))
    for module, changes in every.items():
        if sample is not None:
            Random(f"{SEED}/{module}").shuffle(changes)
            changes = changes[: max(1, round(sample * len(changes) / total))]
        seen = {source_of(module)}
        for change in changes:
            mutant = change.made()
            if mutant.source not in seen:
                seen.add(mutant.source)
                yield mutant


@contextmanager
def in_place(mutant: Mutant) -> Iterator[None]:
    """The package with this mutant in it, and what imports it made anew. Whatever the mutant raises when it is imported."""
    package = importlib.import_module(PACKAGE)
    names = ORDER[ORDER.index(mutant.module) :]
    before = {name: importlib.import_module(f"{PACKAGE}.{name}") for name in names}
    try:
        for name in names:
            fresh = ModuleType(f"{PACKAGE}.{name}")
            fresh.__package__ = PACKAGE
            fresh.__file__ = before[name].__file__
            sys.modules[fresh.__name__] = fresh
            setattr(package, name, fresh)
            text = mutant.source if name == mutant.module else source_of(name)
            exec(compile(text, f"<mutant of {name}>", "exec"), fresh.__dict__)  # noqa: S102 - source of ours
        yield
    finally:
        for name, module in before.items():
            sys.modules[module.__name__] = module
            setattr(package, name, module)


class _Hung(BaseException):
    """A walk takes too long."""


def _hung(*_: object) -> None:
    raise _Hung


def try_out(mutant: Mutant) -> Fate:
    """Walk the device with the mutant in it, at one door and then the other, until something is found."""
    before = signal.signal(signal.SIGVTALRM, _hung)
    try:
        with in_place(mutant):
            for policy, portal in DOORS:
                signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
                result = walk(plan_of(policy, portal, FACTOR), until_found=True)
                for row in result.rows:
                    for finding in row.findings:
                        return Fate("found", f"{row.row.id}: {finding.behaviour}")
                if result.run.error is not None:
                    return Fate("found", f"the run ends: {type(result.run.error).__name__}")
    except _Hung:
        return Fate("hung")
    except Exception as error:  # noqa: BLE001 - a mutant may raise anything
        return Fate("failed", type(error).__name__)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return Fate("survived")


def reasons() -> dict[str, str]:
    """Mutant -> why a walk does not see it."""
    entries: Any = YAML(typ="safe", pure=True).load(
        (ROOT / "benchmarks" / "surviving_mutants.yaml").read_text("utf-8")
    )
    return {one: entry["why"] for entry in entries or () for one in entry["mutants"]}


def page(found: Sequence[tuple[Mutant, Fate]], why: dict[str, str], total: int) -> str:
    """docs/mutants-controller.md."""
    every = Counter(fate.kind for _, fate in found)
    killed = len(found) - every["survived"]
    lines = HEAD.format(
        tried=len(found), total=total, killed=killed, share=f"{killed / max(1, len(found)):.0%}", found=every["found"],
        failed=every["failed"], hung=every["hung"], survived=every["survived"],
    ).splitlines()  # fmt: skip
    lines += ["", "| module | mutants | found | no device | hung | survived |", "|---|---|---|---|---|---|"]
    for module in ORDER[:-1]:
        kinds = Counter(fate.kind for mutant, fate in found if mutant.module == module)
        cells = " | ".join(str(kinds[kind] or "") for kind in ("found", "failed", "hung", "survived"))
        lines.append(f"| `{module}` | {sum(kinds.values())} | {cells} |")
    lines += ["", "## Survivors", "", "| mutant | why a walk does not see it |", "|---|---|"]
    for mutant, fate in found:
        if fate.kind == "survived":
            lines.append(f"| {_code(mutant)} | {why.get(mutant.id, '**not explained**')} |")
    lines += ["", "## Found", "", "| mutant | first found by |", "|---|---|"]
    lines += [
        f"| {_code(mutant)} | {fate.told or fate.kind} |" for mutant, fate in found if fate.kind != "survived"
    ]
    return "\n".join(lines) + "\n"


def _code(mutant: Mutant) -> str:
    before, after = (text.replace("|", "\\|") for text in (mutant.before, mutant.after))
    return f"`{mutant.where}` {mutant.line}: `` {before[:100]} `` → `` {after[:100]} ``"


HEAD = """\
# Mutants of the emulated controller

Made by `python benchmarks/device_mutants.py --sample 200 --write docs/mutants-controller.md`, which says what is done; not to be
edited.

[Defects](defects.md) are chosen by people; these mistakes are not. mutmut's operators can make {total} in the emulated
controller's own source. Of {tried}, by lot and the same share of each module, a walk kills {killed}, **{share}**: {found} are found by
a verdict, {failed} make no device that could be walked, {hung} never end. {survived} survive, and are explained.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every mutant is killed, or there is a reason why not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", metavar="MODULE[.FUNCTION]", default="", help="mutants of this alone")
    parser.add_argument("--sample", type=int, metavar="N", help="so many of them, by lot")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the table as a page")
    chosen = parser.parse_args(arguments)
    began, why, found = time.process_time(), reasons(), []
    for mutant in mutants(chosen.only, chosen.sample):
        fate = try_out(mutant)
        found.append((mutant, fate))
        print(f"{fate.kind:8} {mutant.line:4} {mutant.id}\t{fate.told}", flush=True)
    survived = {mutant.id for mutant, fate in found if fate.kind == "survived"}
    unexplained = [one for one in survived if one not in why]
    stale = [mutant.id for mutant, _ in found if mutant.id in why and mutant.id not in survived]
    for one in stale:
        print(f"REASON LEFT OVER {one}")
    killed = len(found) - len(survived)
    print(f"{killed} of {len(found)} killed; {time.process_time() - began:.0f} s of CPU time")
    if chosen.write is not None:
        total = sum(len(changes_of(module)) for module in ORDER[:-1])
        chosen.write.write_text(page(found, why, total), "utf-8")
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
