"""The pages keep their word: links resolve, scenarios load, programs and commands run and print what is shown.

In a fence, the first word says what is done with it:

* `yaml`: a whole scenario, policy or rig is loaded, anything else must be YAML; `yaml wrong` must be refused
* `python`: is run; the programs of a page share one namespace
* `console`: each `$ gatebench …` is run and must succeed, unless `$ echo $?` follows; output, where shown, is compared,
  and `...` stands for anything
* any with `title="NAME"`: lies beside them as a file of that name
* `sh` and others: are not tried
"""

import doctest
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

from gatebench.scenarios.errors import InputError
from gatebench.scenarios.policy.document import PolicyDocument
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^( *)(```+)(.*?)\n(.*?)^ *\2`*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(
    r"\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]: +(\S+)|<(?:img|a)\b[^>]*?(?:src|href)=\"([^\"]+)\"",
    re.MULTILINE,
)
SECONDS = 300


class Block(NamedTuple):
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    info: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for match in FENCE.finditer(text):
        language, _, info = match[3].strip().partition(" ")
        inside = "".join(line.removeprefix(match[1]) for line in match[4].splitlines(keepends=True))
        yield Block(page, text.count("\n", 0, match.start()) + 1, language, info, inside)


def anchors(page: Path) -> set[str]:
    """The headings of a page as the fragments that lead to them."""
    headings = re.findall(r"^#+ +(.+?) *#*$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def of(language: str) -> list[object]:
    found = [block for page in PAGES for block in blocks(page) if block.language == language]
    return [pytest.param(block, id=block.place) for block in found]


def pages_with(*languages: str) -> list[object]:
    found = [page for page in PAGES if any(block.language in languages for block in blocks(page))]
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    text = FENCE.sub("", page.read_text("utf-8"))
    broken = []
    for match in LINK.finditer(re.sub(r"`[^`\n]*`", "", text)):
        link = match[1] or match[2] or match[3]
        if re.match(r"[a-z]+:", link):
            continue
        target, _, fragment = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (fragment and fragment not in anchors(file)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("block", of("yaml"))
def test_scenarios_load(block: Block, tmp_path: Path) -> None:
    lay_files(block.page, tmp_path)
    document = YAML(typ="safe", pure=True).load(block.text)
    if isinstance(document, dict) and document.get("schema") == "gatebench.rig/1":
        rig(block, tmp_path)
        return
    model = {"scenario": Scenario, "policy": PolicyDocument}.get(next(iter(document), ""))
    if "wrong" in block.info:
        with pytest.raises(InputError):
            read_bytes(block.text.encode(), model or Scenario, name=block.place, folder=tmp_path)
    elif model:
        read_bytes(block.text.encode(), model, name=block.place, folder=tmp_path)


def rig(block: Block, folder: Path) -> None:
    from gatebench.hil.rig.reading import read_rig_text

    if "wrong" in block.info:
        with pytest.raises(InputError):
            read_rig_text(block.text, name=block.place, folder=folder)
    else:
        read_rig_text(block.text, name=block.place, folder=folder)


@pytest.mark.parametrize("page", pages_with("python", "console"))
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay_files(page, tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "python":
            exec(compile(block.text, block.place, "exec"), names)  # noqa: S102 - the point of an example is to be run
        elif block.language == "console":
            converse(block)


def lay_files(page: Path, folder: Path) -> None:
    for block in blocks(page):
        if title := re.search(r'title="([^"]+)"', block.info):
            (folder / title[1]).write_text(block.text, "utf-8")


def converse(block: Block) -> None:
    """Run the commands of a console; compare what they print with what is shown."""
    code = 0
    said = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not said[0].strip(), f"{block.place}: a console begins with '$ '"
    for entry, following in zip(said[1:], [*said[2:], ""], strict=True):
        command, _, want = entry.partition("\n")
        if command == "echo $?":
            got = f"{code}\n"
        else:
            name, *arguments = shlex.split(command)
            assert name == "gatebench", (
                f"{block.place}: only gatebench is tried; use an 'sh' fence for {name}"
            )
            run = subprocess.run(
                [sys.executable, "-m", "gatebench", *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            code, got = run.returncode, run.stdout
            assert code == 0 or following.startswith("echo $?"), f"{block.place}: {command}: {code}\n{got}"
        same = doctest.OutputChecker().check_output(
            want, got, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        )
        assert same or not want.strip(), f"{block.place}: {command} printed\n{got}"


def test_ci_runs_what_the_readme_says() -> None:
    commands = [
        line
        for block in blocks(ROOT / "README.md")
        if block.language == "sh"
        for line in block.text.splitlines()
    ]
    assert len(commands) == 2, "README has two commands: one runs the main job, one the tests"
    assert "gatebench run zhengzhou-2021" in commands[0]
    assert (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1] == commands[1]
