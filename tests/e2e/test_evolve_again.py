"""``evolve --resume``: one line that begins a run, goes on with it, and leaves it be when done."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_runs import Said, centers, evolve, files, metrics, resume

from metahebb.api import evolving
from metahebb.cli import main
from metahebb.evolution.backends.in_process import InProcess
from metahebb.runs.folder import RunFolder
from metahebb.runs.stopping import Stopped

RESUME = ("--resume",)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that was made without ``--resume``, and never stopped."""
    path = tmp_path_factory.mktemp("whole") / "run"
    assert evolve(path, generations=4) == 0
    return path


def stop_in(generation: int, patch: pytest.MonkeyPatch) -> None:
    """Let SIGTERM come while ``generation`` is lived."""
    live = InProcess.evaluate

    def stop(backend: InProcess, jobs: Any) -> Any:
        if jobs[0].plan.generation == generation:
            raise Stopped(15)
        return live(backend, jobs)

    patch.setattr(InProcess, "evaluate", stop)


def refuse_to_live(patch: pytest.MonkeyPatch) -> None:
    """Let a backend that is made fail the test."""

    def fail(*_: object) -> None:
        raise AssertionError("lives were to be lived")

    patch.setattr(InProcess, "__init__", fail)


def test_a_new_folder_is_begun(tmp_path: Path, whole: Path) -> None:
    assert evolve(tmp_path / "run", *RESUME, generations=4) == 0
    assert centers(tmp_path / "run") == centers(whole)


@pytest.mark.parametrize("stops", [(0,), (2,), (1, 3)])
def test_the_same_line_goes_on_to_the_same_bits(
    tmp_path: Path, whole: Path, stops: tuple[int, ...]
) -> None:
    path = tmp_path / "run"
    for generation in stops:
        with pytest.MonkeyPatch.context() as patch:
            stop_in(generation, patch)
            assert evolve(path, *RESUME, generations=4) == 75
        assert len(metrics(path)) == generation
    assert evolve(path, *RESUME, generations=4) == 0
    assert centers(path) == centers(whole)


def test_a_finished_run_is_left_as_it_is(
    tmp_path: Path,
    whole: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "run"
    shutil.copytree(whole, path)
    before = files(path)
    refuse_to_live(monkeypatch)
    assert evolve(path, *RESUME, generations=4) == 0
    assert capsys.readouterr() == (f"{path}\n", "")
    assert files(path) == before
    assert evolve(path, *RESUME, generations=3) == 0  # made longer since the line was written
    assert files(path) == before


def test_a_run_that_was_killed_in_its_final_evaluation_gets_it(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run"
    shutil.copytree(whole, path)
    ends = []

    def finish(run: RunFolder, *_: object) -> None:
        ends.append(run.load().generation)
        (run.path / "report.html").touch()

    monkeypatch.setattr(evolving, "_finish", finish)
    evaluated = lambda run: {"generation": run.load().generation}  # noqa: E731
    monkeypatch.setattr(RunFolder, "read_evaluation", evaluated)
    flags = (*RESUME, "--finish")
    for _ in range(2):  # the second time it is there
        assert evolve(path, *flags, generations=4) == 0
    assert ends == [4]
    monkeypatch.setattr(RunFolder, "read_evaluation", lambda run: {"generation": 3})  # before more
    assert evolve(path, *flags, generations=4) == 0
    assert ends == [4, 4]


@pytest.mark.parametrize("missing", ["checkpoints", "manifest.json"])
def test_what_its_end_did_not_write_is_written(tmp_path: Path, whole: Path, missing: str) -> None:
    path = tmp_path / "run"
    shutil.copytree(whole, path)
    if missing == "checkpoints":
        for file in (path / "checkpoints").glob("000004*"):
            file.unlink()
    else:
        RunFolder.open(path).update_manifest(generations=0)
    assert evolve(path, *RESUME, generations=4) == 0
    assert RunFolder.open(path).is_finished(4)


def test_more_generations_make_the_run_longer(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "run"
    assert evolve(path, *RESUME, generations=2) == 0
    assert evolve(path, *RESUME, generations=4) == 0
    assert centers(path) == centers(whole)


OTHER = {
    "popsize": (("--popsize", "8"), "search.popsize 6 (here 8); give"),
    "seed": (("--seed", "5"), "got seed 0 (here 5); give"),
    "float": (("--search.stdev", "0.5"), "search.stdev 0.1 (here 0.5)"),
    "rule": (("--rule", "abcd"), "network.rule abcd_lr (here abcd); give"),
    "network": (("--network", "gru"), "network FeedForward (here Gated); give"),
    "later field": (("--observation-norm",), "observation_norm unset (here True)"),
    "schedule": (("--schedule", "0:9"), "schedule [] (here [{'type': 'Stage', "),
    "many": (
        ("--popsize", "8", "--seed", "5", "--episodes", "2", "--search.stdev", "0.5"),
        "search.popsize 6 (here 8); search.stdev 0.1 (here 0.5)",
        " and 1 more; give the flags that it was made with",
    ),
}


@pytest.mark.parametrize("case", OTHER)
def test_a_run_of_another_config_is_refused(
    tmp_path: Path, whole: Path, said: Said, case: str
) -> None:
    path = tmp_path / "run"
    shutil.copytree(whole, path)
    before = files(path)
    flags, *parts = OTHER[case]
    assert evolve(path, *RESUME, *flags, generations=4) == 2
    said(str(path), "a run of the config asked for", *parts)
    assert files(path) == before


def test_a_rule_that_was_changed_since_is_another(
    tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(factor: str) -> tuple[str, str]:
        (tmp_path / f"mine{factor}.py").write_text(
            "from metahebb.plasticity import rule\n\n\n@rule\n"
            f"def mine(pre, post, /, A):\n    return {factor} * A * pre * post\n"
        )
        return ("--rule", f"{tmp_path / f'mine{factor}.py'}:mine")

    path = tmp_path / "run"
    assert evolve(path, *RESUME, *write("0.5"), generations=1) == 0
    capsys.readouterr()
    assert evolve(path, *RESUME, *write("0.25"), generations=1) == 2
    said("network.rule mine (here another mine)")


def test_a_folder_of_something_else_is_refused(tmp_path: Path, said: Said) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert evolve(tmp_path, *RESUME) == 2
    said("a new or empty folder", str(tmp_path))
    (tmp_path / "config.json").write_text('{"study": "damage"}')
    before = files(tmp_path)
    assert evolve(tmp_path, *RESUME) == 2
    said("key of config", "study")
    assert files(tmp_path) == before


def test_without_a_folder_to_name_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["evolve", "cartpole", *RESUME]) == 2
    said("--out DIR with --resume")
    assert os.listdir(tmp_path) == []


def test_a_folder_whose_evolve_was_killed_before_its_config_is_begun(
    tmp_path: Path, whole: Path
) -> None:
    path = tmp_path / "run"
    path.mkdir()
    begun = json.loads((whole / "manifest.json").read_text()) | {"generations": 0}
    (path / "manifest.json").write_text(json.dumps(begun))
    (path / ".lock").touch()
    (path / ".config.json.4321.tmp").write_text("{")
    assert evolve(path, *RESUME, generations=4) == 0
    assert centers(path) == centers(whole)


def test_a_run_that_somebody_writes_to_is_left_alone(
    tmp_path: Path, whole: Path, said: Said
) -> None:
    path = tmp_path / "run"
    shutil.copytree(whole, path)
    with RunFolder.open(path).lock():
        assert evolve(path, *RESUME, generations=5) == 2
    said("nobody writes to", str(path))
    assert len(metrics(path)) == 4


def test_a_mistake_in_the_second_try_costs_no_folder(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        stop_in(0, patch)
        assert evolve(path, *RESUME, generations=4) == 75
    assert evolve(path, *RESUME, "--log", "wandbb", generations=4) == 2
    assert resume(path) == 0
    assert centers(path) == centers(whole)
