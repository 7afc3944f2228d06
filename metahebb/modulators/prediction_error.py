"""The modulator that tells how much better a trial went than earlier trials of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.genomes.base import LATER
from metahebb.modulators.base import Array
from metahebb.tasks.base import LaneNumbers, StepResult, Task, Trials


@dataclass(frozen=True)
class PredictionError:
    """Reward prediction error: m = R − R̄_k, then R̄_k ← keep·R̄_k + (1 − keep)·R.

    R is the reward of a trial, summed over its steps. R̄_k is the running mean of R over trials of
    kind k, and begins at 0. The modulator is m in the step that ends a trial, and 0 in all other
    steps. In a task without trials each step counts as a trial.

    Source: Miconi 2017, Eq. 2 and the text below it. The reference's code also multiplies m by the
    size of R̄_k, and does not learn in the first 100 trials; ``scale_by_mean`` and ``warm_up`` do
    the same here.
    """

    keep: float = 0.75
    """The part of the running mean that each trial keeps, from 0 to below 1."""
    scale: float = 1.0
    """The factor by which the error is multiplied."""
    scale_by_mean: bool = field(default=False, metadata={LATER: True})
    """Whether m is also multiplied by the size of R̄_k, so that learning slows as R̄_k nears 0."""
    warm_up: int = field(default=0, metadata={LATER: True})
    """The number of a life's first trials in which m is 0 and only the running means change."""
    begin_with_first: bool = field(default=False, metadata={LATER: True})
    """Whether R̄_k begins at the reward of the first trial of its kind, instead of at 0."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        if not 0 <= self.keep < 1:
            raise InputError(
                f"expected keep from 0 to below 1 (modulator prediction_error), got {self.keep}"
            )
        if not np.isfinite(self.scale):
            raise InputError(
                f"expected a finite scale (modulator prediction_error), got {self.scale}"
            )

        if self.warm_up < 0:
            raise InputError(
                f"expected a warm_up of at least 0 trials (modulator prediction_error), got "
                f"{self.warm_up}"
            )

    def lanes(self, task: Task, n: int) -> PredictionErrorLanes:
        """Return ``n`` new lanes."""
        return PredictionErrorLanes(self, n, task.n_kinds if isinstance(task, Trials) else 1)


class PredictionErrorLanes:
    """The lanes of a `PredictionError`.

    Attributes:
        means: ``(n, n_kinds)``, the running mean of the reward for each kind of trial.
        is_quiet_within_trials: True, since m is 0 until a trial ends.
    """

    is_quiet_within_trials = True

    def __init__(self, modulator: PredictionError, n: int, n_kinds: int) -> None:
        """Make ``n`` lanes; each has to be reset before its first step."""
        self._modulator = modulator
        self.means = np.zeros((n, n_kinds))
        self._counts = np.zeros((n, n_kinds), np.int64)
        self._sums = np.zeros(n)

    def reset(self, lanes: LaneNumbers) -> None:
        """Set the running means of ``lanes`` to 0, for new lives."""
        self.means[lanes] = 0
        self._counts[lanes] = 0
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
        if kinds.size and not 0 <= kinds.min() <= kinds.max() < self.means.shape[1]:
            raise InputError(
                f"expected kinds of trials from 0 to {self.means.shape[1] - 1}, as the task's "
                f"n_kinds says, got {kinds.max()} (modulator prediction_error); mend the task's "
                "n_kinds or the kind of its trials"
            )
        rewards, expected = self._sums[done], self.means[done, kinds]
        if self._modulator.begin_with_first:
            expected = np.where(self._counts[done, kinds] == 0, rewards, expected)
        errors = self._modulator.scale * (rewards - expected)
        if self._modulator.scale_by_mean:
            errors = errors * np.abs(expected)
        if self._modulator.warm_up:
            errors = np.where(self._counts[done].sum(1) < self._modulator.warm_up, 0, errors)
        modulators[done] = errors[:, None]
        self.means[done, kinds] = keep * expected + (1 - keep) * rewards
        self._counts[done, kinds] += 1
        self._sums[done] = 0

    def saved(self, lane: int) -> dict[str, npt.NDArray[Any]]:
        """Return what the rest of the life on ``lane`` depends on, between two trials."""
        return {"means": self.means[lane].copy(), "counts": self._counts[lane].copy()}

    def restore(self, lane: int, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on with the life on ``lane`` from ``saved``."""
        self.means[lane], self._counts[lane] = saved["means"], saved["counts"]
        self._sums[lane] = 0
