"""SIGINT and SIGTERM end a run between two bits, not within one."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from metahebb.errors import MetahebbError


class Stopped(MetahebbError):  # noqa: N818 - nothing went wrong
    """The run was asked to stop; what it has done is kept, and it can be resumed."""

    def __init__(self, number: int) -> None:
        """Remember the signal."""
        super().__init__(signal.Signals(number).name)
        self.exit_status = 130 if number == signal.SIGINT else 75


class Stopping:
    """Turns the first SIGINT or SIGTERM into `Stopped`, where that is harmless.

    Inside `interruptible` (while lives are lived) it is raised at once, elsewhere at the next
    `check`. A second signal acts as it would without us.
    """

    def __init__(self) -> None:
        """Start unarmed; see `armed`."""
        self._signal = 0
        self._interruptible = False

    @contextlib.contextmanager
    def armed(self) -> Iterator[None]:
        """Handle signals inside the block. Enter it after ``ray.init``, which sets its own."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        old = {number: signal.signal(number, self._handle) for number in numbers}
        self._old = old
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        signal.signal(number, self._old[signal.Signals(number)])
        self._signal = number
        if self._interruptible:
            raise Stopped(number)

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal end the block at once."""
        self._interruptible = True
        try:
            self.check()
            yield
        except SystemError:
            self.check()  # Ray's C code may wrap the exception that our handler raised in it
            raise
        finally:
            self._interruptible = False

    def check(self) -> None:
        """Raise `Stopped` if a signal came."""
        if self._signal:
            raise Stopped(self._signal)
