"""The figure of rates by unit over the time of a trial, for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.analysis.trajectories import mean_rates
from metahebb.learning.lived import LivedTrials
from metahebb.report.figures import DIVERGING, color_bar, style
from metahebb.report.trial_axes import name_of_kind, shown_kinds, time_unit, without_repeats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 4


def order_by_peak(rates: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return units by the time at which their mean rate is farthest from its mean over time.

    Args:
        rates: ``(n_steps, n_units)``; steps of NaN are left out.
    """
    known = rates[np.isfinite(rates).all(1)]
    return np.argsort(np.abs(known - known.mean(0)).argmax(0), kind="stable")


def draw_rates(lived: LivedTrials) -> Figure:
    """Return the figure: units as rows, in the same order in each panel, a panel for each kind.

    Units are sorted by the time of their peak in the first kind.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    kinds = shown_kinds(lived)
    means = [mean_rates(lived, kind) for kind in kinds]
    order = order_by_peak(means[0])
    finite = np.abs(np.concatenate([mean[np.isfinite(mean)] for mean in means]))
    bound = float(np.quantile(finite, 0.995)) or 1.0  # a few outliers must not bleach the rest
    columns = min(len(kinds), _COLUMNS)
    rows = -(-len(kinds) // columns)
    figure = Figure(figsize=(9.6, 3.4 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    scale, label = time_unit(lived)
    shown = list(grid.flat)[: len(kinds)]
    for axes, kind, mean in zip(shown, kinds, means, strict=True):
        image = axes.imshow(
            mean[:, order].T, aspect="auto", cmap=DIVERGING, vmin=-bound, vmax=bound,
            interpolation="nearest", extent=(0.0, len(mean) * scale, len(order), 0.0),
        )  # fmt: skip
        style(axes, label, "unit, sorted by time of peak", name_of_kind(lived, kind))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_locator(MaxNLocator(4))
    for axes in shown[: columns * (rows - 1)]:
        axes.set_xlabel("")
    for axes in list(grid.flat)[len(kinds) :]:
        axes.remove()
    for row in grid:
        without_repeats(row)
    color_bar(*shown, colors=image, label="mean rate", aspect=24)
    return figure
