"""Figures of the lesion study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.protocols.arms import COLORS
from experiments.protocols.lesions.lives import Floats
from experiments.protocols.lesions.numbers import SPAN, Pairs
from metahebb.report.figures import FAINT, GRAY, INK, save, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MARKERS = dict(zip(COLORS, "osD^vP", strict=True))
LINES = dict(zip(COLORS, ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1))), strict=True))
Curve = tuple[Floats, Floats, Floats]


def speed_figure(panels: Sequence[tuple[str, Sequence[Pairs]]], path: Path) -> Path:
    """Write a panel per (heading, pairs): speed with the lesion, and the first pairs' without."""
    from matplotlib.figure import Figure

    columns = 2 if len(panels) == 4 else 3
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(2.6 * columns, 0.9 + 2.1 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    handles: dict[str, Artist] = {}
    for number, (axes, (heading, some)) in enumerate(zip(grid, panels, strict=False)):
        bottom, left = number + columns >= len(panels), number % columns == 0
        style(
            axes,
            "time since the lesion [s]" if bottom else "",
            "speed along +x [m/s]" if left else "",
            f"{heading}, n = 1" if len(some) == 1 and some[0].runs == 1 else heading,
        )
        axes.tick_params(labelbottom=bottom)
        unharmed = "unharmed" if len(some) == 1 else f"{some[0].arm}, unharmed"
        _band(axes, some[0].speeds("without"), GRAY, unharmed, "-", some[0].runs)
        for pairs in some:
            label = "with the lesion, in color" if len(some) == 1 else pairs.arm
            curve = pairs.speeds("with")
            _band(axes, curve, COLORS[pairs.arm], label, LINES[pairs.arm], pairs.runs)
        lesion = some[0].lesion
        axes.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
        axes.axvline(0, color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
        if lesion.steps:
            span = {"color": INK, "alpha": 0.08, "linewidth": 0, "label": "while the lesion lasts"}
            handles["lasts"] = axes.axvspan(0, lesion.steps * some[0].dt, **span)
        handles |= {str(line.get_label()): line for line in axes.lines if _is_named(line)}
    figure.legend(
        handles=list(handles.values()),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
    )
    return save(figure, path)


def _is_named(line: Artist) -> bool:
    return not str(line.get_label()).startswith("_")


def _band(axes: Axes, curve: Curve, color: str, label: str, line: object, runs: int) -> None:
    """Draw means with their 95 % interval; one run has none."""
    seconds, values, draws = curve
    if not np.isfinite(values).all():
        return  # nobody was alive
    axes.plot(seconds, values, color=color, label=label, linestyle=line, linewidth=1.3)
    if runs > 1:
        low, high = np.nanquantile(draws, (0.025, 0.975), axis=0)
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
        label = f"{pairs.arm}, n = {pairs.runs}"
        _band(axes, curve, COLORS[pairs.arm], label, LINES[pairs.arm], pairs.runs)
    axes.axvline(5, color=FAINT, linewidth=0.8, linestyle=":")
    axes.set_ylim(-0.02, 1.02)
    heading = "All weights zeroed: 80 % of the former speed back"
    style(axes, "time since the lesion [s]", "part of walkers", heading)
    figure.legend(frameon=False, fontsize=8, labelcolor=INK, loc="outside right center")
    return save(figure, path)


def arms_figure(rows: Sequence[dict[str, Any]], path: Path) -> Path:
    """Write speed after / before and survival by lesion and arm, below those of unharmed lives.

    Args:
        rows: the rows of ``measures.json``; lesions that freeze plasticity are left out.
        path: the path of the figure.
    """
    from matplotlib.figure import Figure

    rows = [row for row in rows if "freeze" not in " ".join(row["probes"])]
    lesions = ["unharmed", *dict.fromkeys(row["lesion"] for row in rows)]
    figure = Figure(figsize=(7.4, 1.2 + 0.72 * len(lesions)), layout="constrained")
    back, survival = figure.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
    style(back, "speed 5 s after / before", "", "Speed back; hollow: one run, no interval")
    style(survival, "part of lives", "", "Survival")
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    for place, lesion in enumerate(lesions):
        some = (
            _unharmed(rows) if lesion == "unharmed" else [r for r in rows if r["lesion"] == lesion]
        )
        end = "_unharmed" if lesion == "unharmed" else ""
        for row in some:
            y = place + 0.7 / len(arms) * (arms.index(row["arm"]) - (len(arms) - 1) / 2)
            for axes, name in ((back, "back"), (survival, "survival")):
                _dot(axes, row, y, row[name + end])
    for axes in (back, survival):
        for place in range(1, len(lesions)):
            axes.axhline(place - 0.5, color=FAINT, linewidth=0.4)
    for at in (0, 1):
        back.axvline(at, color=FAINT, linewidth=0.6)
    back.set_xlim(-0.6, 1.6)  # who hardly walked before has quotients of any size
    back.set_xticks(np.arange(-0.5, 1.6, 0.5))
    survival.set_xlim(-0.03, 1.03)
    back.set_yticks(range(len(lesions)), lesions)
    back.invert_yaxis()
    for arm in arms:
        counts = sorted({row["runs"] for row in rows if row["arm"] == arm})
        label = f"{arm}, n = {' or '.join(map(str, counts))}"
        face = "w" if counts == [1] else COLORS[arm]
        look: dict[str, Any] = {
            "color": COLORS[arm],
            "marker": MARKERS[arm],
            "mfc": face,
            "markersize": 5,
        }
        back.plot([], [], linestyle="", label=label, **look)
    figure.legend(
        handles=[line for line in back.get_lines() if _is_named(line)],
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
    )
    return save(figure, path)


def _unharmed(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row per arm, of the lesion that most of its runs were lived with."""
    by_arm: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["runs"] > by_arm.get(row["arm"], {"runs": 0})["runs"]:
            by_arm[row["arm"]] = row
    return list(by_arm.values())


def _dot(axes: Axes, row: dict[str, Any], y: float, triple: Sequence[float | None]) -> None:
    """Draw a figure with its interval; that of one run is hollow and has none."""
    color, one = COLORS[row["arm"]], row["runs"] == 1
    value, low, high = triple
    if value is None:
        return
    if not one and low is not None and high is not None:
        axes.plot([low, high], [y, y], color=color, linewidth=1.4)
    look: dict[str, Any] = {
        "marker": MARKERS[row["arm"]],
        "mfc": "w" if one else color,
        "markersize": 4.5,
    }
    axes.plot(value, y, color=color, linestyle="", **look)


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


def layer_name(layer: float) -> str:
    """Return the layer's number, or that it is all of them."""
    return f"{layer:g}" if layer > 0 else "all"
