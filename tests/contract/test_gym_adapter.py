"""Any Gymnasium environment as a task, and damaged bodies as Gymnasium environments."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env

from metahebb.errors import InputError
from metahebb.tasks import GymTask, TaskError
from metahebb.tasks.gym.spaces import action_of

NAMES = ("Ant", "HalfCheetah", "Hopper", "Walker2d", "Swimmer")


@pytest.fixture(autouse=True)
def _mujoco_log_goes_to_tmp(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its warnings to a file where it runs


class Scripted(gymnasium.Env):
    """Does what ``fault`` says at the third step."""

    observation_space = spaces.Box(-1, 1, (2,), np.float64)
    action_space = spaces.Discrete(3, start=-1)

    def __init__(self, fault="none"):
        self.fault = fault
        self.actions = []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.age = 0
        if self.fault == "reset":
            raise RuntimeError("no power")
        return np.zeros(2), {}

    def step(self, action):
        self.age += 1
        due = self.age == 3
        self.actions.append(action)
        if due and self.fault == "raise":
            raise ZeroDivisionError("wheel came off")
        value = {"huge": 1e300, "nan": np.nan}.get(self.fault, 0.5) if due else 0.5
        reward = np.nan if due and self.fault == "reward" else 1.0
        return np.full(2, value), reward, False, False, {}


class Sequences(Scripted):
    observation_space = spaces.Sequence(spaces.Discrete(2))


class Steered(Scripted):
    action_space = spaces.MultiBinary(3)


PIXELS = spaces.Box(0, 255, (4, 5, 3), np.uint8)


class Rich(gymnasium.Env):
    """Pixels and words, switches and a number; moved by a matrix, one side of it without bounds."""

    observation_space = spaces.Dict(
        {
            "words": spaces.Text(5),
            "pixels": PIXELS,
            "parts": spaces.Tuple((spaces.MultiDiscrete([2, 3]), spaces.Discrete(2, start=5))),
            "number": spaces.Box(-np.inf, np.inf, ()),
        }
    )
    action_space = spaces.Box(
        np.array([[-3, 0], [-np.inf, -1]], np.float32), np.array([[5, 1], [np.inf, 1]], np.float32)
    )

    def __init__(self, pull=1.0):
        self.pull = pull
        self.actions = []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._seen(), {}

    def _seen(self):
        pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
        parts = (np.array([1, 2]), 6)
        return {"words": "no", "pixels": pixels, "parts": parts, "number": np.float32(self.pull)}

    def step(self, action):
        self.actions.append(action)
        return self._seen(), 1.0, False, False, {}


@pytest.fixture(autouse=True)
def _registered():
    ids = {"test/Scripted-v0": Scripted, "test/Rich-v0": Rich}
    ids |= {"test/Sequences-v0": Sequences, "test/Steered-v0": Steered}
    for env_id, entry_point in ids.items():
        gymnasium.register(env_id, entry_point=entry_point, max_episode_steps=5)
    yield
    for env_id in ids:
        del gymnasium.registry[env_id]


def outputs_to_action(space, output):
    if isinstance(space, spaces.Discrete):
        return space.start + int(np.argmax(output))
    return np.clip(output, space.low, space.high)


def as_vector(space, observation):
    if isinstance(space, spaces.Discrete):
        return np.eye(space.n, dtype=np.float32)[observation - space.start]
    return np.asarray(observation, np.float32)


@pytest.mark.parametrize(
    ("env_id", "kwargs"),
    [
        ("CartPole-v1", {}),
        ("Pendulum-v1", {"g": 9.81}),
        ("FrozenLake-v1", {"is_slippery": True}),
        ("MountainCarContinuous-v0", {}),
        ("LunarLander-v3", {}),
    ],
)
def test_adapter_equals_the_environment(env_id, kwargs):
    task = GymTask(env_id, kwargs)
    lanes, envs = task.lanes(3), [gymnasium.make(env_id, **kwargs) for _ in range(3)]
    assert task.max_steps == envs[0].spec.max_episode_steps
    lanes.reset(np.arange(3), [0, 1, 2], np.zeros(3, np.intp))
    seen, act = envs[0].observation_space, envs[0].action_space
    first = [as_vector(seen, env.reset(seed=i)[0]) for i, env in enumerate(envs)]
    np.testing.assert_array_equal(lanes.observations, first)
    rng = np.random.default_rng(0)
    alive, endings = np.arange(3), 0
    for step in range(60):
        outputs = rng.normal(0, 2, (3, task.n_outputs)).astype(np.float32)
        subset = alive if step % 2 else alive[1:]
        result = lanes.step(outputs[subset], subset)
        for i, lane in enumerate(subset):
            action = outputs_to_action(act, outputs[lane])
            observation, reward, terminated, truncated, _ = envs[lane].step(action)
            np.testing.assert_array_equal(lanes.observations[lane], as_vector(seen, observation))
            got = (result.reward[i], result.terminated[i], result.truncated[i])
            assert got == (reward, terminated, truncated)
            if terminated or truncated:
                endings += 1
                lanes.reset(np.array([lane]), [100 + step], np.array([0]))
                envs[lane].reset(seed=100 + step)
    assert endings > 0 or env_id not in ("CartPole-v1", "FrozenLake-v1")


def test_time_limit_truncates():
    lanes, lane = GymTask("test/Scripted-v0").lanes(1), np.array([0])
    lanes.reset(lane, [0], lane)
    results = [lanes.step(np.zeros((1, 3), np.float32), lane) for _ in range(5)]
    assert [bool(r.truncated[0]) for r in results] == [False] * 4 + [True]
    assert not any(r.terminated[0] for r in results)


def test_discrete_actions_count_from_their_start():
    lanes, lane = GymTask("test/Scripted-v0").lanes(1), np.array([0])
    lanes.reset(lane, [0], lane)
    for largest in (2, 0, 1):
        lanes.step(np.eye(3, dtype=np.float32)[largest][None], lane)
    assert lanes._envs[0].unwrapped.actions == [1, -1, 0]


@pytest.mark.parametrize("fault", ["huge", "nan", "reward"])
def test_a_non_finite_observation_or_reward_marks_its_lane(fault):
    lanes, both = GymTask("test/Scripted-v0", {"fault": fault}).lanes(2), np.arange(2)
    lanes.reset(both, [0, 1], np.zeros(2, np.intp))
    lanes.step(np.zeros((1, 3), np.float32), both[:1])
    flags = [lanes.step(np.zeros((2, 3), np.float32), both).nonfinite.tolist() for _ in range(3)]
    assert flags == [[False, False], [True, False], [False, True]]


def test_a_non_finite_output_marks_its_lane_and_spares_the_environment():
    lanes, both = GymTask("test/Scripted-v0").lanes(2), np.arange(2)
    lanes.reset(both, [0, 1], np.zeros(2, np.intp))
    outputs = np.zeros((2, 3), np.float32)
    outputs[0, 1] = np.nan
    result = lanes.step(outputs, both)
    assert result.nonfinite.tolist() == [True, False]
    assert result.reward.tolist() == [0.0, 1.0]
    assert [len(env.unwrapped.actions) for env in lanes._envs] == [0, 1]


def test_an_environment_that_raises_is_named_with_its_seed_and_step():
    lanes, lane = GymTask("test/Scripted-v0", {"fault": "raise"}).lanes(1), np.array([0])
    lanes.reset(lane, [42], lane)
    for _ in range(2):
        lanes.step(np.zeros((1, 3), np.float32), lane)
    expected = r"test/Scripted-v0.*ZeroDivisionError: wheel came off \(seed 42, step 3\)"
    with pytest.raises(TaskError, match=expected) as caught:
        lanes.step(np.zeros((1, 3), np.float32), lane)
    assert caught.value.exit_status == 2
    lanes = GymTask("test/Scripted-v0", {"fault": "reset"}).lanes(1)
    with pytest.raises(TaskError, match=r"no power \(seed 7, step 0\)"):
        lanes.reset(lane, [7], lane)


@pytest.mark.parametrize(
    ("env_id", "kwargs", "message"),
    [
        ("CartPol-v1", {}, "Did you mean: `CartPole`"),
        ("CartPole-v7", {}, "`v0`, `v1`"),
        ("no_such_module:X-v0", {}, "No module named 'no_such_module'"),
        ("CartPole-v1", {"gravity": 5}, "unexpected keyword argument 'gravity'"),
        ("metahebb/Ant-v0", {"damage": "short_ankle"}, "did you mean 'short_"),
        ("metahebb/Ant-v0", {"xml_file": "ant.xml"}, "got xml_file"),
        ("test/Sequences-v0", {}, r"got Sequence.*\(observations of test/Sequences-v0\)"),
        ("test/Steered-v0", {}, r"got MultiBinary.*\(actions of test/Steered-v0\)"),
    ],
)
def test_a_bad_environment_is_one_clear_error(env_id, kwargs, message):
    with pytest.raises(InputError, match=message) as caught:
        GymTask(env_id, kwargs)
    assert "\n" not in str(caught.value)


def test_parts_of_an_observation_stand_in_one_row():
    task = GymTask("test/Rich-v0")
    assert (task.n_observations, task.n_outputs, task.image) == (1 + 5 + 2 + 60, 4, None)
    lanes, lane = task.lanes(1), np.array([0])
    lanes.reset(lane, [0], lane)
    number, switches, pixels = np.split(lanes.observations[0], [1, 8])
    assert number == 1
    assert switches.tolist() == [0, 1, 0, 0, 1, 0, 1]  # 1 of 2, 2 of 3, 6 of 5 to 6
    np.testing.assert_array_equal(pixels, np.arange(60, dtype=np.float32) / np.float32(255))


@pytest.mark.parametrize(
    ("scaled", "wanted"), [(False, [[0.5, 0], [7, 1]]), (True, [[3, 0.25], [7, 1]])]
)
def test_outputs_fill_the_shape_and_the_bounds_of_actions(scaled, wanted):
    lanes, lane = GymTask("test/Rich-v0", scale_actions=scaled).lanes(1), np.array([0])
    lanes.reset(lane, [0], lane)
    lanes.step(np.array([[0.5, -0.5, 7, 2]], np.float32), lane)
    (action,) = lanes._envs[0].unwrapped.actions
    np.testing.assert_array_equal(action, np.array(wanted, np.float32))
    assert action.dtype == np.float32


def test_variants_are_bodies_with_arguments_of_their_own():
    task = GymTask("test/Rich-v0", {"pull": 3.0}, variants=("pull=2.5", "default", "pull=-1"))
    assert task.bodies == ("pull=2.5", "default", "pull=-1")
    lanes, all_three = task.lanes(3), np.arange(3)
    lanes.reset(all_three, [0, 0, 0], all_three)
    assert lanes.observations[:, 0].tolist() == [2.5, 3.0, -1.0]
    lanes.reset(all_three[:1], [0], all_three[2:])
    assert lanes.observations[:, 0].tolist() == [-1.0, 3.0, -1.0]


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        (("pull",), "expected a variant NAME=VALUE"),
        (("pull=1", "push=2"), "unexpected keyword argument 'push'"),
        (("disable_env_checker=true",), "multiple values"),
    ],
)
def test_bad_variants_are_one_clear_error(variants, message):
    with pytest.raises(InputError, match=message):
        GymTask("test/Rich-v0", variants=variants)


def test_variants_of_other_sizes_are_refused():
    lake = ("map_name=4x4", "map_name=8x8")
    with pytest.raises(InputError, match=r"the same observation_space, got .*map_name=8x8"):
        GymTask("FrozenLake-v1", variants=lake)


@pytest.mark.parametrize("bounds", [(-3.4e38, 3.4e38), (-np.inf, np.inf), (0.0, np.inf)])
def test_bounds_that_are_none_scale_nothing(bounds):
    space = spaces.Box(*bounds, (2,), np.float32)
    found = action_of(space, np.array([0.25, 1], np.float32), True)
    np.testing.assert_array_equal(found, np.array([0.25, 1], np.float32))


def test_integers_are_rounded():
    space = spaces.Box(0, 4, (4,), np.int64)
    found = action_of(space, np.array([-1, -0.3, 0.7, 0.99], np.float32), True)
    assert found.tolist() == [0, 1, 3, 4]


def test_words_of_arguments_are_read():
    assert GymTask("FrozenLake-v1", {"is_slippery": "false"}).kwargs_of("default") == {
        "is_slippery": False
    }
    task = GymTask("test/Rich-v0", variants=("pull=1", "pull=1.0"))
    assert [type(task.kwargs_of(body)["pull"]) for body in task.bodies] == [int, float]


def test_pickled_task_is_the_same():
    task = GymTask("Pendulum-v1", {"g": 9.0})
    assert pickle.loads(pickle.dumps(task)) == task
    assert pickle.loads(pickle.dumps(task)).n_observations == 3


def test_registered_intact_ant_is_ant_v5():
    ours, theirs = gymnasium.make("metahebb/Ant-v0"), gymnasium.make("Ant-v5")
    assert ours.spec.max_episode_steps == theirs.spec.max_episode_steps
    np.testing.assert_array_equal(ours.reset(seed=3)[0], theirs.reset(seed=3)[0])
    theirs.action_space.seed(0)
    for _ in range(100):
        action = theirs.action_space.sample()
        a, b = ours.step(action), theirs.step(action)
        np.testing.assert_array_equal(a[0], b[0])
        assert a[1:4] == b[1:4]
        assert a[4] == b[4]
        if b[2]:
            break


@pytest.mark.parametrize("name", NAMES)
def test_registered_bodies_pass_gymnasiums_checks(name):
    env = gymnasium.make(f"metahebb/{name}-v0", damage="friction:0.5")
    check_env(env.unwrapped, skip_render_check=True)  # drawing has a test of its own
    copy = pickle.loads(pickle.dumps(env.unwrapped))
    np.testing.assert_array_equal(copy.model.geom_friction, env.unwrapped.model.geom_friction)
    whole = gymnasium.make(f"metahebb/{name}-v0").unwrapped.model.geom_friction
    np.testing.assert_array_equal(copy.model.geom_friction, 0.5 * whole)


NO_GL = 77
RENDER = f"""
try:
    import mujoco
    mujoco.GLContext(16, 16).make_current()
except Exception as error:
    print(type(error).__name__, error)
    raise SystemExit({NO_GL})
import gymnasium, metahebb.tasks
frames = []
for damage in ("intact", "long_back"):
    env = gymnasium.make("metahebb/Ant-v0", damage=damage, render_mode="rgb_array", width=160)
    env.reset(seed=0)
    frames.append(env.render())
print(frames[0].shape, (frames[0] != frames[1]).any(), frames[0].std() > 1)
"""


@pytest.mark.render
def test_registered_ant_renders_its_damage():
    reasons = []
    for gl in ("egl", "osmesa"):
        environment = {**os.environ, "MUJOCO_GL": gl, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", RENDER],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != NO_GL:
            assert done.stdout.strip() == "(480, 160, 3) True True", done.stderr
            return
        reasons.append(f"{gl}: {done.stdout.strip()}")
    pytest.skip(f"no GL can be created here ({'; '.join(reasons)})")
