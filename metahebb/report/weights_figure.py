"""What weights do in lives: their way through weight space; synapses and speed over time."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.probe_numbers import WINDOW
from metahebb.probes import AnyProbe, text_of
from metahebb.report.components import principal_components
from metahebb.report.figures import (
    DIVERGING,
    FAINT,
    INK,
    LIVES,
    color_bar,
    save,
    style,
)
from metahebb.report.recorder import evenly
from metahebb.report.recording import Recording, Snapshots, record

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from metahebb.analysis.probe import Conditions

Array = npt.NDArray[np.float32]

_LIVES = 6
_SNAPSHOTS = 200  # per life: of the largest network in use (12,160 synapses) 10 MB
_SYNAPSES = 80  # rows of the heat map
_LEAST = 8  # of them for the smallest layer
_AFTER = "#dfe4e9"  # color of the time after a life


def probe_weights_figure(
    conditions: Conditions, probes: Sequence[AnyProbe], folder: Path, pdf: bool = False
) -> Path | None:
    """Write ``weights.png`` into ``folder``: what ``probes`` do to some of the lives.

    Args:
        conditions: of the lives.
        probes: what is done to them.
        folder: where to write.
        pdf: whether to write the figure as a PDF, too.

    Returns:
        The figure's path; None where the network's weights never change.
    """
    center = conditions.center
    if center.config.network.is_static:
        return None
    recordings = [
        record(
            center,
            conditions.body,
            life,
            probes=probes,
            max_steps=conditions.max_steps,
            snapshots=_SNAPSHOTS,
        )
        for life in range(min(_LIVES, conditions.lives))
    ]
    return weights_figure(recordings, folder / "weights.png", pdf)


def weights_figure(recordings: Sequence[Recording], path: Path, pdf: bool = False) -> Path:
    """Write the figure of several lives of one run, recorded with snapshots; return its path.

    Args:
        recordings: of the lives.
        path: of the PNG.
        pdf: whether to write the figure as a PDF beside it, too.
    """
    return save(draw_weights(recordings), path, pdf)


def draw_weights(recordings: Sequence[Recording]) -> Figure:
    """Return the figure.

    Panels: (a) the whole weight vector of each life along the first two principal components of
    all of them; (b) synapses spread over all layers, in the life of median return; (c) in
    locomotion the speed of that life, and of the others.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    returns = [np.nan_to_num(r.result.episode_return, nan=-np.inf) for r in recordings]
    typical = int(np.argsort(returns, kind="stable")[len(returns) // 2])
    far = recordings[typical].distance is not None
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    grid = figure.add_gridspec(2 if far else 1, 2, width_ratios=(1.0, 1.45))
    if far:
        grid.set_height_ratios((2.1, 1.0))
    space, synapses = figure.add_subplot(grid[:, 0]), figure.add_subplot(grid[0, 1])
    _draw_space(space, recordings)
    _draw_synapses(synapses, recordings[typical])
    below = synapses
    if far:
        below = figure.add_subplot(grid[1, 1], sharex=synapses)
        synapses.tick_params(labelbottom=False)
        _draw_speed(below, recordings, typical)
    below.set_xlabel(recordings[typical].time_label, color=INK, fontsize=9)
    below.set_xlim(0, max(len(r.weights) for r in recordings))
    below.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _legend_below(figure, recordings, typical)
    return figure


def _legend_below(figure: Figure, recordings: Sequence[Recording], typical: int) -> None:
    """Say below the panels what is gray, what is dashed and what is dotted, as far as it is there.

    Dashed and gray are about the life of panel (b), dotted about all of them.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    life = recordings[typical]
    handles: list[Artist] = []
    if any(r.events for r in recordings):
        handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=":",
                              label="jump at the event: the probe and one update"))  # fmt: skip
    if life.events:
        handles.append(Line2D([], [], color=INK, linewidth=1.0, linestyle="--",
                              label=f"event: {_done(life)}"))  # fmt: skip
    if len(life.weights) < max(len(r.weights) for r in recordings):
        handles.append(Patch(color=_AFTER, label=f"after the end of life {life.life}"))
    if handles:
        figure.legend(
            handles=handles, loc="outside lower center", ncols=2, frameon=False,
            fontsize=8, labelcolor=INK, columnspacing=1.4, handletextpad=0.5,
        )  # fmt: skip


def _done(recording: Recording) -> str:
    """Return what was done to a life, in few characters."""
    probes = [text_of(p) for p in recording.probes if getattr(p, "at", 0) in recording.events]
    return textwrap.shorten(", ".join(probes), 46, placeholder="…")


def _draw_space(axes: Axes, recordings: Sequence[Recording]) -> None:
    """Draw the way of each life through weight space: dots, their running mean, and marks."""
    from matplotlib.lines import Line2D

    snapshots = [_snapshots(recording) for recording in recordings]
    ways, explained = principal_components([some.weights for some in snapshots])
    for i, (recording, some, way) in enumerate(zip(recordings, snapshots, ways, strict=True)):
        color = LIVES[i % len(LIVES)]
        axes.plot(*way.T, color=color, linestyle="", marker=".", markersize=1.8, alpha=0.35)
        cuts = np.searchsorted(some.steps, recording.events)
        stride = float(np.median(np.diff(some.steps, append=len(recording.weights))))
        window = round(WINDOW / recording.dt / stride)
        for part in np.split(way, cuts):
            axes.plot(*running_mean(part, window).T, color=color, linewidth=1.1)
        for cut in cuts:
            axes.plot(*way[cut - 1 : cut + 1].T, color=color, linewidth=0.9, linestyle=":")
        places = {"birth": way[:1], "event": way[cuts], "end": way[-1:]}
        for name, place in places.items():
            axes.plot(*place.T, linestyle="", color=color, zorder=3, **_MARKS[name])
    x, y = (f"PC {k} ({part:.0%} of variance)" for k, part in enumerate(explained, 1))
    style(axes, x, y, f"(a) All weights of {len(recordings)} lives")
    names = [name for name in _MARKS if name != "event" or any(r.events for r in recordings)]
    handles = [Line2D([], [], linestyle="", color=INK, label=n, **_MARKS[n]) for n in names]
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.12 * (high - low))  # room for the legend
    axes.legend(handles=handles, frameon=False, fontsize=8, labelcolor=INK, loc="upper center",
                ncols=3, handletextpad=0.1, columnspacing=1.2, borderaxespad=0.1)  # fmt: skip


_MARKS: dict[str, dict[str, Any]] = {
    "birth": {"marker": "o", "markersize": 6, "markerfacecolor": "white"},
    "event": {"marker": "X", "markersize": 7, "markeredgecolor": "white"},
    "end": {"marker": "s", "markersize": 5.5, "markeredgecolor": INK, "markeredgewidth": 0.6},
}


def running_mean(values: npt.NDArray[np.float64], rows: int) -> npt.NDArray[np.float64]:
    """Return means over ``rows`` rows around each; fewer, but evenly, towards both ends.

    Hence the first row and the last are as they were: a stride moves weights to and fro, and what
    is asked is where they stay.
    """
    n = len(values)
    half = np.minimum(np.minimum(np.arange(n), np.arange(n)[::-1]), rows // 2)
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    begins, ends = np.arange(n) - half, np.arange(n) + half + 1
    found: npt.NDArray[np.float64] = (sums[ends] - sums[begins]) / (ends - begins)[:, None]
    return found


def _draw_synapses(axes: Axes, recording: Recording) -> None:
    """Draw a spread of synapses of each layer over time, in the order of their values."""
    some = _snapshots(recording)
    shown, borders = spread_synapses(some, recording.events[0] - 1 if recording.events else None)
    edges = np.append(some.steps, len(recording.weights))
    finite = np.abs(shown[np.isfinite(shown)])
    bound = float(np.quantile(finite, 0.995)) or 1.0  # a few outliers must not bleach the rest
    rows = np.arange(shown.shape[1] + 1)
    colors = axes.pcolormesh(
        edges, rows, shown.T, cmap=DIVERGING, vmin=-bound, vmax=bound, rasterized=True
    )
    axes.set_ylim(rows[-1], 0)
    for border in borders[1:-1]:
        axes.axhline(border, color=INK, linewidth=0.8)
    axes.set_yticks(
        [(a + b) / 2 for a, b in itertools.pairwise(borders)],
        [f"{k}" for k in range(1, len(borders))],
    )
    color_bar(axes, colors=colors, label="weight")
    style(axes, y="synapses of layer", title=f"(b) Synapses of life {recording.life}")
    axes.tick_params(axis="y", length=0)
    _mark_events(axes, recording)
    axes.set_facecolor(_AFTER)


def spread_synapses(some: Snapshots, ordered_at: int | None) -> tuple[Array, list[int]]:
    """Return weights ``(R, n)`` of synapses spread over the layers, and where layers begin and end.

    A layer has rows in proportion to its size, and a few at least. Within it, they are ordered by
    their values before the env step ``ordered_at``, None: at the end.
    """
    row = -1 if ordered_at is None else int(np.flatnonzero(some.steps == ordered_at)[0])
    parts: list[Array] = []
    ends = np.cumsum(some.layers)
    for layer in np.split(some.weights, ends[:-1], axis=1):
        most = max(_LEAST, round(_SYNAPSES * layer.shape[1] / int(ends[-1])))
        chosen = evenly(layer, most)
        parts.append(chosen[:, np.argsort(-chosen[row], kind="stable")])
    return np.concatenate(parts, axis=1), [0, *np.cumsum([p.shape[1] for p in parts]).tolist()]


def _draw_speed(axes: Axes, recordings: Sequence[Recording], typical: int) -> None:
    for i, recording in enumerate(recordings):
        color, width, over = LIVES[i % len(LIVES)], 0.7, 2.0
        if i == typical:
            width, over = 1.8, 3.0
        axes.plot(*speed(recording), color=color, linewidth=width, zorder=over)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    title = f"(c) Speed along +x; thick: life {recordings[typical].life}"
    style(axes, y="speed [m/s]", title=title)
    _mark_events(axes, recordings[typical])


def speed(recording: Recording) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return env steps, and the speed along +x [m/s] as a mean over the second around each."""
    way = recording.distance
    assert way is not None
    window = max(1, min(round(WINDOW / recording.dt), len(way) - 1))
    found = np.asarray((way[window:] - way[:-window]) / (window * recording.dt), np.float64)
    return np.asarray(np.arange(len(found)) + window / 2), found


def _mark_events(axes: Axes, recording: Recording) -> None:
    for at in recording.events:
        axes.axvline(at, color=INK, linewidth=1.0, linestyle="--")


def _snapshots(recording: Recording) -> Snapshots:
    if recording.snapshots is None:
        raise ValueError("expected a recording with snapshots, got one without; ask for 200")
    return recording.snapshots
