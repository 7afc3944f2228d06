"""The evolved rules of a run as a picture: what clusters do, where they are, what moves weights."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metahebb.report.figures import DIVERGING, FAINT, INK, LIVES, color_bar, save, style
from metahebb.report.rules_table import lives_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 4  # planes in a row, at most
_WIDTH = 7.2  # of the figure [inches]


def rules_figure(result: dict[str, Any]) -> Path:
    """Write ``figure.png`` beside the ``rules.json`` that holds ``result``; return its path."""
    return save(draw_rules(result), Path(result["folder"]) / "figure.png")


def draw_rules(result: dict[str, Any]) -> Figure:
    """Return the figure: planes of Δw, coefficients, layers and, where they are known, shares."""
    from matplotlib.figure import Figure

    titles = [_title(result, k) for k in range(len(result["clusters"]))]
    rows = -(-len(titles) // _COLUMNS)
    columns = -(-len(titles) // rows)
    lines = max(title.count("\n") + 1 for title in titles)
    row = min(1.3, 0.87 * _WIDTH / columns - 0.2) + 0.13 * lines + 0.5
    lived = result["shares"] is not None
    heights = [0.3 + row * rows, 2.2, *([2.5] if lived else [])]
    figure = Figure(figsize=(_WIDTH, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    planes = parts[0].subplots(rows, columns, squeeze=False).flat
    _draw_planes(list(planes), columns, result, titles)
    parts[0].suptitle("(a) Mean Δw of each cluster", x=0.01, ha="left", color=INK, fontsize=10)
    left, right = parts[1].subplots(1, 2, width_ratios=(1.5, 1))
    _draw_coefficients(left, result)
    _draw_layers(right, result)
    if lived:
        _draw_shares(parts[2].subplots(), result)
    return figure


def _title(result: dict[str, Any], number: int) -> str:
    """Return what stands above the plane of a cluster: its size, and a line per part."""
    cluster = result["clusters"][number]
    n, total = cluster["synapses"], sum(result["synapses"])
    told: str = cluster["label"].replace(": ", "\n").replace(", ", "\n")
    return f"{number + 1}: {n} synapse{'s' * (n > 1)} ({n / total:.0%})\n{told}"


def _draw_planes(
    axes: Sequence[Axes], columns: int, result: dict[str, Any], titles: Sequence[str]
) -> None:
    """Draw mean Δw over pre and post, a panel per cluster, all in the same colors."""
    planes = np.array([cluster["plane"] for cluster in result["clusters"]])
    bound = float(np.abs(planes[np.isfinite(planes)]).max(initial=0.0)) or 1.0
    grid = np.array(result["grid"])
    for k, (place, title, plane) in enumerate(zip(axes, titles, planes, strict=False)):
        image = place.imshow(
            plane, cmap=DIVERGING, vmin=-bound, vmax=bound, origin="lower", extent=(-1, 1, -1, 1),
            interpolation="bilinear",
        )  # fmt: skip
        if plane.min() < 0 < plane.max():
            place.contour(grid, grid, plane, [0.0], colors=FAINT, linewidths=0.7)
        first, last = k % columns == 0, k + columns >= len(titles)
        style(place, "pre" if last else "", "post" if first else "")
        place.set_title(title, fontsize=7, color=INK, loc="left")
        place.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        place.tick_params(labelsize=7, labelbottom=last, labelleft=first)
    for place in axes[len(titles) :]:
        place.set_visible(False)
    color_bar(*axes, colors=image, label="Δw", aspect=30)


def _draw_coefficients(axes: Axes, result: dict[str, Any]) -> None:
    """Draw the median of each coefficient with its quartiles, side by side in each cluster."""
    terms = result["terms"]
    for t, term in enumerate(terms):
        found = [cluster["coefficients"][term] for cluster in result["clusters"]]
        middle = np.array([one["median"] for one in found])
        whiskers = [
            middle - [one["low"] for one in found],
            [one["high"] for one in found] - middle,
        ]
        axes.errorbar(
            1 + np.arange(len(found)) + _offset(t, len(terms)), middle, whiskers, linestyle="",
            marker="o", markersize=3.5, linewidth=1.1, color=_color(t), label=term,
        )  # fmt: skip
    axes.axhline(0, color=FAINT, linewidth=0.6)
    axes.set_xticks(range(1, len(result["clusters"]) + 1))
    scale = f", {result['folded']} multiplied in" if result["folded"] else ""
    style(axes, "cluster", "median, quartiles", f"(b) Coefficients{scale}")
    _room_for_legend(axes, len(terms))


def _draw_layers(axes: Axes, result: dict[str, Any]) -> None:
    """Draw which part of each layer's synapses is in which cluster."""
    counts = np.array([cluster["layers"] for cluster in result["clusters"]], float).T
    parts = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(parts, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    small = 5.5 if parts.shape[1] > 8 else 7
    for (layer, cluster), part in np.ndenumerate(parts):
        axes.text(
            cluster, layer, f"{100 * part:.0f}", ha="center", va="center", fontsize=small,
            color="white" if part > 0.5 else INK,
        )  # fmt: skip
    axes.set_xticks(range(parts.shape[1]), [str(k + 1) for k in range(parts.shape[1])])
    axes.set_yticks(range(parts.shape[0]), [str(k + 1) for k in range(parts.shape[0])])
    style(axes, "cluster", "layer", "(c) Part of a layer's synapses [%]")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _draw_shares(axes: Axes, result: dict[str, Any]) -> None:
    """Draw the share of each term as a bar, its net share as a mark: all, by layer, by cluster."""
    found, terms = result["shares"], result["terms"]
    groups = [found["all"], *found["layers"], *found["clusters"]]
    n_layers, n_clusters = len(found["layers"]), len(found["clusters"])
    names = ["all", *(f"layer {k + 1}" for k in range(n_layers))]
    names += [f"cluster {k + 1}" for k in range(n_clusters)]
    if len(names) > 10:
        names = [name.replace("layer ", "L").replace("cluster ", "C") for name in names]
    gaps = np.array([0.0, *[0.3] * n_layers, *[0.6] * n_clusters])  # between the three kinds
    places = np.arange(len(groups)) + gaps
    width = 0.84 / len(terms)
    for t, term in enumerate(terms):
        x = places + _offset(t, len(terms), 0.84)
        bars = [group["share"][t] for group in groups]
        net = [group["net"][t] for group in groups]
        axes.bar(x, _numbers(bars, "mean"), width * 0.92, color=_color(t), label=term)
        axes.errorbar(
            x, _numbers(bars, "mean"), _whiskers(bars), linestyle="", color=INK, linewidth=0.9
        )  # fmt: skip
        axes.errorbar(
            x, _numbers(net, "mean"), _whiskers(net), linestyle="", marker="D", markersize=3,
            markerfacecolor="white", markeredgecolor=INK, color=INK, linewidth=0.7,
            markeredgewidth=0.8, label="net" if t == len(terms) - 1 else None,
        )  # fmt: skip
    axes.axhline(0, color=FAINT, linewidth=0.6)
    axes.set_xticks(places, names)
    lives = textwrap.shorten(lives_of(result), 70, placeholder="…")
    style(axes, "", "share of the change", f"(d) What moves weights: {lives}")
    axes.tick_params(axis="x", labelsize=7, length=0)
    _room_for_legend(axes, len(terms) + 1)


def _numbers(found: list[dict[str, float | None]], name: str) -> list[float]:
    return [np.nan if (value := one[name]) is None else value for one in found]


def _whiskers(found: list[dict[str, float | None]]) -> list[list[float]]:
    """Return how far intervals reach below and above the mean; 0 where there is none."""
    middle, low, high = (np.array(_numbers(found, name)) for name in ("mean", "low", "high"))
    reach = np.nan_to_num([middle - low, high - middle])
    found_reach: list[list[float]] = np.maximum(reach, 0).tolist()
    return found_reach


def _offset(number: int, count: int, width: float = 0.6) -> float:
    """Return where thing ``number`` of ``count`` stands beside the others."""
    return width * ((number + 0.5) / count - 0.5)


def _color(number: int) -> str:
    return LIVES[number % len(LIVES)]


def _room_for_legend(axes: Axes, columns: int) -> None:
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.2 * (high - low))
    axes.legend(
        frameon=False, fontsize=7, labelcolor=INK, loc="upper center", ncols=min(columns, 7),
        handletextpad=0.3, columnspacing=1.0, borderaxespad=0.1,
    )  # fmt: skip
