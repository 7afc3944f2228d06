"""Trajectories of a population: principal components of its rates, and mean paths by kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.learning.lived import LivedTrials

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trajectories:
    """Mean trajectories of the units' rates in the plane of most variance.

    Attributes:
        center: ``(n_units,)`` the mean rate of each unit over all steps of all trials.
        components: ``(k, n_units)`` orthonormal; the largest entry of each is positive, so that the
            same trials always give the same picture.
        explained: ``(k,)`` the part of the variance that each component explains, of all steps of
            all trials.
        kinds: the numbers of the kinds that have trials, ascending.
        n_trials: the number of trials of each of these kinds.
        paths: ``(n_kinds, n_steps, k)`` the mean over the trials of each kind. A step that not all
            trials of the kind have is NaN, so that a path does not jump where a trial ends.
    """

    center: Numbers
    components: Numbers
    explained: Numbers
    kinds: tuple[int, ...]
    n_trials: tuple[int, ...]
    paths: Numbers

    def project(self, rates: npt.ArrayLike) -> Numbers:
        """Return ``rates`` ``(..., n_units)`` along the components, ``(..., k)``."""
        return np.asarray((np.asarray(rates, np.float64) - self.center) @ self.components.T)


def trajectories(lived: LivedTrials, n_components: int = 3) -> Trajectories:
    """Return mean trajectories along the principal components of all rates.

    The components are of all steps of all trials, and not of the mean paths: noise from trial to
    trial counts as variance, too.

    Args:
        lived: the trials.
        n_components: the largest number of components; there are at most as many as units.

    Raises:
        InputError: there is no step with finite rates, or the rates never change.
    """
    center, covariance = _moments(lived)
    total = float(np.trace(covariance))
    if not total > 0:
        raise InputError(
            "expected rates that change over time, got constant ones (trajectories); check the "
            "network's inputs and weights"
        )
    # The left singular vectors of a covariance are the right ones of the centered rates.
    vectors, variances, _ = np.linalg.svd(covariance, hermitian=True)
    components = vectors.T[: min(n_components, len(center))]
    largest = np.abs(components).argmax(1)
    components = components * np.sign(components[np.arange(len(components)), largest])[:, None]
    kinds, counts = np.unique(lived.outcomes.kind, return_counts=True)
    paths = np.stack(
        [_mean_rates(lived, lived.outcomes.kind == kind) @ components.T for kind in kinds]
    )
    return Trajectories(
        center,
        components,
        variances[: len(components)] / total,
        tuple(kinds.tolist()),
        tuple(counts.tolist()),
        paths - center @ components.T,
    )


def _moments(lived: LivedTrials) -> tuple[Numbers, Numbers]:
    """Return the mean ``(n_units,)`` and the covariance of the rates; one trial at a time."""
    n_units = lived.rates.shape[2]
    n, total = 0, np.zeros(n_units)
    for rates in lived.rates:
        known = rates[np.isfinite(rates).all(1)].astype(np.float64)
        n, total = n + len(known), total + known.sum(0)
    if not n:
        raise InputError(
            "expected trials with finite rates, got none (trajectories); test the network anew"
        )
    center, scatter = total / n, np.zeros((n_units, n_units))
    for rates in lived.rates:
        off = rates[np.isfinite(rates).all(1)] - center
        scatter += off.T @ off
    return center, scatter / n


def mean_rates(lived: LivedTrials, kind: int) -> Numbers:
    """Return the mean rates ``(n_steps, n_units)`` of the trials of a kind.

    A step that not all of these trials have is NaN.
    """
    return _mean_rates(lived, lived.outcomes.kind == kind)


def _mean_rates(lived: LivedTrials, chosen: npt.NDArray[np.bool_]) -> Numbers:
    total = np.zeros(lived.rates.shape[1:])
    for place in np.flatnonzero(chosen):
        total += lived.rates[place]
    return total / max(int(chosen.sum()), 1)
