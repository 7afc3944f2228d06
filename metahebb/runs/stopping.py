"""SIGINT, SIGTERM and SIGHUP end a run between two bits, not within one."""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn, TextIO

from metahebb.user_code import is_stuck

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AGAIN_S = 0.1  # until a signal that was lost is sent again
_LEAVE_S = 2.0
_Handler = Callable[[int, FrameType | None], Any] | int | None


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end, whatever it was doing.

    As a KeyboardInterrupt this passes by whatever catches an Exception, in code of users, too.
    """

    def __init__(self, number: int) -> None:
        """Remember the signal."""
        super().__init__(signal.Signals(number).name)
        self.exit_status = 130 if number == signal.SIGINT else 75


class Stopped(Interrupted):
    """The run was asked to stop; what it has done is kept, and it can be resumed."""


class Stopping:
    """Turns the first SIGINT, SIGTERM or SIGHUP into `Stopped`, where that is harmless.

    Inside `interruptible` (while lives are lived) it is raised at once, elsewhere at the next
    `check`. A second signal acts as it would without us.
    """

    def __init__(self) -> None:
        """Start unarmed; see `armed`."""
        self._signal = 0
        self._repeated = False
        self._interruptible = False
        self._process = os.getpid()

    @contextlib.contextmanager
    def armed(self) -> Iterator[None]:
        """Handle signals inside the block. Enter it after ``ray.init``, which sets its own."""
        numbers = list(_SIGNALS)
        if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # as nohup wants it
            numbers.remove(signal.SIGHUP)
        if not _is_main():  # where Python handles no signals
            numbers.clear()
        old = {number: signal.signal(number, self._handle) for number in numbers}
        self._old = old
        try:
            yield
        finally:
            for number, handler in old.items():
                if signal.getsignal(number) != signal.SIG_IGN:  # see `_note`
                    signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            _end_child(number)
        signal.signal(number, functools.partial(self._repeat, self._old[signal.Signals(number)]))
        _note(number)
        self._signal = number
        if self._interruptible:
            raise Stopped(number)

    def _repeat(self, old: _Handler, number: int, frame: FrameType | None) -> None:
        """Do with a signal that comes again what was done before us."""
        self._repeated = True
        signal.signal(number, old)
        signal.raise_signal(number)

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal end the block at once."""
        self._interruptible = True
        try:
            self.check()
            yield
        except (SystemError, KeyboardInterrupt):
            if not self._repeated:
                self.check()  # Ray's C code may make this of what our handler raised in it
            raise
        finally:
            self._interruptible = False

    def check(self) -> None:
        """Raise `Stopped` if a signal came."""
        if self._signal:
            raise Stopped(self._signal)


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP raise `Interrupted` inside the block, wherever it is.

    They would end the process without a word. Where somebody else handles or ignores one of them,
    that stays.
    """
    came: list[int] = []
    before, process = sys.unraisablehook, os.getpid()

    def handle(number: int, frame: FrameType | None) -> None:
        if os.getpid() != process:
            _end_child(number)
        _note(number)
        came.append(number)
        raise Interrupted(number)

    def send_again(unraisable: Any) -> None:
        """Send the signal again: what our handler raised was lost, as in a ``__del__``."""
        if not (came and isinstance(unraisable.exc_value, Interrupted)):
            before(unraisable)
            return
        target = (threading.main_thread().ident, came[-1])
        timer = threading.Timer(_AGAIN_S, signal.pthread_kill, target)
        timer.daemon = True
        timer.start()

    ours = {
        number: handler
        for number in (_SIGNALS if _is_main() else ())
        if (handler := signal.getsignal(number)) in (signal.SIG_DFL, signal.default_int_handler)
    }
    for number in ours:
        signal.signal(number, handle)
    sys.unraisablehook = send_again
    try:
        yield
    except BaseException as error:
        if came and not isinstance(error, Interrupted):  # what others made of it
            raise Interrupted(came[0]) from error
        raise
    finally:
        sys.unraisablehook = before
        for number, handler in ours.items():
            signal.signal(number, handler)


def leave(status: int) -> None:
    """End this process with ``status`` now, if it was stopped or code of users hangs in a thread.

    Python's own end would wait for that thread, and another signal in the midst of it would change
    the status. What loggers have registered to be done at the end is done.
    """
    if status not in (75, 130) and not is_stuck():
        return

    def end(*_: object) -> NoReturn:
        os._exit(status)

    for number in _SIGNALS:
        signal.signal(number, end)
    if is_stuck():  # it may hold a lock that somebody waits for in what follows
        timer = threading.Timer(_LEAVE_S, end)
        timer.daemon = True
        timer.start()
    try:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        end()


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _end_child(number: int) -> None:
    """Let a signal end this process, which an environment has forked, as it would without us."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _note(number: int) -> None:
    """Ignore a second SIGHUP: the kernel and the shell send one each when a terminal is closed.

    What is printed there would raise an error from now on, and keep a run from being saved.
    """
    if number == signal.SIGHUP:
        signal.signal(number, signal.SIG_IGN)
        unread_to_nowhere()


def unread_to_nowhere() -> bool:
    """Let stdout and stderr go to nowhere if nobody reads them; return whether one of them does.

    Python writes to them once more at its end.
    """
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    unread = [stream for stream in streams if _is_unread(stream)]
    for stream in unread:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
    return bool(unread)


def _is_unread(stream: TextIO) -> bool:
    """Return whether whoever was to read ``stream`` has closed it."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), 0)  # errors are reported without being asked for
    except io.UnsupportedOperation:
        return False  # no file, as in a notebook
    return bool(poll.poll(0))
