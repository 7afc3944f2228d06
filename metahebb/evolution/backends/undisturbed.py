"""Holds signals back while Ray starts, because a half-started Ray leaves processes behind."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psutil


@contextlib.contextmanager
def undisturbed(undo: Callable[[], object]) -> Iterator[None]:
    """Hold signals back inside the block; if a signal came, call ``undo`` and send it again.

    Ray's own handler for SIGTERM raises SystemExit, which would end this process without a word.
    Inside the block, such a SystemExit counts as a SIGTERM. After the block, signals have the
    handlers that they had before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before, started = psutil.Process().children(recursive=True), []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {n: handler for n in numbers if callable(handler := signal.getsignal(n))}
    for number in handlers:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        with _lost_exits(came):
            yield
    except SystemExit:
        came.append(signal.SIGTERM)
        started = psutil.Process().children(recursive=True)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if came:
        undo()
        for process in set(started).difference(before):  # undo() may have missed some of them
            with contextlib.suppress(psutil.Error):
                process.kill()
        signal.raise_signal(came[0])


@contextlib.contextmanager
def _lost_exits(came: list[int]) -> Iterator[None]:
    """Add a SIGTERM to ``came`` if Python ignores a SystemExit, as happens during a fork."""
    hook = sys.unraisablehook

    def note(unraisable: Any) -> None:
        if isinstance(unraisable.exc_value, SystemExit):
            came.append(signal.SIGTERM)
        else:
            hook(unraisable)

    sys.unraisablehook = note
    try:
        yield
    finally:
        sys.unraisablehook = hook
