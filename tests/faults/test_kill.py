"""Processes that end before their time: the same centers come out in the end."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from small_runs import ANT_QUICK, CAR, QUIET, ant_quick_centers, centers, metrics, resume

from metahebb.cli import main
from metahebb.evolution.backends import ray as ray_backend
from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.dispatch import Unit
from metahebb.evolution.backends.ray import RayWorkers, start_local
from metahebb.runs.folder import RunFolder

pytestmark = [pytest.mark.faults, pytest.mark.slow]

TERM_SECONDS = 10.0
"""A run that is told to stop ends within this time."""


def start(path: Path, command: Sequence[str], *flags: str) -> subprocess.Popen[str]:
    """Start ``metahebb evolve`` in a process of its own."""
    words = [sys.executable, "-m", "metahebb", "evolve", *command, *QUIET, "--out", str(path)]
    return subprocess.Popen([*words, *flags], stderr=subprocess.PIPE, text=True)


def wait_for(path: Path, lines: int, process: subprocess.Popen[str]) -> None:
    """Wait until ``path`` has that many lines."""
    deadline = time.monotonic() + 120
    while not (path.exists() and path.read_bytes().count(b"\n") >= lines):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.row(6, 8, 9)
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGKILL, -9), (signal.SIGTERM, 75), (signal.SIGINT, 130)]
)
def test_a_run_that_is_ended_resumes_to_the_same_bits(
    tmp_path: Path, number: int, status: int
) -> None:
    path = tmp_path / "run"
    process = start(path, ANT_QUICK)
    wait_for(path / "metrics.jsonl", 3, process)
    process.send_signal(number)
    _, errors = process.communicate(timeout=TERM_SECONDS)
    assert process.returncode == status
    done = len(metrics(path))
    assert 3 <= done < 6
    said = f"metahebb: stopped by {signal.Signals(number).name}; go on with: metahebb resume {path}"
    assert errors == ("" if number == signal.SIGKILL else f"{said}\n")
    if number != signal.SIGKILL:
        assert RunFolder.open(path).load().generation == done  # nothing to replay
    assert resume(path) == 0
    assert tuple(centers(path)) == ant_quick_centers()


def test_the_full_size_ant_ends_soon_after_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "run"
    process = start(path, ("ant",))
    wait_for(path / "config.json", 1, process)
    time.sleep(2)  # its first generation takes longer
    told = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 75
    assert time.monotonic() - told < TERM_SECONDS
    assert metrics(path) == []


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Start one private Ray for all tests here that can share it."""
    import ray

    start_local(2)
    yield
    ray.shutdown()


@pytest.mark.ray
@pytest.mark.parametrize("flags", [(), ("--observation-norm",), ("--search.delay", "1")])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ray_workers_change_no_bit(
    cluster: None, tmp_path: Path, workers: str, flags: tuple[str, ...]
) -> None:
    path = tmp_path / "run"
    told = ("--workers", workers, "--out", str(path))
    assert main(["evolve", *ANT_QUICK, *QUIET, *told, *flags]) == 0
    assert tuple(centers(path)) == ant_quick_centers(flags=flags)


WIDE = (
    *("--hidden", "64", "32"),
    *("--popsize", "128", "--schedule", "0:20", "--generations", "3"),
)


@pytest.mark.ray
@pytest.mark.parametrize("flags", [(), ("--algorithm", "pgpe", "--search.delay", "1")])
def test_gradients_that_workers_make_change_no_bit(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    words = ["evolve", "ant-quick", *WIDE, *QUIET, *flags]
    assert main([*words, "--threads", "1", "--out", str(tmp_path / "here")]) == 0
    cuts: list[int] = []
    begin = RayWorkers._begin

    def spy(backend: RayWorkers, jobs: Sequence[Any], cut: Sequence[Unit], **how: Any) -> Any:
        if not isinstance(jobs[0], Job):
            cuts.append(len(cut))
        return begin(backend, jobs, cut, **how)

    monkeypatch.setattr(RayWorkers, "_begin", spy)
    monkeypatch.setattr(ray_backend, "ASKING_S", -1.0)
    assert main([*words, "--workers", "2", "--out", str(tmp_path / "there")]) == 0
    assert cuts == [2, 2, 2]
    assert centers(tmp_path / "there") == centers(tmp_path / "here")


@functools.cache
def car_centers(*flags: str) -> tuple[str, ...]:
    """Return the centers of a few cars that see, evolved as ``flags`` say."""
    small = ("--hidden", "3", "--popsize", "6", "--generations", "2", "--center-lives", "1")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run")
        words = ["evolve", "car-racing", *CAR, *small, *QUIET, *flags, "--out", str(path)]
        assert main(words) == 0
        return tuple(centers(path))


@pytest.mark.ray
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ray_workers_change_no_bit_of_what_a_car_does(cluster: None, workers: str) -> None:
    alone = car_centers("--threads", "2")
    assert len(set(alone)) == 2
    assert car_centers("--workers", workers) == alone


@pytest.mark.ray
@pytest.mark.parametrize("flags", [(), ("--observation-norm",), ("--search.delay", "1")])
def test_a_ray_worker_killed_in_generation_3_changes_no_bit(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    killed: list[int] = []
    kept: list[int] = []
    begin = RayWorkers.begin

    def strike(backend: RayWorkers, jobs: Sequence[Any]) -> Callable[[], list[np.ndarray]]:
        finish = begin(backend, jobs)
        if jobs[0].plan.generation != 3:
            return finish

        def wait() -> list[np.ndarray]:
            # Stopped first, so that it surely has work on its hands when it is killed.
            victim = backend.pids()[0]
            os.kill(victim, signal.SIGSTOP)
            timer = threading.Timer(0.5, os.kill, (victim, signal.SIGKILL))
            timer.start()
            outcomes = finish()
            assert timer.finished.is_set()  # the generation had to wait for the end of its worker
            killed.append(victim)
            kept.extend(backend.pids())
            return outcomes

        return wait

    monkeypatch.setattr(RayWorkers, "begin", strike)
    path = tmp_path / "run"
    told = ("--workers", "2", "--out", str(path))
    assert main(["evolve", *ANT_QUICK, *QUIET, *told, *flags]) == 0
    assert len(killed) == 1
    assert killed[0] not in kept
    assert tuple(centers(path)) == ant_quick_centers(flags=flags)


@pytest.mark.row(9)
@pytest.mark.ray
def test_a_driver_of_ray_workers_stops_and_goes_on_by_the_same_line(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = RayWorkers.evaluate

    def told(backend: RayWorkers, jobs: Sequence[Any]) -> list[np.ndarray]:
        if jobs[0].plan.generation == 2:
            signal.raise_signal(signal.SIGTERM)  # Ray has a handler of its own
        return evaluate(backend, jobs)

    path = tmp_path / "run"
    line = ["evolve", *ANT_QUICK, *QUIET, "--workers", "1", "--out", str(path), "--resume"]
    with monkeypatch.context() as patch:
        patch.setattr(RayWorkers, "evaluate", told)
        assert main(line) == 75
    assert len(metrics(path)) == 2
    assert main(line) == 0
    assert tuple(centers(path)) == ant_quick_centers()


@pytest.mark.ray
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 75)])
def test_a_ray_run_that_is_stopped_leaves_no_process(
    tmp_path: Path, number: int, status: int
) -> None:
    path = tmp_path / "run"
    process = start(path, ANT_QUICK, "--workers", "1", "--generations", "1000")
    wait_for(path / "metrics.jsonl", 1, process)
    helpers = psutil.Process(process.pid).children(recursive=True)
    assert any("RemoteWorker" in " ".join(p.cmdline()) for p in helpers)
    told = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status
    assert errors.startswith(f"metahebb: stopped by {signal.Signals(number).name}")
    assert errors.count("\n") == 1
    assert time.monotonic() - told < TERM_SECONDS
    gone, left = psutil.wait_procs(helpers, timeout=30)
    assert not left
    assert len(gone) == len(helpers)
    done = len(metrics(path))
    assert tuple(centers(path)[:6]) == ant_quick_centers()[:done]
