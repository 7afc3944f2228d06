"""A film of trials: a cursor runs over inputs and outputs, and a point along the trajectory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.trajectories import Trajectories, trajectories
from metahebb.learning.lived import LivedTrials
from metahebb.report.figures import INK
from metahebb.report.frames import spread, write_gif
from metahebb.report.trajectories_figure import plane
from metahebb.report.trial_axes import MOST_KINDS, look_of, name_of_kind, time_unit
from metahebb.report.trials_figure import (
    draw_inputs,
    draw_outputs,
    output_limits,
    typical_trials,
    verdict_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PIL.Image import Image

_SHOWN = 0.06
"""Seconds that a frame stays."""
_HELD = 10  # frames that the end of a trial stays
_DPI = 100
_SIZE = (7.2, 4.0)  # inches
_MOST_TRIALS = 6


def film_trials(
    lived: LivedTrials, path: Path, paths: Trajectories | None = None, frames: int = 40
) -> Path:
    """Write a GIF of a typical trial of each kind, six at most; return where.

    Args:
        lived: the trials.
        path: of the GIF.
        paths: the trajectories of the trials; None: they are worked out.
        frames: the largest number of frames of a trial; each stays for 0.06 s.

    Raises:
        InputError: the rates have no trajectory.
        StorageError: it could not be written.
    """
    paths = trajectories(lived) if paths is None else paths
    chosen = typical_trials(lived)[:_MOST_TRIALS]
    limits = output_limits(lived, chosen)
    images: list[Image] = []
    for trial in chosen:
        shown = _trial(lived, paths, trial, frames, limits)
        images += shown + shown[-1:] * _HELD
    return write_gif(images, _SHOWN, path)


def _trial(
    lived: LivedTrials,
    paths: Trajectories,
    trial: int,
    frames: int,
    limits: tuple[float, float],
) -> list[Image]:
    """Return pictures of one trial; what stands still is drawn once."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from PIL.Image import fromarray

    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained", facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)  # some of its methods have no types
    mosaic = figure.subplot_mosaic("IP;OP", height_ratios=(0.8, 1.2), width_ratios=(1.0, 1.1))
    inputs, outputs, space = mosaic["I"], mosaic["O"], mosaic["P"]
    draw_inputs(inputs, lived, trial)
    draw_outputs(outputs, lived, trial)
    outputs.set_ylim(*limits)
    inputs.sharex(outputs)
    inputs.tick_params(labelbottom=False)
    plane(space, lived, paths, alpha=0.45)
    space.set_title("Mean trajectories, and this trial", color=INK, fontsize=9, loc="left")
    name, *verdict = verdict_of(lived, trial).split("\n")
    inputs.set_title(name, color=INK, fontsize=10, loc="left")
    # Broad lines name the kinds, and give their colors a place in the palette of the GIF.
    # Broad lines name the kinds, and give their colors a place in the palette of the GIF.
    handles = [
        Line2D([], [], color=look_of(place)[0], linestyle=look_of(place)[1], linewidth=5,
               label=name_of_kind(lived, kind))
        for place, kind in enumerate(paths.kinds[:MOST_KINDS])
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False,
                  fontsize=8, labelcolor=INK)  # fmt: skip
    # Behind the cursor all is pale, until the cursor has come by.
    length = int(lived.lengths[trial])
    scale, label = time_unit(lived)
    veils = [axes.axvspan(0, 1, color="white", alpha=0.85, linewidth=0, zorder=6, animated=True)
             for axes in (inputs, outputs)]  # fmt: skip
    cursors = [axes.axvline(0, color=INK, linewidth=1.2, zorder=7, animated=True)
               for axes in (inputs, outputs)]  # fmt: skip
    (way,) = space.plot([], [], color=INK, linewidth=1.6, zorder=7, animated=True)
    (point,) = space.plot([], [], "o", color=INK, markersize=8, zorder=8, animated=True,
                          markeredgecolor="white")  # fmt: skip
    text = inputs.text(1.0, 1.04, "", transform=inputs.transAxes, ha="right", va="bottom",
                       fontsize=9, color=INK, animated=True)  # fmt: skip
    projected = paths.project(lived.rates[trial, :length])
    _make_room(space, projected)
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)
    unit = "" if label == "step" else label.split("[")[-1].rstrip("]")
    drawn = []
    for step in spread(length, frames):
        canvas.restore_region(still)
        now, end = (step + 1) * scale, inputs.get_xlim()[1]
        for veil, cursor in zip(veils, cursors, strict=True):
            veil.set(x=now, width=max(end - now, 0.0))
            cursor.set_xdata([now, now])
        way.set_data(projected[: step + 1, 0], projected[: step + 1, 1])
        point.set_data(projected[step : step + 1, 0], projected[step : step + 1, 1])
        ended = step == length - 1
        text.set_text(" · ".join(verdict) if ended else f"{now:.4g} {unit or 'steps'}")
        for axes, artists in (
            (inputs, (veils[0], cursors[0], text)),
            (outputs, (veils[1], cursors[1])),
            (space, (way, point)),
        ):
            for artist in artists:
                axes.draw_artist(artist)
        drawn.append(fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
    return drawn


def _make_room(axes: Axes, projected: npt.NDArray[np.float64]) -> None:
    """Let ``axes`` show the whole way of the trial."""
    known = projected[np.isfinite(projected).all(1), :2]
    if len(known):
        axes.update_datalim(known)
        axes.autoscale_view()
