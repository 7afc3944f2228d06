"""Signals that come while Ray starts: a Ray that is begun by half leaves processes behind."""

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
    """Hold signals back inside the block; where one came, ``undo`` the block and send it again.

    Ray sets a handler for SIGTERM first of all, which raises SystemExit: this process would end
    without a word. That is made a signal again, and who handled signals before does so afterwards.
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
        for process in set(started).difference(before):  # an undo may not know of all of them
            with contextlib.suppress(psutil.Error):
                process.kill()
        signal.raise_signal(came[0])


@contextlib.contextmanager
def _lost_exits(came: list[int]) -> Iterator[None]:
    """Add a SIGTERM to ``came`` where SystemExit is raised in vain, as while a process forks."""
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
