"""Trials that a network has lived, as arrays, for pictures and analyses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.tasks.base import TrialOutcome

Array = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of trials in the order in which they were lived, as arrays ``(n_trials,)``.

    Attributes:
        kind: the number of each trial's kind, an integer.
        reward: the sum of the rewards of each trial.
        error: the mean distance between outputs and target; NaN in a task without a target.
        correct: 1 for the right answer, 0 for a wrong one or none; NaN where no answer is right.
        choice: the number of the answer that was given, an integer; -1: none.
        conditions: the value of each condition of the task, by name.
    """

    kind: npt.NDArray[np.intp]
    reward: Numbers
    error: Numbers
    correct: Numbers
    choice: npt.NDArray[np.intp]
    conditions: Mapping[str, Numbers]

    @classmethod
    def of(cls, outcomes: Sequence[TrialOutcome], conditions: Sequence[str]) -> Outcomes:
        """Return ``outcomes`` as arrays; ``conditions`` has the names of the task's conditions."""
        rows = np.array([each.conditions for each in outcomes], np.float64)
        rows = rows.reshape(len(outcomes), len(conditions))
        return cls(
            np.array([each.kind for each in outcomes], np.intp),
            np.array([each.reward for each in outcomes], np.float64),
            np.array([each.error for each in outcomes], np.float64),
            np.array([each.correct for each in outcomes], np.float64),
            np.array([each.choice for each in outcomes], np.intp),
            {name: rows[:, place] for place, name in enumerate(conditions)},
        )

    def __len__(self) -> int:
        """Return the number of trials."""
        return self.kind.size


@dataclass(frozen=True)
class LivedTrials:
    """Trials that a network has lived step by step; steps behind a trial's end are NaN.

    Attributes:
        outcomes: the outcome of each trial.
        lengths: ``(n_trials,)``, the number of steps of each trial.
        observations: ``(n_trials, n_steps, n_observations)``.
        targets: ``(n_trials, n_steps, n_outputs)``, the right outputs; NaN in steps that are not
            judged, and everywhere in a task without a target.
        outputs: ``(n_trials, n_steps, n_outputs)``, the network's outputs.
        rates: ``(n_trials, n_steps, n_units)``, the outputs of the network's hidden units.
        rewards: ``(n_trials, n_steps)``, the reward of each step.
        seconds_per_step: the time of a step [s]; None: the task has no unit of time.
        kinds: the names of the kinds of trials, by number.
        choices: the names of the answers, by number.
    """

    outcomes: Outcomes
    lengths: npt.NDArray[np.intp]
    observations: Array
    targets: Array
    outputs: Array
    rates: Array
    rewards: Array
    seconds_per_step: float | None
    kinds: tuple[str, ...]
    choices: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of trials."""
        return len(self.outcomes)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return all arrays by name, those of the outcomes and their conditions included."""
        named = {name: getattr(self, name) for name in _STEPS}
        of_trials = {name: getattr(self.outcomes, name) for name in _TRIALS}
        return {**named, **of_trials, **self.outcomes.conditions}


_STEPS = ("lengths", "observations", "targets", "outputs", "rates", "rewards")
_TRIALS = ("kind", "reward", "error", "correct", "choice")
