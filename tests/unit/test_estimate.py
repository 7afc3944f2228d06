"""What a run will cost, by some seconds of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from small_runs import QUIET, Said, evolve, metrics

from metahebb.cli import main
from metahebb.errors import InputError, ProgressError
from metahebb.evolution.backends.where import Where
from metahebb.evolution.config import SearchConfig
from metahebb.networks import FeedForward
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.cost_table import Estimate, Row
from metahebb.runs.estimate import estimate
from metahebb.runs.folder import RunFolder
from metahebb.tasks import GymTask, Reversal

HERE = Where(threads=1, lanes=4)


class Void(gymnasium.Env[np.ndarray, int]):
    """An environment of twenty steps, whose every reward is NaN; or one, or slow ones."""

    observation_space = gymnasium.spaces.Box(-1, 1, (3,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, reward: float = np.nan, pause_s: float = 0.0, lasts: int = 20) -> None:
        self.reward, self.pause_s, self.lasts = reward, pause_s, lasts

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.left = self.lasts
        return np.zeros(3, np.float32), {}

    def step(self, action: int) -> Any:
        time.sleep(self.pause_s)
        self.left -= 1
        return np.zeros(3, np.float32), self.reward, self.left == 0, False, {}


@pytest.fixture
def void() -> Any:
    gymnasium.register("EstimatedVoid-v0", Void)
    yield "EstimatedVoid-v0"
    del gymnasium.registry["EstimatedVoid-v0"]


def in_void(env_id: str, **kwargs: Any) -> RunConfig:
    return RunConfig(
        GymTask(env_id, kwargs),
        FeedForward((4,)),
        SearchConfig(popsize=16),
        (Stage(0, 100),),
        generations=5,
    )


@pytest.mark.parametrize("algorithm", ["openai_es", "snes", "xnes", "ga", "cosyne"])
def test_env_steps_are_those_of_the_run_where_lives_last_to_the_end(
    tmp_path: Path, algorithm: str
) -> None:
    flags = ("--schedule", "0:20", "3:50", "--algorithm", algorithm, "--center-lives", "2")
    assert evolve(tmp_path / "run", *flags, preset="reversal", generations=5) == 0
    lived = sum(record["env_steps"] for record in metrics(tmp_path / "run"))
    before = sorted(tmp_path.rglob("*"))
    cost = estimate(RunFolder.open(tmp_path / "run").config, HERE, seconds=0.2)
    assert cost.env_steps == (lived, lived)
    assert cost.at_horizon == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_bodies_of_a_stage_count_as_lives() -> None:
    task = GymTask("Pendulum-v1", variants=("g=5", "g=10"))
    stages = (Stage(0, 10, task.bodies[:1]), Stage(2, 30))
    run = RunConfig(task, FeedForward((4,)), SearchConfig(popsize=32), stages, generations=6)
    cost = estimate(replace(run, center_lives=3), HERE, seconds=0.2)
    bodies = len(task.bodies)
    assert bodies > 1
    assert cost.env_steps[0] == 2 * (32 + 3) * 10 + 4 * (32 * bodies + 3) * 30
    assert cost.most_workers == 4  # in the first stage there is one life for each candidate


def test_lives_that_end_early_give_a_range(void: str) -> None:
    cost = estimate(in_void(void, reward=1.0), HERE, seconds=0.3)
    assert cost.env_steps == (5 * (16 + 4) * 20, 5 * (16 + 4) * 100)
    assert (cost.watched, cost.steps_mean, cost.at_horizon) == (100, 20, 0)
    (here, *workers) = cost.rows
    assert here.threads == 1
    assert [row.workers for row in workers] == [2]
    for row in cost.rows:
        assert 0 < row.seconds[0] < row.seconds[1]
    assert workers[0].memory > here.memory + 2 * cost.worker_bytes


def test_time_is_that_of_the_run(void: str) -> None:
    # Each step of each lane sleeps, and what else is to be done takes little time beside that.
    run = in_void(void, reward=1.0, pause_s=2e-3, lasts=20)
    cost = estimate(run, HERE, seconds=2)
    assert cost.rows[0].seconds[0] == pytest.approx(5 * (16 + 4) * 20 * 2.2e-3, rel=0.3)
    assert cost.rows[0].seconds[1] == pytest.approx(5 * (16 + 4) * 100 * 2.2e-3, rel=0.3)
    assert cost.core_s == pytest.approx(2.2e-3, rel=0.3)
    # Four workers get four lives each, and then one of them those of the center.
    many = estimate(run, Where(workers=4, lanes=4), seconds=2)
    four = next(row for row in many.rows if row.workers == 4)
    assert four.seconds[0] == pytest.approx(5 * (4 + 4) * 20 * 2.2e-3, rel=0.3)


def test_slow_lives_are_watched_for_as_long_as_time_allows(void: str) -> None:
    run = in_void(void, reward=1.0, pause_s=1e-2, lasts=100)
    began = time.monotonic()
    cost = estimate(run, HERE, seconds=1.5)
    assert time.monotonic() - began < 5  # to the end of 4 lives it would have been another 4 s
    assert cost.watched < 100
    assert cost.at_horizon == 1
    assert cost.env_steps == (5 * (16 + 4) * 100, 5 * (16 + 4) * 100)
    assert cost.rows[0].seconds[0] == pytest.approx(5 * 20 * 100 * 1.03e-2, rel=0.3)


@pytest.mark.parametrize("normalized", [False, True])
def test_a_dense_search_and_one_that_adds_up_observations_step(normalized: bool) -> None:
    run = RunConfig(
        Reversal(),
        FeedForward((4,)),
        SearchConfig("cmaes" if not normalized else "snes", popsize=16),
        (Stage(0, 20),),
        observation_norm=normalized,
    )
    assert estimate(run, HERE, seconds=0.1).search_s > 0


def test_what_the_run_would_refuse_is_refused(void: str) -> None:
    with pytest.raises(ProgressError, match="expected some finite fitness"):
        estimate(in_void(void), HERE, seconds=0.1)
    run = in_void(void, reward=1.0)
    with pytest.raises(InputError, match="a smaller --popsize"):
        estimate(replace(run, search=SearchConfig(popsize=10**12)), HERE)
    with pytest.raises(InputError, match="fewer --lanes"):
        estimate(run, Where(workers=2, lanes=10**9))
    with pytest.raises(InputError, match="more than 0 seconds"):
        estimate(run, seconds=0)


def cost(**changes: Any) -> Estimate:
    rows = (
        Row(2, 0, (90.0, 5400.0), 600 * 2**20),
        Row(0, 16, (12.0, 700.0), 5 * 2**30),
    )
    told: dict[str, Any] = {
        "env_steps": (1.25e6, 2.5e7),
        "rows": rows,
        "most_workers": 16,
        "lives": 128,
        "watched": 250,
        "steps_mean": 59.4,
        "at_horizon": 0.1,
        "core_s": 4.4e-5,
        "slowed": 1.1,
        "search_s": 0.012,
        "compile_s": 7.0,
        "driver_bytes": 600 * 2**20,
        "worker_bytes": 250 * 2**20,
        "busy": 0.0,
        "took_s": 9.8,
    }
    return Estimate(**{**told, **changes})


def test_the_text_is_a_table_and_says_what_is_extrapolated() -> None:
    table, notes = cost().text().split("\n\n")
    assert table.splitlines() == [
        "                          lives as long as now   all lives to the end   memory",
        "env steps                         1.25 million             25 million",
        "this machine, 2 threads                1.5 min                  1.5 h   600 MB",
        "16 Ray workers                            12 s               11.7 min   5.0 GB",
    ]
    assert max(map(len, notes.splitlines())) <= 96
    words = " ".join(notes.split())
    assert "Measured in 10 s: 128 lives" in words
    assert "last 59 on average; 10 % of them last to the end" in words
    assert "44 µs for an env step" in words
    assert "More than 16 workers" in words
    assert "compiling (7 s here)" in words
    assert "Other programs" not in words
    assert "times as long" not in words
    words = " ".join(cost(busy=0.62, slowed=2.0).text().split())
    assert "Other programs used 62 % of this machine" in words
    assert "need 2.0 times as long" in words


def test_one_column_is_enough_where_lives_last_to_the_end() -> None:
    rows = (Row(1, 0, (4000.0, 4000.0), 2**30),)
    table, notes = cost(env_steps=(900.0, 900.0), rows=rows, most_workers=1).text().split("\n\n")
    assert table.splitlines() == [
        "                         all lives to the end   memory",
        "env steps                                 900",
        "this machine, 1 thread               66.7 min   1.0 GB",
    ]
    assert "use threads" in notes
    assert "get longer" not in notes


def test_the_command_prints_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["evolve", "reversal", "--schedule", "0:20", "--popsize", "16", "--threads", "1"]
    assert main([*words, "--estimate", "--out", "run", *QUIET]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(" ")
    assert "env steps" in printed
    assert "this machine, 1 thread" in printed
    assert "seeds" not in printed
    assert main([*words, "--estimate", "--seeds", "3", "4", "5", *QUIET]) == 0
    assert "Each of the 3 seeds costs this" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_command_refuses_in_one_line(said: Said) -> None:
    assert main(["evolve", "reversal", "--estimate", "--popsize", "3"]) == 2
    said("even popsize")
    assert main(["evolve", "reversal", "--estimate", "--lanes", str(10**9)]) == 2
    said("fewer --lanes")
