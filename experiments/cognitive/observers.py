"""How often ideal observers are right in the tasks that actor-critics learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.cognitive.arms import Arm
from experiments.cognitive.names import CONTEXT_CHOICE, DOTS
from experiments.kit.running import Size
from metahebb.tasks.cognitive import ideal

Observer = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.intp]]

OBSERVERS: dict[str, Observer] = {
    DOTS: ideal.random_dots,
    CONTEXT_CHOICE: ideal.context_integration,
    "multisensory": ideal.multisensory,
    "wager": ideal.random_dots,  # the sure bet aside
}
"""The ideal observer of each task that has one."""
TRIALS: dict[Size, int] = {"smoke": 200, "quick": 20_000, "paper": 100_000}


def observed(size: Size, arms: Sequence[Arm]) -> dict[str, float]:
    """Return the accuracy of the ideal observer of each task that has one, by task.

    It is computed from trials of the task as it is learned here.
    """
    reached = {}
    for arm in arms:
        if arm.observer:
            task: Any = arm.config.task
            trials = task.arrays(range(TRIALS[size]), 0)
            choices = OBSERVERS[arm.observer](trials.observations)
            reached[arm.task] = ideal.accuracy(choices, trials)
    return reached
