"""Runs whose observations are normalized: the same bits again, and the center senses as it did."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import centers, evolve, files, resume

from metahebb.analysis.evaluate import evaluate
from metahebb.analysis.probe import Conditions
from metahebb.cli import main
from metahebb.errors import CheckpointError
from metahebb.evolution.backends.in_process import InProcess
from metahebb.networks import OBSERVED, ObservationNorm
from metahebb.report.recording import record
from metahebb.runs import evolve as runs_evolve
from metahebb.runs.checkpoint import BEST, Checkpoint
from metahebb.runs.folder import RunFolder
from metahebb.runs.manifest import config_sha256
from metahebb.runs.stopping import Stopped
from metahebb.worker import Fresh, GivenPoint, Plan, Worker

ON = ("--observation-norm",)
SIZE = 1 + 2 * 4
"""Totals of CartPole's four sensors."""


class KilledError(BaseException):
    """Stands for the end of the process: nothing is caught, nothing is saved."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that nothing interrupted, on one thread."""
    path = tmp_path_factory.mktemp("whole") / "run"
    assert evolve(path, *ON, generations=6) == 0
    return path


def totals(path: Path, name: str = "000006") -> np.ndarray:
    """Return what a checkpoint says was observed."""
    found: np.ndarray = RunFolder.open(path).checkpoints.load(name).state[OBSERVED]
    return found


def journaled(path: Path, evaluations: int) -> bytes:
    """Return what the first evaluations of a run observed, by its journal."""
    found = np.zeros(SIZE)
    for row in RunFolder.open(path).journal.read(evaluations):
        found = found + row[6:]
    return found.tobytes()


def same(path: Path, other: Path) -> None:
    assert centers(path) == centers(other)
    assert totals(path).tobytes() == totals(other).tobytes()
    assert (path / "journal").read_bytes() == (other / "journal").read_bytes()


def test_threads_and_lanes_change_no_bit(tmp_path: Path, whole: Path) -> None:
    assert evolve(tmp_path / "run", *ON, "--threads", "2", "--lanes", "3", generations=6) == 0
    same(tmp_path / "run", whole)
    assert evolve(tmp_path / "off", generations=6) == 0
    assert centers(tmp_path / "off")[0] == centers(whole)[0]  # nothing was observed yet
    assert not set(centers(tmp_path / "off")[1:]) & set(centers(whole)[1:])
    assert len(set(centers(whole))) == 6


def test_what_was_observed_is_in_the_journal_and_in_each_checkpoint(whole: Path) -> None:
    run = RunFolder.open(whole)
    records = np.stack(run.journal.read())
    assert records.shape == (6, 6 + SIZE)
    assert (records[:, 6] >= 8).all()  # the pole takes as many steps to fall
    best = run.checkpoints.load(BEST)
    assert totals(whole).tobytes() == journaled(whole, 6)
    assert totals(whole, BEST).tobytes() == journaled(whole, best.generation)
    norm = run.center_of(best).norm
    assert norm is not None
    assert norm.totals.tobytes() == best.state[OBSERVED].tobytes()


@pytest.mark.parametrize("algorithm", ["openai_es", "snes", "cmaes", "ga"])
def test_stopped_then_killed_then_resumed(
    tmp_path: Path, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seeded searches go on from a checkpoint, dense ones replay the journal."""
    flags = (*ON, "--algorithm", algorithm)
    assert evolve(tmp_path / "whole", *flags, generations=6) == 0
    path, live = tmp_path / "run", InProcess.evaluate
    times = 2 if algorithm == "ga" else 1  # evaluations per generation

    def fail_at(number: int, error: BaseException) -> Any:
        def evaluate(backend: InProcess, jobs: Any) -> Any:
            if jobs[0].plan.generation == number:
                raise error
            return live(backend, jobs)

        return evaluate

    with monkeypatch.context() as patch:
        patch.setattr(runs_evolve, "CHECKPOINT_EVERY", 2)
        # Of a generation of two evaluations the first is over.
        patch.setattr(InProcess, "evaluate", fail_at(4 * times - 1, Stopped(15)))
        assert evolve(path, *flags, generations=6) == 75
        assert totals(path, "000003").tobytes() == journaled(tmp_path / "whole", 3 * times)
        patch.setattr(InProcess, "evaluate", fail_at(5 * times, KilledError()))
        with pytest.raises(KilledError):
            resume(path)
    shutil.copytree(path, tmp_path / "replayed")
    shutil.rmtree(tmp_path / "replayed" / "checkpoints")  # the journal alone tells as much
    for folder in (path, tmp_path / "replayed"):
        assert resume(folder, "--threads", "2") == 0
        same(folder, tmp_path / "whole")


def test_the_center_senses_by_what_its_checkpoint_has(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(whole, path := tmp_path / "run")
    run = RunFolder.open(path)
    first = run.config.setup()
    setup = replace(first, norm=ObservationNorm(totals(path)))
    plan = Plan(6, 500, (0,), 3, fresh=Fresh.EVALUATION)

    def returns(setup: Any) -> list[float]:
        outcomes = Worker(setup, 2).evaluate(plan, GivenPoint(run.load().genes[None]), range(1))
        return [float(r) for r in outcomes["episode_return"]]

    wanted = returns(setup)
    assert wanted != returns(first)
    assert main(["evaluate", str(path), "--lives", "3", "--threads", "2"]) == 0
    found = json.loads((path / "evaluation.json").read_text())
    assert found["bodies"]["default"]["returns"] == wanted
    # The workers that have evolved it began before anything was observed.
    backend = InProcess(first, threads=1)
    assert evaluate(run.load(), backend, 3)["bodies"]["default"]["returns"] == wanted
    backend.close()
    one = functools.partial(InProcess, threads=1, lanes=2)
    lived = Conditions.of(run.load(), 3).live((), one)
    assert lived.outcomes["episode_return"].tolist() == wanted
    assert [record(run.load(), life=k).result.episode_return for k in range(3)] == wanted
    told = ("--lives", "2", "--clusters", "2")
    assert main(["rules", str(path), *told]) == 0
    assert main(["report", str(path)]) == 0


@pytest.mark.parametrize("kept", [None, np.zeros(3), np.zeros(SIZE, np.float32)])
def test_a_checkpoint_without_it_is_refused(tmp_path: Path, whole: Path, kept: Any) -> None:
    shutil.copytree(whole, path := tmp_path / "run")
    run = RunFolder.open(path)
    newest = run.checkpoints.load("000006")
    state = {name: value for name, value in newest.state.items() if name != OBSERVED}
    if kept is not None:
        state[OBSERVED] = kept
    run.checkpoints.save(Checkpoint(6, 6, state))
    before = files(path)
    with pytest.raises(CheckpointError, match="expected what was observed, 9 totals") as caught:
        run.load()
    assert "\n" not in str(caught.value)
    assert resume(path, "--generations", "7") == CheckpointError.exit_status
    assert files(path) == before


def test_runs_without_it_are_what_they_were(tmp_path: Path) -> None:
    """Their folders have no trace of it, and the hash of their configs stays."""
    path = tmp_path / "run"
    assert evolve(path, generations=2) == 0
    run = RunFolder.open(path)
    data = json.loads((path / "config.json").read_text())
    assert "observation_norm" not in data
    del data["generations"]
    wanted = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    assert run.read_manifest()["config_sha256"] == config_sha256(run.config) == wanted
    assert config_sha256(replace(run.config, observation_norm=True)) != wanted
    assert run.journal.read()[0].shape == (6,)
    assert OBSERVED not in run.checkpoints.load("000002").state
