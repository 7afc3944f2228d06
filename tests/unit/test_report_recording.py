"""The life that films and life figures show."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import gymnasium
import numpy as np
import pytest
from report_runs import ant, make_run

from metahebb.analysis.evaluate import evaluate
from metahebb.analysis.probe import Conditions
from metahebb.errors import InputError
from metahebb.evolution.backends.in_process import InProcess
from metahebb.genomes import GivenGenes
from metahebb.life import Ending
from metahebb.probes import Moment, parse_probes
from metahebb.report.recording import record, typical_life
from metahebb.tasks import GymTask
from metahebb.worker import Fresh, Plan, Worker


def test_recording_changes_no_bit_of_the_life(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    center = run.load()
    plan = Plan(center.generation, 40, fresh=Fresh.EVALUATION)
    lives = plan.lives(center.setup, 0, GivenGenes(center.genes), 0)
    (unseen,) = Worker(center.setup, 1).live(lives)
    assert record(center).result == unseen


def test_the_state_after_the_last_step_is_there_too(tmp_path: Path) -> None:
    recording = record(ant(tmp_path / "run").load())
    assert recording.steps == 40
    assert recording.qpos.shape[0] == len(recording.bodies) == 41
    assert recording.distance is not None
    assert recording.distance[-1] == recording.result.measures["distance"]
    np.testing.assert_allclose(
        recording.distance, recording.qpos[:, 0] - recording.qpos[0, 0], atol=1e-12
    )
    assert recording.distance_label == "distance along +x [m]"


def test_a_state_that_is_not_finite_is_not_shown(tmp_path: Path) -> None:
    center = ant(tmp_path / "run").load()
    recording = record(center, probes=(Thrown(),))
    assert recording.result.ending is Ending.NONFINITE
    assert recording.steps == 6
    assert len(recording.qpos) == 7
    assert np.isfinite(recording.qpos).all()
    assert recording.distance is not None
    assert recording.distance[6] == recording.distance[5]


@dataclass(frozen=True)
class Thrown:
    """Throws the body out of what floats can hold."""

    at: int = 5

    def __call__(self, moment: Moment) -> None:
        if moment.steps[0] == self.at:
            moment.task.push(moment.lanes, 1e300, 0.0)


def test_rows_are_the_instants_before_each_step(tmp_path: Path) -> None:
    recording = record(ant(tmp_path / "run").load())
    assert recording.generation == 4
    assert recording.dt == pytest.approx(0.05)
    assert recording.weights.shape == (40, 64)
    assert recording.synapses == (
        "64 evenly spread of the 324 synapses of layer 1 (n_out × n_in = 12 × 27)"
    )
    assert recording.hidden.shape == (40, 12)
    assert recording.outputs.shape == (40, 8)
    newborn = np.abs(recording.weights[0]).max()
    assert 0.05 < newborn <= 0.1  # birth is U(-0.1, 0.1)
    assert np.abs(recording.weights[-1]).max() > 2 * newborn  # then it wires itself
    assert not recording.outputs[0].any()
    assert recording.outputs[1].any()
    assert recording.distance is not None
    assert recording.distance[0] == 0


def test_lives_are_numbered_and_differ(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=5)
    first, again, second = record(run.load()), record(run.load()), record(run.load(), life=1)
    assert (first.weights == again.weights).all()
    assert (first.weights[0] != second.weights[0]).any()
    with pytest.raises(InputError, match="expected a life of at least 0, got -1"):
        record(run.load(), life=-1)


def test_films_show_the_evaluated_life_of_median_return(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=20)
    center = run.load()
    assert typical_life(center, run.read_evaluation()) == 0
    backend = InProcess(center.setup, threads=1)
    result = evaluate(center, backend, lives=5)
    backend.close()
    returns = result["bodies"]["intact"]["returns"]
    life = typical_life(center, run.read_evaluation())
    assert returns[life] == np.median(returns)
    assert record(center, life=life).result.episode_return == returns[life]


def test_any_damage_can_be_seen(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    damaged = record(run.load(), body="short_fourth_ankle")
    assert damaged.task.bodies == ("short_fourth_ankle",)
    assert (damaged.qpos[-1] != record(run.load()).qpos[-1]).any()
    with pytest.raises(InputError, match="short_fourth_ankle"):
        record(run.load(), body="short_forth_ankle")


def test_a_probe_does_in_a_recording_what_it_says(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    plain = record(run.load())
    zeroed = record(run.load(), probes=parse_probes(["zero_weights:at=10"]))
    assert plain.events == ()
    assert zeroed.events == (10,)
    np.testing.assert_array_equal(zeroed.weights[:10], plain.weights[:10])
    assert not zeroed.weights[10].any()
    assert zeroed.weights[11].any()  # the rule goes on from there
    frozen = record(run.load(), probes=parse_probes(["freeze:at=10"]))
    assert (frozen.weights[10:] == frozen.weights[10]).all()


def test_a_recorded_life_is_the_one_that_is_probed(tmp_path: Path) -> None:
    run, probes = ant(tmp_path / "run"), parse_probes(["push:x=-1,at=5", "freeze:at=9"])
    backend = functools.partial(InProcess, threads=1, lanes=2)
    lived = Conditions.of(run.load(), 3, 20, "short_left_ankle").live(probes, backend)
    recording = record(run.load(), "short_left_ankle", 2, probes=probes, max_steps=20)
    assert recording.life == 2
    assert recording.result.measures["distance"] == lived.outcomes["distance"][2]


def test_conditions_of_training_stay_where_no_other_probe_is_given(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=12)
    run.config = replace(run.config, probes=("zero_weights:at=4",))
    assert not record(run.load()).weights[4].any()
    other = record(run.load(), probes=parse_probes(["zero_weights:at=6"]))
    assert other.weights[4].any()
    assert not other.weights[6].any()
    with pytest.raises(InputError, match="expected a layer from 1 to 2, got 5"):
        record(run.load(), probes=parse_probes(["zero_weights:at=6,layer=5"]))


def test_a_probe_that_no_life_meets_is_refused_but_one_of_training_is_not(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=12)
    with pytest.raises(InputError, match="expected at below 12, the env steps of a life here, got"):
        record(run.load(), probes=parse_probes(["push:x=1,at=3", "freeze:at=12"]))
    assert record(run.load(), probes=parse_probes(["freeze:at=11"])).events == (11,)
    run.config = replace(run.config, probes=("freeze:at=12",))  # for longer lives of a later stage
    assert len(record(run.load()).weights) == 12


def test_the_body_of_each_step_is_noted(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=12)
    probes = parse_probes(["damage:body=long_back,at=4", "damage:body=short_left_ankle,at=9"])
    recording = record(run.load(), probes=probes)
    assert [recording.task.bodies[number] for number in recording.bodies] == (
        ["intact"] * 4 + ["long_back"] * 5 + ["short_left_ankle"] * 4
    )
    assert recording.events == (4, 9)


def test_snapshots_hold_all_weights_at_the_ends_and_around_events(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=39)
    probes = parse_probes(["zero_weights:at=17,layer=2"])
    recording = record(run.load(), probes=probes, snapshots=4)
    some = recording.snapshots
    assert some.steps.tolist() == [0, 10, *range(12, 33), 38]
    assert some.layers == (27 * 12, 12 * 8)
    assert some.weights.dtype == np.float32
    assert some.weights.shape == (24, 27 * 12 + 12 * 8)
    zeroed = (some.weights == 0).all(axis=1)
    assert not zeroed.any()
    second = some.weights[:, 27 * 12 :]
    assert some.steps[(second == 0).all(axis=1)].tolist() == [17]
    chosen = np.linspace(0, 27 * 12 - 1, 64, dtype=int)
    np.testing.assert_array_equal(some.weights[:, chosen], recording.weights[some.steps])
    assert record(run.load()).snapshots is None


def test_a_gymnasium_environment_has_no_other_bodies(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("CartPole-v1"))
    with pytest.raises(InputError, match="expected a body of the task among default, got 'intact'"):
        record(run.load(), body="intact")
    recording = record(run.load())
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
    images = record(run.load(), images=10).images
    assert 10 <= len(images) <= 20
    *before, end = images
    assert end == 100  # the state after the last step
    assert len(set(np.diff(before))) == 1
    assert all((image == step).all() for step, image in images.items())


def test_an_environment_that_cannot_draw_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("test_report/Blind-v0"))
    with pytest.raises(InputError, match="'rgb_array', got test_report/Blind-v0 with human"):
        record(run.load(), images=10)
