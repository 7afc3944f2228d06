"""The figure of how a network learned trial by trial: accuracy and error, and the criterion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.analysis.learning_curve import (
    PART,
    WINDOW,
    Middle,
    band,
    running_mean,
    trials_to_criterion,
)
from metahebb.learning.lived import Outcomes
from metahebb.report.figures import BLUE, GRAY, INK, ORANGE, style
from metahebb.report.trial_axes import legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = npt.NDArray[np.float64]

_LABELS = {
    "correct": ("part of trials that were right", "Accuracy"),
    "error": ("error (mean distance to the target)", "Error"),
    "reward": ("reward of a trial", "Reward"),
}
_MOST_DOTS = 2000
_FEW = 10  # values of single trials


def window_of(runs: Sequence[Outcomes]) -> int:
    """Return the window of running means: 100 trials, and a fifth of the longest run if shorter."""
    return max(1, min(WINDOW, max(map(len, runs)) // 5))


def shown_numbers(runs: Sequence[Outcomes]) -> tuple[str, ...]:
    """Return which numbers of trials the figure shows: the known ones, two at most.

    They are ``correct`` and ``error``, and ``reward`` where one of both is missing.
    """
    names = [n for n in ("correct", "error") if any(_known(getattr(r, n)) for r in runs)]
    return tuple(names if len(names) == 2 else [*names, "reward"])


def draw_trial_learning(
    runs: Sequence[Outcomes],
    *,
    failed: Sequence[bool] = (),
    part: float = PART,
    criterion_window: int = WINDOW,
    middle: Middle = "mean",
) -> Figure:
    """Return the figure of one run, or of several runs with a band over them.

    The band and the thick line of several runs end with the shortest of them: the mean would jump
    where a run is over, though no network changed.

    Args:
        runs: the outcomes of each run, in the order in which its trials were lived.
        failed: whether each run ended early; the band leaves these runs out. Empty: none did.
        part: the part of successive trials that has to be right.
        criterion_window: the number of these trials.
        middle: what the thick line of several runs is, ``mean`` or ``median``.
    """
    from matplotlib.figure import Figure

    names, early = shown_numbers(runs), list(failed) or [False] * len(runs)
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    figure.set_layout_engine("constrained", wspace=0.06)
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    reached = [trials_to_criterion(run.correct, part, criterion_window) for run in runs]
    for axes, name in zip(panels, names, strict=True):
        label, title = _LABELS[name]
        style(axes, "trial", label, title)
        values = [getattr(run, name) for run in runs]
        if len(runs) == 1:
            _one(axes, values[0], name, window_of(runs))
        else:
            _several(axes, values, early, name, window_of(runs), middle)
        axes.set_xlim(0, max(map(len, runs)))
        if name == "correct":
            axes.set_ylim(-0.03, 1.03)
            _criterion(axes, reached, part, criterion_window)
        elif name == "error":
            axes.set_ylim(bottom=0)
    legend_below(figure, *panels)
    return figure


def _one(axes: Axes, values: Numbers, name: str, window: int) -> None:
    trials = np.arange(1, values.size + 1)
    axes.plot(trials, running_mean(values, window), color=BLUE, linewidth=1.8,
              label=f"mean of {window} trials", zorder=3)  # fmt: skip
    if np.unique(values).size > _FEW:  # else the dots lie on a few lines, and say nothing
        every = -(-trials.size // _MOST_DOTS)
        axes.plot(trials[::every], values[::every], linestyle="", marker=".", markersize=2.5,
                  color=GRAY, alpha=0.6, markeredgewidth=0)  # fmt: skip
        axes.plot([], [], ".", color=GRAY, markersize=7, markeredgewidth=0, label="single trials")
    _limit(axes, values)


def _several(
    axes: Axes,
    values: Sequence[Numbers],
    failed: Sequence[bool],
    name: str,
    window: int,
    middle: Middle,
) -> None:
    curves = [running_mean(row, window) for row in values]
    for curve, early in zip(curves, failed, strict=True):
        color = INK if early else BLUE
        axes.plot(np.arange(1, curve.size + 1), curve, color=color, linewidth=0.6, alpha=0.5)
        if early and np.isfinite(curve).any():
            last = np.flatnonzero(np.isfinite(curve))[-1]
            axes.plot(last + 1, curve[last], marker="x", markersize=6, color=INK, linestyle="",
                      zorder=4, label="ended early")  # fmt: skip
    lasting = [curve for curve, early in zip(curves, failed, strict=True) if not early]
    if len(lasting) > 1:
        shortest = min(curve.size for curve in lasting)
        bounds = (0.0, 1.0) if name == "correct" else (-np.inf, np.inf)
        over = band([curve[:shortest] for curve in lasting], middle, bounds)
        axes.fill_between(over.trials, over.low, over.high, color=BLUE, alpha=0.18, linewidth=0,
                          label="95 % interval")  # fmt: skip
        axes.plot(over.trials, over.middle, color=BLUE, linewidth=2.0,
                  label=f"{middle} of {len(lasting)} seeds (running mean of {window})")  # fmt: skip
    _limit(axes, np.concatenate(curves))


def _criterion(axes: Axes, reached: Sequence[int | None], part: float, window: int) -> None:
    """Draw the line of the criterion, and mark where each run reached it first."""
    axes.axhline(part, color=INK, linewidth=0.9, linestyle="--", zorder=1, alpha=0.6,
                 label=f"criterion: {100 * part:.3g} % of {window} trials")  # fmt: skip
    done = [count for count in reached if count is not None]
    if done:
        label = f"reached after {done[0]:,} trials"
        if len(reached) > 1:
            label = f"reached by {len(done)} of {len(reached)} seeds"
        axes.plot(done, [part] * len(done), linestyle="", marker="v", markersize=7, color=ORANGE,
                  markeredgecolor="white", zorder=4, label=label)  # fmt: skip


def _limit(axes: Axes, values: Numbers) -> None:
    """Let ``axes`` show all but the most extreme hundredth of ``values``."""
    known = values[np.isfinite(values)]
    if known.size:
        low, high = np.quantile(known, (0.005, 0.995))
        margin = 0.08 * (high - low) or 0.08 * max(abs(high), 1.0)
        axes.set_ylim(low - margin, high + margin)


def _known(values: Numbers) -> bool:
    return bool(np.isfinite(values).any())
