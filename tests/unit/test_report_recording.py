"""The life that films and life figures show."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import gymnasium
import numpy as np
import pytest
from report_runs import ant, make_run

from metahebb.errors import InputError
from metahebb.evolution.backends.in_process import InProcess
from metahebb.genomes import GivenGenes
from metahebb.report.recording import record, typical_life
from metahebb.runs.evaluate import evaluate
from metahebb.tasks import GymTask
from metahebb.worker import Worker


def test_recording_changes_no_bit_of_the_life(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    lives = list(run.plan.lives(run.setup, 0, GivenGenes(run.center()), 0))
    (unseen,) = Worker(run.setup, 1).live(iter(lives))
    assert record(run).result == unseen


def test_rows_are_the_instants_before_each_step(tmp_path: Path) -> None:
    recording = record(ant(tmp_path / "run"))
    assert recording.generation == 4
    assert recording.dt == pytest.approx(0.05)
    assert recording.weights.shape == (40, 64)
    assert recording.synapses == "64 of the 27×12 synapses of layer 1"
    assert recording.hidden.shape == (40, 12)
    assert recording.outputs.shape == (40, 8)
    newborn = np.abs(recording.weights[0]).max()
    assert 0.05 < newborn <= 0.1  # birth is U(-0.1, 0.1)
    assert np.abs(recording.weights[-1]).max() > 2 * newborn  # then it wires itself
    assert not recording.outputs[0].any()
    assert recording.outputs[1].any()
    assert recording.distance is not None
    assert recording.distance[0] == 0
    last_step = recording.result.measures["distance"] - recording.distance[-1]
    assert 0 < abs(last_step) < 0.5


def test_lives_are_numbered_and_differ(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=5)
    first, again, second = record(run), record(run), record(run, life=1)
    assert (first.weights == again.weights).all()
    assert (first.weights[0] != second.weights[0]).any()
    with pytest.raises(InputError, match="expected a life of at least 0, got -1"):
        record(run, life=-1)


def test_films_show_the_evaluated_life_of_median_return(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=20)
    assert typical_life(run) == 0
    backend = InProcess(run.setup, threads=1)
    result = evaluate(run, run.setup, backend, lives=5)
    backend.close()
    returns = result["bodies"]["intact"]["returns"]
    life = typical_life(run)
    assert returns[life] == np.median(returns)
    assert record(run).result.episode_return == returns[life]


def test_any_damage_can_be_seen(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    damaged = record(run, body="short_fourth_ankle")
    assert damaged.task.bodies == ("short_fourth_ankle",)
    assert (damaged.qpos[-1] != record(run).qpos[-1]).any()
    with pytest.raises(InputError, match="short_fourth_ankle"):
        record(run, body="short_forth_ankle")


def test_a_gymnasium_environment_has_no_other_bodies(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("CartPole-v1"))
    with pytest.raises(InputError, match="expected a body among default, got 'intact'"):
        record(run, body="intact")
    recording = record(run)
    assert recording.distance is None
    assert recording.dt == pytest.approx(1 / 50)
    assert recording.images == {}


class _Painter(gymnasium.Env[np.ndarray, np.ndarray]):
    """Draws the number of its step."""

    metadata: ClassVar[dict[str, list[str]]] = {"render_modes": ["rgb_array"]}
    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (2,))
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,))

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.age = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.age += 1
        return np.zeros(2, np.float32), 0.0, False, False, {}

    def render(self):
        return np.full((4, 4, 3), self.age, np.uint8)


class _Blind(_Painter):
    metadata: ClassVar[dict[str, list[str]]] = {"render_modes": ["human"]}


gymnasium.register("test_report/Painter-v0", entry_point=_Painter)
gymnasium.register("test_report/Blind-v0", entry_point=_Blind)


def test_pictures_are_thinned_out_evenly(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("test_report/Painter-v0"), max_steps=100)
    images = record(run, images=10).images
    assert 10 <= len(images) <= 20
    assert len(set(np.diff(list(images)))) == 1
    assert all((image == step).all() for step, image in images.items())


def test_an_environment_that_cannot_draw_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("test_report/Blind-v0"))
    with pytest.raises(InputError, match="'rgb_array', got test_report/Blind-v0 with human"):
        record(run, images=10)
