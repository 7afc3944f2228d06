"""How walkers get over an event: speed before, at the dip and after, and the time in between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap, trim_mean

Floats = npt.NDArray[np.float64]

BACK = 0.8
"""Fraction of the former speed that counts as having it back."""
_NEVER = 1e100
"""Stands for infinity while quantiles are interpolated, where ∞ − ∞ would be NaN."""


@dataclass(frozen=True)
class Recovery:
    """One number per life, ``(n_lives,)``; NaN where it does not exist.

    A life that ended before the event has none of them, one that did not get forward before it has
    neither a relative loss nor a time. A dead walker has a speed of 0.

    Attributes:
        before: speed in the window before the event [m/s].
        dip: lowest speed of a window that begins between the event and the end of the search for
            the dip [m/s].
        loss: ``1 - dip / before``.
        time: from the event to the begin of the first window, not before that of the dip, in which
            the speed is `BACK` of the former one [s]; 0 if it was never lower, infinite if it never
            came back, because of death or otherwise.
        after: speed from the end of the search to the horizon [m/s].
        kept: ``after / before``.
        survival: 1 if the life reached the horizon, else 0.
    """

    before: Floats
    dip: Floats
    loss: Floats
    time: Floats
    after: Floats
    kept: Floats
    survival: Floats


def recovery(x: Floats, at: int, search: int, window: int, dt: float) -> Recovery:
    """Return the measures of lives around an event.

    Args:
        x: ``(n_lives, horizon + 1)`` metres along the way at each env step, first at birth; NaN
            after a life's end, and at the horizon of one that fell in the very last step: who has
            a position there has survived (`metahebb.analysis.probe.Lived` has it so).
        at: env step of the event.
        search: env steps after it in which the dip is looked for.
        window: env steps over which a speed is a mean; one or two strides at least.
        dt: simulated time of an env step [s].

    Raises:
        ValueError: ``x`` is too short for a window before the event, or one after the search.
    """
    horizon = x.shape[1] - 1
    if not window <= at <= at + search <= horizon - window:
        raise ValueError(
            f"expected {window} env steps before step {at} and after step {at + search}, got a "
            f"horizon of {horizon} (recovery); use longer lives"
        )
    rows = [_one(life, at, search, window, dt) for life in x]
    return Recovery(*np.array(rows, np.float64).reshape(-1, 7).T)


def _one(x: Floats, at: int, search: int, window: int, dt: float) -> tuple[float, ...]:
    lived = int(np.flatnonzero(np.isfinite(x))[-1])
    if lived < at:
        return (math.nan,) * 7
    survived = lived == x.size - 1
    way = np.where(np.arange(x.size) <= lived, x, x[lived])
    before = float(way[at] - way[at - window]) / (window * dt)
    speeds = (way[at + window :] - way[at:-window]) / (window * dt)  # by begin of the window
    lowest = int(np.argmin(speeds[: search + 1]))
    dip = float(speeds[lowest])
    after = float(way[-1] - way[at + search]) / ((x.size - 1 - at - search) * dt)
    if before <= 0:
        return before, dip, math.nan, math.nan, after, math.nan, float(survived)
    back = np.flatnonzero(speeds[lowest:] >= BACK * before)
    time = (lowest + int(back[0])) * dt if back.size else math.inf
    if dip >= BACK * before:
        time = 0.0
    return before, dip, 1 - dip / before, time, after, after / before, float(survived)


def iqm_interval(
    strata: Sequence[npt.ArrayLike], confidence: float = 0.95, n_resamples: int = 2000
) -> tuple[float, float, float]:
    """Return ``(iqm, low, high)``: interquartile mean with a stratified bootstrap interval.

    Each resample draws lives with replacement within each stratum; the interval is that of the
    percentiles (Agarwal et al. 2021, "Deep RL at the edge of the statistical precipice").

    Args:
        strata: values of lives, one array per evolution seed; NaN is left out, infinity is a value.
        confidence: of the interval.
        n_resamples: of the bootstrap; its random numbers are always the same ones.

    Returns:
        NaN three times where no value is left.
    """
    data = [np.asarray(values, np.float64) for values in strata]
    data = [np.clip(v[~np.isnan(v)], -_NEVER, _NEVER) for v in data]
    data = [values for values in data if values.size]
    if not data:
        return math.nan, math.nan, math.nan
    iqm = _iqm(*data)
    if all(values.size == 1 or np.ptp(values) == 0 for values in data):
        return _unclip(iqm), _unclip(iqm), _unclip(iqm)
    # SciPy refuses a sample of one, which is a constant.
    interval = bootstrap(
        tuple(values for values in data if values.size > 1),
        lambda *samples, axis: _iqm(*samples, *_constants(data, samples[0]), axis=axis),
        confidence_level=confidence,
        n_resamples=n_resamples,
        method="percentile",
        vectorized=True,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return _unclip(iqm), _unclip(float(interval.low)), _unclip(float(interval.high))


def _constants(data: Sequence[Floats], like: Floats) -> list[Floats]:
    """Return the strata of one value, shaped like resamples."""
    return [np.broadcast_to(v, (*like.shape[:-1], 1)) for v in data if v.size == 1]


def _iqm(*samples: Floats, axis: int = -1) -> Floats:
    mean: Floats = trim_mean(np.concatenate(samples, axis=axis), 0.25, axis=axis)
    return mean


def _unclip(value: float | Floats) -> float:
    number = float(value)
    return math.copysign(math.inf, number) if abs(number) > math.sqrt(_NEVER) else number
