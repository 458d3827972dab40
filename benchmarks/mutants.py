"""Does the comparison of device and policy see every mistake? Each mutant of `Policy.decide` against the sound device.

mutmut's operators make the mutants: of `decide`, of what it calls, of what it looks things up in, and of `advance`, which
keeps the state that it reads. The mutated oracle lives the lives of tests/fixtures/lives.py beside the emulated controller,
in virtual time, until the two differ. A mutant that lives through all of them must stand in `equivalent_mutants.yaml`,
with the reason why nobody could notice it; a reason that is no longer needed is a mistake, too.

    python benchmarks/mutants.py                    # all of them, some minutes on one core
    python benchmarks/mutants.py --write docs/mutants.md
    python benchmarks/mutants.py --only engine._by_place
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import libcst
from libcst import matchers
from libcst.metadata import MetadataWrapper
from mutmut.mutation.file_mutation import Mutation, MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PACKAGE = "gatebench.scenarios.policy"
ORDER = ("schedule", "access", "rulebook", "memory", "engine")
"""Modules that an answer comes from, those that import others behind them. `state` and `means` hold data and no function that
answers depend on, and mutmut makes no mutants outside functions."""
NOT_ASKED = {
    "engine": "compile has_battery is_dead fault_answer accepted is_steady guard duties remote remotes readers hold_open_hours is_held_open",
    "rulebook": "is_steady guard duties remote remotes",
}
"""Functions that no answer depends on: people and portals ask them, not the controller."""
NOT_READ = ("self.id", "self._duties", "self._remote", "self.cutovers")
"""What is worked out beside it and read by those alone."""
TABLES = {"engine": "= Decision(", "rulebook": "Fault."}
"""Outside functions mutmut makes none; of these lines, which `decide` reads, we take its operators' all the same."""
TABLE = "(tables)"
LIVES, SEED = 500, 4
PATIENCE = 5.0
"""Seconds of CPU time for one life, which takes 0.01; behind it the mutant counts as hung."""


@dataclass(frozen=True)
class Mutant:
    """One mistake in one module."""

    module: str
    function: str
    line: int
    before: str
    after: str
    source: str

    @property
    def where(self) -> str:
        return f"{self.module}.{self.function}"

    @property
    def id(self) -> str:
        """Stays the same while the line does."""
        return f"{self.where}: {self.before} → {self.after}"


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: `diverged`, `failed` (no answer at all), `hung` or `survived`."""

    kind: str
    life: int = 0
    told: str = ""


# ---- the mutants


@cache
def source_of(module: str) -> str:
    """The source of a module of the policy, wherever it is installed."""
    file = importlib.import_module(f"{PACKAGE}.{module}").__file__
    assert file is not None
    return Path(file).read_text("utf-8")


@dataclass(frozen=True)
class Change:
    """A mutant to be: what mutmut would put where."""

    module: str
    function: str
    tree: libcst.Module
    change: Mutation

    @property
    def where(self) -> str:
        return f"{self.module}.{self.function}"

    def made(self) -> Mutant:
        """The mutant, which takes some 25 ms."""
        tree = self.tree.deep_replace(self.change.original_node, self.change.mutated_node)  # type: ignore[arg-type]
        assert isinstance(tree, libcst.Module)
        return Mutant(self.module, self.function, *_difference(self.tree.code, tree.code), tree.code)


def changes_of(module: str) -> Iterator[Change]:
    """What mutmut would change in a module and answers may depend on."""
    visitor = MutationVisitor(mutation_operators, IgnoredCode(set(), set(), set()))
    tree = MetadataWrapper(libcst.parse_module(source_of(module))).visit(visitor)
    aside = [
        {id(part) for part in _parts(found)}
        for found in matchers.findall(tree, matchers.Assign() | matchers.AnnAssign())
        if tree.code_for_node(found).startswith(NOT_READ)
    ]
    for one in visitor.mutations:
        function = one.contained_by_top_level_function
        if isinstance(function, libcst.FunctionDef):
            if any(id(one.original_node) in read for read in aside):
                continue
            if function.name.value not in NOT_ASKED.get(module, "").split():
                yield Change(module, function.name.value, tree, one)
        elif module in TABLES:
            yield Change(module, TABLE, tree, one)


def _parts(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    yield node
    for child in node.children:
        yield from _parts(child)


def mutants(only: str = "", sample: int | None = None) -> Iterator[Mutant]:
    """The mutants of a module or function (of all), none twice; or so many of them, by lot."""
    modules = [one for one in reversed(ORDER) if not only or only.startswith(one)]
    changes = [one for module in modules for one in changes_of(module) if one.where.startswith(only)]
    if sample is not None:
        Random(SEED).shuffle(changes)
    seen = {(module, source_of(module)) for module in ORDER}
    count = 0
    for change in changes:
        mutant = change.made()
        if mutant.function == TABLE and TABLES[mutant.module] not in mutant.before:
            continue
        if (mutant.module, mutant.source) not in seen:
            seen.add((mutant.module, mutant.source))
            count += 1
            yield mutant
        if count == sample:
            return


def _difference(old: str, new: str) -> tuple[int, str, str]:
    """Number of the first line that differs, and the lines that differ, in one."""
    a, b = old.splitlines(), new.splitlines()
    head = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
    rest = zip(reversed(a[head:]), reversed(b[head:]), strict=False)
    tail = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], rest))
    before, after = (
        " ".join(part.split())
        for part in (" ".join(a[head : len(a) - tail]), " ".join(b[head : len(b) - tail]))
    )
    return head + 1, before, after


def policy_of(mutant: Mutant) -> Callable[..., Any]:
    """The class `Policy` in a copy of the package with this mutant in it. Whatever the mutant raises when it is imported."""
    package = importlib.import_module(PACKAGE)
    names = ORDER[ORDER.index(mutant.module) :]
    before = {name: importlib.import_module(f"{PACKAGE}.{name}") for name in names}
    try:
        for name in names:
            fresh = ModuleType(f"{PACKAGE}.{name}")
            fresh.__package__ = PACKAGE
            sys.modules[fresh.__name__] = fresh
            setattr(package, name, fresh)
            text = mutant.source if name == mutant.module else source_of(name)
            exec(compile(text, f"<mutant of {name}>", "exec"), fresh.__dict__)  # noqa: S102 - source of ours
        made: Callable[..., Any] = fresh.Policy
        return made
    finally:
        for name, module in before.items():
            sys.modules[module.__name__] = module
            setattr(package, name, module)


# ---- their lives


def load_lives() -> ModuleType:
    """tests/fixtures/lives.py, as a module."""
    spec = importlib.util.spec_from_file_location("lives", ROOT / "tests" / "fixtures" / "lives.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Hung(BaseException):
    """A life takes too long."""


def _hung(*_: object) -> None:
    raise _Hung


def try_out(mutant: Mutant, lives: ModuleType, count: int = LIVES, seed: int = SEED) -> Fate:
    """Let a mutant live beside the sound device until somebody notices."""
    before = signal.signal(signal.SIGVTALRM, _hung)
    life = 0
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
        for life, _ in enumerate(lives.lives_by_lot(seed, count, make=policy_of(mutant)), 2):  # noqa: B007
            signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    except _Hung:
        return Fate("hung", max(life, 1))
    except lives.Divergence as found:
        return Fate("diverged", max(life, 1), _in_words(found))
    except Exception as found:  # noqa: BLE001 - a mutant may raise anything
        return Fate("failed", max(life, 1), type(found).__name__)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return Fate("survived", count)


def _in_words(found: Any) -> str:
    def shown(what: Any) -> str:
        if not isinstance(what, tuple):
            return str(what)
        return " ".join(str(part) for part in what if part is not None)

    request = found.request
    return f"{request.credential} at {request.reader}: {shown(found.wanted)} / {shown(found.found)}"


# ---- the table


def reasons() -> dict[str, str]:
    """Mutant -> why nobody could notice it."""
    entries = YAML(typ="safe", pure=True).load(
        (ROOT / "benchmarks" / "equivalent_mutants.yaml").read_text("utf-8")
    )
    return {one: entry["why"] for entry in entries for one in entry["mutants"]}


def table(found: Sequence[tuple[Mutant, Fate]], why: dict[str, str], lives: int) -> Iterator[str]:
    """The page, line by line."""
    kinds = Counter((mutant.where, fate.kind) for mutant, fate in found)
    every = Counter(fate.kind for _, fate in found)
    yield from HEAD.format(
        total=len(found), lives=lives, diverged=every["diverged"], failed=every["failed"], hung=every["hung"],
        survived=every["survived"],
    ).splitlines()  # fmt: skip
    yield ""
    yield "| function | mutants | differs | no answer | never ends | equivalent |"
    yield "|---|---|---|---|---|---|"
    for where in dict.fromkeys(mutant.where for mutant, _ in found):
        row = [kinds[where, kind] for kind in ("diverged", "failed", "hung", "survived")]
        yield f"| `{where}` | {sum(row)} | " + " | ".join(str(n or "") for n in row) + " |"
    yield from ("", "## Those that nobody could notice", "", "| mutant | why |", "|---|---|")
    for mutant, fate in found:
        if fate.kind == "survived":
            yield f"| {_code(mutant)} | {why.get(mutant.id, '**not explained**')} |"
    yield from (
        "",
        "## Those that differ, fail or hang",
        "",
        "| mutant | life | where they part: policy / device |",
        "|---|---|---|",
    )
    for mutant, fate in found:
        if fate.kind != "survived":
            told = {"diverged": fate.told, "failed": f"no answer ({fate.told})", "hung": "never ends"}[
                fate.kind
            ]
            yield f"| {_code(mutant)} | {fate.life} | {told} |"


def _code(mutant: Mutant) -> str:
    """The mutant in a cell: of its lines only what differs, with a little around it."""
    before, after = mutant.before, mutant.after
    head = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    rest = zip(reversed(before[head:]), reversed(after[head:]), strict=False)
    tail = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], rest))
    cut = max(0, head - 30)
    old, new = (one[cut : min(len(one), len(one) - tail + 20)] for one in (before, after))
    return f"`{mutant.where}` {mutant.line}: " + " → ".join(
        f"`` {'…' * (cut > 0)}{one} ``".replace("|", "\\|") for one in (old, new)
    )


HEAD = """\
# Mutants of the policy

Made by `python benchmarks/mutants.py --write docs/mutants.md`, which says what is done; not to be edited.

A comparison that never finds anything proves little. Here the oracle is what is wrong: mutmut puts {total} mistakes, one at
a time, into `Policy.decide`, into what it calls and looks things up in, and into `advance`, which keeps the state that it
reads. Each mutant lives up to {lives} lives (of 80 happenings, by lot) beside the sound emulated controller, which works by
the provisioning alone. {diverged} give an answer that the device does not give, {failed} give none (they raise an error), {hung}
never end, and {survived} live through it all: these are listed with the reason why nobody could notice them.

Left out is what people ask and no answer depends on: who is on duty, who lets in from afar, what the policy is called.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every mutant was noticed, or there is a reason why not; and no reason is left over."""
    parser = argparse.ArgumentParser(
        description="Every mutant of the policy's decisions against the sound device."
    )
    parser.add_argument("--only", metavar="MODULE[.FUNCTION]", default="", help="mutants of this alone")
    parser.add_argument("--sample", type=int, metavar="N", help="so many of them, by lot")
    parser.add_argument(
        "--lives", type=int, default=LIVES, help=f"lives of each at the most; default {LIVES}"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="the table as a page")
    chosen = parser.parse_args(arguments)
    began = time.process_time()
    lives, why = load_lives(), reasons()
    for _ in lives.lives_by_lot(
        SEED, chosen.lives
    ):  # the sound policy and the sound device: raises where they differ
        pass
    found = []
    for mutant in mutants(chosen.only, chosen.sample):
        fate = try_out(mutant, lives, chosen.lives)
        found.append((mutant, fate))
        if fate.kind == "survived" and mutant.id not in why:
            print(f"NOT NOTICED {mutant.line}\t{mutant.id}", flush=True)
    noticed, tried = {m.id for m, fate in found if fate.kind != "survived"}, {m.id for m, _ in found}
    whole = not chosen.only and chosen.sample is None
    stale = sorted(one for one in why if one in noticed or (whole and one not in tried))
    for one in stale:
        print(f"REASON LEFT OVER {one}")
    every = Counter(fate.kind for _, fate in found)
    print(f"{len(found)} mutants: {dict(every)}; {time.process_time() - began:.0f} s of CPU time")
    if chosen.write is not None:
        chosen.write.write_text("\n".join(table(found, why, chosen.lives)) + "\n", "utf-8")
    return 1 if stale or any(fate.kind == "survived" and m.id not in why for m, fate in found) else 0


if __name__ == "__main__":
    sys.exit(main())
