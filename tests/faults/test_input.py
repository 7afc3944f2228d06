"""Rows 16, 17, 18 and 23: fitness that is none, environments that raise, input that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from small_runs import Said, centers, evolve, files, metrics, resume
from small_search import search_of

from metahebb.cli import main
from metahebb.errors import ProgressError
from metahebb.evolution.ranking import weights

pytestmark = pytest.mark.faults

NUMBER = 1.5


class Odd(gymnasium.Env[np.ndarray, int]):
    """An environment whose reward is of some kind, or that raises where its state is below 0."""

    observation_space = gymnasium.spaces.Box(-1, 1, (3,))
    action_space = gymnasium.spaces.Discrete(2)
    reward: Any = NUMBER
    raises = False

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.state = self.np_random.normal(size=3).clip(-1, 1).astype(np.float32)
        self.steps = 0
        return self.state, {}

    def step(self, action: int) -> Any:
        self.steps += 1
        if self.raises and self.state[0] < -0.5:
            raise RuntimeError("out of bounds")
        return self.state, self.reward, self.steps == 5, False, {}


class Fragile(Odd):
    raises = True


class Once(Odd):
    """Raises once, and never again."""

    struck = False

    def step(self, action: int) -> Any:
        if not Once.struck:
            Once.struck = True
            raise RuntimeError("a hiccup")
        return super().step(action)


class Wordy(Odd):
    pass


for env in (Odd, Fragile, Once, Wordy):
    gymnasium.register(f"Fault{env.__name__}-v0", env)


@pytest.mark.row(16)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_ranks_worst_and_all_alike(bad: float) -> None:
    found = weights(np.array([2.0, bad, 5.0, -1.0, bad]), "centered")
    assert found[1] == found[4] < found[3] < found[0] < found[2]


@pytest.mark.row(16)
@pytest.mark.parametrize(("bad", "stops"), [(4, False), (5, True), (7, True), (8, True)])
def test_a_generation_that_is_mostly_not_finite_ends_the_run(bad: int, stops: bool) -> None:
    calls = iter(range(8))
    search = search_of(lambda genes: np.nan if next(calls) < bad else float(genes[0]))
    if stops:
        with pytest.raises(ProgressError, match=f"got {bad} non-finite ones") as caught:
            search.step()
        assert caught.value.exit_status == 4
    else:
        (evaluation,) = search.step()
        assert np.isnan(evaluation.fitness).sum() == bad


@pytest.mark.row(17)
@pytest.mark.parametrize("reward", [None, "1.0", np.ones(2), 1j, [1.0, 2.0]], ids=repr)
def test_a_reward_that_is_no_number_is_named(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch, reward: Any
) -> None:
    monkeypatch.setattr(Wordy, "reward", reward)
    flags = ("--task.env-id", "FaultWordy-v0", "--seed", "3")
    assert evolve(tmp_path / "run", *flags) == 2
    said(f"no number but {type(reward).__name__}", "candidate ", "generation 0", "run seed 3")
    assert not (tmp_path / "run").exists()


@pytest.mark.row(17)
@pytest.mark.parametrize("reward", [1, True, np.float32(1), np.array([1.0]), np.int8(1)], ids=repr)
def test_whatever_is_a_number_is_a_reward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reward: Any
) -> None:
    monkeypatch.setattr(Wordy, "reward", reward)
    flags = ("--task.env-id", "FaultWordy-v0", "--search.penalty", "0")
    assert evolve(tmp_path / "run", *flags, generations=1) == 0
    assert metrics(tmp_path / "run")[0]["fitness_mean"] == 5


@pytest.mark.row(18)
def test_an_environment_that_raises_ends_the_run_and_is_told_how_to_repeat(
    tmp_path: Path, said: Said
) -> None:
    assert evolve(tmp_path / "run", "--task.env-id", "FaultFragile-v0") == 2
    said("RuntimeError: out of bounds (seed ", "reset it with this seed", "candidate ")
    assert not (tmp_path / "run").exists()


@pytest.mark.row(18)
@pytest.mark.parametrize("threads", ["1", "2"])
def test_or_its_candidate_ranks_worst(tmp_path: Path, threads: str) -> None:
    flags = ("--task.env-id", "FaultFragile-v0", "--on-error", "worst", "--popsize", "12")
    found = []
    for lanes in ("1", "5"):
        path = tmp_path / lanes
        assert evolve(path, *flags, "--threads", threads, "--lanes", lanes) == 0
        found.append(centers(path))
        assert all(0 < r["nonfinite"] <= 6 for r in metrics(path))
        assert json.loads((path / "config.json").read_text())["on_error"] == "worst"
    assert found[0] == found[1]
    assert resume(path, "--generations", "4") == 0


@pytest.mark.row(18)
def test_an_error_that_does_not_come_again_is_flagged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Once, "struck", False)
    flags = ("--task.env-id", "FaultOnce-v0", "--on-error", "worst")
    assert evolve(tmp_path / "run", *flags) == 0
    assert [m for m in caplog.messages if "the task is nondeterministic" in m]


BAD = {
    "unknown flag": (("--popsiez", "4"), "mean '--popsize'?"),
    "no candidates": (("--popsize", "0"), "got 0"),
    "an odd number of them": (("--popsize", "7"), "got 7; use 8"),
    "a rate that is none": (("--search.learning-rate", "nan"), "learning_rate", "got nan"),
    "more than fits": (*(("--algorithm", "snes", "--lanes", str(10**12)), "fit in memory"),),
    "a dense population that does not": (
        *(("--algorithm", "ga", "--popsize", str(10**9), "--hidden", "64"), "in memory"),
    ),
}


@pytest.mark.row(23)
@pytest.mark.parametrize("case", BAD)
def test_bad_input_makes_no_folder(tmp_path: Path, said: Said, case: str) -> None:
    flags, *parts = BAD[case]
    assert evolve(tmp_path / "runs" / "run", *flags) == 2
    said(*parts)
    assert not (tmp_path / "runs" / "run").exists()


@pytest.mark.row(23)
@pytest.mark.parametrize(
    ("old", "new", "part"),
    [("{", "", "JSON in"), ('"popsize"', '"popsise"', "mean 'popsize'?")],
)
def test_a_config_file_that_cannot_be_read(
    run: Path, said: Said, old: str, new: str, part: str
) -> None:
    file = run / "config.json"
    file.write_text(file.read_text().replace(old, new, 1))
    before = files(run)
    assert main(["resume", str(run)]) == 2
    said(part)
    assert files(run) == before
