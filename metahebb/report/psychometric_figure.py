"""The figure of psychometric curves: a panel for each signed condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from metahebb.analysis.choices import (
    GroupCurve,
    choice_curves,
    signed_conditions,
    splitting_condition,
)
from metahebb.learning.lived import Outcomes
from metahebb.report.figures import FAINT, INK, LIVES, style
from metahebb.report.rounding import with_ends

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKERS = "osD^"
_DODGE = 0.01  # between groups, so that no error bar hides another
_DODGE = 0.01  # between groups, so that no error bar hides another


def curves_of(outcomes: Outcomes, choice: int = 1) -> dict[str, list[GroupCurve]]:
    """Return the curves of each signed condition, split where another condition has few levels.

    Args:
        outcomes: of the trials.
        choice: the number of the answer that counts as chosen.

    Returns:
        The curves by condition; empty where no condition is signed or no trial has an answer.
    """
    if not (outcomes.choice >= 0).any():
        return {}
    return {
        name: choice_curves(outcomes, name, choice, splitting_condition(outcomes, name))
        for name in signed_conditions(outcomes)
    }


def draw_psychometric(
    curves: dict[str, list[GroupCurve]], choices: Sequence[str], choice: int = 1
) -> Figure:
    """Return the figure of curves by condition (`curves_of`).

    Args:
        curves: of each condition.
        choices: the names of the answers, by number.
        choice: the number of the answer of the curves.
    """
    from matplotlib.figure import Figure

    name = choices[choice] if choice < len(choices) else f"answer {choice}"
    figure = Figure(figsize=(max(7.2, 4.8 * len(curves)), 4.1), layout="constrained")
    panels = figure.subplots(1, len(curves), squeeze=False, sharey=True)[0]
    for axes, (condition, groups) in zip(panels, curves.items(), strict=True):
        style(axes, condition, f"part of answers “{name}”", f"Choices against {condition}")
        for place, group in enumerate(groups):
            _curve(axes, group, place, _DODGE * (place - (len(groups) - 1) / 2))
        axes.axhline(0.5, color=FAINT, linewidth=0.6, zorder=0)
        axes.axvline(0, color=FAINT, linewidth=0.6, zorder=0)
        axes.set_ylim(-0.03, 1.03)
        axes.legend(frameon=False, fontsize=7.5, labelcolor=INK, loc="upper center",
                    bbox_to_anchor=(0.5, -0.16), alignment="left")  # fmt: skip
    for axes in panels[1:]:
        axes.set_ylabel("")
    return figure


def _curve(axes: Axes, group: GroupCurve, place: int, aside: float) -> None:
    """Draw a group, its points moved ``aside`` by a part of their range."""
    color, points = LIVES[place % len(LIVES)], group.given.binned()
    low, high = points.intervals()
    spread = np.stack([points.part - low, high - points.part]).clip(min=0)
    levels = points.levels + aside * np.ptp(points.levels)
    axes.errorbar(levels, points.part, yerr=spread, linestyle="", color=color,
                  marker=_MARKERS[place % len(_MARKERS)], markersize=4.5, linewidth=1.0,
                  label=f"{group.name or 'all trials'}: {_words(group)}")  # fmt: skip
    if group.fit is not None:
        at = np.linspace(group.given.levels[0], group.given.levels[-1], 300)
        axes.plot(at, group.fit(at), color=color, linewidth=1.6)


def _words(group: GroupCurve) -> str:
    """Return the bias and the slope of a group with intervals, or why there is no fit."""
    fit = group.fit
    if fit is None:
        return f"no fit, {group.why}"
    bias, slope = fit.intervals["bias"], fit.intervals["slope"]
    return f"bias {with_ends(fit.bias, *bias)}, slope {with_ends(fit.slope, *slope)}"
