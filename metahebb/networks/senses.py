"""What networks sense of a task: its observations, or normalized ones, added up where asked for."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
LaneNumbers = npt.NDArray[np.intp]

OBSERVED = "observed"
"""Name, in the state of a search, of the totals of what was observed so far."""
BOUND = 5.0
"""What is sensed lies within ± this."""
LEAST_STD = 0.1
"""A sensor that varies less counts as one that varies by this: it may yet begin to move."""


@dataclass(frozen=True, eq=False)
class ObservationNorm:
    """Statistics of observations, by which all lives of a generation sense theirs.

    A network senses (x − mean) / max(std, 0.1), clipped to ±5, as in the public code of Salimans et
    al. 2017 (whose clip and least variance these are). Before anything is observed, mean is 0 and
    std 1.

    Differs from the reference: observations are those of a generation's first candidates, where
    theirs are of each life with a chance of 1 %, so that no bit depends on who lived where.

    Attributes:
        totals: float64 ``(1 + 2·n_observations,)``: how many observations, then their sum and the
            sum of their squares per sensor.
    """

    totals: Floats

    @classmethod
    def of_nothing(cls, n_observations: int) -> ObservationNorm:
        """Return the statistics before anything is observed."""
        return cls(np.zeros(1 + 2 * n_observations))

    @functools.cached_property
    def mean(self) -> Array:
        """Mean of each sensor, ``(n_observations,)``."""
        return self._moments()[0].astype(np.float32)

    @functools.cached_property
    def std(self) -> Array:
        """Standard deviation of each sensor, at least `LEAST_STD`, ``(n_observations,)``."""
        return np.sqrt(np.maximum(self._moments()[1], LEAST_STD**2)).astype(np.float32)

    def _moments(self) -> tuple[Floats, Floats]:
        """Return mean and variance."""
        sums, squares = np.split(self.totals[1:], 2)
        if self.totals[0] == 0:
            return np.zeros_like(sums), np.ones_like(sums)
        mean = sums / self.totals[0]
        return mean, squares / self.totals[0] - mean * mean

    def after(self, totals: Floats) -> ObservationNorm:
        """Return the statistics of more observations, whose ``totals`` are of the same kind."""
        return ObservationNorm(self.totals + totals)


class Senses:
    """What lanes sense. Each is computed alone, and each life by the statistics that it brings.

    Attributes:
        totals: ``(n_lanes, 1 + 2·n_observations)``, those of `ObservationNorm`, of the observations
            that each lane's life has met so far, in the order of its steps; zeros where that is not
            asked for.
    """

    def __init__(self, n_lanes: int, n_observations: int) -> None:
        """Allocate ``n_lanes`` lanes."""
        self._mean = np.zeros((n_lanes, n_observations), np.float32)
        self._std = np.ones_like(self._mean)
        self._bound = np.full((n_lanes, 1), np.inf, np.float32)
        self._sensed = np.zeros_like(self._mean)
        self._adds_up = np.zeros(n_lanes, np.bool_)
        self.totals = np.zeros((n_lanes, 1 + 2 * n_observations))

    def born(self, lane: int, norm: ObservationNorm | None, adds_up: bool) -> None:
        """Begin a life on ``lane``; with no ``norm`` it senses observations as they are."""
        self._mean[lane], self._std[lane] = (0, 1) if norm is None else (norm.mean, norm.std)
        self._bound[lane] = np.inf if norm is None else BOUND
        self._adds_up[lane] = adds_up
        self.totals[lane] = 0

    def __call__(self, observations: Array, lanes: LaneNumbers) -> Array:
        """Return what is sensed, ``(n_lanes, n_observations)``; only rows ``lanes`` count.

        To be called once per step. What is added up are the ``observations``, as they are.
        """
        rows = lanes[self._adds_up[lanes]]
        if rows.size:
            seen = observations[rows].astype(np.float64)
            self.totals[rows] += np.hstack([np.ones((rows.size, 1)), seen, seen * seen])
        with np.errstate(over="ignore", invalid="ignore"):  # lanes where nobody lives are in it
            np.subtract(observations, self._mean, out=self._sensed)
            np.divide(self._sensed, self._std, out=self._sensed)
        return np.clip(self._sensed, -self._bound, self._bound, out=self._sensed)
