"""The hidden reversal: what is drawn, what is seen, what is earned, and what no reflex can earn."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from scipy.stats import chisquare

from metahebb.errors import InputError
from metahebb.life import Ending
from metahebb.networks import FeedForward
from metahebb.runs.presets import preset
from metahebb.tasks import Reversal
from metahebb.worker import GivenPoint, Plan, Setup, Worker

SMALL = Reversal(look=1, go=1, max_steps=6, settle=0)
"""Three go steps, a flip at step 2 or 3."""


def begin(task, seeds):
    lanes, every = task.lanes(len(seeds)), np.arange(len(seeds))
    lanes.reset(every, seeds, np.zeros(len(seeds), np.intp))
    return lanes, every


def pushes(actions):
    return np.asarray(actions, np.float32)[:, None]


def live(lanes, every, policy, steps):
    """Return rewards ``(steps, k)`` of lanes that a function of their observations drives."""
    return np.array(
        [lanes.step(pushes(policy(lanes.observations)), every).reward for _ in range(steps)]
    )


def test_a_life_by_hand():
    """Two lanes, step by step, from what was drawn; nothing of `step` is taken on trust."""
    task = Reversal(look=2, go=1, max_steps=12, settle=0)
    lanes, both = begin(task, [0, 1])
    before = np.zeros(2)
    for step in range(12):
        s, g = lanes.signs[:, step].astype(int), lanes.goals[:, step].astype(int)
        is_go = step % 3 == 2
        seen = g if is_go else before
        expected = np.stack([seen, [1 - is_go] * 2, [is_go] * 2], axis=1)
        np.testing.assert_array_equal(lanes.observations, expected)
        action = np.array([1, -1]) if step % 2 else np.array([-1, -1])
        result = lanes.step(pushes(0.01 * action), both)
        np.testing.assert_array_equal(result.reward, g * s * action / 4)
        assert (result.truncated == (step == 11)).all()
        assert not result.terminated.any()
        assert not result.nonfinite.any()
        before = s * action


def test_the_sign_flips_once_in_the_middle_third():
    lanes, _ = begin(Reversal(), range(2000))
    assert set(lanes.flips) == set(range(100, 200))
    assert chisquare(np.unique(lanes.flips, return_counts=True)[1]).pvalue > 1e-4
    born = lanes.signs[:, 0]
    assert abs(born.mean()) < 0.1  # 4.5 standard deviations of an even draw
    after = np.arange(300) >= lanes.flips[:, None]
    np.testing.assert_array_equal(lanes.signs, np.where(after, -born[:, None], born[:, None]))


def test_goals_come_in_go_steps_only_and_without_regard_to_the_sign():
    lanes, _ = begin(Reversal(), range(400))
    is_go = np.arange(300) % 5 >= 3
    assert (lanes.goals[:, ~is_go] == 0).all()
    goals = lanes.goals[:, is_go]
    assert set(goals.ravel()) == {-1, 1}
    bound = 4.5 / np.sqrt(goals.size)
    assert abs(goals.mean()) < bound
    assert abs((goals * lanes.signs[:, is_go]).mean()) < bound
    assert abs((goals[:, 1:] * goals[:, :-1]).mean()) < bound


def test_a_life_depends_on_its_seed_alone():
    (first, _), (second, _) = begin(Reversal(), [5, 6, 7]), begin(Reversal(), [7, 5])
    for name in ("signs", "goals", "flips"):
        a, b = getattr(first, name), getattr(second, name)
        np.testing.assert_array_equal(a[[2, 0]], b)
    assert (first.goals[0] != first.goals[1]).any()


def test_who_knows_the_sign_earns_one_and_its_opposite_minus_one():
    lanes, every = begin(Reversal(), range(8))
    total = np.zeros(8)
    for step in range(300):
        right = lanes.goals[:, step] * lanes.signs[:, step]
        right[4:] *= -1
        total += lanes.step(pushes(np.where(right, right, 1)), every).reward
    np.testing.assert_allclose(total, [1] * 4 + [-1] * 4, rtol=1e-12)


def test_no_reflex_beats_the_bound():
    """All 32 deterministic reflexes in all 32 worlds of three go steps: exactly 0.

    A random reflex is a mixture of them, so it is held by the same bound.
    """
    lanes, _ = begin(SMALL, range(3200))
    drawn = np.column_stack([lanes.signs[:, 0], lanes.flips, lanes.goals[:, 1::2]])
    _, seeds, counts = np.unique(drawn, axis=0, return_index=True, return_counts=True)
    assert len(seeds) == 2 * 2 * 8
    assert chisquare(counts).pvalue > 1e-4  # they are alike, so that a plain sum is the mean
    sights = [(0, 1, 0), (1, 1, 0), (-1, 1, 0), (1, 0, 1), (-1, 0, 1)]
    singles = []
    for actions in itertools.product((1, -1), repeat=len(sights)):
        reflex = dict(zip(sights, actions, strict=True))
        worlds, every = begin(SMALL, seeds.tolist())
        scores = 3 * live(
            worlds, every, lambda seen, reflex=reflex: [reflex[tuple(o)] for o in seen], 6
        )
        singles.append(np.abs(scores.sum(0)).max())
        assert scores.round().sum() == 0
    assert max(singles) == 3  # in one world, a reflex can have all the luck


def test_a_little_memory_beats_it():
    """Push right in look steps, note where that led, and multiply: the oracle of the task."""
    lanes, every = begin(Reversal(), range(50))
    guess, looks = np.ones(50), 0
    total = np.zeros(50)
    for _ in range(300):
        shown, look, _ = lanes.observations.T
        looks = looks + 1 if look[0] else 0
        if looks > 1:
            guess = shown.copy()
        total += lanes.step(pushes(np.where(look, 1, guess * shown)), every).reward
    assert total.min() > 0.9


def test_measures_are_the_settled_scores_around_the_flip():
    task = Reversal(settle=3)
    lanes, every = begin(task, range(3))
    assert np.isnan(lanes.measures(0)["before"])
    scores = live(lanes, every, lambda seen: seen[:, 0] + 0.5, 300) * 120
    is_go = np.arange(300) % 5 >= 3
    for lane in range(3):
        flip = int(lanes.flips[lane])
        before, after = (
            scores[span, lane][is_go[span]][3:].mean() for span in (slice(flip), slice(flip, None))
        )
        found = lanes.measures(lane)
        assert found["flip"] == flip
        assert found["before"] == pytest.approx(before)
        assert found["after"] == pytest.approx(after)
        assert found["before"] * found["after"] < 0  # a reflex that was right is wrong now


def test_measures_of_a_life_cut_short_are_unknown():
    lanes, every = begin(Reversal(), [0])
    live(lanes, every, lambda seen: [1.0], 90)
    found = lanes.measures(0)
    assert np.isfinite(found["before"])
    assert np.isnan(found["after"])


def test_score_tells_what_step_pays():
    lanes, every = begin(SMALL, range(6))
    rng = np.random.default_rng(0)
    for _ in range(6):
        outputs = rng.normal(size=(6, 1)).astype(np.float32)
        scores = lanes.score(outputs, every)
        np.testing.assert_array_equal(lanes.step(outputs, every).reward, scores / 3)


def test_a_non_finite_output_ends_the_life_and_scores_nothing():
    lanes, every = begin(SMALL, range(3))
    lanes.step(pushes([1, 1, 1]), every)
    result = lanes.step(pushes([np.nan, np.inf, 1]), every)
    assert result.nonfinite.tolist() == [True, True, False]
    assert result.reward[:2].tolist() == [0, 0]
    assert abs(result.reward[2]) == 1 / 3


def test_a_zero_pushes_to_the_right():
    lanes, every = begin(SMALL, range(4))
    lanes.step(pushes([0, 0, 0, 0]), every)
    result = lanes.step(pushes([0, 0, 0, 0]), every)
    np.testing.assert_array_equal(result.reward * 3, lanes.goals[:, 1] * lanes.signs[:, 1])


def lives_of_three(n_lanes):
    setup = preset("reversal").setup()
    genes = np.random.default_rng(0).normal(0, 0.5, (3, setup.genome.n_genes)).astype(np.float32)
    point, plan = GivenPoint(genes), Plan(0, 300, (0,), 4)
    return Worker(setup, n_lanes).evaluate(plan, point, range(3))


@pytest.mark.parametrize("n_lanes", [1, 5])
def test_a_lane_alone_is_the_lane_among_many(n_lanes):
    many = lives_of_three(12)
    assert lives_of_three(n_lanes).tobytes() == many.tobytes()
    assert len(set(many["episode_return"])) > 4  # not all alike for another reason


def test_a_horizon_beyond_the_life_is_cut():
    setup = Setup.build(SMALL, FeedForward((2,)), seed=0)
    genes = np.zeros((1, setup.genome.n_genes), np.float32)
    (outcome,) = Worker(setup, 1).evaluate(Plan(0, 50), GivenPoint(genes), range(1))
    assert (outcome["steps"], outcome["ending"]) == (6, Ending.TRUNCATED)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"look": 0}, "expected look of at least 1, got 0"),
        ({"go": 0}, "expected go of at least 1, got 0"),
        ({"settle": -1}, "expected settle of at least 0, got -1"),
        ({"max_steps": 14}, "expected max_steps of at least 15, three cycles, got 14"),
    ],
)
def test_a_bad_field_is_one_clear_error(fields, message):
    with pytest.raises(InputError, match=message):
        Reversal(**fields)


def test_a_pickled_task_is_the_same():
    assert pickle.loads(pickle.dumps(SMALL)) == SMALL
