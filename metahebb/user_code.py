"""What code of users can do to the process that runs it: end it, hang, and leave things open.

An environment, a rule's file or a probe may call ``sys.exit``, and its status be taken for ours.
An environment may hold processes and files until it is closed, and closing it may fail or hang.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Sequence

THREADS = "metahebb-user-code"
"""The names of threads that run code of users begin with this."""
CLOSE_S = 3.0
"""Seconds that closing may take, for all environments together."""
_AFTER_HANG_S = 0.2  # the same once one of them hangs: the next ones are likely to hang, too
_log = logging.getLogger(__name__)


def is_of_user(error: BaseException) -> bool:
    """Return whether ``error``, which came out of code of users, is that code's own.

    A signal makes Python raise KeyboardInterrupt in the main thread, in the midst of any code: that
    one has to go on, and so has the exit by which Ray ends a worker.
    """
    if hasattr(error, "ray_terminate_msg"):
        return False
    is_main = threading.current_thread() is threading.main_thread()
    return not (is_main and isinstance(error, KeyboardInterrupt))


def let_go(closers: Sequence[Callable[[], None]]) -> str:
    """Call ``closers``, each in a thread of its own; wait for them, `CLOSE_S` seconds at most.

    Returns:
        What went wrong first, which is logged as a warning, too; empty where all is closed.
    """
    wrong: list[str] = []

    def call(close: Callable[[], None]) -> None:
        try:
            close()
        except BaseException as error:  # sys.exit among them: this is a thread of its own
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
    """Warn that an environment could not be closed, once for each reason."""
    _log.warning(
        "close() of an environment failed: %s; what it holds, such as processes, may be left",
        " ".join(reason.split()),
    )


def is_stuck() -> bool:
    """Return whether code of users still runs in a thread, for whose end Python would wait."""
    return any(thread.name.startswith(THREADS) for thread in threading.enumerate())
