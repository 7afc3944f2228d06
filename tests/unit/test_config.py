"""What a run and a search may be told."""

from __future__ import annotations

import math
from typing import Any

import pytest

from metahebb.errors import InputError
from metahebb.evolution.config import SearchConfig
from metahebb.networks import Convolutional
from metahebb.runs.config import RunConfig, Stage
from metahebb.tasks import GymTask, Locomotion

ANT = Locomotion("ant", damages=("intact", "long_back"), max_steps=77)


def test_without_a_schedule_the_tasks_horizon_and_all_bodies() -> None:
    config = RunConfig(task=ANT, episodes=3)
    for generation in (0, 500):
        plan = config.plan(generation)
        assert (plan.generation, plan.max_steps, plan.bodies) == (generation, 77, (0, 1))
        assert plan.lives_per_candidate == 6
        assert plan.fresh == 0
    assert RunConfig(task=GymTask("CartPole-v1")).plan(0).max_steps == 500


def test_stages_follow_each_other() -> None:
    stages = (Stage(0, 10, ("long_back",)), Stage(5, 20), Stage(6, 30, ("intact",)))
    config = RunConfig(task=ANT, schedule=stages)
    plans = [config.plan(generation) for generation in (0, 4, 5, 6, 99)]
    assert [p.max_steps for p in plans] == [10, 10, 20, 30, 30]
    assert [p.bodies for p in plans] == [(1,), (1,), (0, 1), (0,), (0,)]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"generations": 0}, "generations of at least 1, got 0"),
        ({"episodes": 0}, "episodes of at least 1, got 0"),
        ({"center_lives": -1}, "center_lives of at least 0, got -1"),
        ({"seed": -1}, "got -1"),
        ({"schedule": (Stage(1, 10),)}, r"start at 0.*\[1\]"),
        ({"schedule": (Stage(0, 10), Stage(9, 10), Stage(5, 10))}, r"in order.*\[0, 9, 5\]"),
        ({"schedule": (Stage(0, 10), Stage(0, 20))}, r"in order.*\[0, 0\]"),
        ({"schedule": (Stage(0, 0),)}, "max_steps of at least 1, got 0"),
        ({"schedule": (Stage(0, 5, ("long_bakc",)),)}, "body of the task.*'long_back'"),
    ],
)
def test_a_run_is_refused(told: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        RunConfig(task=ANT, **told)


@pytest.mark.parametrize(
    ("told", "got"),
    [
        ({"task": GymTask("CarRacing-v3")}, "96 × 96 × 3 pixels"),
        ({"task": GymTask("CartPole-v1"), "network": Convolutional()}, "84 × 84 × 3 pixels"),
    ],
)
def test_images_are_not_normalized(told: dict[str, Any], got: str) -> None:
    RunConfig(**told)
    with pytest.raises(InputError, match=f"no images for an observation_norm, got {got}"):
        RunConfig(**told, observation_norm=True)


def test_a_damage_is_named_once() -> None:
    twice = Locomotion("ant", damages=("long_back", "intact", "long_back"))
    with pytest.raises(InputError, match="each damage once, got 'long_back' 2 times"):
        RunConfig(task=twice)


@pytest.mark.parametrize(
    ("algorithm", "popsize", "ratio"), [("cosyne", 4, 0.5), ("cem", 4, 0.5), ("cem", 3, 0.7)]
)
def test_a_population_has_parents(algorithm: Any, popsize: int, ratio: float) -> None:
    told = {"algorithm": algorithm, "parenthood_ratio": ratio}
    SearchConfig(popsize=popsize, **told)
    with pytest.raises(InputError, match=rf"\({algorithm}\), got {popsize - 1}"):
        SearchConfig(popsize=popsize - 1, **told)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"algorithm": "open_es"}, "an? algorithm among .*did you mean 'openai_es'"),
        ({"optimizer": "adamm"}, "did you mean 'adam'"),
        ({"ranking": "centred"}, "did you mean 'centered'"),
        ({"popsize": 1}, "popsize of at least 2, got 1"),
        ({"popsize": 9}, "even popsize for mirrored pairs, got 9; use 10"),
        ({"algorithm": "pgpe", "popsize": 9}, "even popsize"),
        *[({name: bad}, f"expected {name} to be positive, got {bad}")
          for name in ("stdev", "learning_rate", "stdev_decay", "learning_rate_decay")
          for bad in (0.0, -1.0, math.inf, math.nan)],
        *[({name: bad}, f"expected {name} of at least 0, got {bad}")
          for name in ("penalty", "initial_stdev", "stdev_floor", "learning_rate_floor",
                       "stdev_learning_rate")
          for bad in (-1.0, math.inf, math.nan)],
        ({"mixture_rules": 0}, "mixture_rules of at least 1, got 0"),
        ({"parenthood_ratio": 0.0}, "parenthood_ratio"),
        ({"parenthood_ratio": 1.1}, "parenthood_ratio"),
        ({"parenthood_ratio": math.nan}, "parenthood_ratio"),
    ],
)  # fmt: skip
def test_a_search_is_refused(told: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SearchConfig(**told)


def test_which_searches_are_seeded_and_mirrored() -> None:
    for name in ("openai_es", "pgpe"):
        assert SearchConfig(name).is_seeded
        assert SearchConfig(name).mirrored
    for name in ("snes", "cem"):
        assert SearchConfig(name, popsize=7).is_seeded
        assert not SearchConfig(name, popsize=7).mirrored
    for name in ("cmaes", "xnes", "ga", "cosyne", "mixture"):
        assert not SearchConfig(name, popsize=7).is_seeded


@pytest.mark.parametrize(
    "text", ["0:250", "150:400:intact", "0:9:limb:left_ankle_geom=0.25,intact"]
)
def test_a_stage_reads_as_it_is_written(text: str) -> None:
    assert str(Stage.read(text)) == text
    assert Stage.read("150:400:intact,long_back") == Stage(150, 400, ("intact", "long_back"))


@pytest.mark.parametrize("text", ["", "250", "0:many", ":250", "0:250.5"])
def test_a_stage_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected a stage START:STEPS"):
        Stage.read(text)
