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


def speed_windows(horizon: int, at: int, dt: float) -> npt.NDArray[np.int64]:
    """Return the env steps at which windows of a speed curve begin and end, ascending.

    A window lasts half a second, or longer where there would be too many of them. The first and the
    last may be up to half as long again, or half as short. One window ends at the event, so that
    none has a part before the event and a part after it.

    Args:
        horizon: env steps of the longest life.
        at: env step of the event.
        dt: simulated time of an env step [s].
    """
    stride = max(round(WINDOW / 2 / dt), -(-horizon // POINTS))
    edges = np.arange(at % stride, horizon + 1, stride)
    apart = (2 * edges >= stride) & (2 * (horizon - edges) >= stride)
    return np.unique([0, *edges[apart | (edges == at)], horizon])


def speed_curves(with_: Floats, without: Floats, at: int, dt: float) -> dict[str, Any]:
    """Return mean speeds over lives with 95 % bootstrap intervals; the dead have a speed of 0.

    Args:
        with_: ``(n_lives, horizon + 1)`` ways with the probe [m], NaN after a life's end.
        without: the same without it.
        at: env step of the event.
        dt: simulated time of an env step [s].

    Returns:
        ``edges``, the env steps between the windows (see `speed_windows`); ``seconds``, their
        middles; ``with`` and ``without``, each with ``mean``, ``low`` and ``high`` per window [m/s]
        and ``living``, the part of the lives that go on at each edge.
    """
    edges = speed_windows(with_.shape[1] - 1, at, dt)
    seconds = (edges[:-1] + edges[1:]) / 2 * dt
    curves: dict[str, Any] = {"edges": edges.tolist(), "seconds": seconds.tolist()}
    for name, x in (("with", with_), ("without", without)):
        n = len(x)
        draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), 1000) / n
        speeds = np.diff(held(x)[:, edges], axis=1) / (np.diff(edges) * dt)
        low, high = np.quantile(draws @ speeds, (0.025, 0.975), axis=0)
        numbers = {"mean": speeds.mean(0), "low": low, "high": high}
        numbers["living"] = np.isfinite(x[:, edges]).mean(0)
        curves[name] = {key: values.tolist() for key, values in numbers.items()}
    return curves
