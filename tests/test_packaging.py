"""What is installed is what stands in the folders: nothing forgotten, nothing stale, nothing beside `gatebench`."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FOLDERS: dict[str, str] = SETTINGS["tool"]["setuptools"]["package-dir"]
NOT_PACKAGES = {"benchmarks", "build", "dist", "docs", "tests"}

IMPORT_ALL = """
import builtins, importlib, sys
posix, plain = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}, builtins.__import__
def strict(name, globals=None, locals=None, fromlist=(), level=0):
    if level == 0 and name.split(".")[0] in posix and (globals or {}).get("__name__", "").startswith("gatebench"):
        raise ImportError(f"{globals['__name__']} imports {name}, which only Unix has")
    return plain(name, globals, locals, fromlist, level)
builtins.__import__ = strict
for module in sys.argv[1:]:
    importlib.import_module(module)
"""


@pytest.fixture(scope="module")
def installed() -> Distribution:
    """The wheel of this checkout. Without one these tests skip; under tox that is an error."""
    try:
        found = distribution("gatebench")
    except PackageNotFoundError:
        found = None
    if found and found.files and any(str(file) == "gatebench/__init__.py" for file in found.files):
        return found
    if "TOX_ENV_NAME" in os.environ:
        pytest.fail("tox should have installed the wheel", pytrace=False)
    pytest.skip("gatebench is not installed from a wheel; `tox -e py` does that")


def tree() -> set[str]:
    """Every file of the mapped folders, as the path where it should be installed."""
    found = set()
    for package, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                inside = path.relative_to(ROOT / folder).as_posix()
                found.add(f"{package.replace('.', '/')}/{inside}")
    return found


def modules() -> list[str]:
    names = (PurePosixPath(file).with_suffix("") for file in tree() if file.endswith(".py"))
    return sorted(".".join(name.parts).removesuffix(".__init__") for name in names if name.stem != "__main__")


def test_the_wheel_holds_the_folders_and_nothing_else(installed: Distribution) -> None:
    files = [str(file) for file in installed.files or () if "__pycache__" not in file.parts]
    wheel = {name for name in files if ".dist-info/" not in name and not name.startswith("..")}
    assert sorted(wheel - tree()) == [], "installed, but not in the folders"
    assert sorted(tree() - wheel) == [], "in the folders, but not installed"


def test_every_folder_with_code_is_mapped() -> None:
    folders = {path.parent.name for path in ROOT.glob("[a-z]*/*.py")} - NOT_PACKAGES
    assert folders == set(FOLDERS.values())


def test_every_module_imports_from_the_wheel_without_unix(installed: Distribution, tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-c", IMPORT_ALL, *modules()]
    run = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_a_user_s_own_folders_do_not_shadow_it(installed: Distribution, tmp_path: Path) -> None:
    for name in ("sim", "hil", "cli"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise RuntimeError('{name} of the user')")
    run = subprocess.run(
        [sys.executable, "-m", "gatebench", "--help"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("Usage:")
