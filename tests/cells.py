"""Cells of a notebook, run as a notebook runs them: one after the other, in one namespace."""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

CELL = re.compile(r"^# %%.*\n", re.M)
"""How a cell begins in the percent format."""


def cells_of(text: str) -> list[str]:
    """Return the cells of code of a file in the percent format."""
    parts = CELL.split(text)[1:]
    heads = CELL.findall(text)
    return [part for head, part in zip(heads, parts, strict=True) if "[markdown]" not in head]


@contextmanager
def notebook() -> Iterator[Any]:
    """Yield a function that runs the text of a cell, and returns the names that there are then.

    As in IPython, the names are those of the module ``__main__``, which has no file, and Python
    finds the source of a cell in its cache of lines.
    """
    main, number = ModuleType("__main__"), 0

    def run(text: str) -> dict[str, Any]:
        nonlocal number
        number += 1
        name = f"<cell {number} of {id(main)}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), vars(main))
        return vars(main)

    before = sys.modules["__main__"]
    sys.modules["__main__"] = main
    try:
        yield run
    finally:
        sys.modules["__main__"] = before
