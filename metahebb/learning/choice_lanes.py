"""Lanes of a task with choices, on which a learner lives one batch of trials after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.noise import Key, Stream, integer
from metahebb.tasks.base import (
    Closing,
    Explaining,
    Judged,
    JudgedLanes,
    Resumable,
    Task,
    TaskError,
    TrialOutcome,
    Trials,
)

_EXAMPLE = "use one with choices, such as match-to-sample"


def check_choices(task: Task) -> None:
    """Raise InputError if ``task`` has no trials, or if its outputs are not choices.

    A task has choices if it has at least 2 outputs and, where it names its answers, if each answer
    has an output.
    """
    if not isinstance(task, Trials):
        raise InputError(
            f"expected a task with trials for the actor-critic, got {task.label}; {_EXAMPLE}"
        )
    n_outputs, wanted = task.n_outputs, "expected a task with one output for each choice"
    if n_outputs < 2:
        raise InputError(
            f"{wanted} (actor-critic), got {task.label} with {n_outputs} output; {_EXAMPLE}"
        )
    if isinstance(task, Judged) and not 0 < len(task.choices) <= n_outputs:
        raise InputError(
            f"{wanted} (actor-critic), got {task.label} with {n_outputs} outputs and "
            f"{len(task.choices)} choices; {_EXAMPLE}"
        )


class Taken(NamedTuple):
    """The result of one step of all lanes.

    Attributes:
        rewards: ``(n,)`` float32, the reward of the step; 0 on lanes that rest.
        over: ``(n,)`` bool, whether the step ended the trial of a lane.
    """

    rewards: npt.NDArray[np.float32]
    over: npt.NDArray[np.bool_]


class ChoiceLanes:
    """The lanes of a task, each with its lives one after another.

    The seed of a lane's life is a function of the seed, of the life's number and of the lane.
    """

    def __init__(self, task: Task, n: int, seed: int, stream: Stream) -> None:
        """Open ``n`` lanes and begin the first life on each.

        Raises:
            InputError: see `check_choices`.
        """
        check_choices(task)
        self._lanes = task.lanes(n)
        self._label, self._seed, self._stream = task.label, seed, stream
        self._lives = np.zeros(n, np.int64)
        self._rewards = np.zeros(n)
        self._one_hot = np.eye(task.n_outputs, dtype=np.float32)
        self.outcomes: list[TrialOutcome | None] = [None] * n
        """The outcome of the trial that ended last on each lane."""
        for lane in range(n):
            self._begin_life(lane)

    def __len__(self) -> int:
        """Return the number of lanes."""
        return self._lives.size

    @property
    def observations(self) -> npt.NDArray[np.float32]:
        """The present observation of each lane, ``(n, n_observations)``."""
        return self._lanes.observations

    def _begin_life(self, lane: int) -> None:
        key = Key(self._seed, self._stream, int(self._lives[lane]), lane)
        self._lanes.reset(np.array([lane]), [integer(key)], np.array([0]))

    def step(self, actions: npt.NDArray[np.intp], awake: npt.NDArray[np.bool_]) -> Taken:
        """Take the ``actions`` ``(n,)`` on the lanes that are ``awake`` ``(n,)``; others rest.

        A lane whose life ends begins the next life at once.

        Raises:
            TaskError: a number of the task is not finite.
        """
        lanes = awake.nonzero()[0]
        result = self._lanes.step(self._one_hot[actions[lanes]], lanes)
        if result.nonfinite.any():
            self._refuse(int(lanes[result.nonfinite][0]))
        rewards, over = np.zeros(len(self), np.float32), np.zeros(len(self), np.bool_)
        rewards[lanes] = result.reward
        self._rewards[lanes] += result.reward
        ended = result.terminated | result.truncated
        over[lanes] = ended if result.trial_over is None else ended | result.trial_over
        for row in over[lanes].nonzero()[0].tolist():
            lane = int(lanes[row])
            kind = 0 if result.kind is None else int(result.kind[row])
            self.outcomes[lane] = self._outcome(lane, kind, int(actions[lane]))
            self._rewards[lane] = 0
            if ended[row]:
                self._lives[lane] += 1
                self._begin_life(lane)
        return Taken(rewards, over)

    def _outcome(self, lane: int, kind: int, action: int) -> TrialOutcome:
        """Return the task's outcome, or what is known of a trial that the task does not judge."""
        if isinstance(self._lanes, JudgedLanes):
            return self._lanes.outcome(lane)
        nan = float("nan")
        return TrialOutcome(kind, float(self._rewards[lane]), nan, nan, action, ())

    def _refuse(self, lane: int) -> None:
        reason = self._lanes.reason(lane) if isinstance(self._lanes, Explaining) else ""
        raise TaskError(
            f"expected finite observations and rewards, got others on lane {lane} of the task "
            f"{self._label}{f' ({reason})' if reason else ''}; mend the environment",
            lane,
        )

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """Return what all lives depend on, between two trials.

        Raises:
            InputError: the task cannot be saved.
        """
        lanes = self._resumable()
        saved: dict[str, npt.NDArray[Any]] = {"lives": self._lives.copy()}
        for lane in range(len(self)):
            saved |= {f"lane{lane}/{name}": each for name, each in lanes.saved(lane).items()}
        return saved

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from ``saved``, see `saved`."""
        lanes = self._resumable()
        self._lives[:] = saved["lives"]
        self._rewards[:] = 0
        for lane in range(len(self)):
            prefix = f"lane{lane}/"
            self._begin_life(lane)
            lanes.restore(
                lane,
                {
                    name.removeprefix(prefix): each
                    for name, each in saved.items()
                    if name.startswith(prefix)
                },
            )

    def _resumable(self) -> Resumable:
        if not isinstance(self._lanes, Resumable):
            raise InputError(
                f"expected a task that can be saved between trials, got {self._label}; give its "
                "lanes the methods saved and restore of metahebb.tasks.base.Resumable"
            )
        return self._lanes

    def close(self) -> None:
        """Close the environments of the task, if it has any."""
        if isinstance(self._lanes, Closing):
            self._lanes.close()
