"""A folder for what draws: without one, SDL and GL print a line that nobody can act on."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator

NAME = "XDG_RUNTIME_DIR"
"""The environment variable that names the folder."""

_lock = threading.Lock()
_held: list[tempfile.TemporaryDirectory[str]] = []
_users = 0


def hold_runtime_folder() -> None:
    """Let ``XDG_RUNTIME_DIR`` name a private folder, until `release_runtime_folder` is called.

    A value that the user has set stays. Several threads may hold the folder; the last one to
    release it removes it. A simulator may draw whenever it is made, reset or advanced, since some
    environments show pictures of themselves as observations.
    """
    global _users
    with _lock:
        _users += 1
        if NAME not in os.environ:
            _held.append(tempfile.TemporaryDirectory(prefix="metahebb-runtime-"))
            os.environ[NAME] = _held[-1].name


def release_runtime_folder() -> None:
    """Take back what `hold_runtime_folder` did."""
    global _users
    with _lock:
        _users -= 1
        if _users:
            return
        for folder in _held:
            if os.environ.get(NAME) == folder.name:
                del os.environ[NAME]
            folder.cleanup()
        _held.clear()


@contextlib.contextmanager
def runtime_folder() -> Iterator[None]:
    """Hold the folder inside the block."""
    hold_runtime_folder()
    try:
        yield
    finally:
        release_runtime_folder()
