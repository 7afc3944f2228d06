"""The evolved rules of a run as a picture: what clusters do, where they are, what moves weights."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from metahebb.report.figures import DIVERGING, FAINT, INK, LIVES, color_bar, save, style
from metahebb.report.rules_table import (
    coefficient_names,
    left_out,
    lives_of,
    main_measure,
    share_terms,
    verdict,
)
from metahebb.report.table import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    _Draw: TypeAlias = Callable[[SubFigure, Iterator[str]], None]

_COLUMNS = 4  # planes in a row, at most
_WIDTH = 7.2  # of the figure [inches]


def rules_figure(result: dict[str, Any], pdf: bool = False) -> Path:
    """Write ``figure.png`` beside the ``rules.json`` that holds ``result``; return its path.

    Args:
        result: see `metahebb.analysis.rules.look_into_rules`.
        pdf: whether to write the figure as a PDF, too.
    """
    return save(draw_rules(result), Path(result["folder"]) / "figure.png", pdf)


def draw_rules(result: dict[str, Any]) -> Figure:
    """Return the figure: planes of Δw, what else it depends on, coefficients, layers, and lives.

    What the result does not have, as one of an older version or of a run that could not live, has
    no panel.
    """
    from matplotlib.figure import Figure

    letters = iter("abcdefghijkl")
    titles = [_title(result, k) for k in range(len(result["clusters"]))]
    rows = _rows(result, titles)
    heights = [height for height, _ in rows]
    figure = Figure(figsize=(_WIDTH, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, (_, draw) in zip(parts, rows, strict=True):
        draw(part, letters)
    return figure


def _rows(result: dict[str, Any], titles: Sequence[str]) -> list[tuple[float, _Draw]]:
    """Return the height of each row of the figure [inches], and what draws it."""
    count = -(-len(titles) // _COLUMNS)
    columns = -(-len(titles) // count)
    lines = max(title.count("\n") + 1 for title in titles)
    row = min(1.3, 0.87 * _WIDTH / columns - 0.2) + 0.13 * lines + 0.5
    rows: list[tuple[float, _Draw]] = [
        (
            0.3 + 0.17 * (1 + _clusters(result).count("\n")) + row * count,
            lambda part, n: _row_of_planes(part, n, result, titles),
        ),
        (2.2, lambda part, n: _row_of_clusters(part, n, result)),
    ]
    if any(cluster.get("curves") for cluster in result["clusters"]):
        rows.insert(1, (2.2, lambda part, n: _row_of_curves(part, n, result)))
    if result.get("without"):
        height = 1.25 + 0.22 * (len(result["without"]["terms"]) + 1)
        rows.insert(-1, (height, lambda part, n: _row_without(part, n, result)))
    if shares := result["shares"]:
        heading = f"What moves weights: {textwrap.shorten(lives_of(result), 70)}"
        rows.append((2.5, _share_row(shares, share_terms(result), heading)))
    if shares := result.get("state_shares"):
        heading = "What moves weights: Δw without the synapse's own state, and what that adds"
        rows.append((2.5, _share_row(shares, result["state_parts"], heading)))
    return rows


def _share_row(shares: dict[str, Any], names: Sequence[str], heading: str) -> _Draw:
    return lambda part, n: _draw_shares(part.subplots(), shares, names, f"({next(n)}) {heading}")


def _row_of_planes(
    part: SubFigure, letters: Iterator[str], result: dict[str, Any], titles: Sequence[str]
) -> None:
    rows = -(-len(titles) // _COLUMNS)
    columns = -(-len(titles) // rows)
    planes = part.subplots(rows, columns, squeeze=False).flat
    _draw_planes(list(planes), columns, result, titles)
    heading = f"({next(letters)}) Mean Δw of each cluster"
    if any(cluster.get("lived") for cluster in result["clusters"]):
        heading += "; dashed: 90 % of the activities that were lived"
    part.suptitle(f"{heading}\n{_clusters(result)}", x=0.01, ha="left", color=INK, fontsize=10)


def _clusters(result: dict[str, Any]) -> str:
    """Return how the synapses are put into clusters, in lines as long as the figure is wide."""
    return textwrap.fill(f"{sum(result['synapses'])} synapses {verdict(result)}", 92)


def _row_of_curves(part: SubFigure, letters: Iterator[str], result: dict[str, Any]) -> None:
    """Draw mean Δw against each signal beside pre and post, a line per cluster."""
    names = list(result["clusters"][0]["curves"])
    lived = ", as lived" if any(cluster["lived"] for cluster in result["clusters"]) else ""
    places = part.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for k, (axes, name) in enumerate(zip(places, names, strict=True)):
        for number, cluster in enumerate(result["clusters"]):
            at, change = (np.array(cluster["curves"][name][key]) for key in ("at", "change"))
            axes.plot(at, change, color=_color(number), linewidth=1.3, label=str(number + 1))
        axes.axhline(0, color=FAINT, linewidth=0.6)
        axes.axvline(0, color=FAINT, linewidth=0.6)
        heading = f"({next(letters)}) Mean Δw by the {name}"
        style(axes, f"{name}{lived}", "" if k else "Δw", heading)
    axes.legend(
        frameon=False, fontsize=7, labelcolor=INK, title="cluster", title_fontsize=7,
        loc="center left", bbox_to_anchor=(1.0, 0.5),
    )  # fmt: skip


def _row_of_clusters(part: SubFigure, letters: Iterator[str], result: dict[str, Any]) -> None:
    left, right = part.subplots(1, 2, width_ratios=(1.5, 1))
    _draw_coefficients(left, result, next(letters))
    _draw_layers(right, result, next(letters))


def _row_without(part: SubFigure, letters: Iterator[str], result: dict[str, Any]) -> None:
    """Draw how far lives come, or what they are paid, as they are and without each term."""
    rows, main = result["without"]["terms"], result["without"]["main"]
    measured = [main_measure(result, row) for row in rows]
    left, right = part.subplots(1, 2, sharey=True)
    unchanged = measured[0]["without"]
    _draw_means(left, [unchanged, *(one["with"] for one in measured)])
    _draw_means(right, [None, *(one["difference"] for one in measured)])
    if unchanged["low"] is not None:
        left.axvspan(
            unchanged["low"], unchanged["high"], color=FAINT, alpha=0.2, linewidth=0,
            label="95 % interval with none left out",
        )  # fmt: skip
        left.legend(
            frameon=False, fontsize=7, labelcolor=INK, loc="lower left",
            bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2,
        )  # fmt: skip
    left.set_yticks(-np.arange(len(rows) + 1), ["none left out", *map(left_out, rows)])
    left.set_ylim(-len(rows) - 0.6, 0.6)
    style(left, label(main, measured[0]))
    style(right, f"{label(main, measured[0])}: paired difference")
    heading = f"({next(letters)}) The same lives without a term of the rule: mean, 95 % interval"
    part.suptitle(heading, x=0.01, ha="left", color=INK, fontsize=10)


def _draw_means(axes: Axes, means: Sequence[dict[str, float | None] | None]) -> None:
    """Draw means with their intervals below each other; nothing in the place of None."""
    places = [-place for place, one in enumerate(means) if one is not None]
    known = [one for one in means if one is not None]
    axes.errorbar(
        _numbers(known, "mean"), places, xerr=_whiskers(known), linestyle="", marker="o",
        markersize=4, color=INK, linewidth=1.1,
    )  # fmt: skip
    axes.axvline(0, color=FAINT, linewidth=0.6)


def _title(result: dict[str, Any], number: int) -> str:
    """Return what stands above the plane of a cluster: its size, and a line per part."""
    cluster = result["clusters"][number]
    n, total = cluster["synapses"], sum(result["synapses"])
    said: str = cluster["label"].replace(": ", "\n").replace("), ", ")\n")
    outliers = ", outliers" if cluster.get("outliers") else ""
    lines = [textwrap.fill(line, 28) for line in said.splitlines()]
    head = f"{number + 1}: {n} synapse{'s' * (n > 1)} ({n / total:.0%}{outliers})"
    return "\n".join([head, *lines])


def _draw_planes(
    axes: Sequence[Axes], columns: int, result: dict[str, Any], titles: Sequence[str]
) -> None:
    """Draw mean Δw over pre and post, a panel per cluster, all in the same colors.

    The colors reach at least as far as Δw usually does: where it depends on the weight alone, its
    mean over weights is next to nothing, and has to look like that.
    """
    planes = np.array([cluster["plane"] for cluster in result["clusters"]])
    usual = np.array([cluster["strength"] for cluster in result["clusters"]])
    values = np.concatenate([planes.ravel(), usual])
    bound = float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0
    grid = np.array(result["grid"])
    for k, (place, title, plane) in enumerate(zip(axes, titles, planes, strict=False)):
        image = place.imshow(
            plane, cmap=DIVERGING, vmin=-bound, vmax=bound, origin="lower", extent=(-1, 1, -1, 1),
            interpolation="bilinear",
        )  # fmt: skip
        if plane.min() < 0 < plane.max():
            place.contour(grid, grid, plane, [0.0], colors=FAINT, linewidths=0.7)
        _mark_lived(place, result["clusters"][k].get("lived") or {})
        first, last = k % columns == 0, k + columns >= len(titles)
        style(place, "pre" if last else "", "post" if first else "")
        place.set_title(title, fontsize=7, color=INK, loc="left")
        place.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        place.tick_params(labelsize=7, labelbottom=last, labelleft=first)
    for place in axes[len(titles) :]:
        place.set_visible(False)
    color_bar(*axes, colors=image, label="Δw", aspect=30)


def _mark_lived(axes: Axes, lived: dict[str, dict[str, float]]) -> None:
    """Frame the activities that were lived, as far as they are on the plane."""
    from matplotlib.patches import Rectangle

    if not {"pre", "post"} <= lived.keys():
        return
    (left, right), (low, high) = (
        np.clip([lived[side]["low"], lived[side]["high"]], -0.99, 0.99) for side in ("pre", "post")
    )
    axes.add_patch(
        Rectangle(
            (left, low),
            right - left,
            high - low,
            fill=False,
            edgecolor=INK,
            linewidth=0.8,
            linestyle="--",
        )
    )


def _draw_coefficients(axes: Axes, result: dict[str, Any], letter: str) -> None:
    """Draw the median of each coefficient with its quartiles, side by side in each cluster."""
    terms, names = result["terms"], coefficient_names(result)
    for t, term in enumerate(terms):
        quartiles = [cluster["coefficients"][term] for cluster in result["clusters"]]
        middle = np.array([one["median"] for one in quartiles])
        whiskers = [
            middle - [one["low"] for one in quartiles],
            [one["high"] for one in quartiles] - middle,
        ]
        axes.errorbar(
            1 + np.arange(len(quartiles)) + _offset(t, len(terms)), middle, whiskers, linestyle="",
            marker="o", markersize=3.5, linewidth=1.1, color=_color(t), label=names[t],
        )  # fmt: skip
    axes.axhline(0, color=FAINT, linewidth=0.6)
    axes.set_xticks(range(1, len(result["clusters"]) + 1))
    style(axes, "cluster", "median, quartiles", f"({letter}) Coefficients, as they act")
    _room_for_legend(axes, len(terms))


def _draw_layers(axes: Axes, result: dict[str, Any], letter: str) -> None:
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
    style(axes, "cluster", "layer", f"({letter}) Part of a layer's synapses [%]")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _draw_shares(axes: Axes, shares: dict[str, Any], terms: Sequence[str], heading: str) -> None:
    """Draw the share of each part as a bar, its net share as a mark: all, by layer, by cluster."""
    groups = [shares["all"], *shares["layers"], *shares["clusters"]]
    n_layers, n_clusters = len(shares["layers"]), len(shares["clusters"])
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
    style(axes, "", "share of the change", heading)
    axes.tick_params(axis="x", labelsize=7, length=0)
    _room_for_legend(axes, len(terms) + 1)


def _numbers(means: list[dict[str, float | None]], name: str) -> list[float]:
    return [np.nan if (value := one[name]) is None else value for one in means]


def _whiskers(means: list[dict[str, float | None]]) -> list[list[float]]:
    """Return how far intervals reach below and above the mean; 0 where there is none."""
    middle, low, high = (np.array(_numbers(means, name)) for name in ("mean", "low", "high"))
    reach = np.nan_to_num([middle - low, high - middle])
    reaches: list[list[float]] = np.maximum(reach, 0).tolist()
    return reaches


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
