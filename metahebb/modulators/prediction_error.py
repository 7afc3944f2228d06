"""The modulator that tells how much better a trial went than earlier trials of its kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.modulators.base import Array
from metahebb.tasks.base import LaneNumbers, StepResult, Task, Trials


@dataclass(frozen=True)
class PredictionError:
    """Reward prediction error: m = R − R̄_k, then R̄_k ← keep·R̄_k + (1 − keep)·R.

    R is the reward of a trial, summed over its steps. R̄_k is the running mean of R over trials of
    kind k, and begins at 0. The modulator is m in the step that ends a trial, and 0 in all other
    steps. In a task without trials each step counts as a trial.

    Source: Miconi 2017, Eq. 2 and the text below it.
    Differs from the reference: the reference's code also multiplies m by R̄_k, and this one does
    not.
    """

    keep: float = 0.75
    """The part of the running mean that each trial keeps, from 0 to below 1."""
    scale: float = 1.0
    """The factor by which the error is multiplied."""

    def __post_init__(self) -> None:
        """Check the values of both fields."""
        if not 0 <= self.keep < 1:
            raise InputError(
                f"expected keep from 0 to below 1 (modulator prediction_error), got {self.keep}"
            )
        if not np.isfinite(self.scale):
            raise InputError(
                f"expected a finite scale (modulator prediction_error), got {self.scale}"
            )

    def lanes(self, task: Task, n: int) -> PredictionErrorLanes:
        """Return ``n`` new lanes."""
        return PredictionErrorLanes(self, n, task.n_kinds if isinstance(task, Trials) else 1)


class PredictionErrorLanes:
    """The lanes of a `PredictionError`.

    Attributes:
        means: ``(n, n_kinds)``, the running mean of the reward for each kind of trial.
    """

    def __init__(self, modulator: PredictionError, n: int, n_kinds: int) -> None:
        """Make ``n`` lanes; each has to be reset before its first step."""
        self._modulator = modulator
        self.means = np.zeros((n, n_kinds))
        self._sums = np.zeros(n)

    def reset(self, lanes: LaneNumbers) -> None:
        """Set the running means of ``lanes`` to 0, for new lives."""
        self.means[lanes] = 0
        self._sums[lanes] = 0

    def step(self, step: StepResult, outputs: Array, lanes: LaneNumbers, modulators: Array) -> None:
        """Write the error on lanes where a trial is over, and 0 on the others."""
        keep = self._modulator.keep
        self._sums[lanes] += step.reward
        over = np.ones(lanes.size, np.bool_) if step.trial_over is None else step.trial_over
        # A task that does not give its number of kinds has one kind.
        kind = step.kind if self.means.shape[1] > 1 else None
        kind = np.zeros(lanes.size, np.intp) if kind is None else kind
        modulators[lanes] = 0
        done, kinds = lanes[over], kind[over]
        rewards, expected = self._sums[done], self.means[done, kinds]
        modulators[done] = (self._modulator.scale * (rewards - expected))[:, None]
        self.means[done, kinds] = keep * expected + (1 - keep) * rewards
        self._sums[done] = 0
