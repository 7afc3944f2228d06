"""Rows 19 to 21: environments that hang, fork, crash, or are not the same twice."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from apart import patient
from test_ray_backend import ant, cluster, evaluate, expected, jobs_of

from metahebb.errors import ProgressError
from metahebb.evolution.backends.dispatch import DeterminismError
from metahebb.evolution.backends.ray import RayWorkers

__all__ = ["cluster", "expected"]  # fixtures

pytestmark = [pytest.mark.ray, pytest.mark.faults, pytest.mark.slow]


def sleepers() -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "987654"]]


@pytest.mark.row(19)
def test_what_ignores_sigterm_is_killed_with_its_children(
    cluster: str, expected: list[bytes], tmp_path: Path
) -> None:
    assert evaluate(ant("cling", tmp_path / "struck"), 1, lease_s=patient(5)) == expected
    deadline = time.monotonic() + patient(15)
    while sleepers():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.row(19)
@pytest.mark.minutes
def test_what_hangs_each_time_is_poison(cluster: str) -> None:
    with pytest.raises(ProgressError, match=r"candidate \d+ of .*poisoned") as caught:
        evaluate(ant("hang"), 1, lease_s=patient(8))
    assert caught.value.exit_status == 4


@pytest.mark.row(20)
@pytest.mark.minutes
def test_what_crashes_each_time_is_poison_and_others_can_work_on(
    cluster: str, expected: list[bytes]
) -> None:
    with pytest.raises(ProgressError, match="got 3 lost workers"):
        evaluate(ant("crash"), 1, lanes=8)
    assert evaluate(ant(), 1) == expected


@pytest.mark.row(21)
def test_what_is_not_the_same_twice_ends_the_run(cluster: str, tmp_path: Path) -> None:
    setup = ant("differ", tmp_path / "struck")
    backend = RayWorkers(setup, 2, lease_s=20.0)  # copies are made after a second
    jobs = jobs_of(setup)

    def until_it_shows() -> None:  # the straggler may answer in any later round
        for _ in range(100):
            backend.evaluate(jobs)
            time.sleep(0.3)

    with pytest.raises(DeterminismError, match="two different") as caught:
        until_it_shows()
    backend.close()
    assert caught.value.exit_status == 4
