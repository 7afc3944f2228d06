"""Means with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap, norm, t


def meets(value: float, goal: str | None) -> bool | None:
    """Return whether ``value`` meets ``goal`` (``>= 4``, ``<= 0.03``); None where there is none."""
    if goal is None:
        return None
    relation, bound = goal.split()
    if relation not in (">=", "<="):
        raise ValueError(f"expected a goal >= NUMBER or <= NUMBER, got {goal!r}; write one of them")
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
    interval = bootstrap(
        (data,), np.mean, confidence_level=confidence, rng=np.random.default_rng(0)
    ).confidence_interval
    return mean, float(interval.low), float(interval.high)


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


def numbers_or_none(values: npt.ArrayLike) -> list[float | None]:
    """Return ``values`` ``(n,)`` as JSON can hold them: None where one is not finite."""
    data = np.asarray(values, np.float64)
    return [float(value) if np.isfinite(value) else None for value in data]


def nested_means(
    data: npt.ArrayLike, n_resamples: int = 2000, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Return bootstrap draws of means over groups, runs and lives, ``(n_resamples, k)``.

    Each draw takes as many runs as there are, with replacement within each group, and of each of
    them as many lives, with replacement: what varies between runs of one setting, which is most,
    is in the interval. A function of the ``k`` means (a ratio, a difference) has the quantiles of
    its draws as its interval, spread by `few_runs`.

    Args:
        data: ``(n_groups, n_runs, n_lives, k)``; the ``k`` values of a life stay together. A life
            with a value that is not finite is left out, as if its run had fewer lives; where a run
            has no other lives, the draws that take it are NaN.
        n_resamples: draws; always the same random numbers.
        seed: of the random numbers. Two sets of data of one shape are drawn together if they have
            the same seed, and independently of each other if they have not.

    Raises:
        ValueError: another number of dimensions.
    """
    values = np.asarray(data, np.float64)
    n_groups, n_runs, n_lives, k = values.shape
    known = np.asarray(np.isfinite(values).all(-1))
    known |= ~known.any(-1, keepdims=True)  # a run of which nothing is known stays NaN
    n_known = known.sum(-1)
    values = np.where(known[..., None], values, 0.0)
    rng = np.random.default_rng(seed)
    total = np.zeros((n_resamples, k))
    for group, n, has in zip(values, n_known, known, strict=True):
        runs = rng.integers(n_runs, size=(n_resamples, n_runs))
        chances = np.full(n_lives, 1 / n_lives) if has.all() else (has / n[:, None])[runs]
        counts = rng.multinomial(n[runs], chances)
        for place in range(n_runs):
            chosen = runs[:, place]
            weights = counts[:, place] / n[chosen, None]
            total += np.einsum("nl,nlk->nk", weights, group[chosen])
    means: npt.NDArray[np.float64] = total / (n_groups * n_runs)
    return means


def few_runs(n_groups: int, n_runs: int) -> float:
    """Return the factor by which intervals of few runs must be wider than their draws are.

    Draws with replacement from n runs have a variance that is too small by (n − 1)/n, and normal
    quantiles stand for those of Student's t with one degree of freedom per run beyond each group's
    first (Hesterberg 2015, "What teachers should know about the bootstrap"). A single run per group
    says nothing of how runs vary: the interval is then that of its lives.
    """
    if n_runs < 2:
        return 1.0
    quantiles = t.ppf(0.975, n_groups * (n_runs - 1)) / norm.ppf(0.975)
    return float(quantiles * np.sqrt(n_runs / (n_runs - 1)))


def nested_interval(values: npt.ArrayLike, bound: float = math.inf) -> tuple[float, float, float]:
    """Return ``(mean, low, high)`` of ``(n_runs, n_lives)``: runs, then lives, are resampled.

    Args:
        values: of each life; see `nested_means` and `few_runs`.
        bound: that no value is beyond, on either side; nor is the interval.
    """
    data = np.asarray(values, np.float64)
    mean = float(data.mean())
    draws = nested_means(data[None, :, :, None])[:, 0]
    low, high = quantile_interval(draws, mean, few_runs(1, len(data)))
    return mean, max(low, -bound), min(high, bound)


def nested_iqms(
    data: npt.ArrayLike, n_resamples: int = 1000
) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the interquartile mean of all lives, and bootstrap draws of it ``(n_resamples,)``.

    Runs are drawn with replacement within each group, then lives within each drawn run, as in
    `nested_means`; the mean is of the middle half of all lives together (Agarwal et al. 2021,
    "Deep RL at the edge of the statistical precipice"). Data of one shape are drawn together: the
    quantiles of a difference of two draws are the interval of the difference.

    Differs from the reference: it draws lives within fixed runs; what varies between runs is in
    our interval too.

    Args:
        data: ``(n_groups, n_runs, n_lives)``, finite; NaN is left out.
        n_resamples: draws; always the same random numbers.

    Returns:
        NaN where no value is left.

    Raises:
        ValueError: another number of dimensions.
    """
    values = np.asarray(data, np.float64)
    n_groups, n_runs, n_lives = values.shape
    rng = np.random.default_rng(0)
    runs = rng.integers(n_runs, size=(n_resamples, n_groups, n_runs, 1))
    lives = rng.integers(n_lives, size=(n_resamples, n_groups, n_runs, n_lives))
    drawn = values[np.arange(n_groups)[:, None, None], runs, lives].reshape(n_resamples, -1)
    return float(_iqm(values.reshape(1, -1))[0]), _iqm(drawn)


def _iqm(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the interquartile mean of each row, without its NaN."""
    ordered = np.sort(rows, axis=1)  # NaN comes last
    counts = np.isfinite(ordered).sum(1)
    cut = counts // 4
    places = np.arange(rows.shape[1])
    middle = (places >= cut[:, None]) & (places < (counts - cut)[:, None])
    total = np.where(middle, ordered, 0.0).sum(1)
    total[counts == 0] = np.nan
    iqms: npt.NDArray[np.float64] = total / np.maximum(counts - 2 * cut, 1)
    return iqms


def quantile_interval(
    draws: npt.ArrayLike, value: float = 0.0, spread: float = 1.0
) -> tuple[float, float]:
    """Return ``(low, high)``: the 95 % percentile interval of bootstrap draws ``(n,)``.

    Args:
        draws: of the figure.
        value: the figure itself; it matters where there is a spread.
        spread: factor of the distance of both ends from ``value``; see `few_runs`.
    """
    ends = np.quantile(np.asarray(draws), (0.025, 0.975))
    low, high = value + spread * (ends - value)
    return float(low), float(high)
