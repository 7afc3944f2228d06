"""``metahebb replay``: the center's whole way from the journal, and whatever does not fit it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import Said, centers, evolve, files, metrics, resume, rewrite_fitness

from metahebb.cli import main
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.config import ALGORITHMS
from metahebb.life import Lockstep
from metahebb.runs import evolve as runs_evolve
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.folder import RunFolder
from metahebb.runs.replay import ReplayError, replay
from metahebb.runs.stopping import Stopped

RUNS = {
    **{name: ("--algorithm", name) for name in ALGORITHMS},
    "clipup-decays": (
        *("--search.optimizer", "clipup", "--search.stdev-decay", "0.9"),
        *("--search.learning-rate-decay", "0.8"),
    ),
    "merge": ("--genome", "merge", "--genome.at", "2", "4", "--genome.to", "4", "2"),
    "delayed": ("--search.delay", "1"),
    "normalized": ("--observation-norm",),
    "normalized-ga": ("--observation-norm", "--algorithm", "ga"),
    "stages": ("--schedule", "0:20", "2:40", "--episodes", "2"),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of five generations, each with a checkpoint; to be copied."""
    path = tmp_path_factory.mktemp("kept") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs_evolve, "CHECKPOINT_EVERY", 1)
        assert evolve(path, generations=5) == 0
    return path


def state_of(path: Path) -> dict[str, Any]:
    """Return what each file holds, and when each file and folder was written."""
    times = {str(p): p.stat().st_mtime_ns for p in (path, *path.rglob("*"))}
    return {**files(path), **times}


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("a life was lived")


def replayed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check that the run at ``path`` is replayed without a life, and that nothing is written."""
    capsys.readouterr()
    before, lines = state_of(path), RunFolder.open(path).read_metrics()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lockstep, "live", never)
        assert main(["replay", str(path)]) == 0
    assert state_of(path) == before
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out == (
        f"replayed {len(lines)} generations, {lines[-1]['evaluations']} evaluations: center "
        f"{lines[-1]['center_sha256']}, as the run wrote it down\n"
    )


def refused(path: Path, said: Said, *parts: str) -> None:
    """Check that a replay ends with status 3 and one line, and that nothing is written."""
    before = state_of(path)
    assert main(["replay", str(path)]) == 3
    said(*parts, str(path))
    assert state_of(path) == before


@pytest.mark.parametrize("name", RUNS)
def test_every_search_is_replayed(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_evolve, "CHECKPOINT_EVERY", 2)
    path = tmp_path / "run"
    assert evolve(path, *RUNS[name], generations=5) == 0
    replayed(path, capsys)


@pytest.mark.parametrize("name", ["openai_es", "cmaes", "ga", "merge", "normalized"])
def test_a_run_that_was_stopped_and_resumed_is_replayed(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, evaluate = tmp_path / "run", InProcess.evaluate

    def stop(backend: InProcess, jobs: Any) -> Any:
        if jobs[0].plan.generation == 3:
            raise Stopped(15)
        return evaluate(backend, jobs)

    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "evaluate", stop)
        assert evolve(path, *RUNS[name], generations=5) == 75
    replayed(path, capsys)  # a run in the middle of its way, too
    assert resume(path) == 0
    assert len(metrics(path)) == 5
    replayed(path, capsys)


def test_what_the_journal_has_beyond_the_metrics_is_left_alone(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join(lines[:3]) + lines[3][:20])
    for kept in (run / "checkpoints").glob("*"):
        if not kept.name.startswith("000003"):
            kept.unlink()
    replayed(run, capsys)
    shutil.rmtree(run / "checkpoints")
    replayed(run, capsys)


def test_a_fitness_of_another_rank_moves_the_center(run: Path, said: Said) -> None:
    fitness = RunFolder.open(run).journal.read()[1]
    rewrite_fitness(run, 1, int(np.argmin(fitness)), fitness.max() + 50)
    refused(run, said, f"expected center {centers(run)[1]} after generation 1 of", "from the jour")


def test_a_fitness_of_the_same_rank_is_seen_in_the_mean(run: Path, said: Said) -> None:
    fitness = RunFolder.open(run).journal.read()[2]
    rewrite_fitness(run, 2, int(np.argmax(fitness)), fitness.max() + 0.001)
    told = metrics(run)[2]["fitness_mean"]
    refused(run, said, f"mean fitness {told!r} after generation 2", "a file was changed, or")


def test_a_changed_hash_is_named_with_what_comes_out(run: Path, said: Said) -> None:
    file, told = run / "metrics.jsonl", centers(run)[3]
    file.write_text(file.read_text().replace(told, "0" * 64))
    parts = (f"expected center {'0' * 64} after generation 3", f"got {told} from the journal")
    refused(run, said, *parts, "this machine's fingerprint is the run's")


def test_the_first_difference_is_the_one_that_is_named(run: Path, said: Said) -> None:
    file = run / "metrics.jsonl"
    for told in centers(run)[1:]:
        file.write_text(file.read_text().replace(told, "0" * 64))
    refused(run, said, "after generation 1 of")


def change_checkpoint(run: Path, name: str, key: str) -> None:
    """Change the last number of an array of a checkpoint, hash and all."""
    checkpoints = RunFolder.open(run).checkpoints
    found = checkpoints.load(name)
    array = found.state[key].copy()
    array.ravel()[-1] += 1
    for file in checkpoints.folder.glob(f"{name}*"):
        file.unlink()
    changed = {**found.state, key: array}
    checkpoints.save(Checkpoint(found.generation, found.evaluations, changed), name)


@pytest.mark.parametrize("key", ["center", "stdev", "optimizer_exp_avg", "learning_rate"])
def test_a_changed_checkpoint(run: Path, said: Said, key: str) -> None:
    change_checkpoint(run, "000004", key)
    refused(run, said, f"expected {key} of checkpoint 000004", "after generation 3 of")


@pytest.mark.parametrize("name", ["normalized", "normalized-ga"])
def test_a_change_in_what_was_observed(
    tmp_path: Path, said: Said, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    assert evolve(path, *RUNS[name], generations=3) == 0
    capsys.readouterr()
    rewrite_fitness(path, 1, -1, 7.0)  # it stands behind the fitness
    refused(path, said, "expected observed of checkpoint ", "after generation")


def test_a_changed_best_checkpoint(run: Path, said: Said) -> None:
    change_checkpoint(run, "best", "center")
    refused(run, said, "expected center of checkpoint best")


def test_a_checkpoint_of_another_search(run: Path, said: Said) -> None:
    checkpoints = RunFolder.open(run).checkpoints
    found = checkpoints.load("000005")
    for key, told in (("stdev", "none"), ("optimizer_exp_avg", "float64 (90,)")):
        state = dict(found.state)
        del state[key]
        if told != "none":
            state[key] = found.state[key].astype(np.float64)
        checkpoints.save(Checkpoint(5, 5, state))
        refused(run, said, f"{key} of checkpoint 000005 {told}", "got float32 (90,) from")


def test_a_checkpoint_beyond_the_metrics(run: Path, said: Said) -> None:
    lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join(lines[:4]))
    refused(run, said, "metrics of 5 generations", "got 4", "restore metrics.jsonl")


def test_a_damaged_checkpoint_is_refused_and_one_that_has_gone_is_not(
    run: Path, said: Said, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    description = run / "checkpoints" / "000003.json"
    (arrays,) = description.parent.glob("000003-*.npz")
    arrays.unlink()
    refused(run, said, "a whole checkpoint", "000003.json")
    read = Path.read_bytes

    def tidied(path: Path) -> bytes:
        if path == description:  # by the run itself, which goes on
            path.unlink()
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", tidied)
    assert main(["replay", str(run)]) == 0
    assert capsys.readouterr().out.startswith("replayed 5 generations")


def test_metrics_that_count_otherwise(run: Path, said: Said) -> None:
    lines = metrics(run)
    lines[1]["evaluations"] = 3
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    refused(run, said, "expected evaluations 3 after generation 1", "got 2")
    lines[1]["evaluations"] = 2
    lines[4]["evaluations"] = 4
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    refused(run, said, "to count all evaluations, got fewer than 5", "restore metrics.jsonl")
    del lines[4]["center_sha256"]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    refused(run, said, "center_sha256 in the metrics of generation 4", "got none")


def test_a_journal_that_is_too_short(run: Path, said: Said) -> None:
    (run / "journal").unlink()
    refused(run, said, "expected 5 evaluations", "got 0; restore")


def test_nothing_done_is_nothing_to_replay(
    tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(backend: InProcess, jobs: Any) -> Any:
        raise Stopped(2)

    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "evaluate", stop)
        assert evolve(tmp_path / "run") == 130
    capsys.readouterr()
    refused(tmp_path / "run", said, "at least one generation", "'metahebb resume'")


def test_a_part_can_be_replayed_and_what_was_to_be_lived_is_told(run: Path) -> None:
    seen, jobs = [], []
    found = replay(RunFolder.open(run), 3, seen.append, jobs.append)
    assert (found.generations, found.evaluations) == (3, 3)
    assert found.center_sha256 == centers(run)[2]
    assert seen == metrics(run)[:3]
    assert [(job.plan.generation, job.n_candidates) for job in jobs] == [(0, 6), (1, 6), (2, 6)]
    file = run / "metrics.jsonl"
    file.write_text(file.read_text().replace(centers(run)[3], "0" * 64))
    replay(RunFolder.open(run), 3)
    with pytest.raises(ReplayError):
        replay(RunFolder.open(run), 4)
