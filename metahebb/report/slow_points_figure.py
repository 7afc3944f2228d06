"""The figure of fixed and slow points over the mean trajectories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.analysis.slow_points import SlowPoint
from metahebb.analysis.trajectories import Trajectories
from metahebb.learning.lived import LivedTrials
from metahebb.report.figures import BLUE, FAINT, INK, ORANGE, style
from metahebb.report.trajectories_figure import plane
from metahebb.report.trial_axes import legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = {"stable": BLUE, "saddle": ORANGE, "repelling": INK}
_MARKERS = {"stable": "D", "saddle": "X", "repelling": "^"}


def draw_slow_points(
    lived: LivedTrials,
    paths: Trajectories,
    points: Sequence[SlowPoint],
    rates: npt.ArrayLike,
    unit: str = "per step",
) -> Figure:
    """Return the figure: points over mean paths at the left, their eigenvalues at the right.

    Args:
        lived: the trials.
        paths: their trajectories.
        points: the slow points; there may be none.
        rates: ``(n_points, n_units)``, the units' rates at the points, such as tanh of the states.
        unit: the unit of eigenvalues.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1.0))
    plane(left, lived, paths, alpha=0.55)
    title = "Fixed and slow points over mean trajectories" if points else "No slow point is near"
    left.set_title(title, color=INK, fontsize=10, loc="left")
    if points:
        at = paths.project(np.asarray(rates, np.float64).reshape(len(points), -1))
        for kind in _COLORS:
            for fixed in (True, False):
                chosen = [i for i, p in enumerate(points) if (p.kind, p.is_fixed) == (kind, fixed)]
                _mark(left, at[chosen], kind, fixed)
    _eigenvalues(right, points, unit)
    legend_below(figure, left)
    return figure


def _mark(axes: Axes, at: npt.NDArray[np.float64], kind: str, fixed: bool) -> None:
    if len(at):
        what = "fixed point" if fixed else "slow point"
        axes.plot(at[:, 0], at[:, 1], linestyle="", marker=_MARKERS[kind], markersize=8,
                  color=_COLORS[kind], markerfacecolor=_COLORS[kind] if fixed else "white",
                  markeredgecolor="white" if fixed else _COLORS[kind], zorder=5,
                  label=f"{kind} {what} ({len(at)})")  # fmt: skip


def _eigenvalues(axes: Axes, points: Sequence[SlowPoint], unit: str) -> None:
    """Draw the eigenvalues of each point; right of the line is unstable."""
    from matplotlib.ticker import MaxNLocator

    style(axes, f"real part [{unit}]", f"imaginary part [{unit}]", "Eigenvalues at the points")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.axvline(0, color=INK, linewidth=0.9, linestyle="--", zorder=0)
    axes.axhline(0, color=FAINT, linewidth=0.5, zorder=0)
    for point in points:
        values = point.eigenvalues
        axes.plot(values.real, values.imag, linestyle="", marker=".", markersize=4, alpha=0.7,
                  color=_COLORS[point.kind])  # fmt: skip
