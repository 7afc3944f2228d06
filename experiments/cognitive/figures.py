"""The figures of the study ``cognitive``: what every run reached, and its learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.cognitive.names import ACTOR_CRITIC, BY_HAND, NODE, SUPRALINEAR, TRACE
from experiments.cognitive.runs import Taught
from metahebb.analysis.learning_curve import band, running_mean
from metahebb.report.figures import FAINT, INK, LIVES, save, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

COLORS = dict(zip((NODE, SUPRALINEAR, TRACE, ACTOR_CRITIC, BY_HAND), LIVES, strict=False))
"""The color of each system; a system that lacks a part of another one is gray."""
_COLUMNS = 4
_SPREAD = 0.28  # of the dots of an arm, in rows


def draw_systems(taught: Sequence[Taught], ideal: Mapping[str, float], folder: Path) -> None:
    """Write ``systems.png``: the accuracy and the trials to criterion of every run."""
    from matplotlib.figure import Figure

    tasks = list(dict.fromkeys(each.arm.task for each in taught))
    arms = sorted(taught, key=lambda each: tasks.index(each.arm.task))
    figure = Figure(figsize=(9.6, 1.2 + 0.3 * len(arms)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1.0))
    slowest = max(len(lived) for each in arms for lived in each.lived)
    for row, each in enumerate(arms):
        color = COLORS.get(each.arm.system, FAINT)
        n = len(each.seeds)
        places = row + (np.linspace(-_SPREAD, _SPREAD, n) if n > 1 else np.zeros(n))
        learned = each.has_learned()
        for axes, values in ((left, each.accuracies()), (right, each.reached()[:n])):
            finite = np.isfinite(values)
            for good in (True, False):
                some = finite & (learned == good)
                axes.plot(values[some], places[some], linestyle="", marker="o", markersize=3.6,
                          color=color, markerfacecolor=color if good else "white",
                          markeredgewidth=0.9, alpha=0.85)  # fmt: skip
        never = ~np.isfinite(each.reached()[:n])
        right.plot(np.full(never.sum(), 2.0 * slowest), places[never], linestyle="", marker="x",
                   markersize=4, color=color)  # fmt: skip
        ends = {"ymin": row - 0.42, "ymax": row + 0.42, "linewidth": 1.4}
        if each.arm.observer:
            left.vlines(ideal[each.arm.task], color=INK, **ends)
        if not each.arm.still:  # it has learned with its criterion, and not with an accuracy
            left.vlines(each.arm.floor, color=color, linestyle=":", **ends)
    left.set_yticks(range(len(arms)), [each.arm.name for each in arms])
    left.set_ylim(len(arms) - 0.5, -0.5)
    left.set_xlim(-0.02, 1.02)
    right.set_xscale("log")
    style(left, "accuracy on fresh trials", "", "Every run: filled if it learned")
    style(right, "trials to criterion (×: not reached)", "", "How soon")
    for axes in (left, right):
        axes.tick_params(labelsize=7.5)
        for row in range(len(arms)):
            axes.axhline(row, color=FAINT, linewidth=0.3, zorder=0)
    handles = [
        left.plot([], [], color=INK, linewidth=1.4, label="ideal observer")[0],
        left.plot([], [], color=FAINT, linewidth=1.4, linestyle=":", label="counts as learned")[0],
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2, frameon=False, fontsize=8)
    save(figure, folder / "systems.png")


def draw_learning(taught: Sequence[Taught], ideal: Mapping[str, float], folder: Path) -> None:
    """Write ``learning.png``: learning curves with bands, in a panel per task."""
    from matplotlib.figure import Figure

    tasks = list(dict.fromkeys(each.arm.task for each in taught))
    rows = -(-len(tasks) // _COLUMNS)
    figure = Figure(figsize=(11.0, 2.35 * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False, sharey=True).ravel()
    for axes in panels[len(tasks) :]:
        axes.set_visible(False)
    handles: dict[str, Line2D] = {}
    for number, (axes, task) in enumerate(zip(panels, tasks, strict=False)):
        for each in taught:
            if each.arm.task == task and each.lived:
                handles.setdefault(_named(each.arm.system), _curves(axes, each))
        if task in ideal:
            axes.axhline(ideal[task], color=INK, linewidth=1.0, linestyle=":", zorder=1)
        style(axes, "trial", "" if number % _COLUMNS else "accuracy", task)
        axes.set_ylim(-0.03, 1.03)
        axes.set_xlim(left=0)
        axes.locator_params(axis="x", nbins=4)
    figure.legend(list(handles.values()), list(handles), loc="outside lower center",
                  ncols=len(handles), frameon=False, fontsize=8)  # fmt: skip
    save(figure, folder / "learning.png")


def _named(system: str) -> str:
    return system if system in COLORS else "without the part that the task needs"


def _curves(axes: Axes, taught: Taught) -> Line2D:
    """Draw the curve of each seed and their mean with its band; return the line of the mean."""
    color = COLORS.get(taught.arm.system, FAINT)
    window = min(taught.arm.config.window, max(1, len(taught.lived[0]) // 5))
    curves = [running_mean(lived.correct, window) for lived in taught.lived]
    over = band(curves, "mean", (0.0, 1.0))
    for curve in curves:
        some = over.trials - 1
        axes.plot(over.trials, curve[some], color=color, linewidth=0.5, alpha=0.35)
    axes.fill_between(over.trials, over.low, over.high, color=color, alpha=0.15, linewidth=0)
    (line,) = axes.plot(over.trials, over.middle, color=color, linewidth=1.8)
    return line
