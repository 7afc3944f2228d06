"""Notes to the user: what a run or command has to say beside its results.

A note goes to the logger ``metahebb.notes``. The command line prints it on stderr behind its name;
in a notebook Python's own logging shows it, or whatever the user has set up there.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Iterator

LONG_S = 5.0
"""Seconds after which `Patience` shows what is done."""
_log = logging.getLogger(__name__)


def tell(text: str) -> None:
    """Tell the user ``text``, one line."""
    _log.warning("%s", text)


class _OnStderr(logging.Handler):
    """Prints a note on what stderr is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the note behind the name of the program."""
        print(f"metahebb: {record.getMessage()}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def printed() -> Iterator[None]:
    """Print notes on stderr inside the block, and send them nowhere else."""
    handler, before = _OnStderr(), _log.propagate
    _log.addHandler(handler)
    _log.propagate = False
    try:
        yield
    finally:
        _log.removeHandler(handler)
        _log.propagate = before


def show(text: str) -> None:
    """Print ``text``, such as a table at the end of a run, on stderr: a part of the progress."""
    print(text, file=sys.stderr, flush=True)


class Patience:
    """Shows what is done next, once a piece of work takes long."""

    def __init__(self) -> None:
        """Begin to wait."""
        self._begin = time.monotonic()

    def __call__(self, what: str) -> None:
        """Show ``what``, unless everything was quick so far."""
        seconds = time.monotonic() - self._begin
        if seconds > LONG_S:
            show(f"{what} (after {seconds:.0f} s)")
