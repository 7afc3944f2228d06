"""The way from a task's observations to a network's sensors: normalization, and running totals."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
LaneNumbers = npt.NDArray[np.intp]

OBSERVED = "observed"
"""The name, in the state of a search, of the totals of all observations so far."""
BOUND = 5.0
"""The largest magnitude of a normalized observation."""
LEAST_STD = 0.1
"""The smallest standard deviation by which an observation is divided.

A sensor that has hardly varied so far may vary more later.
"""


@dataclass(frozen=True, eq=False)
class ObservationNorm:
    """The statistics with which all lives of a generation normalize their observations.

    A sensor receives (x − mean) / max(std, 0.1), clipped to ±5, as in the public code of Salimans
    et al. 2017. Before anything is observed, the mean is 0 and the std is 1.

    Differs from the reference: the statistics come from the lives of a generation's first
    candidates. In the reference each life takes part with a chance of 1 %. With our choice no bit
    depends on which worker lives which life.

    Attributes:
        totals: float64 ``(1 + 2·n_observations,)``: the number of observations, then the sum of
            each sensor's values, then the sum of each sensor's squared values.
    """

    totals: Floats

    @classmethod
    def of_nothing(cls, n_observations: int) -> ObservationNorm:
        """Return the statistics before anything is observed."""
        return cls(np.zeros(1 + 2 * n_observations))

    @functools.cached_property
    def mean(self) -> Array:
        """The mean of each sensor, ``(n_observations,)``."""
        return self._moments()[0].astype(np.float32)

    @functools.cached_property
    def std(self) -> Array:
        """The standard deviation of each sensor, at least `LEAST_STD`, ``(n_observations,)``."""
        return np.sqrt(np.maximum(self._moments()[1], LEAST_STD**2)).astype(np.float32)

    def _moments(self) -> tuple[Floats, Floats]:
        """Return the mean and the variance of each sensor."""
        sums, squares = np.split(self.totals[1:], 2)
        if self.totals[0] == 0:
            return np.zeros_like(sums), np.ones_like(sums)
        mean = sums / self.totals[0]
        return mean, squares / self.totals[0] - mean * mean

    def after(self, totals: Floats) -> ObservationNorm:
        """Return the statistics that include more observations, whose totals are ``totals``."""
        return ObservationNorm(self.totals + totals)


class Senses:
    """The senses of many lanes normalize observations, and add them up.

    Each lane is computed alone, with the statistics of the life that it lives.

    Attributes:
        totals: ``(n_lanes, 1 + 2·n_observations)``, the totals of the observations that each lane's
            life has made so far, in the form of `ObservationNorm.totals`; zeros for a life that
            does not add its observations up.
    """

    def __init__(self, n_lanes: int, n_observations: int) -> None:
        """Allocate ``n_lanes`` lanes for tasks with ``n_observations`` sensors."""
        self._mean = np.zeros((n_lanes, n_observations), np.float32)
        self._std = np.ones_like(self._mean)
        self._bound = np.full((n_lanes, 1), np.inf, np.float32)
        self._sensed = np.zeros_like(self._mean)
        self._adds_up = np.zeros(n_lanes, np.bool_)
        self.totals = np.zeros((n_lanes, 1 + 2 * n_observations))

    def born(self, lane: int, norm: ObservationNorm | None, adds_up: bool) -> None:
        """Begin a life on ``lane``; without a ``norm`` its observations are not normalized."""
        self._mean[lane], self._std[lane] = (0, 1) if norm is None else (norm.mean, norm.std)
        self._bound[lane] = np.inf if norm is None else BOUND
        self._adds_up[lane] = adds_up
        self.totals[lane] = 0

    def __call__(self, observations: Array, lanes: LaneNumbers) -> Array:
        """Return the normalized observations ``(n_lanes, n_observations)`` of ``lanes``.

        Other rows are not valid.

        This has to be called once in each step, because it also adds the ``observations``, before
        their normalization, to the totals.
        """
        rows = lanes[self._adds_up[lanes]]
        if rows.size:
            seen = observations[rows].astype(np.float64)
            self.totals[rows] += np.hstack([np.ones((rows.size, 1)), seen, seen * seen])
        with np.errstate(over="ignore", invalid="ignore"):  # lanes without a life are computed, too
            np.subtract(observations, self._mean, out=self._sensed)
            np.divide(self._sensed, self._std, out=self._sensed)
        return np.clip(self._sensed, -self._bound, self._bound, out=self._sensed)
