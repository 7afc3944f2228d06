"""Ray workers of another class: refused, left out, or told of; and runs that workers verify."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import ANT_QUICK, QUIET, Said, centers, evolve

from metahebb.evolution.backends.environment import prepare_environment

prepare_environment()

import ray  # noqa: E402

from metahebb.cli import main  # noqa: E402
from metahebb.errors import InputError, ProgressError  # noqa: E402
from metahebb.evolution.backends import ray as module  # noqa: E402
from metahebb.evolution.backends.actor import Greeting, RemoteWorker  # noqa: E402
from metahebb.evolution.backends.base import Job  # noqa: E402
from metahebb.evolution.backends.in_process import InProcess  # noqa: E402
from metahebb.evolution.backends.ray import RayWorkers, start_local  # noqa: E402
from metahebb.fingerprint import fingerprint  # noqa: E402
from metahebb.networks import FeedForward  # noqa: E402
from metahebb.runs.folder import RunFolder  # noqa: E402
from metahebb.tasks import GymTask  # noqa: E402
from metahebb.worker import Plan, SearchPoint, Setup  # noqa: E402

pytestmark = [pytest.mark.ray, pytest.mark.faults, pytest.mark.slow]

SETUP = Setup.build(GymTask("CartPole-v1"), FeedForward((3,), output="linear"), seed=3)
REFUSED = r"expected workers that do the same arithmetic .* with numba .* here and 0\.0\.1 there"

ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers lack this file


def odd(flag: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the one worker that first finds ``flag``, or all that find ``flag``-all, be odd ones.

    The one stays odd as long as its process lives.
    """
    one, every = str(flag), f"{flag}-all"

    class Odd(RemoteWorker):
        is_odd = False

        def greet(self) -> Greeting:
            greeting = super().greet()
            try:
                os.unlink(one)
                self.is_odd = True
            except FileNotFoundError:
                pass
            if os.path.exists(f"{every}-raises"):
                raise OSError("nowhere to compile")
            if not (self.is_odd or os.path.exists(every)):
                return greeting
            return greeting._replace(fingerprint={**greeting.fingerprint, "numba": "0.0.1"})

    monkeypatch.setattr(module, "RemoteWorker", Odd)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Start one private Ray for all tests here."""
    start_local(2)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def expected() -> list[bytes]:
    """Return the outcomes in this process."""
    backend = InProcess(SETUP, threads=1)
    found = digest(backend.evaluate(jobs()))
    backend.close()
    return found


def jobs() -> list[Job]:
    numbers = np.random.default_rng(0).normal(0, 0.3, (2, SETUP.genome.n_genes))
    center, stdev = numbers.astype(np.float32)
    point = SearchPoint(center, np.abs(stdev), mirrored=True)
    return [Job(Plan(2, 100), point, 16), Job(Plan(3, 100), point, 3, first=9)]


def digest(outcomes: Sequence[Any]) -> list[bytes]:
    return [part.tobytes() for part in outcomes]


def greeted(backend: RayWorkers, workers: int) -> None:
    """Wait until so many workers have been admitted."""
    deadline = time.monotonic() + 60
    while len(backend.pids()) < workers:
        backend._actors.receive()
        assert time.monotonic() < deadline


def test_workers_like_this_process_change_no_bit(
    cluster: None, expected: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    backend = RayWorkers(SETUP, 2, batch=2)
    greeted(backend, 2)
    assert digest(backend.evaluate(jobs())) == expected
    backend.close()
    assert backend.others == []
    assert caplog.messages == []


@pytest.mark.parametrize("which", ["one of two", "all"])
def test_a_worker_of_another_class_ends_what_has_not_begun(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    odd(tmp_path / "flag", monkeypatch)
    (tmp_path / ("flag" if which == "one of two" else "flag-all")).touch()
    with pytest.raises(InputError, match=REFUSED) as caught:  # noqa: PT012 - or a little later
        backend = RayWorkers(SETUP, 2)
        try:
            greeted(backend, 2)
        finally:
            backend.close()
    assert "use --allow-heterogeneous" in str(caught.value)


def test_mixed_workers_are_allowed_with_a_warning(
    cluster: None,
    expected: list[bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    odd(tmp_path / "flag", monkeypatch)
    (tmp_path / "flag").touch()
    backend = RayWorkers(SETUP, 2, allow_heterogeneous=True)
    greeted(backend, 2)
    assert digest(backend.evaluate(jobs())) == expected  # they only say that they differ
    assert backend.others == [fingerprint() | {"numba": "0.0.1"}]
    backend.close()
    (line,) = caplog.messages
    assert "does other arithmetic than this process (numba " in line
    assert "--allow-heterogeneous" in line


def test_a_machine_that_takes_over_is_left_out_until_it_fits(
    cluster: None,
    expected: list[bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    odd(tmp_path / "flag", monkeypatch)
    backend = RayWorkers(SETUP, 2)
    greeted(backend, 2)
    assert digest(backend.evaluate(jobs())) == expected
    first, second = backend.pids()
    (tmp_path / "flag").touch()
    os.kill(first, 9)
    assert digest(backend.evaluate(jobs())) == expected
    deadline = time.monotonic() + 60
    while not caplog.messages or "It is left out" not in caplog.messages[-1]:
        assert digest(backend.evaluate(jobs())) == expected
        assert time.monotonic() < deadline
    assert backend.pids() == [second]
    greeted(backend, 2)  # its process was ended; the next one is like ours
    assert digest(backend.evaluate(jobs())) == expected
    backend.close()


def test_a_run_whose_last_worker_is_of_another_class_ends(
    cluster: None, expected: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd(tmp_path / "flag", monkeypatch)
    backend = RayWorkers(SETUP, 1)
    assert digest(backend.evaluate(jobs())) == expected
    (tmp_path / "flag-all").touch()
    os.kill(backend.pids()[0], 9)
    with pytest.raises(InputError, match=REFUSED):
        backend.evaluate(jobs())
    backend.close()


def test_a_worker_that_cannot_compute_gets_no_work(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd(tmp_path / "flag", monkeypatch)
    (tmp_path / "flag-all-raises").touch()
    monkeypatch.setattr(module, "_START_S", 0.0)
    with pytest.raises(ProgressError, match=r"within 5 s, got none.*nowhere to compile"):
        RayWorkers(SETUP, 1, lease_s=5.0)


def test_what_evolve_and_verify_say(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    path = tmp_path / "run"
    with monkeypatch.context() as patch:
        odd(tmp_path / "flag", patch)
        (tmp_path / "flag-all").touch()
        assert evolve(path, "--workers", "1") == 2
        said("with numba", "0.0.1 there", "--allow-heterogeneous")
        assert not path.exists()
        assert evolve(path, "--workers", "1", "--allow-heterogeneous") == 0
        manifest = RunFolder.open(path).read_manifest()
        assert manifest["other_workers"] == [fingerprint() | {"numba": "0.0.1"}]
        assert "continuations" not in manifest
    assert evolve(tmp_path / "here") == 0
    assert centers(path) == centers(tmp_path / "here")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_is_verified_by_workers(
    cluster: None, tmp_path: Path, workers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, flags in {
        "seeded": (),
        "dense": ("--algorithm", "cmaes"),
        "merge": ("--genome", "merge", "--genome.at", "1", "--genome.to", "4"),
    }.items():
        assert evolve(tmp_path / name, *flags) == 0
        capsys.readouterr()
        assert main(["verify", str(tmp_path / name), "--workers", workers]) == 0
        assert capsys.readouterr().out.startswith("verified 18 candidates of 3 generations: fit")


def test_a_process_that_computes_otherwise_is_refused_for_real(tmp_path: Path) -> None:
    # Its workers are started before this process is told to compile for another processor.
    body = f"""
import os, sys
from metahebb.evolution.backends.environment import prepare_environment
prepare_environment()
from metahebb.evolution.backends.ray import start_local
start_local(1)
os.environ.update(NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
from metahebb.cli import main
told = [{str(tmp_path / "run")!r}, "--workers", "1"]
sys.exit(main(["evolve", *{[*ANT_QUICK, *QUIET]!r}, "--out", *told]))
"""
    done = subprocess.run(
        [sys.executable, "-c", body], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "expected workers that do the same arithmetic" in done.stderr
    assert f"llvm_cpu generic here and {fingerprint()['llvm_cpu']} there" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()
