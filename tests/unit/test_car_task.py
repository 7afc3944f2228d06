"""Car racing as a task: what it refuses, when lives end, and that lanes live alone."""

from __future__ import annotations

import importlib.util
import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from cars import AHEAD, STANDING, draw_nothing, open_lanes, wander
from gymnasium.envs.box2d.car_racing import CarRacing as GymnasiumCarRacing

from metahebb.errors import InputError
from metahebb.life import Ending, LifeResult
from metahebb.networks import Convolutional
from metahebb.runs.config import RunConfig
from metahebb.runs.serial import from_json, to_json
from metahebb.tasks import CarRacing
from metahebb.tasks.base import Picturing
from metahebb.tasks.car_racing.env import VariedCarRacing
from metahebb.tasks.car_racing.task import VARIANTS
from metahebb.worker import GivenPoint, Plan, Setup, Worker, all_lives

LANE = np.array([0])
GROUNDS = ("half_friction", "default", "pushed_left")
TASK = CarRacing(GROUNDS, patience=16)


def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let EnvPool not be installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *p: None if name == "envpool" else find(name, *p)
    )


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"variants": ("half_frictoin",)}, "did you mean 'half_friction'"),
        ({"variants": ()}, "at least one variant, got none; use 'default'"),
        ({"world": "gymnasiun"}, "a world among .*, got 'gymnasiun'; did you mean 'gymnasium'"),
        ({"size": 47}, r"a size from 48 to 96 \(CarRacing\), got 47"),
        ({"size": 97}, r"a size from 48 to 96 \(CarRacing\), got 97"),
        ({"patience": 0}, "patience and max_steps of at least 1.*got patience=0"),
        ({"max_steps": 0}, "patience and max_steps of at least 1.*max_steps=0"),
        (
            {"world": "envpool", "variants": ("default", "half_friction")},
            "the variant default in EnvPool's world, got default, half_friction; use --task.world",
        ),
        (
            {"world": "envpool"},
            r"got none installed; pip install 'metahebb\[fast\]', or use --task.world compiled",
        ),
    ],
)
def test_what_cannot_be_is_one_clear_error(
    told: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent(monkeypatch)
    with pytest.raises(InputError, match=message) as caught:
        CarRacing(**told)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("told", [(0.0, 0.0), (math.inf, 0.0), (1.0, math.nan)])
def test_a_ground_that_cannot_be_is_refused(told: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="a friction above 0 and a finite push"):
        VariedCarRacing(*told)


def test_a_network_for_other_images_is_refused() -> None:
    with pytest.raises(InputError, match=r"got 12288; set --network\.image"):
        RunConfig(CarRacing(size=64), Convolutional()).setup()
    RunConfig(CarRacing(size=64), Convolutional(image=(64, 64, 3))).setup()


def test_a_task_travels() -> None:
    task = CarRacing(tuple(VARIANTS), "gymnasium", 64, 7, 30)
    assert pickle.loads(pickle.dumps(task)) == task
    assert from_json(CarRacing, to_json(task), "config.task") == task
    assert task.bodies == tuple(VARIANTS)
    assert task.on(("default",)).bodies == ("default",)
    assert (task.n_observations, task.n_outputs, task.image) == (64 * 64 * 3, 3, (64, 64, 3))
    assert isinstance(task.lanes(1), Picturing)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GymnasiumCarRacing, "_render", draw_nothing)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("patience", [1, 20])
def test_patience_ends_a_life_that_stands_still(patience: int) -> None:
    """The first step wins the tiles that the car is born on; then so many, and one more."""
    lanes = open_lanes(CarRacing(world="gymnasium", patience=patience), [0])
    ends, rewards = [], []
    for _ in range(patience + 4):
        result = lanes.step(STANDING, LANE)
        ends.append(bool(result.truncated[0]))
        rewards.append(float(result.reward[0]))
        assert not result.terminated[0]
    assert rewards[0] > 0
    assert rewards[1:] == pytest.approx([-0.1] * (patience + 3))
    assert ends == [False] * (1 + patience) + [True] * 3


@pytest.mark.usefixtures("undrawn")
def test_a_new_tile_gives_patience_back() -> None:
    lanes = open_lanes(CarRacing(world="gymnasium", patience=9), [0])
    waited, longest = 0, 0
    for _ in range(60):
        result = lanes.step(AHEAD, LANE)
        waited = waited + 1 if result.reward[0] < 0 else 0
        longest = max(longest, waited)
        assert result.truncated[0] == (waited > 9)
    assert longest > 9 > waited


@pytest.mark.usefixtures("undrawn")
def test_the_last_step_of_a_lap_is_not_cut_short() -> None:
    """Who terminates is not truncated, too, however long there was no tile."""
    lanes = open_lanes(CarRacing(world="gymnasium", patience=1), [0])
    for _ in range(3):
        lanes.step(STANDING, LANE)
    lanes._cars[0]._env.new_lap = True
    result = lanes.step(STANDING, LANE)
    assert (result.terminated[0], result.truncated[0]) == (True, False)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("world", ["compiled", "gymnasium"])
def test_a_non_finite_output_moves_nothing(bad: float, world: str) -> None:
    lanes, both = open_lanes(CarRacing(world=world), [0, 1]), np.arange(2)
    before = lanes.observations[0].copy()
    outputs = np.repeat(AHEAD, 2, axis=0)
    outputs[0, 2] = bad
    for _ in range(2):
        result = lanes.step(outputs, both)
        assert result.nonfinite.tolist() == [True, False]
        assert result.reward[0] == 0
        assert not result.terminated.any()
    assert lanes._cars[0]._env.t < lanes._cars[1]._env.t
    np.testing.assert_array_equal(lanes.observations[0], before)
    lanes.reset(LANE, [1], LANE)
    lanes.step(AHEAD, LANE)
    lanes.step(AHEAD, LANE)
    np.testing.assert_array_equal(lanes.observations[0], lanes.observations[1])


def test_a_lane_is_drawn_alone() -> None:
    seeds = [4, 5, 6]
    beside = open_lanes(CarRacing(patience=99), seeds)
    alone = [open_lanes(CarRacing(patience=99), [seed]) for seed in seeds]
    outputs = [wander(seed, 8) for seed in range(3)]
    for step in range(8):
        some = np.array([0, 2]) if step % 3 == 1 else np.arange(3)
        beside.step(np.stack([outputs[lane][step] for lane in some]), some)
        for lane in some:
            alone[lane].step(outputs[lane][step : step + 1], LANE)
        for lane in range(3):
            np.testing.assert_array_equal(beside.observations[lane], alone[lane].observations[0])


def lived(n_lanes: int, lives: int, change: Callable[[np.ndarray], None] | None = None) -> list[
    LifeResult
]:  # fmt: skip
    """Return the lives of seeing networks on three grounds, by number."""
    setup = Setup.build(TASK, Convolutional((6,), output="linear"), seed=3)
    rng = np.random.default_rng(0)
    genes = rng.normal(0, 0.3, (lives, setup.genome.n_genes)).astype(np.float32)
    if change is not None:
        change(genes)
    plan = Plan(0, 20, bodies=(0, 1, 2))
    every = all_lives(setup, plan, GivenPoint(genes), range(lives))
    results = list(Worker(setup, n_lanes).live(iter(every)))
    assert len(results) == len(every)
    return sorted(results, key=lambda result: result.unit)


def test_lives_that_see_do_not_depend_on_the_lanes() -> None:
    alone = lived(1, 3)
    assert lived(4, 3) == alone
    assert lived(9, 3) == alone
    assert len({result.episode_return for result in alone}) > 5
    assert {result.ending for result in alone} == {Ending.HORIZON, Ending.TRUNCATED}
    assert all(0 < result.measures["tiles"] < 0.2 for result in alone)


@pytest.mark.parametrize("n_lanes", [1, 4])
def test_lives_of_non_finite_genes_end_and_the_lane_goes_on(n_lanes: int) -> None:
    def spoil(genes: np.ndarray) -> None:
        genes[0] = np.nan  # whatever is inherited
        genes[2, -1] = np.inf  # one filter's last weight

    healthy, found = lived(1, 3), lived(n_lanes, 3, spoil)
    for number in (0, 1, 2, 6, 7, 8):
        assert found[number].ending is Ending.NONFINITE
        assert found[number].steps == 1
        assert math.isnan(found[number].episode_return)
    assert found[3:6] == healthy[3:6]
