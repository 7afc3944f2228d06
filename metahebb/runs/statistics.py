"""Means with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import bootstrap


def meets(value: float, goal: str | None) -> bool | None:
    """Return whether ``value`` meets ``goal`` (``>= 4``, ``<= 0.03``); None where there is none."""
    if goal is None:
        return None
    relation, bound = goal.split()
    return value >= float(bound) if relation == ">=" else value <= float(bound)


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """Return ``(mean, low, high)``: a bias-corrected bootstrap interval of the mean.

    Args:
        values: independent observations; with fewer than two, or all equal, low = high = mean.
        confidence: of the interval.
    """
    data = np.asarray(values, np.float64)
    mean = float(data.mean())
    if data.size < 2 or np.ptp(data) == 0:
        return mean, mean, mean
    found = bootstrap(
        (data,), np.mean, confidence_level=confidence, rng=np.random.default_rng(0)
    ).confidence_interval
    return mean, float(found.low), float(found.high)
