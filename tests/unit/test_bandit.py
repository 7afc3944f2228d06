"""The bandit: its reversal, its trials, and the bound of who is told nothing."""

from __future__ import annotations

import numpy as np
import pytest

from metahebb.errors import InputError
from metahebb.tasks import Bandit

EVERY = np.arange(3)


def live(task, choose):
    """Return the lanes after a whole life, and rewards and results of its steps."""
    lanes = task.lanes(3)
    lanes.reset(EVERY, [1, 2, 3], EVERY * 0)
    steps = []
    for age in range(task.max_steps):
        cues = lanes.observations[:, :2].argmax(1)
        np.testing.assert_array_equal(cues, lanes.cues[:, age])
        assert (lanes.observations[:, 2] == 1).all()
        outputs = np.zeros((3, 2), np.float32)
        outputs[EVERY, choose(lanes, cues, age)] = 0.5
        steps.append(lanes.step(outputs, EVERY))
    return lanes, steps


def test_who_knows_the_bit_is_always_right():
    lanes, steps = live(Bandit(), lambda lanes, cues, age: cues ^ lanes.bits[:, age])
    assert all((step.reward == 1).all() for step in steps)
    assert [lanes.measures(0)[name] for name in ("before", "after")] == [1.0, 1.0]
    assert [step.truncated.all() for step in steps] == [False] * 39 + [True]


def test_the_bit_flips_once_in_the_middle_third_and_who_does_not_notice_is_wrong_from_then_on():
    lanes, steps = live(Bandit(), lambda lanes, cues, age: cues ^ lanes.bits[:, 0])
    for lane in range(3):
        flip = lanes.flips[lane]
        assert 13 <= flip < 26
        rewards = [step.reward[lane] for step in steps]
        assert rewards == [1] * flip + [-1] * (40 - flip)
        assert lanes.measures(lane) == {"before": 1.0, "after": 0.0, "flip": float(flip)}


def test_every_step_is_a_trial_of_its_cue_and_emits_the_choice():
    _, steps = live(Bandit(), lambda lanes, cues, age: np.array([0, 1, 1]))
    for step in steps:
        assert step.trial_over.all()
        np.testing.assert_array_equal(step.emitted, [[1, 0], [0, 1], [0, 1]])
    assert {int(kind) for step in steps for kind in step.kind} == {0, 1}


def test_a_non_finite_output_is_wrong_and_told():
    lanes = Bandit().lanes(1)
    lanes.reset(np.array([0]), [1], np.array([0]))
    step = lanes.step(np.array([[np.nan, 0]], np.float32), np.array([0]))
    assert (step.reward[0], step.nonfinite[0]) == (-1, True)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"max_steps": 5}, "expected max_steps of at least 6, got 5"),
        ({"settle": -1}, "expected settle of at least 0, got -1"),
    ],
)
def test_what_cannot_be_is_refused(told, message):
    with pytest.raises(InputError, match=message):
        Bandit(**told)
