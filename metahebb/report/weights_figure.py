"""What weights do in lives: how far they go from where they were; synapses and speed over time."""

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
from metahebb.report.recording import AROUND, Recording, Snapshots, median_life, record

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
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

    Panels: (a) how far all weights of each life are from where they were before the event; (b)
    synapses spread over all layers, in the life of median return among those that met the event;
    (c) where the task measures a way, the speed of that life, and of the others. Beside (a) and (b)
    are the env steps around the event, each one: what a probe does may be over after one of them.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    met = [i for i, r in enumerate(recordings) if r.events] or list(range(len(recordings)))
    typical = met[median_life([recordings[i] for i in met])]
    life = recordings[typical]
    far, zoomed = life.distance is not None, bool(life.events)
    heights = (1.3, 2.1, 1.0) if far else (1.3, 2.1)
    figure = Figure(figsize=(7.2, 1.25 * sum(heights) + 0.5), layout="constrained")
    panels = figure.subplots(
        *(len(heights), 1 + zoomed), sharex="col", sharey="row", squeeze=False,
        height_ratios=heights, width_ratios=(2.6, 1.0)[: 1 + zoomed],
    )  # fmt: skip
    for axes in panels[0]:
        _draw_distances(axes, recordings, met, typical)
    colors = [_draw_synapses(axes, life) for axes in panels[1]]
    color_bar(*panels[1], colors=colors[0], label="weight")
    style(panels[0, 0], y="distance / norm", title=_title_of_distances(recordings, met, typical))
    of_life = f"(b) Synapses of life {life.life}"
    style(panels[1, 0], y="synapses of layer", title=of_life)
    panels[1, 0].tick_params(axis="y", length=0)
    if far:
        _draw_speed(panels[2, 0], recordings, typical)
    left, lowest = panels[:, 0], panels[-1, 0]
    lowest.set_xlabel(life.time_label, color=INK, fontsize=9)
    lowest.set_xlim(0, max(r.steps for r in recordings))
    lowest.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    for axes in left:
        _mark_events(axes, life)
    if zoomed:
        _zoom(panels[:, 1], life)
    _legend_below(figure, recordings, typical)
    return figure


def _zoom(panels: npt.NDArray[Any], life: Recording) -> None:
    """Make ``panels`` show the env steps around the event of ``life``; the speed has none."""
    from matplotlib.ticker import MaxNLocator

    at = life.events[0]
    for axes in panels[:2]:
        axes.tick_params(labelleft=False, left=False, labelsize=8, colors=INK)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(FAINT)
        _mark_events(axes, life)
    panels[0].set_title("around the event", color=INK, fontsize=9, loc="left")
    panels[1].tick_params(labelbottom=True)
    panels[1].set_xlim(max(0, at + AROUND[0]), at + AROUND[-1] + 1)
    panels[1].xaxis.set_major_locator(MaxNLocator(4, integer=True))
    for axes in panels[2:]:
        axes.remove()


def _legend_below(figure: Figure, recordings: Sequence[Recording], typical: int) -> None:
    """Say below the panels what is gray and what is dashed, as far as it is there.

    Both are about the life of panel (b).
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    life = recordings[typical]
    handles: list[Artist] = []
    if life.events:
        handles.append(Line2D([], [], color=INK, linewidth=1.0, linestyle="--",
                              label=f"event: {_done(life)}"))  # fmt: skip
    if life.steps < max(r.steps for r in recordings):
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


def _title_of_distances(recordings: Sequence[Recording], met: list[int], typical: int) -> str:
    """Return what panel (a) shows, and of how many lives."""
    n, life = len(recordings), recordings[typical]
    lives = f"{n} lives" if len(met) == n else f"the {len(met)} of {n} lives that lasted so long"
    since = "those at birth"
    if life.events:
        since = "their mean before the event"
    return f"(a) Distance of all weights to {since}\n{lives}; thick: life {life.life}"


def _draw_distances(
    axes: Axes, recordings: Sequence[Recording], met: list[int], typical: int
) -> None:
    """Draw how far the weights of each life that met the event are from where they were."""
    for i in met:
        some, thick = _snapshots(recordings[i]), i == typical
        before = range(1)
        if recordings[i].events:
            at = recordings[i].events[0]
            before = range(max(0, at - max(1, round(WINDOW / recordings[i].dt))), at)
        axes.plot(some.steps, distances(some, before), color=LIVES[i % len(LIVES)],
                  linewidth=1.6 if thick else 0.7, alpha=1.0 if thick else 0.7,
                  zorder=3.0 if thick else 2.0)  # fmt: skip
    axes.axhline(1, color=FAINT, linewidth=0.6)
    axes.set_ylim(bottom=0)


def distances(some: Snapshots, before: range) -> npt.NDArray[np.float64]:
    """Return ``(R,)`` the distance of all weights to their mean over the env steps ``before``.

    It is a part of the norm of that mean, and the distance itself where the norm is 0. The mean is
    that of a second, because weights go to and fro with each stride: from a single instant, the
    steps after it would be as far away as any others.
    """
    rows = (some.steps >= before.start) & (some.steps < before.stop)
    mean = some.weights[rows].mean(axis=0, dtype=np.float64)
    apart = np.array([np.linalg.norm(weights - mean) for weights in some.weights])
    return np.asarray(apart / (float(np.linalg.norm(mean)) or 1.0))


def _draw_synapses(axes: Axes, recording: Recording) -> QuadMesh:
    """Draw a spread of synapses of each layer over time, in the order of their values."""
    some = _snapshots(recording)
    shown, borders = spread_synapses(some, recording.events[0] - 1 if recording.events else None)
    edges = np.append(some.steps, recording.steps)
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
    axes.set_facecolor(_AFTER)
    return colors


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
    style(axes, y="speed [m/s]", title="(c) Speed, a mean over the second around")


def speed(recording: Recording) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return env steps, and the speed along the way [m/s] as a mean over the second around each.

    It is NaN where an event lies within that second: a fall would seem to begin before its cause.
    """
    way = recording.distance
    assert way is not None
    window = max(1, min(round(WINDOW / recording.dt), len(way) - 1))
    speeds = np.asarray((way[window:] - way[:-window]) / (window * recording.dt), np.float64)
    begins = np.arange(len(speeds))
    for at in recording.events:
        speeds[(begins < at) & (at < begins + window)] = np.nan
    return np.asarray(begins + window / 2), speeds


def _mark_events(axes: Axes, recording: Recording) -> None:
    for at in recording.events:
        axes.axvline(at, color=INK, linewidth=1.0, linestyle="--")


def _snapshots(recording: Recording) -> Snapshots:
    if recording.snapshots is None:
        raise ValueError("expected a recording with snapshots, got one without; ask for 200")
    return recording.snapshots
