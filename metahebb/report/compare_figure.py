"""The figure of a comparison: learning curves with bands over runs, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from metahebb.report.figures import FAINT, INK, LIVES, style
from metahebb.report.table import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = (".png", ".pdf", ".svg")
"""Endings of files that a figure can be written to."""
_TITLES = {"center_return": "return of the center", "fitness_mean": "mean fitness"}
_LEGEND_WIDTH, _LEGEND_HANDLE = 130, 8
"""Characters in a line of the legend, and what each of its lines and gaps takes of them."""
_MARGIN = 0.08
"""What an axis shows beyond the curves of all runs, as a part of their range."""

NOTE = (
    "Left: mean over runs (thick) and its 95 % band; thin: each run. A band of few runs is wide, "
    "and may go beyond the axis. Right: the last center in fresh lives; dots are runs, the marker "
    "is their mean with its 95 % interval."
)
ONLY_ONE_RUN_NOTE = (
    "Left: the only run of each arm. Right: its last center in fresh lives. A hollow marker says "
    "that it is one run (n = 1), which has no band and no interval."
)
ONE_RUN_NOTE = " An arm of one run has a hollow marker (n = 1), no band and no interval."


def note_on(comparison: Mapping[str, Any]) -> str:
    """Return what the figure of a comparison shows, for the text below it."""
    single = [len(arm["runs"]) == 1 for arm in comparison["arms"]]
    return ONLY_ONE_RUN_NOTE if all(single) else NOTE + ONE_RUN_NOTE * any(single)


def compare_figure(comparison: Mapping[str, Any]) -> Figure:
    """Return the figure of a comparison, see `metahebb.analysis.compare.compare`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.9), layout="constrained")
    has_final = any(_finals(arm, comparison["headline"]) for arm in comparison["arms"])
    if not has_final:
        _curves(figure.subplots(), comparison)
        _legend(figure)
        return figure
    bodies = {f["body"] for arm in comparison["arms"] for f in arm["final"]}
    wide = min(1.2, 0.35 + 0.1 * len(comparison["arms"]) * len(bodies))
    curves, final = figure.subplots(1, 2, width_ratios=(1.7, wide))
    _curves(curves, comparison)
    _final(final, comparison)
    _legend(figure)
    return figure


def _legend(figure: Figure) -> None:
    """Name the arms below the axes, where the legend hides no curve and no band."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    columns = max(1, min(len(labels), _LEGEND_WIDTH // (max(map(len, labels)) + _LEGEND_HANDLE)))
    figure.legend(
        handles, labels, loc="outside lower left", ncols=columns, frameon=False, fontsize=8,
        labelcolor=INK,
    )  # fmt: skip


def _colors(arms: Sequence[Any]) -> list[str]:
    return [LIVES[place % len(LIVES)] for place in range(len(arms))]


def _curves(axes: Axes, comparison: Mapping[str, Any]) -> None:
    arms = comparison["arms"]
    unit = f" [{comparison['unit']}]" if comparison["unit"] else ""
    what = _TITLES[comparison["curve"]]
    style(axes, "env steps", what + unit, f"Learning: {what}")
    for arm, color in zip(arms, _colors(arms), strict=True):
        curve, n = arm["curve"], len(arm["runs"])
        steps, mean, low, high = (
            np.array(curve[part], np.float64) for part in ("env_steps", "mean", "low", "high")
        )
        if n > 1:
            for row, at in zip(curve["runs"], curve["runs_env_steps"], strict=True):
                values = np.array(row, np.float64)
                axes.plot(at, values, color=color, linewidth=0.6, alpha=0.35)
            axes.fill_between(steps, low, high, color=color, alpha=0.18, linewidth=0)
        dots = "o" if len(steps) < 3 else ""  # a line of one point cannot be seen
        name = f"{arm['name']} ({n} runs)" if n > 1 else f"{arm['name']} (n = 1)"
        axes.plot(steps, mean, color=color, linewidth=1.8, marker=dots, label=name,
                  linestyle="-" if n > 1 else "--")  # fmt: skip
        if n == 1 and np.isfinite(mean).any():
            last = np.flatnonzero(np.isfinite(mean))[-1]
            axes.plot(steps[last], mean[last], marker="o", markersize=7, color=color,
                      markerfacecolor="white", zorder=4, clip_on=False)  # fmt: skip
    axes.set_xlim(left=0)
    _limit(axes, [v for arm in arms for row in arm["curve"]["runs"] for v in row if v is not None])
    axes.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
    axes.xaxis.set_major_formatter(_engineering())


def _engineering() -> Any:
    from matplotlib.ticker import EngFormatter

    return EngFormatter(sep=" ")


def _limit(axes: Axes, values: Sequence[float]) -> None:
    """Let ``axes`` show all ``values``, however wide bands and intervals are."""
    if not values:
        return
    low, high = min(values), max(values)
    margin = _MARGIN * (high - low) or _MARGIN * max(abs(high), 1.0)
    axes.set_ylim(low - margin, high + margin)


def _final(axes: Axes, comparison: Mapping[str, Any]) -> None:
    """Draw what the last centers do, by body and arm."""
    arms, headline = comparison["arms"], comparison["headline"]
    results = [{f["body"]: f for f in _finals(arm, headline)} for arm in arms]
    bodies = list(dict.fromkeys(body for known in results for body in known))
    unit = next(f["unit"] for known in results for f in known.values())
    style(axes, "", label(headline, {"unit": unit}), "The last center")
    shown: list[float] = []
    for place, (known, color) in enumerate(zip(results, _colors(arms), strict=True)):
        for group, body in enumerate(bodies):
            if body in known and known[body]["mean"] is not None:
                at = group * (len(arms) + 1) + place
                shown += _mark(axes, at, known[body], color)
    groups = range(len(bodies))
    if len(bodies) > 1:
        axes.set_xticks([g * (len(arms) + 1) + (len(arms) - 1) / 2 for g in groups], bodies)
    else:
        axes.set_xticks(range(len(arms)), [arm["name"] for arm in arms])
    _turn(axes)
    axes.set_xlim(-0.7, len(bodies) * (len(arms) + 1) - 1.3)
    _limit(axes, shown)


def _turn(axes: Axes) -> None:
    """Turn the names below ``axes`` where they would run into each other."""
    names = [text.get_text() for text in axes.get_xticklabels()]
    if sum(map(len, names)) > 18:
        for text in axes.get_xticklabels():
            text.set(rotation=30, ha="right", rotation_mode="anchor")


def _mark(axes: Axes, at: float, result: Mapping[str, Any], color: str) -> list[float]:
    """Draw the mean over runs and each run; return the numbers that have to be seen."""
    mean, low, high = result["mean"], result["low"], result["high"]
    runs = [value for value in result["runs"] if value is not None]
    if low is None:
        axes.plot(at, mean, marker="o", markersize=8, color=color, markerfacecolor="white")
        axes.annotate("n = 1", (at, mean), xytext=(7, 0), textcoords="offset points",
                      va="center", fontsize=8, color=INK)  # fmt: skip
        return [mean]
    axes.plot([at] * len(runs), runs, linestyle="", marker="o", markersize=3.5, color=color,
              alpha=0.45, markeredgewidth=0)  # fmt: skip
    axes.plot([at + 0.22] * 2, [low, high], color=color, linewidth=1.6)
    axes.plot(at + 0.22, mean, marker="o", markersize=7, color=color)
    return [*runs, low, high]


def _finals(arm: Mapping[str, Any], headline: str) -> list[Mapping[str, Any]]:
    """Return what is known of the number that figures show, by body."""
    return [f for f in arm["final"] if f["value"] == headline and f["mean"] is not None]
