"""An environment that a user has defined in Python, in a cell of a notebook for example."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import FunctionType
from typing import Any

from metahebb.own_cells import text_that_defines
from metahebb.paths import absolute
from metahebb.runs.storage import storage_errors, write_atomically


def file_of_env(maker: type[Any] | FunctionType, folder: Path) -> str:
    """Write the text that makes an environment into ``folder``; return it as ``FILE.py:NAME``.

    The run's config names the file. Like the file of any environment of a user's own, it has to
    stay where it is for as long as the run is to be lived in, and workers on other machines need
    it. The same text has the same name, so that it is written once.

    Args:
        maker: the environment's class, or a function that returns an environment.
        folder: the folder for the file.

    Raises:
        InputError: the text of the class or function cannot be read.
        StorageError: the file cannot be written.
    """
    text = text_that_defines(maker)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    file = absolute(folder) / f"{maker.__name__.lower()}_{digest}.py"
    if not file.exists():
        with storage_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, text.encode())
    return f"{file}:{maker.__name__}"
