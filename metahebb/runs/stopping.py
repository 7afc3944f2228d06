"""Signals that stop a run: SIGINT, SIGTERM and SIGHUP, which take effect where nothing is lost.

While lives are lived, a signal interrupts them at once. While the search is updated or files are
written, a signal waits until this is done. So a stopped run can always be resumed.
"""

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
_AGAIN_S = 0.1  # seconds after which a signal that was lost is sent again
_LEAVE_S = 2.0  # seconds that the end of the process may take
_Handler = Callable[[int, FrameType | None], Any] | int | None


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end, whatever it was doing.

    The class is a KeyboardInterrupt, so that code which catches Exception does not catch it. Such
    code may be part of a user's file.
    """

    def __init__(self, number: int) -> None:
        """Remember the signal."""
        super().__init__(signal.Signals(number).name)
        self.exit_status = 130 if number == signal.SIGINT else 75


class Stopped(Interrupted):
    """A signal asked the run to stop; its generations are saved, and it can be resumed."""


class Stopping:
    """Turns the first SIGINT, SIGTERM or SIGHUP into a `Stopped`, at a moment when it does no harm.

    Inside `interruptible` (while lives are lived), `Stopped` is raised at once; elsewhere, at the
    next `check`. A second signal does what it would do without this class.
    """

    def __init__(self) -> None:
        """Start unarmed; see `armed`."""
        self._signal = 0
        self._repeated = False
        self._interruptible = False
        self._process = os.getpid()

    @contextlib.contextmanager
    def armed(self) -> Iterator[None]:
        """Handle signals inside the block; enter it after ``ray.init``, which sets handlers."""
        numbers = list(_SIGNALS)
        if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # nohup sets this
            numbers.remove(signal.SIGHUP)
        if not _is_main():  # Python handles signals in the main thread only
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
        """Handle a second signal as it was handled before `armed`."""
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
                self.check()  # Ray's C code may turn the handler's Stopped into this error
            raise
        finally:
            self._interruptible = False

    def check(self) -> None:
        """Raise `Stopped` if a signal came."""
        if self._signal:
            raise Stopped(self._signal)


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP raise `Interrupted` anywhere inside the block.

    Without this, they would end the process without a word. A signal that other code handles or
    ignores is left alone.
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
        """Send the signal again if Python ignored `Interrupted`, as it does in a ``__del__``."""
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
        if came and not isinstance(error, Interrupted):  # other code turned it into this error
            raise Interrupted(came[0]) from error
        raise
    finally:
        sys.unraisablehook = before
        for number, handler in ours.items():
            signal.signal(number, handler)


def leave(status: int) -> None:
    """End this process with ``status`` at once, if a signal stopped it or a user's code hangs.

    Python's own end would wait for a thread that hangs, and another signal meanwhile would change
    the status. Functions that are registered with ``atexit``, as loggers do, are called.
    """
    if status not in (75, 130) and not is_stuck():
        return

    def end(*_: object) -> NoReturn:
        os._exit(status)

    for number in _SIGNALS:
        signal.signal(number, end)
    if is_stuck():  # the thread that hangs may hold a lock that the lines below wait for
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
    """End this process, a child that an environment forked, by the signal's default action."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _note(number: int) -> None:
    """After a SIGHUP, ignore further ones, and let output go nowhere.

    When a terminal is closed, the kernel and the shell send a SIGHUP each. Printing to the closed
    terminal would raise an error, and keep a run from being saved.
    """
    if number == signal.SIGHUP:
        signal.signal(number, signal.SIG_IGN)
        unread_to_nowhere()


def unread_to_nowhere() -> bool:
    """Redirect each of stdout and stderr to the null device if it has no reader.

    Return whether one of them was redirected.

    Otherwise Python, which writes to both once more at its end, would fail there.
    """
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    unread = [stream for stream in streams if _is_unread(stream)]
    for stream in unread:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
    return bool(unread)


def _is_unread(stream: TextIO) -> bool:
    """Return whether the reader of ``stream`` has closed it."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), 0)  # 0: poll reports errors and hang-ups in any case
    except io.UnsupportedOperation:
        return False  # the stream is no file, for example in a notebook
    return bool(poll.poll(0))
