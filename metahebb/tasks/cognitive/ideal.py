"""Ideal observers: how often the best possible answer is right, given a trial's observations.

A network can reach an observer's accuracy, and not surpass it in the mean.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from metahebb.tasks.cognitive.arrays import TrialArrays

_CONTEXTS = slice(5, 7)


def random_dots(observations: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the choices ``(n,)``, 1 or 2, of the ideal observer of ``random-dots``.

    Both directions are equally likely, and noise is white. So the ideal choice is the direction
    with the larger sum of evidence, for any coherence. A trial without evidence, because its
    stimulus is shorter than a step, gets choice 1.

    Args:
        observations: ``(n, n_steps, 3)``: fixation, and the evidence for each of two choices.
    """
    choices: npt.NDArray[np.intp] = 1 + _sums(observations)[:, 1:3].argmax(1)
    return choices


def context_integration(observations: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the choices ``(n,)``, 1 or 2, of the ideal observer of ``context-integration``.

    The choice is the one of `random_dots` for the modality that the context names.

    Args:
        observations: ``(n, n_steps, 7)``: fixation, the evidence for each of two choices in
            modality 1 and then in modality 2, and the two contexts.
    """
    sums = _sums(observations)
    of_modality = sums[:, 1:5].reshape(-1, 2, 2).argmax(2)
    attended = sums[:, _CONTEXTS].argmax(1)
    choices: npt.NDArray[np.intp] = 1 + of_modality[np.arange(len(sums)), attended]
    return choices


def multisensory(observations: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the choices ``(n,)``, 1 or 2, of the ideal observer of ``multisensory``.

    The choice is the direction with the larger sum of evidence in both modalities together. It is
    ideal although the modalities' shares of the coherence vary: both shares are equally likely, so
    that swapped modalities with the signs swapped are as likely under the other direction, and the
    likelihood of a direction grows with its evidence in each modality.

    Args:
        observations: ``(n, n_steps, 5)``: fixation, and the evidence for each of two choices in
            modality 1 and then in modality 2.
    """
    sums = _sums(observations)
    choices: npt.NDArray[np.intp] = 1 + (sums[:, 1:3] + sums[:, 3:5]).argmax(1)
    return choices


def accuracy(choices: npt.NDArray[np.intp], trials: TrialArrays) -> float:
    """Return the part of ``choices`` ``(n,)`` that are right in the last step of their trial."""
    last = trials.answers[np.arange(len(choices)), trials.lengths - 1]
    return float((choices == last).mean())


def _sums(observations: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    sums: npt.NDArray[np.float64] = observations.sum(1, dtype=np.float64)
    return sums
