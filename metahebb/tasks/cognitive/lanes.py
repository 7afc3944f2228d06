"""The lanes of a cognitive task, each with an environment of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metahebb.tasks.base import LaneNumbers, StepResult, TaskError, TrialOutcome
from metahebb.tasks.cognitive.session import Session
from metahebb.user_code import is_of_user

if TYPE_CHECKING:
    from metahebb.tasks.cognitive.task import Cognitive

RECENT = 100
"""The number of last trials over which the measures of a life are means."""


class CognitiveLanes:
    """The lanes of a `Cognitive` task, which are advanced one after another.

    Attributes:
        observations: ``(n, n_observations)`` float32, the present observation of each lane.
        numbers: ``(n,)``, the number of the trial that runs on each lane, counted from 0.
    """

    def __init__(self, task: Cognitive, n: int) -> None:
        """Make ``n`` environments; each lane has to be reset before its first step."""
        self._task = task
        self._facts = task.facts
        self._sessions = [Session(task) for _ in range(n)]
        self.observations = np.zeros((n, task.n_observations), np.float32)
        self.numbers = np.zeros(n, np.intp)
        self._one_hot = np.eye(task.n_outputs, dtype=np.float32)
        self._seeds = [0] * n
        self._ages = [0] * n
        self._kinds = np.zeros(n, np.intp)
        self._rewards = [0.0] * n
        self._is_finite = [True] * n
        self._outcomes: list[TrialOutcome | None] = [None] * n
        self._recent = np.full((n, 2, RECENT), np.nan)  # correct, decided

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes``, with its first trial.

        Raises:
            TaskError: the environment raised an error.
        """
        self._recent[lanes] = np.nan
        for lane, seed in zip(lanes.tolist(), seeds, strict=True):
            self._seeds[lane], self._outcomes[lane] = int(seed), None
            self._begin(lane, 0)

    def _begin(self, lane: int, number: int) -> None:
        self.numbers[lane], self._ages[lane], self._rewards[lane] = number, 0, 0.0
        session = self._sessions[lane]
        try:
            session.begin(self._seeds[lane], number)
            self._kinds[lane] = self._facts.kind_of(session.answers)
            observations = session.observations
            self.observations[lane] = observations[0]
            self._is_finite[lane] = bool(np.isfinite(observations).all())
        except BaseException as error:
            if not is_of_user(error):
                raise
            raise self._error(lane, error) from error

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` by one step; the action is the number of the largest output.

        Rules see 1 for the action that was taken and 0 for the others. A non-finite output ends a
        life, and the environment is not stepped.

        Raises:
            TaskError: the environment raised an error.
        """
        actions = outputs.argmax(1)
        result = StepResult.of_nothing(lanes.size)._replace(
            trial_over=np.zeros(lanes.size, np.bool_),
            kind=self._kinds[lanes],
            emitted=self._one_hot[actions],
        )
        result.nonfinite[:] = ~np.isfinite(outputs).all(1)
        for row, lane in enumerate(lanes.tolist()):
            if not result.nonfinite[row]:
                self._step(lane, int(actions[row]), row, result)
        return result

    def _step(self, lane: int, action: int, row: int, result: StepResult) -> None:
        session = self._sessions[lane]
        try:
            step = session.step(action)
            self._rewards[lane] += step.reward
            if step.is_over:
                self._judge(lane, action)
            else:
                self.observations[lane] = step.observation
        except BaseException as error:
            if not is_of_user(error):
                raise
            raise self._error(lane, error) from error
        result.reward[row] = step.reward
        result.terminated[row] = step.is_life_over
        self._ages[lane] += 1
        if step.is_over and result.trial_over is not None:
            number = int(self.numbers[lane]) + 1
            result.trial_over[row] = True
            result.truncated[row] = number >= self._task.trials
            self._begin(lane, number)
        if not (self._is_finite[lane] and math.isfinite(step.reward)):
            result.nonfinite[row] = True

    def _judge(self, lane: int, action: int) -> None:
        """Note the outcome of the trial that ended with ``action``."""
        session, age = self._sessions[lane], self._ages[lane]
        verdict = session.verdict(action, age)
        choice = -1 if action == 0 or session.is_aborted(action, age) else action
        self._outcomes[lane] = TrialOutcome(
            int(self._kinds[lane]),
            self._rewards[lane],
            verdict.error,
            verdict.correct,
            choice,
            self._facts.values_of(session),
        )
        self._recent[lane, :, self.numbers[lane] % RECENT] = verdict.correct, choice >= 0

    def outcome(self, lane: int) -> TrialOutcome:
        """Return the outcome of the trial that ended last on ``lane``."""
        outcome = self._outcomes[lane]
        assert outcome is not None
        return outcome

    def measures(self, lane: int) -> dict[str, float]:
        """Return the parts of the last trials that were right, and that had an answer."""
        correct, decided = (_mean(values) for values in self._recent[lane])
        return {"accuracy": correct, "decided": decided}

    def saved(self, lane: int) -> dict[str, npt.NDArray[Any]]:
        """Return what the rest of the life on ``lane`` depends on, between two trials."""
        return {"number": np.array(self.numbers[lane]), "recent": self._recent[lane].copy()}

    def restore(self, lane: int, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on with the life on ``lane`` from ``saved``."""
        self._recent[lane] = saved["recent"]
        self._begin(lane, int(saved["number"]))

    def _error(self, lane: int, error: BaseException) -> TaskError:
        where = f"seed {self._seeds[lane]}, trial {self.numbers[lane]}, step {self._ages[lane]}"
        return TaskError(
            f"expected {self._task.label} to run, got {type(error).__name__}: {error} ({where}); "
            "mend the environment",
            lane,
        )


def _mean(values: npt.NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
