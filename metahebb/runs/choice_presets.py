"""Presets of learning in which an actor-critic learns a task of neurogym.

Each is made when somebody asks for it, because a task of neurogym imports neurogym, which takes
seconds and need not be installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from metahebb.learning.actor_critic import ActorCritic
from metahebb.runs.learn_config import LearnConfig
from metahebb.tasks import Cognitive
from metahebb.tasks.gym.kwargs import Kwargs

# Song et al. 2017 punish an abort like a trial without a decision.
_REWARDS: Kwargs = {"abort": -1.0, "none": -1.0}
_BATCH = 64
_USUAL = ActorCritic(entropy=0.02)
_SLOWER = replace(_USUAL, learning_rate=0.002)


def _choice(
    name: str, updates: int, criterion: float, learner: ActorCritic = _USUAL, **of_task: Any
) -> LearnConfig:
    """Return the config of an actor-critic that learns a cognitive task.

    Args:
        name: the name of the task.
        updates: the number of batches of trials.
        criterion: the part of 1,000 successive trials that has to be right.
        learner: the actor-critic.
        of_task: further fields of the task.
    """
    return LearnConfig(
        task=Cognitive(name, **{"rewards": _REWARDS, **of_task}),
        modulator=None,
        learner=learner,
        coefficients={},
        trials=updates * _BATCH,
        criterion=criterion,
        window=1000,
    )


CHOICE_PRESETS: dict[str, tuple[Callable[[], LearnConfig], str]] = {
    "match-to-sample": (
        partial(
            _choice,
            "match-to-sample",
            200,
            0.95,
            timing={"sample": 500, "delay": 500, "test": 500, "decision": 500},
            kwargs={"sigma": 0.5},
        ),
        "an actor-critic compares a sample with a test after a delay",
    ),
    "delay-comparison": (
        partial(_choice, "delay-comparison", 200, 0.93, timing={"fixation": 500, "delay": 1000}),
        "an actor-critic compares two frequencies in memory",
    ),
    "random-dots": (
        partial(_choice, "random-dots", 200, 0.7, timing={"fixation": 100}),
        "an actor-critic says to which side noisy evidence points",
    ),
    "context-choice": (
        partial(_choice, "context-integration", 750, 0.72, timing={"fixation": 300, "delay": 300}),
        "an actor-critic attends to one of two kinds of evidence",
    ),
    "multisensory": (
        partial(_choice, "multisensory", 300, 0.75, _SLOWER, timing={"fixation": 300}),
        "an actor-critic adds up evidence that two senses bring",
    ),
    "detection": (
        # A trial without a decision has the task's own reward, since to withhold can be right.
        partial(_choice, "detection", 200, 0.95, rewards={"abort": -1.0}),
        "an actor-critic says when there is a stimulus, and else withholds",
    ),
    "ready-set-go": (
        partial(_choice, "ready-set-go", 200, 0.95),
        "an actor-critic measures an interval, and reproduces it",
    ),
    "wager": (
        partial(_choice, "wager", 700, 0.68, _SLOWER, timing={"fixation": 100}),
        "an actor-critic takes a sure reward where it doubts its choice",
    ),
    "economic-choice": (
        partial(
            _choice,
            "economic-choice",
            300,
            0.85,
            replace(_SLOWER, entropy=0.05, critic_input_scale=10.0),
            timing={"fixation": 300, "offer_on": "500..1000"},
            # With juices worth 1 and 0.45, and not 0.22 and 0.1, reward outweighs entropy.
            rewards={**_REWARDS, "correct": 1.0},
        ),
        "an actor-critic chooses between amounts of two juices",
    ),
}
"""Functions that make a preset, by name, each with one line of description."""
