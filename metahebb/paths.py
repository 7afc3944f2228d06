"""Relative paths start from the folder in which the user gave the command, and from no other.

An environment, a file of rules or a library may change the working directory of this process, or
remove it. So a relative path that the user gave must never depend on a later working directory. A
command calls `from_here` before anything else, and code that takes a path calls `absolute`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from metahebb.errors import InputError

_VARIABLES = ("METAHEBB_CACHE", "NUMBA_CACHE_DIR", "RAY_AUTH_TOKEN_PATH")
"""Environment variables that hold a path, which this process or its children may read later."""
_SEARCHED = "PYTHONPATH"
"""The environment variable that holds several paths.

Python has made them absolute for this process, but not for its children.
"""
_REMOVED = ""

_start: str | None = None
"""The folder in which the present command was given; None while no command runs (a notebook)."""


@contextlib.contextmanager
def from_here() -> Iterator[None]:
    """Let relative paths start from the present working directory, all through the ``with`` block.

    A block within a block keeps the start of the outer block. Relative paths in environment
    variables become absolute.

    Raises:
        InputError: a variable holds a relative path, and the working directory was removed.
    """
    global _start
    before, _start = _start, _working_directory() if _start is None else _start
    try:
        for name in _VARIABLES:
            if value := os.environ.get(name):
                os.environ[name] = value if value.startswith("~") else str(absolute(value))
        if value := os.environ.get(_SEARCHED):
            parts = value.split(os.pathsep)
            os.environ[_SEARCHED] = os.pathsep.join(str(absolute(part)) for part in parts)
        leave_removed_folder()
        yield
    finally:
        _start = before


def leave_removed_folder() -> None:
    """Change to the root folder if the working directory was removed.

    In a removed folder torch and Ray end the process.
    """
    if _working_directory() == _REMOVED:
        os.chdir("/")


def absolute(path: Path | str) -> Path:
    """Return ``path`` as an absolute path.

    A relative path starts from the folder of `from_here`; outside of such a block it starts from
    the working directory.

    Raises:
        InputError: ``path`` is relative, and the working directory was removed.
    """
    path = Path(path)
    if path.is_absolute():
        return path
    start = _working_directory() if _start is None else _start
    if start == _REMOVED:
        raise InputError(
            f"expected a working directory to which {path} is relative, got one that was removed; "
            "change to a folder that exists, or give absolute paths"
        )
    return Path(start, path)


def shown(path: Path) -> str:
    """Return an absolute ``path`` as people read it: relative if it is below the start folder."""
    start = _working_directory() if _start is None else _start
    return str(path.relative_to(start) if start and path.is_relative_to(start) else path)


def _working_directory() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return _REMOVED
