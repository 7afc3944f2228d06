"""A run that was put down and taken up again is the run that was not."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from evotorch.algorithms import PGPE
from small_runs import centers, evolve, files, metrics, resume

from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.config import ALGORITHMS, SEEDED
from metahebb.runs import evolve as runs_evolve
from metahebb.runs import storage
from metahebb.runs.checkpoint import Checkpoints
from metahebb.runs.folder import RunFolder
from metahebb.runs.stopping import Stopped

DECAYS = (
    *("--search.stdev-decay", "0.9", "--search.stdev-floor", "0.07"),
    *("--search.learning-rate-decay", "0.8", "--search.learning-rate-floor", "0.02"),
)
SEARCHES = {
    **{name: ("--algorithm", name) for name in ALGORITHMS},
    "openai_es-decays": DECAYS,
    "openai_es-sgd-decays": ("--search.optimizer", "sgd", *DECAYS),
    "openai_es-clipup-decays": ("--search.optimizer", "clipup", *DECAYS),
    "openai_es-delay": ("--search.delay", "1"),
    "pgpe-clipup-delay": (
        *("--algorithm", "pgpe", "--search.optimizer", "clipup", "--search.delay", "1"),
    ),
    "pgpe-sgd": ("--algorithm", "pgpe", "--search.optimizer", "sgd"),
    "pgpe-clipup": ("--algorithm", "pgpe", "--search.optimizer", "clipup"),
    "cosyne-observation-norm": ("--algorithm", "cosyne", "--observation-norm"),
    "snes-odd": ("--algorithm", "snes", "--popsize", "5"),
    "mixture-sgd-decays": ("--algorithm", "mixture", "--search.optimizer", "sgd", *DECAYS),
    "mixture-odd": (
        *("--algorithm", "mixture", "--popsize", "5", "--search.mixture-rules", "3"),
        *("--search.optimizer", "clipup"),
    ),
    "cmaes-full": ("--algorithm", "cmaes", "--search.no-separable", "--hidden", "1"),
}


class KilledError(BaseException):
    """Stands for the end of the process: nothing is caught, nothing is saved."""


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the generation of each evaluation that is lived from now on."""
    seen: list[int] = []
    evaluate = InProcess.evaluate

    def spy(backend: InProcess, jobs: Any) -> Any:
        seen.append(jobs[0].plan.generation)
        return evaluate(backend, jobs)

    monkeypatch.setattr(InProcess, "evaluate", spy)
    return seen


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning")  # cmaes-full
@pytest.mark.parametrize("search", SEARCHES)
def test_resumed_is_uninterrupted(tmp_path: Path, lived: list[int], search: str) -> None:
    flags = SEARCHES[search]
    assert evolve(tmp_path / "whole", *flags, generations=6) == 0
    last = metrics(tmp_path / "whole")[-1]
    path = tmp_path / "parts"
    assert evolve(path, *flags, generations=3) == 0
    shutil.copytree(path, tmp_path / "replayed")
    del lived[:]
    assert resume(path, "--generations", "6") == 0
    assert centers(path) == centers(tmp_path / "whole")
    assert metrics(path)[-1]["stdev_mean"] == last["stdev_mean"]
    # What was done is not lived again.
    before = metrics(path)[2]["evaluations"]
    assert lived == list(range(before, last["evaluations"]))

    shutil.rmtree(tmp_path / "replayed" / "checkpoints")  # the journal alone tells as much
    del lived[:]
    assert resume(tmp_path / "replayed", "--generations", "6") == 0
    assert centers(tmp_path / "replayed") == centers(path)
    assert lived == list(range(before, last["evaluations"]))


def test_every_search_moves_and_decays_are_followed(tmp_path: Path) -> None:
    assert set(SEARCHES) >= set(ALGORITHMS) >= SEEDED
    assert evolve(tmp_path / "run", *DECAYS, generations=6) == 0
    stdevs = [r["stdev_mean"] for r in metrics(tmp_path / "run")]
    assert stdevs == pytest.approx([0.09, 0.081, 0.0729, 0.07, 0.07, 0.07])
    assert len(set(centers(tmp_path / "run"))) == 6


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the centers of an uninterrupted run."""
    path = tmp_path_factory.mktemp("whole") / "run"
    assert evolve(path, generations=6) == 0
    return centers(path)


def snapshots(path: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Evolve three generations; yield the folder as a kill at each write would leave it."""
    fsync, replace = os.fsync, os.replace
    taken: list[Path] = []

    def snap() -> None:
        if (path / "config.json").exists():
            shutil.copytree(path, into / str(len(taken)))
            taken.append(into / str(len(taken)))

    def spy_fsync(descriptor: int) -> None:
        snap()  # written, perhaps not on the disk
        fsync(descriptor)

    def spy_replace(source: Any, target: Any) -> None:
        snap()
        replace(source, target)
        snap()

    with monkeypatch.context() as patch:
        patch.setattr(runs_evolve, "CHECKPOINT_EVERY", 2)
        patch.setattr(os, "fsync", spy_fsync)
        patch.setattr(storage.os, "replace", spy_replace)
        assert evolve(path, generations=3) == 0
    seen = set()
    for folder in taken:
        held = frozenset(files(folder).items())
        if held not in seen:
            seen.add(held)
            yield folder


@pytest.mark.row(6)
def test_a_run_killed_at_any_write_resumes_to_the_same_bits(
    tmp_path: Path, whole: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "snaps").mkdir()
    done = set()
    for folder in snapshots(tmp_path / "run", tmp_path / "snaps", monkeypatch):
        done.add(len(RunFolder.open(folder).read_metrics()))
        assert resume(folder, "--generations", "4") == 0
        assert centers(folder) == whole[:4], folder
        assert not list(folder.rglob("checkpoints/.*.tmp"))
    assert len(list((tmp_path / "snaps").iterdir())) >= 25
    assert done == {0, 1, 2, 3}


@pytest.mark.parametrize("name", ["journal", "metrics.jsonl"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.98])
def test_a_record_cut_short_is_lived_again(
    tmp_path: Path, whole: list[str], name: str, part: float
) -> None:
    path = tmp_path / "run"
    assert evolve(path, generations=2) == 0
    for extra in ("journal", "metrics.jsonl"):  # the process dies in its third generation
        (tmp_path / extra).write_bytes((path / extra).read_bytes())
    shutil.copytree(path / "checkpoints", tmp_path / "checkpoints")
    assert resume(path, "--generations", "3") == 0
    shutil.rmtree(path / "checkpoints")
    shutil.copytree(tmp_path / "checkpoints", path / "checkpoints")
    before, after = (tmp_path / name).stat().st_size, (path / name).stat().st_size
    os.truncate(path / name, before + max(1, int(part * (after - before))))
    if name == "journal":  # the metrics come after
        shutil.copy(tmp_path / "metrics.jsonl", path)
    assert resume(path, "--generations", "4") == 0
    assert centers(path) == whole[:4]


def stop_in(generation: int, error: BaseException, patch: pytest.MonkeyPatch) -> None:
    """Let the evaluation of ``generation`` end with ``error``."""
    evaluate = InProcess.evaluate

    def fail(backend: InProcess, jobs: Any) -> Any:
        if jobs[0].plan.generation == generation:
            raise error
        return evaluate(backend, jobs)

    patch.setattr(InProcess, "evaluate", fail)


@pytest.mark.parametrize("algorithm", ["openai_es", "cmaes", "ga"])
def test_stopped_then_killed_then_resumed(
    tmp_path: Path, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ("--algorithm", algorithm)
    assert evolve(tmp_path / "whole", *flags, generations=6) == 0
    path = tmp_path / "run"
    times = 2 if algorithm == "ga" else 1  # evaluations per generation
    with monkeypatch.context() as patch:
        stop_in(3 * times, Stopped(15), patch)
        assert evolve(path, *flags, generations=6) == 75
    assert RunFolder.open(path).load().generation == 3
    with monkeypatch.context() as patch:
        stop_in(5 * times, KilledError(), patch)
        with pytest.raises(KilledError):
            resume(path)
    assert RunFolder.open(path).load().generation == 3
    assert resume(path) == 0
    assert centers(path) == centers(tmp_path / "whole")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_stopped_before_anything_was_done(
    tmp_path: Path,
    algorithm: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    flags = ("--algorithm", algorithm)
    path = tmp_path / "run"
    with monkeypatch.context() as patch:
        stop_in(0, Stopped(2), patch)
        assert evolve(path, *flags) == 130
    assert capsys.readouterr().err == (
        f"metahebb: stopped by SIGINT; go on with: metahebb resume {path}\n"
    )
    assert resume(path) == 0
    assert evolve(tmp_path / "whole", *flags) == 0
    assert centers(path) == centers(tmp_path / "whole")


def test_an_interrupt_in_the_middle_of_an_update_saves_nothing(
    tmp_path: Path, whole: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, update = tmp_path / "run", PGPE._update_distribution

    def interrupted(searcher: PGPE, gradients: Any) -> None:
        update(searcher, gradients)
        if searcher.step_count == 3:  # moved, and not yet counted
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PGPE, "_update_distribution", interrupted)
        assert evolve(path, generations=6) == 130
    assert len(metrics(path)) == 3
    assert not list((path / "checkpoints").glob("0*.json"))
    assert resume(path) == 0
    assert centers(path) == whole


def test_resuming_what_is_finished_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert evolve(path) == 0
    before = files(path)
    assert resume(path) == 0
    assert resume(path, "--generations", "3") == 0
    assert files(path) == before


def test_a_finished_run_whose_last_checkpoint_was_not_written_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert evolve(path) == 0
    before = files(path)
    for file in (path / "checkpoints").glob("000003*"):
        file.unlink()
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(manifest | {"generations": 0}))
    assert resume(path) == 0
    after = files(path)
    assert json.loads(after.pop("manifest.json"))["generations"] == 3
    del before["manifest.json"]
    assert after == before


def test_time_is_counted_over_resumes_and_pauses_are_not(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert evolve(path) == 0
    lines = metrics(path)
    lines[-1]["elapsed_s"] = 1000.0
    (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert resume(path, "--generations", "5") == 0
    elapsed = [r["elapsed_s"] for r in metrics(path)]
    assert 1000 < elapsed[3] < elapsed[4] < 1060
    manifest = RunFolder.open(path).read_manifest()
    assert elapsed[4] <= manifest["elapsed_s"] < 1060
    assert manifest["env_steps"] == sum(r["env_steps"] for r in metrics(path))


def test_a_users_rule_travels_in_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from metahebb.plasticity import rule\n\n\n"
        "@rule\ndef mine(pre, post, weight, /, A, B):\n"
        "    return 0.5 * A * pre * post - B * weight\n"
    )
    flags = ("--rule", f"{file}:mine")
    assert evolve(tmp_path / "whole", *flags, generations=4) == 0
    assert evolve(tmp_path / "run", *flags, generations=2) == 0
    file.unlink()
    assert resume(tmp_path / "run", "--generations", "4") == 0
    assert centers(tmp_path / "run") == centers(tmp_path / "whole")


def test_checkpoints_come_every_few_generations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = []
    save = Checkpoints.save

    def spy(checkpoints: Checkpoints, checkpoint: Any, name: str | None = None) -> None:
        save(checkpoints, checkpoint, name)
        if name is None:
            saved.append(checkpoint.generation)

    monkeypatch.setattr(Checkpoints, "save", spy)
    monkeypatch.setattr(runs_evolve, "CHECKPOINT_EVERY", 2)
    assert evolve(tmp_path / "run", generations=5) == 0
    assert saved == [2, 4, 5]
    assert evolve(tmp_path / "even", generations=4) == 0
    assert saved[3:] == [2, 4]
