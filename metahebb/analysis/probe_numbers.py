"""The numbers of a comparison, from the ways of its lives."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.recovery import iqm_interval, recovery

Floats = npt.NDArray[np.float64]

SETTLE = 5.0
"""Simulated time after an event in which the dip is looked for [s]."""
WINDOW = 1.0
"""Simulated time over which a speed is a mean [s]."""
POINTS = 60
"""Intervals of the speed curve, at most."""


def recoveries(
    with_: Floats, without: Floats, at: int, end: int, dt: float
) -> dict[str, dict[str, list[float | str | None]]] | None:
    """Return per condition and measure ``[iqm, low, high]``; None where lives are too short."""
    window, search = round(WINDOW / dt), end - at + round(SETTLE / dt)
    if not window <= at <= at + search <= with_.shape[1] - 1 - window:
        return None
    return {
        name: {
            key: [json_number(value) for value in iqm_interval([values])]
            for key, values in vars(recovery(x, at, search, window, dt)).items()
            if key != "survival"  # of ones and zeros an interquartile mean says little
        }
        for name, x in (("with", with_), ("without", without))
    }


def json_number(value: float) -> float | str | None:
    """Return what JSON can hold; a time that never comes is ``never``."""
    if np.isnan(value):
        return None
    return float(value) if np.isfinite(value) else "never"


def held(x: Floats) -> Floats:
    """Return the ways ``(n_lives, horizon + 1)`` with the dead where they died."""
    last = np.maximum.accumulate(np.where(np.isfinite(x), np.arange(x.shape[1]), 0), axis=1)
    return np.take_along_axis(x, last, axis=1)


def speed_curves(with_: Floats, without: Floats, dt: float) -> dict[str, Any]:
    """Return mean speeds over lives with 95 % bootstrap intervals; the dead have a speed of 0."""
    stride = max(round(WINDOW / 2 / dt), -(-(with_.shape[1] - 1) // POINTS))
    curves: dict[str, Any] = {}
    for name, x in (("with", with_), ("without", without)):
        n = len(x)
        draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), 1000) / n
        speeds = np.diff(held(x)[:, ::stride], axis=1) / (stride * dt)
        low, high = np.quantile(draws @ speeds, (0.025, 0.975), axis=0)
        curves[name] = {"mean": speeds.mean(0).tolist(), "low": low.tolist(), "high": high.tolist()}
        seconds = (np.arange(speeds.shape[1]) + 0.5) * stride * dt
    return {"seconds": seconds.tolist(), **curves}
