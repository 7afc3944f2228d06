"""Batches of trials that a policy has acted in, as `LivedTrials`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from metahebb.learning.acting import Acted
from metahebb.learning.lived import LivedTrials, Outcomes
from metahebb.tasks.base import Judged, Task, Trials

Array = npt.NDArray[np.float32]


def lived_trials(task: Task, batches: Sequence[Acted], n_trials: int) -> LivedTrials:
    """Return the first ``n_trials`` trials of ``batches``, in the order in which they were lived.

    Outputs are the probabilities of the actions; targets are NaN. A task that judges no trials has
    no names for its kinds and answers: they are numbered.
    """
    outcomes = [outcome for batch in batches for outcome in batch.outcomes][:n_trials]
    lengths = np.concatenate([_numpy(batch.alive).sum(0).astype(np.intp) for batch in batches])
    n_steps = max(len(batch.actions) for batch in batches)
    if isinstance(task, Judged):
        kinds, choices, conditions = task.kinds, task.choices, task.conditions
    else:
        n_kinds = task.n_kinds if isinstance(task, Trials) else 1
        kinds = tuple(str(kind) for kind in range(n_kinds))
        choices, conditions = tuple(str(choice) for choice in range(task.n_outputs)), ()

    def stacked(arrays: Sequence[Array]) -> Array:
        """Return ``arrays``, each ``(n_steps, n, ...)``, as one ``(n_trials, n_steps, ...)``."""
        n_all = sum(array.shape[1] for array in arrays)
        whole = np.full((n_all, n_steps, *arrays[0].shape[2:]), np.nan, np.float32)
        first = 0
        for array in arrays:
            whole[first : first + array.shape[1], : len(array)] = np.moveaxis(array, 0, 1)
            first += array.shape[1]
        whole[np.arange(n_steps) >= lengths[:, None]] = np.nan
        return whole[:n_trials]

    outputs = stacked([batch.probabilities for batch in batches])
    return LivedTrials(
        Outcomes.of(outcomes, conditions),
        lengths[:n_trials],
        stacked([batch.observations for batch in batches]),
        np.full_like(outputs, np.nan),
        outputs,
        stacked([_numpy(batch.rates) for batch in batches]),
        stacked([_numpy(batch.rewards) for batch in batches]),
        task.seconds_per_step,
        kinds,
        choices,
    )


def _numpy(tensor: object) -> Array:
    return np.asarray(tensor, np.float32)
