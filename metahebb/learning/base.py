"""The protocols of a learner, which teaches within a life, and of the network that it teaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from metahebb.learning.lived import LivedTrials
from metahebb.tasks.base import TrialOutcome


class Pupil(Protocol):
    """A network that learns a task trial by trial.

    Attributes:
        block: the number of trials that are lived together, such as a batch; 1: trials follow each
            other one by one.
    """

    block: int

    def live(self, n_trials: int) -> list[TrialOutcome]:
        """Live the next trials, learn from them, and return their outcomes in order.

        ``n_trials`` is a multiple of `block`.
        """

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all arrays that the following trials depend on, by name."""

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from ``saved``, to the same bits as if the pupil had never stopped."""

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of the network's matrices of weights by name, each ``(n_out, n_in)``."""

    def test(self, n_trials: int, seed: int) -> LivedTrials:
        """Live fresh trials without learning, and return all that happened in them.

        The learning life does not notice: the next call of `live` gives the same outcomes.

        Args:
            n_trials: the number of trials.
            seed: the seed of the fresh trials.
        """
