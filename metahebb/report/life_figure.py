"""How a network wires itself: the weights, activity and way of one life over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.report.figures import BLUE, DIVERGING, FAINT, INK, color_bar, save, style
from metahebb.report.recording import Recording, record, typical_life
from metahebb.tasks.locomotion.damage import INTACT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from metahebb.runs.center import Center
    from metahebb.runs.folder import RunFolder


def life_figure(run: RunFolder, center: Center) -> Path:
    """Write ``figures/life.png`` of a typical life of the run's center, the one that `film` shows.

    Panels: some weights of the largest layer, ordered by their final value; the last hidden layer;
    the outputs; in locomotion the metres along +x.
    """
    recording = record(center, life=typical_life(center, run.read_evaluation()))
    return save(draw_life(recording), run.path / "figures" / "life.png")


def draw_life(recording: Recording) -> Figure:
    """Return the figure of a life."""
    from matplotlib.figure import Figure

    way = recording.distance
    heights = [3.0, 2.2, 1.2] + ([1.3] if way is not None else [])
    figure = Figure(figsize=(9.6, 1.1 * sum(heights)), layout="constrained")
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    order = np.argsort(recording.weights[-1], kind="stable")[::-1]
    body = recording.task.bodies[0]
    on = "" if body in (INTACT, "default") else f" ({body})"
    title = f"Weights: {recording.synapses}, by their final value{on}"
    _raster(panels[0], recording, recording.weights[:, order], title, "synapse")
    _raster(panels[1], recording, recording.hidden, "Activity of the last hidden layer", "neuron")
    _raster(panels[2], recording, recording.outputs, "Outputs", "output")
    if way is not None:
        style(panels[3], y="metres", title="Way along +x since birth")
        panels[3].plot(np.arange(len(way)) * recording.dt, way, color=BLUE)
        panels[3].axhline(0, color=FAINT, linewidth=0.6)
    time = recording.time_label
    panels[-1].set_xlabel(time, color=INK, fontsize=9)
    return figure


def _raster(
    axes: Axes, recording: Recording, values: npt.NDArray[np.float32], title: str, row: str
) -> None:
    """Draw ``values`` ``(T, n)`` as n rows over time, white at zero."""
    from matplotlib.ticker import MaxNLocator

    finite = np.abs(values[np.isfinite(values)])  # the last step of a life may not be
    bound = float(np.quantile(finite, 0.995)) or 1.0  # a few outliers must not bleach the rest
    seconds = len(values) * recording.dt
    image = axes.imshow(
        values.T,
        aspect="auto",
        cmap=DIVERGING,
        vmin=-bound,
        vmax=bound,
        interpolation="nearest",
        extent=(0.0, seconds, values.shape[1], 0.0),
    )
    style(axes, y=row, title=title)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    color_bar(axes, colors=image)
