"""Signals that end a run where that is harmless."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from metahebb.runs.stopping import Stopped, Stopping

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
