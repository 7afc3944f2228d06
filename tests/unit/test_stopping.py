"""Signals that end a run where that is harmless."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from metahebb.runs.stopping import Interrupted, Stopped, Stopping, heard

NUMBERS = [signal.SIGINT, signal.SIGTERM]


class OldHandlerError(Exception):
    """Raised by the handler that was there before."""


@pytest.fixture(autouse=True)
def old_handler() -> Iterator[None]:
    """Let the handlers before ours raise an error of their own."""

    def handle(number: int, frame: object) -> None:
        raise OldHandlerError

    before = {number: signal.signal(number, handle) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    """Send a signal to this process, and give Python the time to handle it."""
    os.kill(os.getpid(), number)
    time.sleep(0.001)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 75)])
def test_while_lives_are_lived_it_ends_them_at_once(number: int, status: int) -> None:
    stopping = Stopping()
    lived = []

    def live() -> None:
        with stopping.interruptible():
            send(number)
            lived.append("the rest of the generation")

    with stopping.armed(), pytest.raises(Stopped, match=signal.Signals(number).name) as caught:
        live()
    assert caught.value.exit_status == status
    assert not lived


@pytest.mark.parametrize("number", NUMBERS)
def test_elsewhere_it_waits_for_the_next_check(number: int) -> None:
    stopping = Stopping()
    written = []
    with stopping.armed():
        stopping.check()
        send(number)
        written.append("the checkpoint, whole")
        with pytest.raises(Stopped):
            stopping.check()
        with pytest.raises(Stopped), stopping.interruptible():
            written.append("another generation")
    assert written == ["the checkpoint, whole"]


def test_it_is_recognized_in_what_c_code_makes_of_it() -> None:
    def compiled() -> None:
        try:
            send(signal.SIGTERM)
        except Stopped as stopped:  # let out too late
            raise SystemError("returned a result with an exception set") from stopped

    stopping = Stopping()
    with stopping.armed(), pytest.raises(Stopped), stopping.interruptible():
        compiled()


def test_after_the_lives_it_waits_again() -> None:
    stopping = Stopping()
    with stopping.armed():
        with stopping.interruptible():
            pass
        send(signal.SIGTERM)
        with pytest.raises(Stopped):
            stopping.check()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_second_one_acts_as_it_would_without_us(number: int) -> None:
    stopping = Stopping()
    with stopping.armed():
        send(number)
        with pytest.raises(OldHandlerError):
            send(number)


@pytest.mark.parametrize("number", NUMBERS)
def test_afterwards_all_is_as_it_was(number: int) -> None:
    stopping = Stopping()
    with pytest.raises(ValueError, match="mine"), stopping.armed():
        raise ValueError("mine")
    with pytest.raises(OldHandlerError):
        send(number)


def test_without_a_signal_nothing_happens() -> None:
    stopping = Stopping()
    done = []
    with stopping.armed(), stopping.interruptible():
        stopping.check()
        done.append(1)
    assert done == [1]


@pytest.fixture
def default_handlers(old_handler: None) -> None:
    """Let nobody handle signals but Python."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.mark.usefixtures("default_handlers")
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 75), (signal.SIGHUP, 75)]
)
def test_a_command_hears_signals_wherever_it_is(number: int, status: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Interrupted, match=signal.Signals(number).name) as caught, heard():
        send(number)
    assert caught.value.exit_status == status
    assert not isinstance(caught.value, Stopped)  # nothing is known of what it was doing
    assert signal.getsignal(number) == before


@pytest.mark.usefixtures("default_handlers")
def test_a_command_leaves_a_signal_to_who_handles_or_ignores_it() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with heard():
        send(signal.SIGTERM)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stopping = Stopping()
        with heard(), stopping.armed():
            send(signal.SIGHUP)
            stopping.check()
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("default_handlers")
def test_a_signal_that_is_lost_in_a_destructor_comes_again() -> None:
    class Last:
        def __del__(self) -> None:
            send(signal.SIGINT)

    lost = []

    def work() -> None:
        last = Last()
        del last
        lost.append(1)
        time.sleep(5)

    with pytest.raises(Interrupted, match="SIGINT"), heard():
        work()
    assert lost == [1]


@pytest.mark.usefixtures("default_handlers")
def test_what_others_make_of_a_signal_is_one_all_the_same() -> None:
    def load() -> None:
        try:
            send(signal.SIGTERM)
        except KeyboardInterrupt as error:
            raise ImportError("a module in C failed to load") from error

    with pytest.raises(Interrupted, match="SIGTERM"), heard():
        load()


def test_in_another_thread_nobody_handles_signals() -> None:
    done = []

    def work() -> None:
        with heard(), Stopping().armed():
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1]


FORKS = """
import os, signal, time
from metahebb.runs.stopping import Stopping, heard
for block in (heard, Stopping().armed):
    with block():
        child = os.fork()
        if child == 0:
            time.sleep(60)
        time.sleep(0.3)  # a signal that comes in the midst of a fork is lost
        os.kill(child, signal.SIGTERM)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_that_an_environment_forks_ends_as_it_would_without_us() -> None:
    done = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("-15\n-15\n", "")
