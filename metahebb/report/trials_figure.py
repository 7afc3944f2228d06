"""The figure of single trials: what the network sees, gives out and should give out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metahebb.learning.lived import LivedTrials
from metahebb.report.figures import DIVERGING, FAINT, GRAY, INK, LIVES, color_bar, style
from metahebb.report.trial_axes import (
    legend_below,
    name_of_kind,
    shown_kinds,
    time_unit,
    times_of,
    without_repeats,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_MOST_LINES = 6  # more sensors are a heat map
_COLUMNS = 4


def typical_trials(lived: LivedTrials) -> list[int]:
    """Return the number of a trial of each kind: the one of median reward among its trials."""
    chosen = []
    for kind in shown_kinds(lived):
        places = np.flatnonzero(lived.outcomes.kind == kind)
        order = np.argsort(lived.outcomes.reward[places], kind="stable")
        chosen.append(int(places[order[(len(order) - 1) // 2]]))
    return chosen


def draw_trials(lived: LivedTrials) -> Figure:
    """Return the figure: a column for a typical trial of each kind, with inputs above outputs.

    A gray area is the time in which outputs are judged. What came of a trial stands above it.
    """
    from matplotlib.figure import Figure

    chosen = typical_trials(lived)
    columns = min(len(chosen), _COLUMNS)
    blocks = -(-len(chosen) // columns)
    figure = Figure(figsize=(9.6, 0.6 + 3.6 * blocks), layout="constrained")
    grid = figure.subplots(2 * blocks, columns, squeeze=False, sharex=True,
                           height_ratios=(0.8, 1.2) * blocks)  # fmt: skip
    limits, images = output_limits(lived, chosen), []
    for place, trial in enumerate(chosen):
        block, column = divmod(place, columns)
        above, below = grid[2 * block : 2 * block + 2, column]
        images.append((above, draw_inputs(above, lived, trial)))
        draw_outputs(below, lived, trial)
        below.set_ylim(*limits)
        above.set_title(verdict_of(lived, trial), color=INK, fontsize=9, loc="left")
        if block < blocks - 1:
            below.set_xlabel("")
    for place in range(len(chosen), blocks * columns):
        for row in (2 * blocks - 2, 2 * blocks - 1):
            grid[row, place % columns].remove()
    for row in grid:
        without_repeats(row)
    if images[0][1] is not None:
        color_bar(*[axes for axes, _ in images], colors=images[0][1], label="input", aspect=24)
    legend_below(figure, grid[1, 0])
    return figure


def output_limits(lived: LivedTrials, trials: list[int]) -> tuple[float, float]:
    """Return the ends of an axis that shows all outputs and targets of ``trials``."""
    values = np.concatenate([lived.outputs[trials].ravel(), lived.targets[trials].ravel()])
    known = values[np.isfinite(values)]
    low, high = float(known.min(initial=0.0)), float(known.max(initial=0.0))
    margin = 0.08 * (high - low) or 0.1
    return low - margin, high + margin


def draw_inputs(axes: Axes, lived: LivedTrials, trial: int) -> AxesImage | None:
    """Draw the observations of a trial: lines above each other, or a heat map of many sensors.

    Returns:
        The heat map; None: lines are drawn.
    """
    from matplotlib.ticker import MaxNLocator

    length = int(lived.lengths[trial])
    values = lived.observations[trial, :length]
    n, unit = values.shape[1], time_unit(lived)[0]
    finite = lived.observations[np.isfinite(lived.observations)]
    size = float(np.abs(finite).max(initial=0.0)) or 1.0
    if n > _MOST_LINES:
        image = axes.imshow(
            values.T, aspect="auto", cmap=DIVERGING, vmin=-size, vmax=size, interpolation="nearest",
            extent=(0.0, length * unit, n - 0.5, -0.5),
        )  # fmt: skip
        style(axes, y="sensor")
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        return image
    signed = bool((finite < 0).any())
    apart = 2.2 if signed else 1.2
    for sensor in range(n):
        base = (n - 1 - sensor) * apart
        axes.axhline(base, color=FAINT, linewidth=0.4, zorder=0)
        axes.plot(times_of(lived, length), base + values[:, sensor] / size, color=INK,
                  linewidth=0.9, drawstyle="steps-post")  # fmt: skip
    style(axes, y="input of sensor")
    axes.set_yticks([(n - 1 - sensor) * apart for sensor in range(n)], [str(s) for s in range(n)])
    axes.set_ylim(-(1.1 if signed else 0.15), (n - 1) * apart + 1.15)
    return None


def draw_outputs(axes: Axes, lived: LivedTrials, trial: int) -> None:
    """Draw the outputs of a trial, the target, and the time in which outputs are judged."""
    length = int(lived.lengths[trial])
    times = times_of(lived, length + 1)
    target, outputs = lived.targets[trial, :length], lived.outputs[trial, :length]
    judged = np.asarray(np.isfinite(target).any(1))
    if judged.any():
        axes.fill_between(times, 0, 1, where=np.r_[judged, judged[-1:]].tolist(), step="post",
                          color=GRAY, alpha=0.22, linewidth=0, label="judged",
                          transform=axes.get_xaxis_transform())  # fmt: skip
    axes.axhline(0, color=FAINT, linewidth=0.5, zorder=0)
    n = outputs.shape[1]
    for output in range(n):
        color = LIVES[output % len(LIVES)]
        name = "output" if n == 1 else f"output {output}"
        axes.plot(times[:-1], outputs[:, output], color=color, linewidth=1.4, label=name)
        if np.isfinite(target[:, output]).any():
            axes.plot(times[:-1], target[:, output], color=INK if n == 1 else color,
                      linewidth=1.6, linestyle=(0, (2, 1.2)),
                      label="target" if not output else None)  # fmt: skip
    style(axes, time_unit(lived)[1], "output")
    axes.set_xlim(0, int(lived.lengths.max()) * time_unit(lived)[0])


def verdict_of(lived: LivedTrials, trial: int) -> str:
    """Return the kind of a trial, the answer and whether it was right, and its reward."""
    outcomes = lived.outcomes
    correct, choice = outcomes.correct[trial], int(outcomes.choice[trial])
    given = lived.choices[choice] if 0 <= choice < len(lived.choices) else ""
    if lived.choices and choice < 0:
        given = "no answer"
    right = "" if np.isnan(correct) else ("right" if correct else "wrong")
    answer = ": ".join(filter(None, (right, given)))
    reward = f"reward {outcomes.reward[trial]:.2g}".replace("-", "−")
    second = f"{answer}\n{reward}" if answer else reward
    return f"{name_of_kind(lived, int(outcomes.kind[trial]))}\n{second}"
