"""Protection against users' code that ends the process, hangs, or leaves things open.

An environment, a rule's file or a probe may call ``sys.exit``, and others would take that exit
status for metahebb's own. An environment may hold processes and files until it is closed, and
closing it may fail or hang.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Sequence

THREADS = "metahebb-user-code"
"""The beginning of the name of each thread that runs a user's code."""
CLOSE_S = 3.0
"""The number of seconds that closing all environments together may take."""
_AFTER_HANG_S = 0.2  # seconds to wait once an environment has hung: others are likely to hang, too
_log = logging.getLogger(__name__)


def is_of_user(error: BaseException) -> bool:
    """Return whether a user's code itself raised ``error``, which came out of that code.

    Two kinds of exception only pass through a user's code, and have to be raised again. One is
    KeyboardInterrupt in the main thread: a signal makes Python raise it in the midst of any code.
    The other is the exit by which Ray ends a worker.
    """
    if hasattr(error, "ray_terminate_msg"):
        return False
    is_main = threading.current_thread() is threading.main_thread()
    return not (is_main and isinstance(error, KeyboardInterrupt))


def let_go(closers: Sequence[Callable[[], None]]) -> str:
    """Call ``closers``, each in a thread of its own, and wait `CLOSE_S` seconds at most.

    Returns:
        The first failure in words, which is also logged as a warning; empty where all is closed.
    """
    wrong: list[str] = []

    def call(close: Callable[[], None]) -> None:
        try:
            close()
        except BaseException as error:  # SystemExit, too: it can only end this thread
            wrong.append(f"{type(error).__name__}: {error}")

    name = f"{THREADS}-close"
    hangs = any(thread.name == name for thread in threading.enumerate())
    patience = _AFTER_HANG_S if hangs else CLOSE_S
    threads = [threading.Thread(target=call, args=(c,), name=name, daemon=True) for c in closers]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        wrong.append(f"it did not end within {CLOSE_S:.0f} s")
    if not wrong:
        return ""
    warn_of_close(wrong[0])
    return wrong[0]


@functools.cache
def warn_of_close(reason: str) -> None:
    """Log a warning that an environment could not be closed; each reason is logged once."""
    _log.warning(
        "close() of an environment failed: %s; its processes and files may be left over",
        " ".join(reason.split()),
    )


def is_stuck() -> bool:
    """Return whether a user's code still runs in a thread.

    Python would wait for such a thread before the process ends.
    """
    return any(thread.name.startswith(THREADS) for thread in threading.enumerate())
