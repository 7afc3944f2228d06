"""Rankings turn fitness into weights: non-finite fitness ranks worst, and ties share a rank.

EvoTorch's own rankings put NaN first when maximizing, and break ties by position. The rankings here
replace them: weights are computed once for the whole population, before EvoTorch's gradients.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from metahebb.errors import ProgressError, unknown_name
from metahebb.evolution.nonfinite import NONFINITE_ADVICE

Fitness = npt.NDArray[np.float64]


def worst_for_nonfinite(fitness: Fitness) -> Fitness:
    """Return ``fitness`` with NaN and ±inf replaced by the worst finite value.

    Raises:
        ProgressError: no value of ``fitness`` is finite.
    """
    finite = np.isfinite(fitness)
    if not finite.any():
        raise ProgressError(
            f"expected some finite fitness, got {fitness.size} non-finite ones; {NONFINITE_ADVICE}"
        )
    return np.where(finite, fitness, fitness[finite].min())


def _centered(fitness: Fitness) -> Fitness:
    """Return ranks spread evenly over [-0.5, 0.5] (Salimans et al. 2017)."""
    ranks: Fitness = (rankdata(fitness) - 1) / max(fitness.size - 1, 1) - 0.5
    return ranks


def _standardized(fitness: Fitness) -> Fitness:
    """Return centered ranks over their standard deviation (Najarro & Risi's public code)."""
    ranks = _centered(fitness)
    deviation = ranks.std()
    return ranks / deviation if deviation > 0 else ranks


def _nes(fitness: Fitness) -> Fitness:
    """Return log-rank utilities, which favor the best few (Wierstra et al. 2014, section 3.1)."""
    n = fitness.size
    by_rank = np.maximum(0.0, np.log(n / 2 + 1) - np.log(np.arange(n, 0, -1)))
    by_rank = by_rank / by_rank.sum() - 1 / n
    # Tied candidates share the mean utility of the ranks they span.
    low, high = rankdata(fitness, "min").astype(int), rankdata(fitness, "max").astype(int)
    summed = np.concatenate(([0.0], np.cumsum(by_rank)))
    utilities: Fitness = (summed[high] - summed[low - 1]) / (high - low + 1)
    return utilities


def _raw(fitness: Fitness) -> Fitness:
    return fitness


RANKINGS: dict[str, Callable[[Fitness], Fitness]] = {
    "centered": _centered,
    "standardized": _standardized,
    "nes": _nes,
    "raw": _raw,
}


def weights(fitness: Fitness, ranking: str) -> npt.NDArray[np.float32]:
    """Return each candidate's weight ``(popsize,)`` in the search gradient.

    All weights are zero if all fitness is alike, because there is nothing to follow then.

    Args:
        fitness: fitness of each candidate, ``(popsize,)``, which may hold non-finite values.
        ranking: the name of one of `RANKINGS`.

    Raises:
        InputError: ``ranking`` is no name of a ranking.
        ProgressError: no value of ``fitness`` is finite.
    """
    if ranking not in RANKINGS:
        raise unknown_name("ranking", ranking, RANKINGS)
    finite = np.isfinite(fitness)
    safe = worst_for_nonfinite(fitness)
    if ranking != "raw":
        # Non-finite fitness ranks below all finite fitness, and shares one rank.
        safe = np.where(finite, safe, -np.inf)
    if (safe == safe[0]).all():
        return np.zeros(safe.size, np.float32)  # exactly 0: ClipUp would follow a rounding error
    return RANKINGS[ranking](safe).astype(np.float32)
