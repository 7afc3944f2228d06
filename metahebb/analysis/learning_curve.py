"""How a network learns trial by trial: running means, trials to criterion, bands over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from metahebb.analysis.statistics import few_runs, nested_means, quantile_interval
from metahebb.learning.criterion import PART as PART
from metahebb.learning.criterion import WINDOW as WINDOW
from metahebb.learning.criterion import trials_to_criterion as trials_to_criterion

Numbers = npt.NDArray[np.float64]
Middle = Literal["mean", "median"]

_POINTS = 200
_RESAMPLES = 2000


@dataclass(frozen=True)
class Band:
    """Curves of several runs at some trials, with an interval at each.

    Attributes:
        trials: ``(k,)`` the number of trials that were then over, ascending.
        middle: ``(k,)`` the mean or the median over the runs that got so far.
        low: ``(k,)`` the lower end of its 95 % interval; NaN where only one run got so far.
        high: ``(k,)`` the upper end.
        n_runs: ``(k,)`` the number of runs that got so far.
    """

    trials: npt.NDArray[np.intp]
    middle: Numbers
    low: Numbers
    high: Numbers
    n_runs: npt.NDArray[np.intp]


def running_mean(values: npt.ArrayLike, window: int = WINDOW) -> Numbers:
    """Return the mean of each value and the ``window`` − 1 values before it, ``(n,)``.

    Args:
        values: ``(n,)``, one of each trial; NaN is left out of the means.
        window: the number of values of a mean.

    Returns:
        NaN before the window is full, and where no value in it is known.

    Raises:
        ValueError: ``window`` is below 1.
    """
    if window < 1:
        raise ValueError(f"expected a window of at least 1 trial, got {window}")
    data = np.asarray(values, np.float64)
    means = np.full(data.shape, np.nan)
    if data.size < window:
        return means
    known = np.isfinite(data)
    sums = np.lib.stride_tricks.sliding_window_view(np.where(known, data, 0.0), window).sum(1)
    counts = np.lib.stride_tricks.sliding_window_view(known, window).sum(1)
    means[window - 1 :] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means


def band(
    curves: Sequence[npt.ArrayLike],
    middle: Middle = "mean",
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Band:
    """Return the mean or the median of several runs over trials, with its 95 % interval.

    The runs are drawn anew with replacement, and the interval has the quantiles of the draws. For
    the mean it is widened for few runs (`metahebb.analysis.statistics.few_runs`).

    Args:
        curves: the curve of each run ``(n_trials,)``, such as a `running_mean`. Runs may have
            different lengths; where some are over, the band is of the others.
        middle: ``mean`` or ``median``.
        bounds: the least and the largest value that an end of an interval can have.

    Returns:
        At most 200 points, evenly spread over the trials of the longest run.

    Raises:
        ValueError: there is no curve.
    """
    if not curves:
        raise ValueError("expected the curve of at least one run, got none")
    rows = [np.asarray(curve, np.float64) for curve in curves]
    longest = max(row.size for row in rows)
    trials = np.unique(np.linspace(1, longest, min(_POINTS, longest)).round().astype(np.intp))
    values = np.full((len(rows), trials.size), np.nan)
    for value, row in zip(values, rows, strict=True):
        inside = trials <= row.size
        value[inside] = row[trials[inside] - 1]
    known = np.isfinite(values)
    at, low, high = (np.full(trials.size, np.nan) for _ in range(3))
    for pattern in np.unique(known, axis=1).T:  # runs that got equally far are drawn together
        columns = (known == pattern[:, None]).all(0)
        some = values[np.ix_(pattern, columns)]
        if not len(some):
            continue
        at[columns] = some.mean(0) if middle == "mean" else np.median(some, axis=0)
        if len(some) > 1:
            ends = [
                quantile_interval(draws, value, few_runs(1, len(some)) if middle == "mean" else 1.0)
                for draws, value in zip(_draws(some, middle).T, at[columns], strict=True)
            ]
            low[columns], high[columns] = np.clip(np.array(ends), *bounds).T
    return Band(trials, at, low, high, known.sum(0))


def _draws(values: Numbers, middle: Middle) -> Numbers:
    """Return draws ``(n_resamples, k)`` of the middle of ``values`` ``(n_runs, k)``."""
    if middle == "mean":
        return nested_means(values[None, :, None, :], _RESAMPLES)
    runs = np.random.default_rng(0).integers(len(values), size=(_RESAMPLES, len(values)))
    return np.asarray(np.median(values[runs], axis=1))
