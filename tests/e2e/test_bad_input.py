"""What is wrong is said in one line, with its status, and leaves nothing behind."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from small_runs import TINY, Said, centers, evolve, files, forget_config, metrics, resume

from metahebb.cli import main
from metahebb.errors import InputError
from metahebb.evolution.backends.in_process import InProcess
from metahebb.life import Ending
from metahebb.runs import evolve as runs_evolve
from metahebb.runs import storage
from metahebb.runs.folder import RunFolder
from metahebb.tasks.base import TaskError


class Lava(gymnasium.Env[np.ndarray, int]):
    """An environment whose fourth step raises an error of two lines."""

    observation_space = gymnasium.spaces.Box(-1, 1, (3,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(3, np.float32), {}

    def step(self, action: int) -> Any:
        self.steps += 1
        if self.steps == 4:
            raise RuntimeError("the floor\nis lava")
        return np.zeros(3, np.float32), 1.0, False, False, {}


class Void(Lava):
    """An environment whose every reward is NaN."""

    def step(self, action: int) -> Any:
        return np.zeros(3, np.float32), float("nan"), False, False, {}


for env in (Lava, Void):
    gymnasium.register(f"{env.__name__}-v0", env)

BAD_FLAGS = {
    "rule": (("--rule", "abcd_lx"), "a rule among", "did you mean 'abcd_lr'?"),
    "rule file": (("--rule", "none.py:mine"), "an existing file", "'none.py:mine'"),
    "env id": (("--task.env-id", "CartPol-v1"), "Gymnasium can make", "Did you mean: `CartPole`?"),
    "env argument": (("--task.env-kwargs", "wind", "3"), "Gymnasium can make", "'wind': 3"),
    "odd popsize": (("--popsize", "7"), "an even popsize for mirrored pairs", "got 7; use 8"),
    "no popsize": (("--popsize", "0"), "a popsize of at least 2", "got 0"),
    "popsize of words": (("--popsize", "many"), "a whole number as --search.popsize", "'many'"),
    "no lives": (("--episodes", "0"), "episodes of at least 1", "got 0"),
    "no generations": (("--generations", "0"), "generations of at least 1", "got 0"),
    "negative seed": (("--seed", "-1"), "seed", "got -1"),
    "huge seed": (("--seed", str(2**64)), "from 0 to 2**64 - 1", str(2**64)),
    "no lanes": (("--lanes", "0"), "lanes of at least 1", "got 0"),
    "no hidden neuron": (("--hidden", "0"), "hidden sizes of at least 1", "got (0,)"),
    "NaN": (("--search.stdev", "nan"), "stdev to be positive", "got nan"),
    "algorithm": (("--algorithm", "cmass"), "a value of --search.algorithm", "mean 'cmaes'?"),
    "birth": (("--birth", "unifrom"), "a birth distribution among", "did you mean 'uniform'?"),
    "flag": (("--generatons", "3"), "an option of metahebb evolve", "mean '--generations'?"),
    "short flag": (("--popsiez", "4"), "an option of metahebb evolve", "mean '--popsize'?"),
    "stray word": (("stray",), "an option of metahebb evolve cartpole", "got 'stray'"),
    "missing value": (("--rule",), "a value behind --network.rule, got none"),
    "logger": (("--log", "wandbb"), "a logger among", "did you mean 'wandb'?"),
    "absent logger": (("--log", "mlflow"), "mlflow to be installed", "metahebb[mlflow]"),
    "address alone": (("--address", "here:1"), "--workers N with --address", "got 0"),
    "mixed threads": (
        *(("--allow-heterogeneous",), "--workers N with --allow-heterogeneous", "got 0; leave it"),
    ),
    "scales": (("--network.observation-scale", "1", "2"), "4 observation scales", "got 2"),
    "normalized images": (
        ("--network", "convolutional", "--observation-norm"),
        *("no images for an observation_norm", "got 84 × 84 × 3 pixels", "--observation-norm"),
    ),
    "delay of two": (("--search.delay", "2"), "delay of 0 or 1 generations", "got 2"),
    "delay of a copy": (
        *(("--algorithm", "ga", "--search.delay", "1"), "openai_es, pgpe or snes for a delay"),
    ),
    "delay of what merges": (
        ("--genome", "merge", "--search.delay", "1"),
        *("without delay for rules that merge", "leave out --search.delay or --genome"),
    ),
    "delay of what is observed": (
        ("--observation-norm", "--search.delay", "1"),
        *("without delay for an observation_norm", "or --observation-norm"),
    ),
    "env that raises": (("--task.env-id", "Lava-v0"), "Lava-v0 to run", "floor is lava (seed "),
    "env that raises, two threads": (
        *(("--task.env-id", "Lava-v0", "--threads", "2"), "Lava-v0 to run", ", step 4); reset"),
    ),
    "covariance beyond memory": (
        ("--algorithm", "cmaes", "--search.no-separable", "--hidden", "2000", "2000"),
        *("full covariance fits in memory", "--search.separable, or snes"),
    ),
    "lanes beyond memory": (("--lanes", str(10**12)), "lanes that fit in memory", "fewer --lanes"),
    "cosyne without parents": (("--algorithm", "cosyne", "--popsize", "3"), "at least 4 (cosyne)"),
    "mixture of shared rules": (
        ("--algorithm", "mixture", "--genome", "shared"),
        *("nothing but coefficients (PerSynapse)", "got coefficients (Shared)"),
    ),
    "mixture of weights": (
        *(("--algorithm", "mixture", "--network", "static"), "for the search mixture"),
        *("got inherited (PerSynapse)", "another --algorithm"),
    ),
    "mixture of no rules": (
        *(("--search.mixture-rules", "0"), "mixture_rules of at least 1", "got 0"),
    ),
    "mixture beyond memory": (
        ("--algorithm", "mixture", "--search.mixture-rules", str(10**12)),
        *("a mixture that fits in memory", "fewer --search.mixture-rules"),
    ),
    "xnes beyond memory": (
        ("--algorithm", "xnes", "--hidden", "2000", "2000"),
        *("full covariance fits in memory", "or snes"),
    ),
}


@pytest.mark.parametrize("case", BAD_FLAGS)
def test_bad_flags(tmp_path: Path, said: Said, case: str) -> None:
    flags, *parts = BAD_FLAGS[case]
    path = tmp_path / "runs" / "run"
    assert main(["evolve", "cartpole", *TINY, "--out", str(path), *flags]) == 2
    assert not path.exists()
    said(*parts)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("evolve", "ant-quik"), ("a preset among", "did you mean 'ant-quick'?")),
        (("evolv", "ant"), ("a command among", "did you mean 'evolve'?")),
        (("evolve", "--seed", "1"), ("metahebb evolve PRESET", "got '--seed'")),
        (("resume",), ("metahebb resume DIR", "got nothing")),
        (("resume", "nowhere"), ("a run folder", "nowhere without config.json")),
        (("replay",), ("metahebb replay DIR", "got nothing")),
        (("replay", "nowhere"), ("a run folder", "nowhere without config.json")),
        (("verify", "nowhere"), ("a run folder", "nowhere without config.json")),
        (("evaluate", "nowhere"), ("a run folder", "nowhere without config.json")),
        (("report", "nowhere"), ("a run folder", "nowhere without config.json")),
        (("film", "nowhere"), ("a run folder", "nowhere without config.json")),
        (("presets", "more"), ("an option of metahebb presets", "'more'")),
    ],
)
def test_bad_words(
    tmp_path: Path,
    said: Said,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    parts: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(list(words)) == 2
    said(*parts)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [[], ["--traceback"]])
def test_no_words_print_the_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().out.startswith("usage: metahebb COMMAND")


def test_unknown_damage(tmp_path: Path, said: Said) -> None:
    flags = ("--task.damages", "short_forth_ankle")
    assert evolve(tmp_path / "run", *flags, preset="ant-quick") == 2
    said("a damage of the ant among", "did you mean 'short_fourth_ankle'?")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("held", ["a run", "other files", "a file"])
def test_a_folder_that_is_taken(
    tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str], held: str
) -> None:
    path = tmp_path / "run"
    if held == "a run":
        assert evolve(path, generations=1) == 0
    elif held == "other files":
        path.mkdir()
        (path / "letter.txt").write_text("dear")
    else:
        path.write_text("dear")
    capsys.readouterr()
    before = files(tmp_path)
    assert evolve(path, generations=2) == 2
    said("holds a run; go on with" if held == "a run" else "a new or empty folder", str(path))
    assert files(tmp_path) == before


def arrays(path: Path) -> Path:
    """Return the file of the newest checkpoint's arrays."""
    (found,) = (path / "checkpoints").glob("000004-*.npz")
    return found


def refused(path: Path, status: int, *flags: str) -> None:
    """Check that the run cannot be resumed, and that nothing in it changes by trying."""
    before = files(path)
    assert resume(path, "--generations", "6", *flags) == status
    after = files(path)
    after["config.json"] = before["config.json"]  # the new total is no harm
    assert after == before


@pytest.mark.parametrize("part", [0, 0.5, 0.99])
def test_a_checkpoint_cut_short(run: Path, said: Said, whole: list[str], part: float) -> None:
    file = arrays(run)
    os.truncate(file, int(part * file.stat().st_size))
    refused(run, 3)
    said("a whole checkpoint", "000004.json", "delete this .json")
    assert main(["evaluate", str(run), "--lives", "2"]) == 3
    said("a whole checkpoint", "000004.json")
    (run / "checkpoints" / "000004.json").unlink()  # as the message says
    assert resume(run, "--generations", "6") == 0
    assert centers(run) == whole


def flip(file: Path, place: int) -> None:
    """Flip a bit of the byte at ``place``."""
    data = bytearray(file.read_bytes())
    data[place] ^= 1 << (place % 8)
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.999])
def test_a_checkpoint_with_a_flipped_bit(run: Path, said: Said, part: float) -> None:
    file = arrays(run)
    flip(file, int(part * file.stat().st_size))
    refused(run, 3)
    said("a whole checkpoint", "SHA-256")


@pytest.mark.parametrize("place", [3, 19, 30, 40, 60, -1])
def test_a_journal_with_a_flipped_bit(run: Path, said: Said, place: int) -> None:
    file = run / "journal"
    flip(file, place % file.stat().st_size)
    refused(run, 3)
    said("journal", "restore")


def test_a_journal_that_is_too_short(run: Path, said: Said) -> None:
    os.truncate(run / "journal", (run / "journal").stat().st_size - 1)
    refused(run, 3)
    said("4 evaluations", "got 3")


def test_a_checkpoint_description_that_lies(run: Path, said: Said) -> None:
    file = run / "checkpoints" / "000004.json"
    file.write_text(file.read_text().replace('"generation": 4', '"generation": 3'))
    refused(run, 3)
    said("generation count of 3")


def test_metrics_that_lack_generations_of_the_checkpoint(run: Path, said: Said) -> None:
    file = run / "metrics.jsonl"
    text = file.read_text()
    file.write_text(text[:-20])
    refused(run, 3)
    said("metrics of 4 generations", "got 3", "restore metrics.jsonl")
    file.write_text(text)
    assert resume(run) == 0


@pytest.mark.parametrize("line", ["{}", "[]", '{"generation": 7}', '{"generation": 1, "fit'])
def test_metrics_with_a_damaged_line(run: Path, said: Said, line: str) -> None:
    file = run / "metrics.jsonl"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], line, *lines[2:], ""]))
    before = files(run)
    assert resume(run, "--generations", "6") == 3
    said("metrics of generation 1 in line 2", "damaged")
    assert files(run) == before


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('"popsize"', '"popsise"', ("key of config.search", "mean 'popsize'?")),
        ('"popsize": 6', '"popsize": "6"', ("int at config.search.popsize", "'6'")),
        ('"popsize": 6', '"popsize": 7', ("an even popsize",)),
        ('"GymTask"', '"GymTusk"', ("config.task.type among", "mean 'GymTask'?")),
        ('"episodes": 1,', "", ("key 'episodes' in config", "got none")),
        ("{", "", ("JSON in", "config.json")),
    ],
)
def test_a_config_that_was_changed(
    run: Path, said: Said, old: str, new: str, parts: tuple[str, ...]
) -> None:
    file = run / "config.json"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    before = files(run)
    assert resume(run, "--generations", "6") == 2
    said(*parts)
    assert files(run) == before


def test_a_config_of_another_genome(run: Path, said: Said) -> None:
    data = json.loads((run / "config.json").read_text())
    data["network"]["hidden"] = [4]
    (run / "config.json").write_text(json.dumps(data))
    forget_config(run)
    refused(run, 3)
    said("a center of 120 genes", "(90,)")


def test_a_config_of_another_popsize(run: Path, said: Said) -> None:
    data = json.loads((run / "config.json").read_text())
    data["search"]["popsize"] = 8
    (run / "config.json").write_text(json.dumps(data))
    forget_config(run)
    shutil.rmtree(run / "checkpoints")
    refused(run, 3)
    said("a journal of popsize 8", "got 6")


def test_metrics_of_another_machine(run: Path, said: Said) -> None:
    file = run / "metrics.jsonl"
    file.write_text(file.read_text().replace(centers(run)[-1], "0" * 64))
    refused(run, 3)
    said("expected center 000000000000…", "versions and processor of its manifest")


@pytest.mark.parametrize("text", ["", "{", "\0\0"])
def test_a_corrupt_manifest(run: Path, said: Said, text: str) -> None:
    (run / "manifest.json").write_text(text)
    before = files(run)
    assert resume(run, "--generations", "6") == 2
    said("JSON in", "manifest.json")
    assert files(run) == before


def test_fewer_generations_than_done(run: Path, said: Said) -> None:
    before = files(run)
    assert resume(run, "--generations", "3") == 2
    said("a total of at least 4 generations", "got 3", "--generations is the new total")
    assert files(run) == before


def test_a_folder_that_another_process_holds(run: Path, said: Said) -> None:
    body = (
        "import fcntl, sys\n"
        "file = open(sys.argv[1], 'w')\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", body, str(run / ".lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        before = files(run)
        assert resume(run, "--generations", "6") == 2
        said("a run that nobody writes to", str(run))
        assert files(run) == before
        holder.kill()
    assert resume(run, "--generations", "5") == 0  # the lock went with its holder


@pytest.mark.parametrize("flags", [("--lives", "0"), ("--max-steps", "0")])
def test_evaluation_of_nothing(run: Path, said: Said, flags: tuple[str, ...]) -> None:
    assert main(["evaluate", str(run), *flags]) == 2
    said("at least one", "got 0", f"use for example {flags[0]}")
    assert not (run / "evaluation.json").exists()


def test_damage_to_what_has_no_body(run: Path, said: Said) -> None:
    assert main(["evaluate", str(run), "--damage", "long_back"]) == 2
    said("a run of locomotion or car racing for --damage", "CartPole-v1")


class Full:
    """A disk without space for some files."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.hits = 0
        self._name = name
        self._fsync = os.fsync
        monkeypatch.setattr(storage.os, "fsync", self)

    def __call__(self, descriptor: int) -> None:
        _, _, file = os.readlink(f"/proc/self/fd/{descriptor}").rpartition("/run/")
        if self._name in file:
            self.hits += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._fsync(descriptor)


@pytest.mark.row(10)
@pytest.mark.parametrize("name", [".npz", ".best.json", ".00", "journal", "metrics", "config"])
def test_a_full_disk(run: Path, said: Said, whole: list[str], name: str) -> None:
    # The next generation is better than any before: the best one has to be saved as well.
    lines = [json.dumps(r | {"fitness_mean": -1.0}) + "\n" for r in metrics(run)]
    (run / "metrics.jsonl").write_text("".join(lines))
    before = files(run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs_evolve, "CHECKPOINT_EVERY", 1)
        full = Full(patch, name)
        assert resume(run, "--generations", "6") == 5
    advice = "give the command again" if name == "config" else f"metahebb resume {run}"
    said("expected to write", "'No space left on device'", advice)
    assert full.hits
    after, newest = files(run), "checkpoints/000004.json"
    assert after[newest] == before[newest]
    checkpoints = RunFolder.open(run).checkpoints
    whole_ones = [checkpoints.load(p.stem) for p in checkpoints.folder.glob("*.json")]
    assert len(whole_ones) == 4
    assert not list(run.rglob("*.tmp"))
    assert resume(run, "--generations", "6") == 0
    assert centers(run) == whole


def test_a_disk_that_is_full_from_the_start(tmp_path: Path, said: Said) -> None:
    with pytest.MonkeyPatch.context() as patch:
        Full(patch, "manifest")
        assert evolve(tmp_path / "run") == 5
    said("expected to write", "manifest.json")
    assert evolve(tmp_path / "run", generations=1) == 0  # nothing is in the way


def test_fitness_that_is_never_finite(tmp_path: Path, said: Said) -> None:
    path = tmp_path / "run"
    for algorithm in ("openai_es", "cmaes"):
        assert evolve(path, "--task.env-id", "Void-v0", "--algorithm", algorithm) == 4
        said("some finite fitness", "got 6 non-finite ones")
        assert metrics(path) == []
        assert resume(path) == 4
        said("some finite fitness")
        shutil.rmtree(path)


@pytest.mark.parametrize("algorithm", ["openai_es", "snes", "cmaes"])
def test_a_run_whose_fitness_turns_non_finite_stands_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], algorithm: str
) -> None:
    flags = ("--algorithm", algorithm)
    assert evolve(tmp_path / "whole", *flags, generations=4) == 0
    evaluate = InProcess.evaluate

    def poisoned(backend: InProcess, jobs: Any) -> Any:
        found = evaluate(backend, jobs)
        if jobs[0].plan.generation == 2:
            found[0]["ending"] = Ending.NONFINITE
        return found

    path = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcess, "evaluate", poisoned)
        assert evolve(path, *flags, generations=4) == 4
    assert "some finite fitness" in capsys.readouterr().err
    assert RunFolder.open(path).load().generation == 2
    assert resume(path) == 0
    assert centers(path) == centers(tmp_path / "whole")


def test_a_task_that_raises_late_costs_nothing_that_was_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], whole: list[str]
) -> None:
    evaluate = InProcess.evaluate

    def fail(backend: InProcess, jobs: Any) -> Any:
        if jobs[0].plan.generation == 2:
            raise TaskError("expected the floor, got lava")
        return evaluate(backend, jobs)

    path = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcess, "evaluate", fail)
        assert evolve(path, generations=6) == 2
    assert capsys.readouterr().err == "metahebb: expected the floor, got lava\n"
    assert resume(path) == 0
    assert centers(path) == whole


def test_a_traceback_is_to_be_had(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a preset among"):
        main(["evolve", "ant-quik", "--traceback"])
