"""How a network wires itself: the weights, activity and way of one life over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.report.figures import (
    BLUE,
    DIVERGING,
    FAINT,
    GRAY,
    INK,
    ORANGE,
    color_bar,
    save,
    style,
)
from metahebb.report.recording import Recording, record, typical_life
from metahebb.tasks.locomotion.damage import INTACT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from metahebb.runs.center import Center
    from metahebb.runs.folder import RunFolder


def life_figure(run: RunFolder, center: Center, pdf: bool = False) -> Path:
    """Write ``figures/life.png`` of a typical life of the run's center, the one that `film` shows.

    Panels: some weights of the largest layer, ordered by their final value; where weights change,
    how much of that the rule does, and how much the bound that rescales the layer; the last hidden
    layer, or the sensors where there is none; the outputs; where the task measures a way, how far
    the life has come.

    Args:
        run: a run folder.
        center: of the run.
        pdf: whether to write the figure as a PDF, too.
    """
    recording = record(center, life=typical_life(center, run.read_evaluation()))
    return save(draw_life(recording), run.path / "figures" / "life.png", pdf)


def draw_life(recording: Recording) -> Figure:
    """Return the figure of a life."""
    from matplotlib.figure import Figure

    way, changes = recording.distance, known_changes(recording)
    moves = bool((changes[:, :2] > 0).any())
    heights = [3.0, *([1.7] if moves else []), 2.2, 1.2, *([1.6] if way is not None else [])]
    figure = Figure(figsize=(9.6, 1.1 * sum(heights)), layout="constrained")
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    left = iter(panels)
    order = np.argsort(recording.weights[-1], kind="stable")[::-1]
    body = recording.task.bodies[0]
    on = "" if body in (INTACT, "default") else f" ({body})"
    title = f"Weights: {recording.synapses}, by their final value{on}"
    _raster(next(left), recording.weights[:, order], title, "synapse", "weight")
    if moves:
        _draw_changes(next(left), changes, recording)
    title = f"Activity of the {recording.heard}"
    row = "sensor" if recording.heard == "sensors" else "neuron"
    _raster(next(left), recording.hidden, title, row, "activity")
    _raster(next(left), recording.outputs, "Outputs", "output", "output")
    if way is not None:
        axes = next(left)
        style(axes, y=recording.distance_label, title="Distance since birth")
        axes.plot(way, color=BLUE)  # from birth to the state after the last step
        axes.axhline(0, color=FAINT, linewidth=0.6)
    for axes in panels:
        for at in recording.events:
            axes.axvline(at, color=INK, linewidth=1.0, linestyle="--")
    dashed = "; dashed: a probe begins" if recording.events else ""
    panels[-1].set_xlabel(recording.time_label + dashed, color=INK, fontsize=9)
    return figure


def known_changes(recording: Recording) -> npt.NDArray[np.float64]:
    """Return ``(T, 4)`` the changes of a life's weights, NaN where a probe began.

    The probe may have written weights in that step, too, which cannot be told from the rule's part.
    """
    changes = recording.changes.copy()
    changes[list(recording.events)] = np.nan
    return changes


def _draw_changes(axes: Axes, changes: npt.NDArray[np.float64], recording: Recording) -> None:
    """Draw how much of each step's change the rule makes, and how much a bound that rescales.

    A rescaling from small weights to the bound, as at birth, can be ten times any other, and is cut
    off.
    """
    rule, bound, both, factors = changes.T
    steps = np.arange(len(changes))
    title = f"Mean change of the weights of {recording.layer} per env step"
    if (bound > 0).any():
        factor = np.median(factors[bound > 0])
        title += f"; the bound multiplies them by {factor:.2f} (median)"
        axes.fill_between(steps, both, step="post", color=GRAY, alpha=0.45, linewidth=0,
                          label="both together, as in the colors above")  # fmt: skip
        axes.step(steps, bound, where="post", color=ORANGE, linewidth=1.8,
                  label="by the bound: all weights rescaled")  # fmt: skip
    axes.step(steps, rule, where="post", color=BLUE, linewidth=1.0, label="by the rule")
    # Not the first update, nor those after a probe, which may have made weights small.
    large = np.minimum([1, *(at + 1 for at in recording.events)], len(changes) - 1)
    sizes = np.nan_to_num(changes[:, :3])
    most = float(np.delete(sizes, large, 0).max(initial=0.0)) or float(sizes.max())
    axes.set_ylim(0, 1.35 * most)  # with room for the legend
    style(axes, y="mean |change|", title=title)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper right", ncols=3,
                borderaxespad=0.1)  # fmt: skip


def _raster(axes: Axes, values: npt.NDArray[np.float32], title: str, row: str, label: str) -> None:
    """Draw ``values`` ``(T, n)`` as n rows over env steps, white at zero."""
    from matplotlib.ticker import MaxNLocator

    finite = np.abs(values[np.isfinite(values)])  # the last step of a life may not be
    bound = float(np.quantile(finite, 0.995)) or 1.0  # a few outliers must not bleach the rest
    image = axes.imshow(
        values.T,
        aspect="auto",
        cmap=DIVERGING,
        vmin=-bound,
        vmax=bound,
        interpolation="nearest",
        extent=(0.0, len(values), values.shape[1], 0.0),
    )
    style(axes, y=row, title=title)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    color_bar(axes, colors=image, label=label)
