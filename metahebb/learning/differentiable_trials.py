"""Trials with a target as tensors, and what a learner asks of a task that has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch

from metahebb.errors import InputError
from metahebb.learning.lived import LivedTrials, Outcomes
from metahebb.tasks.base import Judged, Signalling, TrialOutcome
from metahebb.tasks.trials.base import Trial

Array = npt.NDArray[np.float32]


@runtime_checkable
class Targeted(Judged, Protocol):
    """A task whose trials are known when they begin, with the outputs that are right."""

    @property
    def n_observations(self) -> int:
        """The number of values in an observation."""

    @property
    def n_outputs(self) -> int:
        """The number of outputs that a network must have."""

    @property
    def seconds_per_step(self) -> float | None:
        """The time of a step [s]; None: the task has no unit of time."""

    def trial(self, number: int, rng: np.random.Generator) -> Trial:
        """Return the trial with this ``number``, counted from 0 in each life."""

    def judge(self, outputs: Array, trial: Trial) -> TrialOutcome:
        """Return the outcome of ``trial`` for ``outputs`` ``(n_steps, n_outputs)``."""


class Batch(NamedTuple):
    """Trials that are lived together; steps behind a trial's end hold zeros, and no target.

    Attributes:
        trials: the trials.
        observations: ``(batch, n_steps, n_observations)``.
        targets: ``(batch, n_steps, n_outputs)``; NaN in steps that are not judged.
        signal: ``(batch, n_steps)``, the modulator from outside; zeros where there is none.
    """

    trials: list[Trial]
    observations: torch.Tensor
    targets: torch.Tensor
    signal: torch.Tensor

    @classmethod
    def of(cls, task: Targeted, seed: int, numbers: Sequence[int], signalled: bool) -> Batch:
        """Return the trials with these ``numbers`` of the life with this ``seed``.

        Args:
            task: the task; it is `Signalling` if ``signalled``.
            seed: the seed of the life's environment.
            numbers: the number of each trial in the life.
            signalled: whether the task's signal is the modulator.
        """
        trials = [task.trial(number, np.random.default_rng((seed, number))) for number in numbers]
        n_steps = max(len(each.observations) for each in trials)
        observations = np.zeros((len(trials), n_steps, task.n_observations), np.float32)
        targets = np.full((len(trials), n_steps, task.n_outputs), np.nan, np.float32)
        signal = np.zeros((len(trials), n_steps), np.float32)
        for row, each in enumerate(trials):
            length = len(each.observations)
            observations[row, :length] = each.observations
            targets[row, :length] = each.target
            if signalled and isinstance(task, Signalling):
                signal[row, :length] = task.signal(each)
        if not np.isfinite(targets).any():
            raise InputError(
                f"expected a target in some steps of trials {numbers[0]} to {numbers[-1]}, got "
                "none; learn a task without targets by a rule, not by a gradient"
            )
        arrays = (observations, targets, signal)
        return cls(trials, *(torch.from_numpy(each) for each in arrays))

    def loss(self, outputs: torch.Tensor) -> torch.Tensor:
        """Return the mean squared error of ``outputs`` over all judged numbers."""
        judged = torch.isfinite(self.targets)
        return torch.square(outputs[judged] - self.targets[judged]).mean()

    def judged_by(self, task: Targeted, outputs: torch.Tensor) -> list[TrialOutcome]:
        """Return the outcome of each trial for ``outputs`` ``(batch, n_steps, n_outputs)``."""
        arrays: Array = outputs.detach().numpy()
        pairs = zip(arrays, self.trials, strict=True)
        return [task.judge(each[: len(trial.observations)], trial) for each, trial in pairs]


def lived(task: Targeted, parts: Sequence[tuple[Batch, Array, Array]]) -> LivedTrials:
    """Return trials that were lived in several batches as one record.

    Args:
        task: the task of the trials.
        parts: each batch, with the outputs ``(batch, n_steps, n_outputs)`` and the rates
            ``(batch, n_steps, n_units)`` of the network in it.
    """
    trials = [each for batch, *_ in parts for each in batch.trials]
    lengths = np.array([len(each.observations) for each in trials], np.intp)
    outputs = [row for _, rows, _ in parts for row in rows]
    rates = [row for _, _, rows in parts for row in rows]
    outcomes = [
        task.judge(row[:length], trial)
        for row, length, trial in zip(outputs, lengths, trials, strict=True)
    ]
    rewards = np.zeros((len(trials), int(lengths.max())), np.float32)
    rewards[np.arange(rewards.shape[1]) >= lengths[:, None]] = np.nan
    rewards[np.arange(len(trials)), lengths - 1] = [each.reward for each in outcomes]
    return LivedTrials(
        Outcomes.of(outcomes, task.conditions),
        lengths,
        _stacked([each.observations for each in trials], lengths),
        _stacked([each.target for each in trials], lengths),
        _stacked(outputs, lengths),
        _stacked(rates, lengths),
        rewards,
        task.seconds_per_step,
        task.kinds,
        task.choices,
    )


def _stacked(rows: Sequence[Array], lengths: npt.NDArray[np.intp]) -> Array:
    """Return ``rows`` ``(n_steps, n)`` of each trial in one array; NaN behind a trial's end."""
    whole = np.full((len(rows), int(lengths.max()), rows[0].shape[1]), np.nan, np.float32)
    for number, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        whole[number, :length] = row[:length]
    return whole
