"""The figure of population trajectories: mean paths by kind along principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metahebb.analysis.trajectories import Trajectories
from metahebb.learning.lived import LivedTrials
from metahebb.report.figures import FAINT, style
from metahebb.report.trial_axes import (
    MOST_KINDS,
    legend_below,
    look_of,
    name_of_kind,
    time_unit,
    times_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def axis_label(paths: Trajectories, component: int) -> str:
    """Return the label of a component, with the part of the variance that it explains."""
    return f"PC{component + 1} ({paths.explained[component]:.0%} of variance)"


def draw_trajectories(lived: LivedTrials, paths: Trajectories) -> Figure:
    """Return the figure: planes of two components above, components over time below.

    A circle is the start of a mean path, and a square its end.

    Args:
        lived: the trials.
        paths: their trajectories, with at least two components.
    """
    from matplotlib.figure import Figure

    n = min(3, len(paths.explained))
    figure = Figure(figsize=(9.6, 6.4), layout="constrained")
    upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.5, 1.0))[:, 0]
    planes = ((0, 1), (0, 2)) if n == 3 else ((0, 1),)
    for axes, (x, y) in zip(upper.subplots(1, len(planes), squeeze=False)[0], planes, strict=True):
        plane(axes, lived, paths, x, y)
    title = ("Principal components over time", *[""] * (n - 1))
    for component, axes in enumerate(lower.subplots(1, n, squeeze=False)[0]):
        style(axes, time_unit(lived)[1], f"PC{component + 1}", title[component])
        times = times_of(lived, paths.paths.shape[1])
        for place, path in enumerate(paths.paths[:MOST_KINDS]):
            color, line = look_of(place)
            axes.plot(times, path[:, component], color=color, linestyle=line, linewidth=1.2)
        axes.axhline(0, color=FAINT, linewidth=0.5, zorder=0)
    legend_below(figure, upper.axes[0])
    return figure


def plane(
    axes: Axes, lived: LivedTrials, paths: Trajectories, x: int = 0, y: int = 1, alpha: float = 1.0
) -> None:
    """Draw mean paths in the plane of components ``x`` and ``y``, with their starts and ends."""
    for place, path in enumerate(paths.paths[:MOST_KINDS]):
        color, line = look_of(place)
        known = path[np.isfinite(path).all(1)]
        name = f"{name_of_kind(lived, paths.kinds[place])} ({paths.n_trials[place]} trials)"
        axes.plot(known[:, x], known[:, y], color=color, linestyle=line, linewidth=1.3,
                  alpha=alpha, label=name)  # fmt: skip
        if len(known):
            for marker, at in (("o", known[0]), ("s", known[-1])):
                axes.plot(at[x], at[y], marker=marker, markersize=6, color=color, zorder=3,
                          markeredgecolor="white")  # fmt: skip
    title = f"PC{x + 1} and PC{y + 1} (● start, ■ end)"
    style(axes, axis_label(paths, x), axis_label(paths, y), title)
