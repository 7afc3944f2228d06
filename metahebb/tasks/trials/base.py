"""The base class of tasks that a network learns trial by trial, from a target.

All observations of a trial are known when it begins: they do not depend on what the network does.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.tasks.base import LaneNumbers, Measure, Signalling, StepResult, Task, TrialOutcome

Array = npt.NDArray[np.float32]

RECENT = 100
"""The number of last trials over which the measures of a life are means."""


class Trial(NamedTuple):
    """A trial, as it is known when it begins.

    Attributes:
        observations: ``(n_steps, n_observations)`` float32.
        target: ``(n_steps, n_outputs)`` float32, the outputs that are right; NaN in steps that are
            not judged.
        kind: the number of the trial's kind.
        conditions: the value of each of the task's ``conditions``, in order.
    """

    observations: Array
    target: Array
    kind: int
    conditions: tuple[float, ...] = ()


@dataclass(frozen=True)
class TrialTask(Task):
    """A life of ``trials`` trials, each with observations and a target that are known beforehand.

    The reward of a trial is minus its error, which is the mean absolute difference between outputs
    and target over all judged numbers. The trial's last step has this reward, and all other steps
    have none. A trial is right if its error is below 1: the output has the sign of a target of ±1.

    A subclass gives the trials (`trial`), the names of their kinds, and the longest trial
    (`n_steps`). It may judge outputs otherwise (`judge`).
    """

    trials: int = 1000
    """Number of trials of a life."""

    def __post_init__(self) -> None:
        """Check the number of trials."""
        if self.trials < 1:
            raise InputError(f"expected trials of at least 1, got {self.trials}")

    @property
    @abstractmethod
    def kinds(self) -> tuple[str, ...]:
        """The names of the kinds of trials, by number."""

    @property
    @abstractmethod
    def n_steps(self) -> int:
        """The number of steps of the longest trial."""

    @abstractmethod
    def trial(self, number: int, rng: np.random.Generator) -> Trial:
        """Return the trial with this ``number``, counted from 0 in each life.

        ``rng`` depends on the life's seed and on the number alone.
        """

    def judge(self, outputs: Array, trial: Trial) -> TrialOutcome:
        """Return the outcome of ``trial`` for the network's ``outputs`` ``(n_steps, n_outputs)``.

        The choice is 1 where the judged outputs are positive in the mean, else 0.
        """
        judged = np.isfinite(trial.target)
        if not judged.any():
            raise InputError(
                f"expected a target with at least one number, got none in a trial of kind "
                f"{trial.kind} (task {self.label}); give the steps that are judged a target"
            )
        error = float(np.abs(outputs - trial.target)[judged].mean(dtype=np.float64))
        choice = int(outputs[judged].mean(dtype=np.float64) > 0)
        return TrialOutcome(
            trial.kind, -error, error, float(error < 1), choice, tuple(trial.conditions)
        )

    @property
    def choices(self) -> tuple[str, ...]:
        """The names of the answers, by number."""
        return ("negative", "positive")

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of the numbers that describe a trial."""
        return ()

    @property
    def n_kinds(self) -> int:
        """The number of kinds of trials."""
        return len(self.kinds)

    @property
    def bodies(self) -> tuple[str, ...]:
        """The names of the variants, of which there is one."""
        return ("default",)

    @property
    def max_steps(self) -> int:
        """The number of steps that the life has at most."""
        return self.trials * self.n_steps

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The accuracy and the error of the last trials."""
        last = f"of the last {RECENT} trials"
        return (
            Measure("accuracy", description=f"part {last} that were right", low=0.0, high=1.0),
            Measure("error", description=f"mean error {last}", low=0.0),
        )

    def with_trials(self, trials: int) -> Self:
        """Return the same task with lives of ``trials`` trials."""
        return replace(self, trials=trials)

    def lanes(self, n: int) -> TrialLanes:
        """Return ``n`` new lanes."""
        return TrialLanes(self, n)


class TrialLanes:
    """The lanes of a `TrialTask`.

    Attributes:
        observations: ``(n, n_observations)``, the present observation of each lane.
        trials: the trial that runs on each lane now.
        numbers: ``(n,)``, the number of that trial in its life.
    """

    def __init__(self, task: TrialTask, n: int) -> None:
        """Make ``n`` lanes; each has to be reset before its first step."""
        self._task = task
        self.observations = np.zeros((n, task.n_observations), np.float32)
        self.trials: list[Trial | None] = [None] * n
        self.numbers = np.zeros(n, np.intp)
        self._seeds = np.zeros(n, np.int64)
        self._steps = np.zeros(n, np.intp)
        self._outputs = np.zeros((n, task.n_steps, task.n_outputs), np.float32)
        self._outcomes: list[TrialOutcome | None] = [None] * n
        self._signalling = task if isinstance(task, Signalling) else None
        self._signals: list[Array | None] = [None] * n
        self._recent = np.full((n, 2, RECENT), np.nan)  # correct, error

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes``, with its first trial."""
        self._seeds[lanes] = seeds
        self._recent[lanes] = np.nan
        for lane in lanes.tolist():
            self._begin(lane, 0)

    def _begin(self, lane: int, number: int) -> None:
        self.numbers[lane], self._steps[lane] = number, 0
        trial = self._drawn(lane, number)
        self.trials[lane] = trial
        self.observations[lane] = trial.observations[0]
        if self._signalling is not None:
            self._signals[lane] = self._signalling.signal(trial)

    def _drawn(self, lane: int, number: int) -> Trial:
        """Return the trial with this ``number`` in the life on ``lane``."""
        return self._task.trial(number, np.random.default_rng((int(self._seeds[lane]), number)))

    def trial(self, lane: int) -> Trial:
        """Return the trial that runs on ``lane`` now."""
        trial = self.trials[lane]
        assert trial is not None
        return trial

    def target(self, lane: int) -> Array:
        """Return the right outputs ``(n_steps, n_outputs)`` of the trial on ``lane``."""
        return self.trial(lane).target

    def step(self, outputs: Array, lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` by one step; a non-finite output ends the life."""
        result = self._nothing(lanes)
        result.nonfinite[:] = ~np.isfinite(outputs).all(1)
        self._outputs[lanes, self._steps[lanes]] = outputs
        self._steps[lanes] += 1
        for row, lane in enumerate(lanes.tolist()):
            trial = self.trial(lane)
            age = int(self._steps[lane])
            if result.kind is not None:
                result.kind[row] = trial.kind
            self._tell(lane, row, age - 1, result)
            if age < len(trial.observations):
                self.observations[lane] = trial.observations[age]
            elif not result.nonfinite[row]:
                self._end(lane, row, self._outputs[lane, :age], result)
        return result

    def script(self, lanes: LaneNumbers) -> tuple[Array, LaneNumbers]:
        """Return the observations ``(k, n_steps, n_observations)`` of each trial, and lengths."""
        observations = np.zeros(
            (lanes.size, self._task.n_steps, self.observations.shape[1]), np.float32
        )
        lengths = np.zeros(lanes.size, np.intp)
        for row, lane in enumerate(lanes.tolist()):
            trial = self.trial(lane)
            lengths[row] = len(trial.observations)
            observations[row, : lengths[row]] = trial.observations
        return observations, lengths

    def finish(self, outputs: Array, lanes: LaneNumbers) -> StepResult:
        """End the trial of each of ``lanes`` with its ``outputs`` ``(k, n_steps, n_outputs)``."""
        result = self._nothing(lanes)
        for row, lane in enumerate(lanes.tolist()):
            trial = self.trial(lane)
            of_trial = outputs[row, : len(trial.observations)]
            if result.kind is not None:
                result.kind[row] = trial.kind
            self._tell(lane, row, len(trial.observations) - 1, result)
            if np.isfinite(of_trial).all():
                self._end(lane, row, of_trial, result)
            else:
                result.nonfinite[row] = True
        return result

    def _nothing(self, lanes: LaneNumbers) -> StepResult:
        """Return the result of a step in the middle of the trials on ``lanes``, to be written."""
        k = lanes.size
        signal = None if self._signalling is None else np.zeros(k, np.float32)
        return StepResult.of_nothing(k)._replace(
            trial_over=np.zeros(k, np.bool_), kind=np.zeros(k, np.intp), signal=signal
        )

    def _tell(self, lane: int, row: int, step: int, result: StepResult) -> None:
        """Write the signal of a step of the trial on ``lane``, if the task gives one."""
        signal = self._signals[lane]
        if result.signal is not None and signal is not None:
            result.signal[row] = signal[step]

    def _end(self, lane: int, row: int, outputs: Array, result: StepResult) -> None:
        """Judge the trial of ``lane``, write its result, and begin the next trial."""
        outcome = self._task.judge(outputs, self.trial(lane))
        self._outcomes[lane] = outcome
        number = int(self.numbers[lane])
        self._recent[lane, :, number % RECENT] = outcome.correct, outcome.error
        result.reward[row] = outcome.reward
        result.truncated[row] = number + 1 >= self._task.trials
        if result.trial_over is not None:
            result.trial_over[row] = True
        self._begin(lane, number + 1)

    def outcome(self, lane: int) -> TrialOutcome:
        """Return the outcome of the trial that ended last on ``lane``."""
        outcome = self._outcomes[lane]
        assert outcome is not None
        return outcome

    def measures(self, lane: int) -> dict[str, float]:
        """Return the accuracy and the mean error of the last trials; NaN before the first end."""
        correct, error = (mean_of_known(values) for values in self._recent[lane])
        return {"accuracy": correct, "error": error}

    def saved(self, lane: int) -> dict[str, npt.NDArray[Any]]:
        """Return what the rest of the life on ``lane`` depends on, between two trials."""
        return {"number": np.array(self.numbers[lane]), "recent": self._recent[lane].copy()}

    def restore(self, lane: int, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on with the life on ``lane`` from ``saved``."""
        self._recent[lane] = saved["recent"]
        self._begin(lane, int(saved["number"]))


def mean_of_known(values: npt.NDArray[np.float64]) -> float:
    """Return the mean of the finite numbers among ``values``; NaN if there is none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
