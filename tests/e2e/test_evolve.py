"""A run from its command to its folder."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_runs import ant_quick_centers, centers, evolve, metrics, resume

from metahebb.cli import COMMANDS, main
from metahebb.evolution.config import SearchConfig
from metahebb.networks import FeedForward
from metahebb.runs import evolve as runs_evolve
from metahebb.runs.config import Stage
from metahebb.runs.folder import RunFolder
from metahebb.runs.journal import Journal
from metahebb.runs.presets import PRESETS


def test_threads_change_no_bit_of_the_quick_ant() -> None:
    assert len(set(ant_quick_centers(1))) == 6
    assert ant_quick_centers(1) == ant_quick_centers(2)


def test_seed_and_lanes(tmp_path: Path) -> None:
    assert evolve(tmp_path / "a") == 0
    assert evolve(tmp_path / "lanes", "--lanes", "3") == 0
    assert evolve(tmp_path / "seed", "--seed", "1") == 0
    assert centers(tmp_path / "lanes") == centers(tmp_path / "a")
    assert not set(centers(tmp_path / "seed")) & set(centers(tmp_path / "a"))


def test_metrics_are_of_what_happened(tmp_path: Path) -> None:
    assert evolve(tmp_path / "run", "--search.penalty", "0", "--episodes", "2") == 0
    run = RunFolder.open(tmp_path / "run")
    records = metrics(run.path)
    elapsed = [0.0, *(r["elapsed_s"] for r in records)]
    assert elapsed == sorted(elapsed)
    for number, (record, fitness) in enumerate(zip(records, run.journal.read(), strict=True)):
        assert record["generation"] == number
        assert record["evaluations"] == number + 1
        assert record["fitness_mean"] == pytest.approx(fitness.mean())
        assert record["fitness_median"] == pytest.approx(np.median(fitness))
        assert record["fitness_best"] == fitness.max()
        assert record["fitness_std"] == pytest.approx(fitness.std())
        # A step of CartPole is worth 1: returns are steps. Twelve lives, and one of the center.
        assert record["steps_mean"] == pytest.approx(fitness.mean())
        assert record["env_steps"] == pytest.approx(12 * fitness.mean() + record["center_return"])
        assert record["stdev_mean"] == pytest.approx(0.1)
        assert (record["nonfinite"], record["max_steps"]) == (0, 500)
        assert record["bodies"] == ["default"]
    assert hashlib.sha256(run.load().genes.tobytes()).hexdigest() == records[-1]["center_sha256"]
    manifest = run.read_manifest()
    assert manifest["generations"] == 3
    assert manifest["env_steps"] == sum(r["env_steps"] for r in records)
    assert manifest["elapsed_s"] >= elapsed[-1]


def test_no_center_lives_no_center_return(tmp_path: Path) -> None:
    assert evolve(tmp_path / "run", "--center-lives", "0") == 0
    assert [r["center_return"] for r in metrics(tmp_path / "run")] == [None] * 3
    assert [r["center_std"] for r in metrics(tmp_path / "run")] == [None] * 3
    assert [r["center_lives"] for r in metrics(tmp_path / "run")] == [0] * 3
    assert evolve(tmp_path / "watched") == 0
    assert centers(tmp_path / "watched") == centers(tmp_path / "run")


def test_the_record_tells_how_far_the_centers_lives_are_apart(tmp_path: Path) -> None:
    assert evolve(tmp_path / "run", "--center-lives", "3") == 0
    records = metrics(tmp_path / "run")
    assert [r["center_lives"] for r in records] == [3] * 3
    # A step of CartPole is worth 1. Of three whole numbers, 9 times the variance is a whole one.
    whole = [9 * r["center_std"] ** 2 for r in records]
    assert whole == pytest.approx([round(number) for number in whole], abs=1e-6)
    assert any(r["center_std"] > 0 for r in records)


def test_a_search_without_center_or_stdev_writes_strict_json(tmp_path: Path) -> None:
    assert evolve(tmp_path / "run", "--algorithm", "ga") == 0
    text = (tmp_path / "run" / "metrics.jsonl").read_text()
    assert "NaN" not in text
    assert [json.loads(line)["stdev_mean"] for line in text.splitlines()] == [None] * 3


def test_the_stdev_of_xnes_is_that_of_its_genes(tmp_path: Path) -> None:
    flags = ("--algorithm", "xnes", "--search.stdev", "0.1")
    assert evolve(tmp_path / "run", *flags, generations=1) == 0
    assert metrics(tmp_path / "run")[0]["stdev_mean"] == pytest.approx(0.1, rel=0.1)


def test_metrics_name_the_stage_that_was_lived(tmp_path: Path) -> None:
    # A genetic algorithm evaluates twice per generation, and plans go by evaluations.
    config = dataclasses.replace(
        PRESETS["cartpole"][0],
        network=FeedForward(hidden=(3,)),
        search=SearchConfig("ga", popsize=6),
        schedule=(Stage(0, 5), Stage(3, 7)),
        generations=2,
    )
    run = RunFolder.create(tmp_path / "run", config)
    assert resume(run.path) == 0
    assert [(r["evaluations"], r["max_steps"]) for r in run.read_metrics()] == [(2, 5), (4, 7)]


def test_three_checkpoints_and_the_best_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_evolve, "CHECKPOINT_EVERY", 1)
    assert evolve(tmp_path / "run", generations=6) == 0
    folder = tmp_path / "run" / "checkpoints"
    names = sorted(p.stem for p in folder.glob("*.json"))
    assert names == ["000004", "000005", "000006", "best"]
    assert len(list(folder.iterdir())) == 8
    means = [r["fitness_mean"] for r in metrics(tmp_path / "run")]
    best = RunFolder.open(tmp_path / "run").checkpoints.load("best")
    assert best.generation == 1 + int(np.argmax(means))


def test_the_journal_is_written_before_the_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    append = Journal.append

    def spy(journal: Journal, number: int, fitness: np.ndarray) -> None:
        append(journal, number, fitness)
        path = journal.path.parent / "metrics.jsonl"
        seen.append((number, len(journal.read()), len(path.read_text().splitlines())))

    monkeypatch.setattr(Journal, "append", spy)
    assert evolve(tmp_path / "run") == 0
    assert seen == [(0, 1, 0), (1, 2, 1), (2, 3, 2)]


def test_the_last_line_printed_is_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evolve(tmp_path / "run", generations=1) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{tmp_path / 'run'}\n"
    assert printed.err == ""


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    body = """
import sys, time
began = time.perf_counter()
from metahebb.cli import main
status = main(["--help"])
heavy = "torch evotorch ray matplotlib numba numpy scipy mujoco gymnasium tyro rich".split()
print(status, time.perf_counter() - began < 0.5, [m for m in heavy if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    *usage, last = done.stdout.splitlines()
    assert last == "0 True []"
    listed = {line.split()[0] for line in usage if line.startswith("  ")}
    assert listed == set(COMMANDS)


def test_help_of_a_command_imports_no_torch() -> None:
    body = """
import sys
from metahebb.cli import main
try:
    main(["evolve", "ant", "--help"])
except SystemExit as ending:
    heavy = "torch evotorch ray matplotlib numba".split()
    print(ending.code, [m for m in heavy if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert "--generations INT" in done.stdout


def test_an_error_that_nobody_foresaw_leaves_no_folder(tmp_path, monkeypatch):
    def stumble(*_: object) -> None:
        raise IndexError("index 0 is out of bounds")

    monkeypatch.setattr("metahebb.runs.evolve.evolve", stumble)
    with pytest.raises(IndexError):
        main(["evolve", "cartpole", "--out", str(tmp_path / "run"), "--quiet", "--no-finish"])
    assert not (tmp_path / "run").exists()
