"""Figures of the lesion study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.lesion.tables import layer_name
from experiments.protocols.arms import COLORS
from experiments.protocols.lesions.lives import Floats
from experiments.protocols.lesions.numbers import SPAN, Condition, Estimate, Pairs
from metahebb.report.figures import FAINT, GRAY, INK, save, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = dict(zip(COLORS, "osD^vP", strict=True))
LINES = dict(zip(COLORS, ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1))), strict=True))
Curve = tuple[Floats, Floats, Floats]


def speed_figure(panels: Sequence[tuple[str, Sequence[Pairs]]], path: Path) -> Path:
    """Write a panel per (heading, pairs): speed with the lesion, and the first pairs' without."""
    from matplotlib.figure import Figure

    columns = 2 if len(panels) == 4 else 3
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(2.6 * columns, 0.5 + 2.1 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for number, (axes, (heading, some)) in enumerate(zip(grid, panels, strict=False)):
        bottom, left = number + columns >= len(panels), number % columns == 0
        style(
            axes,
            "time since the lesion [s]" if bottom else "",
            "speed along +x [m/s]" if left else "",
            heading,
        )
        axes.tick_params(labelbottom=bottom)
        unharmed = "unharmed" if len(some) == 1 else f"{some[0].arm}, unharmed"
        _band(axes, some[0].speeds("without"), GRAY, unharmed, "-")
        for pairs in some:
            label = "with the lesion" if len(some) == 1 else pairs.arm
            _band(axes, pairs.speeds("with"), COLORS[pairs.arm], label, LINES[pairs.arm])
        lesion = some[0].lesion
        axes.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
        axes.axvline(0, color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
        axes.axvspan(0, lesion.steps * some[0].dt, color=INK, alpha=0.08, linewidth=0)
        if number == 0 and axes.lines[0].get_label() == unharmed:
            axes.legend(frameon=False, fontsize=7, labelcolor=INK, loc="upper right")
    return save(figure, path)


def _band(axes: Axes, curve: Curve, color: str, label: str, line: object) -> None:
    """Draw means with their 95 % interval."""
    seconds, values, draws = curve
    if not np.isfinite(values).all():
        return  # nobody was alive
    low, high = np.nanquantile(draws, (0.025, 0.975), axis=0)
    axes.plot(seconds, values, color=color, label=label, linestyle=line, linewidth=1.3)
    axes.fill_between(seconds, low, high, color=color, alpha=0.22, linewidth=0)


def time_figure(zeroed: Sequence[Pairs], path: Path) -> Path:
    """Write the part of walkers with 80 % of the speed back, against the time since the lesion."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2, 3.2), layout="constrained")
    axes = figure.subplots()
    first = zeroed[0]
    last = (first.with_.shape[-1] - 1 - first.lesion.at) * first.dt - SPAN  # the last window
    seconds = np.linspace(0, last, 81)
    for pairs in zeroed:
        curve = pairs.recovered_by(seconds)
        _band(axes, curve, COLORS[pairs.arm], pairs.arm, LINES[pairs.arm])
    axes.axvline(5, color=FAINT, linewidth=0.8, linestyle=":")
    axes.set_ylim(-0.02, 1.02)
    heading = "All weights zeroed: 80 % of the former speed back"
    style(axes, "time since the lesion [s]", "part of walkers", heading)
    figure.legend(frameon=False, fontsize=8, labelcolor=INK, loc="outside right center")
    return save(figure, path)


def arms_figure(lesions: Sequence[Sequence[Pairs]], path: Path) -> Path:
    """Write speed after / before and survival by lesion and arm, below those of unharmed lives.

    Args:
        lesions: pairs of all arms, by lesion; of the first, the lives without it are drawn, too.
        path: of the file.
    """
    from matplotlib.figure import Figure

    rows: list[tuple[str, Sequence[Pairs], Condition]] = [("unharmed", lesions[0], "without")]
    rows += [(some[0].lesion.what, some, "with") for some in lesions]
    figure = Figure(figsize=(7.4, 1.0 + 0.72 * len(rows)), layout="constrained")
    back, survival = figure.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
    style(back, "speed 5 s after / before", "", "Speed back")
    style(survival, "part of lives", "", "Survival")
    for row, (_, some, condition) in enumerate(rows):
        for pairs in some:
            y = row + 0.12 * (list(COLORS).index(pairs.arm) - (len(COLORS) - 1) / 2)
            _dot(back, pairs.arm, y, pairs.iqm("back", condition))
            _dot(survival, pairs.arm, y, pairs.part("survival", condition))
    for axes in (back, survival):
        for row in range(1, len(rows)):
            axes.axhline(row - 0.5, color=FAINT, linewidth=0.4)
    back.axvline(0, color=FAINT, linewidth=0.6)
    back.axvline(1, color=FAINT, linewidth=0.6)
    back.set_xlim(-0.6, 1.6)  # who hardly walked before has quotients of any size
    back.set_xticks(np.arange(-0.5, 1.6, 0.5))
    survival.set_xlim(-0.03, 1.03)
    back.set_yticks(range(len(rows)), [what for what, _, _ in rows])
    back.invert_yaxis()
    handles = {h.get_label(): h for h in back.get_lines() if h.get_label() in COLORS}
    figure.legend(
        handles=list(handles.values()),
        loc="outside lower center",
        ncols=6,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
    )
    return save(figure, path)


def _dot(axes: Axes, arm: str, y: float, estimate: Estimate) -> None:
    """Draw an estimate with its interval."""
    color = COLORS[arm]
    axes.plot(estimate.interval(), [y, y], color=color, linewidth=1.4)
    axes.plot(
        estimate.value, y, color=color, marker=MARKERS[arm], linestyle="", markersize=4, label=arm
    )


def heat_figure(cells: Mapping[str, Floats], path: Path) -> Path:
    """Write speed after / before, and survival, by fraction, layer and time of the lesion."""
    from matplotlib.figure import Figure

    count = len(cells["seconds"])
    figure = Figure(figsize=(1.2 + 2.2 * count, 4.6), layout="constrained")
    grid = figure.subplots(2, count, sharex=True, sharey=True, squeeze=False)
    named = (("back", "speed 5 s after / before"), ("survival", "survival"))
    for row, (name, label) in enumerate(named):
        for column, (axes, values) in enumerate(zip(grid[row], cells[name], strict=True)):
            image = axes.imshow(values, cmap="cividis", vmin=0, vmax=1, aspect="auto")
            unharmed = cells["back_without"][column, 0, 0]
            heading = f"at {cells['seconds'][column]:g} s; unharmed {unharmed:z.2f}"
            style(
                axes,
                "weights zeroed [%]" if row else "",
                "" if column else "layer",
                "" if row else heading,
            )
            axes.set_xticks(range(values.shape[1]), [f"{100 * f:g}" for f in cells["fractions"]])
            axes.set_yticks(range(values.shape[0]), [layer_name(n) for n in cells["layers"]])
            for (y, x), value in np.ndenumerate(values):
                shown = "–" if np.isnan(value) else f"{value:z.2f}"
                color = INK if np.isnan(value) or value > 0.55 else "white"
                axes.text(x, y, shown, ha="center", va="center", fontsize=8, color=color)
        extend = "both" if name == "back" else "neither"
        bar = figure.colorbar(image, ax=list(grid[row]), fraction=0.04, extend=extend)
        bar.set_label(label, color=INK, fontsize=9)
        bar.ax.tick_params(labelsize=8, colors=INK)
    return save(figure, path)
