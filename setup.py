"""Packages from the folders that pyproject.toml maps, so that no sub-package is forgotten."""

import shutil
import tomllib
from pathlib import Path

from setuptools import find_packages, setup

shutil.rmtree(
    "build/lib", ignore_errors=True
)  # pip builds here; what was renamed away would be installed too
settings = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))
folders: dict[str, str] = settings["tool"]["setuptools"]["package-dir"]
inner = [f"{name}.{sub}" for name, folder in folders.items() for sub in find_packages(folder)]
setup(packages=[*folders, *inner])
