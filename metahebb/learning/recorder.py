"""An observer that records whole trials: what a network senses, does and gets in each step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from metahebb.learning.lived import LivedTrials, Outcomes
from metahebb.probes.base import Moment
from metahebb.tasks.base import Judged, JudgedLanes, StepResult, TargetLanes, Task, TrialOutcome

Array = npt.NDArray[np.float32]


class TrialRecorder:
    """Records the trials of the life on lane 0, step by step.

    Attributes:
        n_trials: the number of trials that have ended.
    """

    def __init__(self, task: Task, lanes: JudgedLanes) -> None:
        """Record a life in ``task`` on its ``lanes``."""
        self.n_trials = 0
        self._task, self._lanes = task, lanes
        self._outcomes: list[TrialOutcome] = []
        self._trials: list[list[list[Array]]] = []
        self._targets: list[Array | None] = []
        self._rows: list[list[Array]] = []
        self._outputs: Array = np.zeros(0, np.float32)

    def observe(self, moment: Moment) -> None:
        """Note what the network senses, and at a trial's start what is right in it."""
        if not self._rows:
            lanes = self._lanes
            target = lanes.target(0).copy() if isinstance(lanes, TargetLanes) else None
            self._targets.append(target)
        self._rows.append([moment.task.observations[0].copy()])

    def observe_outputs(self, moment: Moment, outputs: Array) -> None:
        """Note the outputs of the network and of its hidden units."""
        layers = moment.network.activity(0)
        hidden = layers[1:-1] or layers[1:]
        self._rows[-1] += [outputs[0].copy(), np.concatenate(hidden)]

    def observe_step(self, moment: Moment, step: StepResult) -> None:
        """Note the reward; at a trial's end, note its outcome."""
        self._rows[-1].append(np.array([step.reward[0]], np.float32))
        if step.trial_over is not None and step.trial_over[0]:
            self._outcomes.append(self._lanes.outcome(0))
            self._trials.append(self._rows)
            self._rows = []
            self.n_trials += 1

    def lived(self) -> LivedTrials:
        """Return all trials that have ended."""
        task = self._task
        assert isinstance(task, Judged)
        columns = [[np.stack(rows) for rows in zip(*trial, strict=True)] for trial in self._trials]
        lengths = np.array([len(trial) for trial in self._trials], np.intp)
        observations, outputs, rates, rewards = (
            padded([trial[k] for trial in columns]) for k in range(4)
        )
        targets = np.full_like(outputs, np.nan)
        for place, target in enumerate(self._targets[: len(columns)]):
            if target is not None:
                targets[place, : len(target)] = target
        return LivedTrials(
            Outcomes.of(self._outcomes, task.conditions),
            lengths,
            observations,
            targets,
            outputs,
            rates,
            rewards[:, :, 0],
            task.seconds_per_step,
            task.kinds,
            task.choices,
        )


def padded(arrays: Sequence[Array]) -> Array:
    """Return arrays ``(n_steps, n)`` of several lengths as one, with NaN behind their ends."""
    most = max((len(each) for each in arrays), default=0)
    width = arrays[0].shape[1] if arrays else 0
    joined = np.full((len(arrays), most, width), np.nan, np.float32)
    for place, each in enumerate(arrays):
        joined[place, : len(each)] = each
    return joined
