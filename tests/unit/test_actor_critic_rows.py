"""The actor-critic on tasks of neurogym; --log-cli-level info shows what each seed reaches."""

from __future__ import annotations

import logging
from typing import NamedTuple

import pytest
from small_choices import lesson

from metahebb.learning.actor_critic import ActorCritic
from metahebb.tasks import Cognitive

pytestmark = pytest.mark.minutes

# Song et al. 2017 punish an abort like a trial without a decision.
REWARDS = {"abort": -1.0, "none": -1.0}
# Settings, and not tasks: making a task imports neurogym, which takes seconds.
TASKS = {
    "match-to-sample": {
        "timing": {"sample": 500, "delay": 500, "test": 500, "decision": 500},
        "kwargs": {"sigma": 0.5},
    },
    "delay-comparison": {"timing": {"fixation": 500, "delay": 1000}},
    "random-dots": {"timing": {"fixation": 100}},
    "context-integration": {"timing": {"fixation": 300, "delay": 300}},
}
BETWEEN = 50 * 64
"""The number of trials from one validation to the next, 50 updates as in the authors' code."""


class Row(NamedTuple):
    """The largest number of trials, and parts of decisions and of right ones among decisions.

    Attributes:
        n_trials: the number of trials after which learning ends.
        decided: the least part of trials with a decision.
        correct: the least part of right decisions.
        stop: the part of right decisions at which learning ends earlier (Song et al. 2017).
    """

    n_trials: int
    decided: float
    correct: float
    stop: float


ROWS = {
    "match-to-sample": Row(4 * BETWEEN, 0.99, 0.95, 0.97),
    "delay-comparison": Row(4 * BETWEEN, 0.99, 0.93, 0.97),
    "random-dots": Row(4 * BETWEEN, 0.98, 0.71, 0.80),
    "context-integration": Row(15 * BETWEEN, 0.98, 0.72, 0.85),
}


def shares(lived):
    """Return which part of trials had a decision, and which part of decisions was right."""
    decided = lived.outcomes.choice >= 0
    return float(decided.mean()), float(lived.outcomes.correct[decided].mean())


def learned(name, seed, entropy):
    """Return the number of trials until the criterion or the end, and the shares thereafter."""
    row = ROWS[name]
    task = Cognitive(name, rewards=REWARDS, **TASKS[name])
    pupil = ActorCritic(entropy=entropy).pupil(lesson(task, seed))
    for validation in range(row.n_trials // BETWEEN):
        pupil.live(BETWEEN)
        decided, correct = shares(pupil.test(1024, seed=validation))
        if decided >= row.decided and correct >= row.stop:
            break
    return (validation + 1) * BETWEEN, *shares(pupil.test(2048, seed=99))


@pytest.mark.parametrize(
    ("name", "entropy"),
    [
        ("match-to-sample", 0.0),
        ("delay-comparison", 0.0),
        ("random-dots", 0.0),
        # Without a reward for entropy, none of these seeds passes (.76, .69 and .48 right).
        ("context-integration", 0.02),
        ("delay-comparison", 0.02),
    ],
)
def test_two_of_three_seeds_learn_a_cognitive_task(name, entropy):
    row = ROWS[name]
    reached = [learned(name, seed, entropy) for seed in range(3)]
    logging.getLogger(__name__).info("%s, entropy %s: %s", name, entropy, reached)
    passed = [decided >= row.decided and right >= row.correct for _, decided, right in reached]
    assert sum(passed) >= 2, reached
