"""Which workers may work: those with the leader's arithmetic, or all, with a warning."""

from __future__ import annotations

import os
import socket

import pytest

from metahebb.errors import InputError
from metahebb.evolution.backends.actor import Greeting, RemoteWorker
from metahebb.evolution.backends.alike import Alike
from metahebb.fingerprint import fingerprint


def greeting(host: str = "left", **changes: str) -> Greeting:
    return Greeting(7, host, f"{host}/1", fingerprint() | changes)


def test_a_worker_says_who_it_is() -> None:
    found = RemoteWorker(b"not opened yet", 1).greet()
    assert (found.pid, found.host) == (os.getpid(), socket.gethostname())
    assert found.fingerprint == fingerprint()


def test_workers_like_the_leader_are_admitted(caplog: pytest.LogCaptureFixture) -> None:
    alike = Alike(2, allowed=False)
    assert alike.admits(0, greeting())
    assert alike.admits(1, greeting(cpu_name="Faster"))
    assert alike.others == []
    assert caplog.messages == []


@pytest.mark.parametrize("first", [True, False])
def test_another_one_ends_what_has_not_begun(first: bool) -> None:
    alike = Alike(2, allowed=False)
    if first:
        assert alike.admits(0, greeting())
    with pytest.raises(InputError) as caught:
        alike.admits(1, greeting("right", numba="0.0.1"))
    line = str(caught.value)
    assert line.startswith("expected workers that do the same arithmetic as this process, got one")
    numba = fingerprint()["numba"]
    assert f"on right with numba {numba} here and 0.0.1 there; start them" in line
    assert "one lock file, or use --allow-heterogeneous" in line
    assert "\n" not in line


def test_another_one_that_comes_later_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    alike = Alike(2, allowed=False)
    assert alike.admits(0, greeting())
    alike.proven = True
    for _ in range(3):
        assert not alike.admits(1, greeting("right", numba="0.0.1"))
    (line,) = caplog.messages
    assert line.startswith("expected workers that do the same arithmetic")
    assert line.endswith("It is left out")
    assert alike.admits(1, greeting())
    assert not alike.admits(0, greeting("right", numba="0.0.1"))  # there is still worker 1


def test_a_run_ends_where_no_worker_is_left() -> None:
    alike = Alike(2, allowed=False)
    alike.proven = True
    assert not alike.admits(0, greeting("right", numba="0.0.1"))
    with pytest.raises(InputError, match="on wrong with mujoco"):
        alike.admits(1, greeting("wrong", mujoco="0.0.1"))


def test_mixed_workers_may_be_allowed_and_are_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    alike = Alike(3, allowed=True)
    assert alike.admits(0, greeting())
    assert alike.others == []
    for worker in (1, 2, 1):
        assert alike.admits(worker, greeting("right", numba="0.0.1"))
    (line,) = caplog.messages
    assert "worker 1 on right does other arithmetic" in line
    assert "0.0.1 there); what it does may differ in bits (--allow-heterogeneous)" in line
    assert alike.others == [fingerprint() | {"numba": "0.0.1"}]
