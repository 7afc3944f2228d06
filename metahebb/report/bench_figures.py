"""Figures of the benchmark: how cost grows, and where the time of an env step goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metahebb.report.figures import BLUE, FAINT, GRAY, GREEN, INK, ORANGE, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLORS = (BLUE, ORANGE, GREEN, "#7a5c99", "#c9a227", GRAY, INK)


def draw_growth(curves: list[dict[str, Any]]) -> Figure:
    """Return cost against size, one panel per curve, on logarithmic axes.

    Args:
        curves: each with ``name``, ``x_label``, ``y_label``, ``x``, ``y`` and ``exponent``.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator

    figure = Figure(figsize=(3.4 * len(curves), 3.2), layout="constrained")
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, curve in zip(panels, curves, strict=True):
        x, y = np.array(curve["x"]), np.array(curve["y"])
        style(
            axes,
            curve["x_label"],
            curve["y_label"],
            f"{curve['name']}: exponent {curve['exponent']:.2f}",
        )
        axes.loglog(x, y, color=BLUE, marker="o", label="measured")
        # Through the middle of the points, as the least squares line goes.
        middle = np.exp(np.log(x).mean()), np.exp(np.log(y).mean())
        fitted = middle[1] * (x / middle[0]) ** curve["exponent"]
        axes.loglog(x, fitted, color=FAINT, linestyle="--", label="fitted")
        axes.set_ylim(y.min() / 2, y.max() * 2)  # what is flat should look flat
        axes.set_xticks(x, [f"{size:,.0f}" for size in x], rotation=45)
        # Powers of ten alone would label a flat curve once.
        axes.yaxis.set_major_locator(LogLocator(10, (1.0, 2.0, 5.0) if flat(y) else (1.0,)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.legend(edgecolor="none", fontsize=8, labelcolor=INK)
    return figure


def flat(values: npt.NDArray[np.float64]) -> bool:
    """Return whether ``values`` span less than two powers of ten."""
    return bool(values.max() < 100 * values.min())


def draw_profiles(profiles: list[dict[str, Any]]) -> Figure:
    """Return a bar per profile, cut into the parts of an env step's time.

    Args:
        profiles: each with ``name`` and ``microseconds`` by part.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 1.1 + 0.7 * len(profiles)), layout="constrained")
    axes = figure.subplots()
    style(axes, "share of an env step's time [%]")
    for row, profile in enumerate(profiles):
        spent = profile["microseconds"]
        total, left = sum(spent.values()), 0.0
        for color, (part, each) in zip(_COLORS, spent.items(), strict=True):
            share = 100 * each / total
            label = part if row == 0 else None
            axes.barh(row, share, left=left, color=color, height=0.6, label=label)
            if share >= 6:
                axes.text(
                    left + share / 2,
                    row,
                    f"{each:.1f} µs",
                    ha="center",
                    va="center",
                    color="white",
                    fontsize=8,
                )
            left += share
    axes.set_yticks(range(len(profiles)), [p["name"] for p in profiles])
    axes.invert_yaxis()
    figure.legend(loc="outside lower center", ncols=7, edgecolor="none", fontsize=8, labelcolor=INK)
    return figure
