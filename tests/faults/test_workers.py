"""Rows 1 to 3: workers that are killed, one by one, all at once, and faster than they restart."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from apart import patient
from small_runs import ANT_QUICK, QUIET, ant_quick_centers, centers, resume
from test_kill import cluster

from metahebb.cli import main
from metahebb.evolution.backends.ray import RayWorkers
from metahebb.runs.folder import RunFolder

__all__ = ["cluster"]  # a fixture

pytestmark = [pytest.mark.ray, pytest.mark.faults, pytest.mark.slow]

Strike = Callable[[RayWorkers, int], None]


@pytest.fixture
def struck(monkeypatch: pytest.MonkeyPatch) -> list[Strike]:
    """Return a list to put in what strikes while each generation is lived."""
    strikes: list[Strike] = []
    evaluate = RayWorkers.evaluate

    def striking(backend: RayWorkers, jobs: Sequence[Any]) -> list[np.ndarray]:
        for strike in strikes:
            strike(backend, jobs[0].plan.generation)
        return evaluate(backend, jobs)

    monkeypatch.setattr(RayWorkers, "evaluate", striking)
    return strikes


def kill(pids: Sequence[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it died of an earlier strike
            os.kill(pid, signal.SIGKILL)


@pytest.mark.row(1)
@pytest.mark.minutes
def test_ten_workers_killed_at_random_change_no_bit(
    cluster: None, tmp_path: Path, struck: list[Strike], caplog: pytest.LogCaptureFixture
) -> None:
    dice, hits = random.Random(0), []

    def strike(backend: RayWorkers, generation: int) -> None:
        pids = backend.pids()
        victim = dice.choice(pids) if pids else None
        if victim is not None and len(hits) < 10:
            hits.append(victim)
            os.kill(victim, signal.SIGSTOP)  # so that it surely has work on its hands
            threading.Timer(dice.uniform(0.1, 0.6), kill, [[victim]]).start()

    struck += [strike, strike]
    path = tmp_path / "run"
    assert main(["evolve", *ANT_QUICK, *QUIET, "--workers", "2", "--out", str(path)]) == 0
    assert len(hits) == 10
    assert sum("trying again" in message for message in caplog.messages) >= 1
    assert tuple(centers(path)) == ant_quick_centers()


@pytest.mark.row(2)
def test_all_workers_killed_at_once_change_no_bit(
    cluster: None, tmp_path: Path, struck: list[Strike]
) -> None:
    times: list[float] = []

    def strike(backend: RayWorkers, generation: int) -> None:
        times.append(time.monotonic())
        if generation == 3:
            pids = backend.pids()
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            threading.Timer(0.5, kill, [pids]).start()

    struck.append(strike)
    path = tmp_path / "run"
    assert main(["evolve", *ANT_QUICK, *QUIET, "--workers", "2", "--out", str(path)]) == 0
    assert times[4] - times[3] < patient(30)
    assert tuple(centers(path)) == ant_quick_centers()


@pytest.mark.row(3)
@pytest.mark.minutes
def test_workers_killed_faster_than_they_restart_end_the_run(
    cluster: None, tmp_path: Path, struck: list[Strike], caplog: pytest.LogCaptureFixture
) -> None:
    over = threading.Event()
    lease = 2.0

    def massacre() -> None:
        while not over.wait(0.05):
            for process in psutil.process_iter(["cmdline"]):
                words = process.info["cmdline"] or [""]
                mine = any(parent.pid == os.getpid() for parent in process.parents())
                if words[0].startswith("ray::RemoteWorker") and mine:
                    kill([process.pid])

    def strike(backend: RayWorkers, generation: int) -> None:
        if generation == 3:
            backend._lease_s = lease
            backend._dispatch = None  # made anew with this lease
            threading.Thread(target=massacre, daemon=True).start()

    struck.append(strike)
    path, began = tmp_path / "run", time.monotonic()
    caplog.set_level(logging.ERROR)
    try:
        assert main(["evolve", *ANT_QUICK, *QUIET, "--workers", "1", "--out", str(path)]) == 4
    finally:
        over.set()
    assert time.monotonic() - began < patient(20 * lease + 60)
    assert RunFolder.open(path).load().generation == 3
    assert resume(path) == 0
    assert tuple(centers(path)) == ant_quick_centers()


@pytest.mark.row(7)
def test_a_run_may_go_on_with_other_workers(cluster: None, tmp_path: Path) -> None:
    path = tmp_path / "run"
    told = (*ANT_QUICK[:1], "--generations", "3", *ANT_QUICK[3:], *QUIET)
    assert main(["evolve", *told, "--workers", "1", "--out", str(path)]) == 0
    assert resume(path, "--generations", "6", "--workers", "2", "--lanes", "5") == 0
    assert tuple(centers(path)) == ant_quick_centers()
