"""Locomotion equals Gymnasium's environments, and a lane knows nothing of the others."""

from __future__ import annotations

import pickle

import gymnasium
import mujoco
import numpy as np
import pytest

from metahebb.tasks import Locomotion
from metahebb.tasks.locomotion.bodies import BODIES
from metahebb.tasks.locomotion.damage import compiled
from metahebb.tasks.locomotion.lanes import STALL_AFTER, STALL_STEPS

EXACT = {"reward": "gymnasium", "ending": "unhealthy", "integrator": "gymnasium"}


@pytest.fixture(autouse=True)
def _mujoco_log_goes_to_tmp(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its warnings to a file where it runs


def gymnasium_kwargs(body):
    return {"include_cfrc_ext_in_observation": False} if body == "ant" else {}


def random_outputs(task, k, rng):
    low, high = compiled(task.body, "intact", task.integrator).actuator_ctrlrange.T
    return rng.uniform(low, high, (k, task.n_outputs)).astype(np.float32)


def assert_same_lives(task, envs, bodies):
    """Live 200 random actions in the task's lanes and in ``envs``, reset when terminated."""
    lanes, everyone = task.lanes(len(envs)), np.arange(len(envs))
    next_seed = len(envs)
    lanes.reset(everyone, list(everyone), bodies)
    for i, env in enumerate(envs):
        first, _ = env.reset(seed=i)
        np.testing.assert_array_equal(lanes.observations64[i], first)
    rng = np.random.default_rng(5)
    terminations = 0
    for _ in range(200):
        outputs = random_outputs(task, len(envs), rng)
        result = lanes.step(outputs, everyone)
        for i, env in enumerate(envs):
            observation, reward, terminated, _, _ = env.step(outputs[i])
            np.testing.assert_allclose(lanes.observations64[i], observation, rtol=0, atol=1e-9)
            np.testing.assert_array_equal(lanes.observations[i], observation.astype(np.float32))
            assert result.reward[i] == pytest.approx(reward, rel=0, abs=1e-9)
            assert result.terminated[i] == terminated
            if terminated:
                terminations += 1
                observation, _ = env.reset(seed=next_seed)
                lanes.reset(np.array([i]), [next_seed], bodies[i : i + 1])
                np.testing.assert_array_equal(lanes.observations64[i], observation)
                next_seed += 1
    return terminations


@pytest.mark.parametrize("body", BODIES)
def test_equals_gymnasium(body):
    task = Locomotion(body, **EXACT)
    envs = [gymnasium.make(BODIES[body].env_id, **gymnasium_kwargs(body)) for _ in range(3)]
    assert envs[0].observation_space.shape == (task.n_observations,)
    assert envs[0].action_space.shape == (task.n_outputs,)
    terminations = assert_same_lives(task, envs, np.zeros(3, np.intp))
    assert (terminations > 0) == (body in ("ant", "hopper", "walker2d"))


@pytest.mark.parametrize(
    ("body", "name", "damages"),
    [
        ("ant", "Ant", ("intact", "short_fourth_ankle", "lock:hip_1=0.3")),
        ("half_cheetah", "HalfCheetah", ("intact", "limb:bfoot=0.5", "mass:1.5")),
        ("walker2d", "Walker2d", ("weak:leg_joint=0.5", "friction:0.5", "lock:leg_joint=-0.3")),
    ],
)
def test_damaged_lanes_equal_the_registered_environments(body, name, damages):
    task = Locomotion(body, damages=damages, **EXACT)
    envs = [
        gymnasium.make(f"metahebb/{name}-v0", damage=damage, **gymnasium_kwargs(body))
        for damage in damages
    ]
    assert_same_lives(task, envs, np.arange(3))


def live_alone_and_together(task, lane_of_interest, n):
    """Return the observations and rewards of one life, among ``n`` lanes, over 60 steps."""
    lanes, everyone = task.lanes(n), np.arange(n)
    seeds = [7 if i == lane_of_interest else 100 + i for i in everyone]
    bodies = np.array([1 if i == lane_of_interest else i % 2 for i in everyone])
    lanes.reset(everyone, seeds, bodies)
    mine, others = np.random.default_rng(1), np.random.default_rng(2)
    seen = []
    for step in range(60):
        outputs = random_outputs(task, n, others)
        outputs[lane_of_interest] = random_outputs(task, 1, mine)[0]
        alive = everyone[(everyone == lane_of_interest) | (step % 3 > 0)]
        result = lanes.step(outputs[alive], alive)
        me = int(np.flatnonzero(alive == lane_of_interest)[0])
        seen.append([*lanes.observations64[lane_of_interest], result.reward[me]])
        if n > 1 and step % 10 == 5:
            other = (lane_of_interest + 1) % n
            lanes.reset(np.array([other]), [step], np.array([step // 10 % 2]))
    return np.array(seen)


@pytest.mark.parametrize("reward", ["distance", "gymnasium"])
def test_a_lane_alone_equals_the_lane_among_eight(reward):
    damages = ("intact", "short_left_ankle")
    task = Locomotion("ant", reward=reward, ending="none", damages=damages)
    alone = live_alone_and_together(task, 0, 1)
    np.testing.assert_array_equal(live_alone_and_together(task, 5, 8), alone)


def test_changing_a_body_in_mid_life_touches_no_other_lane():
    task = Locomotion("ant", ending="none", damages=("intact", "short_fourth_ankle"))
    seen = {}
    for change in (False, True):
        lanes, everyone = task.lanes(3), np.arange(3)
        lanes.reset(everyone, [1, 2, 3], np.zeros(3, np.intp))
        rng = np.random.default_rng(0)
        for step in range(60):
            if change and step == 20:
                lanes.change_bodies(np.array([1]), np.array([1]))
            lanes.step(random_outputs(task, 3, rng), everyone)
        seen[change] = lanes.observations64
    np.testing.assert_array_equal(seen[True][[0, 2]], seen[False][[0, 2]])
    assert np.abs(seen[True][1] - seen[False][1]).max() > 1e-3


def test_distance_is_metres_along_x_since_birth():
    task = Locomotion("half_cheetah", integrator="implicitfast")
    lanes, everyone = task.lanes(2), np.arange(2)
    lanes.reset(everyone, [3, 4], np.zeros(2, np.intp))
    born = [lanes.state(i)["qpos"][0] for i in everyone]
    total = np.zeros(2)
    rng = np.random.default_rng(0)
    for _ in range(30):
        total += lanes.step(random_outputs(task, 2, rng), everyone).reward
    for i in everyone:
        moved = lanes.state(i)["qpos"][0] - born[i]
        assert abs(moved) > 1e-3
        assert lanes.measures(i) == {"distance": pytest.approx(moved, abs=1e-12)}
        assert total[i] == pytest.approx(moved, abs=1e-12)


def test_outputs_are_clipped_to_the_control_range():
    task = Locomotion("ant", reward="gymnasium")
    inside, outside = task.lanes(1), task.lanes(1)
    for lanes in (inside, outside):
        lanes.reset(np.array([0]), [0], np.array([0]))
    low = inside.step(np.array([[1, -1] * 4], np.float32), np.array([0]))
    high = outside.step(np.array([[5, -1e20] * 4], np.float32), np.array([0]))
    np.testing.assert_array_equal(inside.observations64, outside.observations64)
    assert low.reward == high.reward


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("k", [2, 3])
def test_a_non_finite_output_marks_its_lane_only(bad, k):
    task = Locomotion("ant", ending="none")
    lanes = task.lanes(3)
    lanes.reset(np.arange(3), [0, 1, 2], np.zeros(3, np.intp))
    outputs = np.zeros((k, 8), np.float32)
    outputs[1, 4] = bad
    result = lanes.step(outputs, np.arange(k))
    assert result.nonfinite.tolist() == [False, True, False][:k]
    assert np.isfinite(result.reward).all()
    assert not lanes.step(np.zeros((k, 8), np.float32), np.arange(k)).nonfinite.any()


@pytest.mark.parametrize("k", [2, 3])
def test_a_diverged_state_marks_its_lane_until_it_is_reborn(k):
    task = Locomotion("ant", ending="none", integrator="implicitfast")
    lanes, outputs = task.lanes(3), np.zeros((k, 8), np.float32)
    lanes.reset(np.arange(3), [0, 1, 2], np.zeros(3, np.intp))
    lanes._qvel[1] = 1e12
    assert lanes.step(outputs, np.arange(k)).nonfinite.tolist() == [False, True, False][:k]
    lanes.reset(np.array([1]), [5], np.array([0]))
    assert not lanes.step(outputs, np.arange(k)).nonfinite.any()


@pytest.mark.parametrize(
    ("body", "joint", "angle"),
    [
        ("ant", "hip_1", 0.0),
        ("half_cheetah", "bthigh", 0.2),
        ("hopper", "leg_joint", -0.5),
        ("swimmer", "motor1_rot", 0.5),
    ],
)
@pytest.mark.parametrize("integrator", ["gymnasium", "implicitfast"])
def test_a_locked_joint_is_born_in_its_range_and_stays_there(body, joint, angle, integrator):
    damages = ("intact", f"lock:{joint}={angle}")
    task = Locomotion(body, damages=damages, ending="none", integrator=integrator)
    lanes, everyone = task.lanes(4), np.arange(4)
    lanes.reset(everyone, list(everyone), np.array([0, 1, 1, 1]))
    model = lanes.model(1)
    assert model.nq == lanes.model(0).nq
    address = model.joint(joint).qposadr[0]
    low, high = model.joint(joint).range
    assert (low, high) == pytest.approx((angle - 0.01, angle + 0.01))
    angles = [lanes.state(i)["qpos"][address] for i in everyone[1:]]
    assert all(low <= a <= high for a in angles)
    rng = np.random.default_rng(0)
    furthest = np.zeros(4)
    for _ in range(200):
        lanes.step(np.sign(random_outputs(task, 4, rng)), everyone)
        now = np.array([lanes.state(i)["qpos"][address] for i in everyone])
        furthest = np.maximum(furthest, np.abs(now - angle))
    assert furthest[1:].max() < 0.08  # limits give a little under full force
    assert furthest[0] > 0.2


def test_stalled_ends_after_thirty_backward_steps_but_not_before_step_200():
    task = Locomotion("half_cheetah", ending="stalled")
    lanes, lane = task.lanes(1), np.array([0])
    lanes.reset(lane, [0], np.array([0]))
    wheel = lanes.model(0).joint("rootx").qposadr[0]
    backward = 0
    for step in range(1, STALL_AFTER + 200):
        lanes._qvel[0, wheel] = 0.3 if step == STALL_AFTER + 10 else -1.0
        result = lanes.step(np.zeros((1, 6), np.float32), lane)
        backward = backward + 1 if step > STALL_AFTER and result.reward[0] < 0 else 0
        assert result.truncated[0] == (backward > STALL_STEPS)
        assert not result.terminated[0]
        if result.truncated[0]:
            break
    assert step == STALL_AFTER + 10 + STALL_STEPS + 1


def test_a_fallen_ant_ends_at_once_late_or_never():
    ends = {}
    for ending in ("unhealthy", "stalled", "none"):
        task = Locomotion("ant", ending=ending, integrator="implicitfast")
        lanes, lane = task.lanes(1), np.array([0])
        lanes.reset(lane, [0], np.array([0]))
        for step in range(1, STALL_AFTER + 20):
            lanes._qpos[0, 2], lanes._qvel[0, 2] = 1.5, 0.0  # held above the healthy range
            if lanes.step(np.zeros((1, 8), np.float32), lane).terminated[0]:
                ends[ending] = step
                break
    assert ends == {"unhealthy": 1, "stalled": STALL_AFTER + 1}


def test_burn_in_is_steps_without_action_before_birth():
    plain, burnt = Locomotion("ant"), Locomotion("ant", burn_in=7)
    fresh = Locomotion("ant", burn_in=7, stale_burn_in_observation=False)
    lane, zero = np.array([0]), np.zeros((1, 8), np.float32)
    a, b, c = plain.lanes(1), burnt.lanes(1), fresh.lanes(1)
    for lanes in (a, b, c):
        lanes.reset(lane, [3], lane)
    np.testing.assert_array_equal(a.observations, b.observations)
    for _ in range(7):
        a.step(zero, lane)
    np.testing.assert_array_equal(a.observations, c.observations)
    assert b.measures(0) == {"distance": 0.0}
    a.step(zero, lane)
    assert b.step(zero, lane).reward[0] == pytest.approx(b.measures(0)["distance"])
    np.testing.assert_array_equal(a.observations64, b.observations64)


def test_implicitfast_changes_the_integrator_and_little_else():
    ends = []
    for integrator in ("gymnasium", "implicitfast"):
        lanes = Locomotion("ant", integrator=integrator).lanes(1)
        lanes.reset(np.array([0]), [0], np.array([0]))
        for _ in range(3):
            lanes.step(np.full((1, 8), 0.1, np.float32), np.array([0]))
        ends.append(lanes.state(0)["qpos"])
    assert lanes.model(0).opt.integrator == mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    assert 0 < np.abs(ends[0] - ends[1]).max() < 0.2


def test_pickled_task_lives_the_same_life():
    task = Locomotion("hopper", damages=("intact", "weak:leg_joint=0.5"))
    other = pickle.loads(pickle.dumps(task))
    assert other == task
    a, b, lane = task.lanes(1), other.lanes(1), np.array([0])
    for lanes in (a, b):
        lanes.reset(lane, [11], np.array([1]))
        lanes.step(np.full((1, 3), 0.5, np.float32), lane)
    np.testing.assert_array_equal(a.observations, b.observations)
