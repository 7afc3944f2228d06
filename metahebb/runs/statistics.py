"""Means with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
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


def mean_of(values: npt.ArrayLike) -> dict[str, float | None]:
    """Return the ``mean`` of the finite ``values``, and ``low`` and ``high`` of its interval.

    None is what is not known, for JSON: of a single value, how far off it may be.
    """
    data = np.asarray(values, np.float64)
    data = data[np.isfinite(data)]
    if not data.size:
        return {"mean": None, "low": None, "high": None}
    mean, low, high = mean_interval(data.tolist())
    single = data.size == 1
    return {"mean": mean, "low": None if single else low, "high": None if single else high}
