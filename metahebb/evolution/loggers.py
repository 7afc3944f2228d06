"""Loggers send a run's numbers elsewhere, each in its own thread, so that none can harm the run."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from metahebb.errors import InputError, one_line, unknown_name
from metahebb.evolution.destinations import DESTINATIONS, Ending, Logged, Record

_log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds for which the end of a run waits for all loggers together."""
BACKLOG = 10_000
"""The largest number of generations that may wait for a slow logger; it sends them together."""


def check_logger(name: str) -> None:
    """Raise InputError if there is no logger ``name``, or its package is not installed."""
    if name not in DESTINATIONS:
        raise unknown_name("logger", name, DESTINATIONS)
    if importlib.util.find_spec(name) is None:
        raise InputError(
            f"expected {name} to be installed, got no such package; pip install 'metahebb[{name}]'"
        )


@contextlib.contextmanager
def logging_to(names: Sequence[str], searcher: Any, logged: Logged) -> Iterator[None]:
    """Send the numbers of each step of an EvoTorch ``searcher`` to loggers, inside the block.

    A logger that fails or does not answer causes a warning, and nothing else. The end of the block
    waits up to `PATIENCE` seconds for numbers that are not sent yet.

    Args:
        names: names of loggers that `check_logger` knows; a logger that is named twice logs once.
        searcher: the EvoTorch searcher that takes the steps.
        logged: the folder and the config of the run, for the loggers to show.

    Raises:
        InputError: see `check_logger`.
    """
    names = tuple(dict.fromkeys(names))
    for name in names:
        check_logger(name)
    loggers = [_Logger(name, logged) for name in names]
    searcher.log_hook.extend(loggers)
    ending: Ending = "finished"
    try:
        yield
    except BaseException as error:
        ending = "killed" if isinstance(error, KeyboardInterrupt) else "failed"
        raise
    finally:
        until = time.monotonic() + PATIENCE
        for logger in loggers:
            logger.end(ending)
        for logger in loggers:
            logger.wait(until)


class _Logger:
    """A hook that takes the numbers of a step at once, and a thread that sends them."""

    def __init__(self, name: str, logged: Logged) -> None:
        self._name = name
        self._given_up = False
        self._waiting: queue.Queue[Record | Ending] = queue.Queue(BACKLOG)
        # A daemon: a thread that hangs does not keep the process from ending.
        self._thread = threading.Thread(
            target=self._work, args=(logged,), name=f"metahebb-{name}", daemon=True
        )
        self._thread.start()

    def __call__(self, status: dict[str, Any]) -> None:
        """Take the numbers of a step from ``status``, with which EvoTorch calls its hooks."""
        numbers = {key: float(v) for key, v in status.items() if isinstance(v, (int, float))}
        self._put(Record(int(status["iter"]), time.time(), numbers))

    def end(self, ending: Ending) -> None:
        """Tell the thread that no more steps follow."""
        self._put(ending)

    def wait(self, until: float) -> None:
        """Wait for the thread to send the rest, at most until the monotonic time ``until``."""
        self._thread.join(max(0.0, until - time.monotonic()))
        if self._thread.is_alive():
            self._give_up(f"no answer within {PATIENCE:g} s of the end of the run")

    def _put(self, item: Record | Ending) -> None:
        if self._given_up:
            return
        try:
            self._waiting.put_nowait(item)
        except queue.Full:
            self._give_up(f"no answer for {BACKLOG} generations")

    def _work(self, logged: Logged) -> None:
        try:
            destination = DESTINATIONS[self._name](logged)
            ending = None
            while ending is None:
                records, ending = self._take()
                if records:
                    destination.write(records)
            destination.close(ending)
        except BaseException as error:  # a library may raise anything, even SystemExit
            self._give_up(one_line(error))

    def _take(self) -> tuple[list[Record], Ending | None]:
        """Wait for a step; return all steps that have come, and the ending if it has come."""
        records: list[Record] = []
        item = self._waiting.get()
        while isinstance(item, Record):
            records.append(item)
            if self._waiting.empty():
                return records, None
            item = self._waiting.get()
        return records, item

    def _give_up(self, reason: str) -> None:
        """Send nothing from now on; the first call warns, with its reason."""
        if self._given_up:
            return
        self._given_up = True
        is_default = self._name == "tensorboard"
        _log.warning(
            "expected the logger %s to work, got %s; the run goes on without it (to begin without "
            "it, %s)",
            self._name,
            reason,
            "use --no-tensorboard" if is_default else f"leave out --log {self._name}",
        )
