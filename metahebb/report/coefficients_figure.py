"""What evolution changed: distributions of what is inherited, before it and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.evolution.config import initial_center
from metahebb.genomes import Genome, GivenGenes
from metahebb.report.figures import BLUE, FAINT, GRAY, INK, save, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from metahebb.networks import Network
    from metahebb.runs.center import Center

Array = npt.NDArray[np.float32]

_BINS = (12, 40)  # at least and at most: with fewer numbers there are fewer
_NAMES = {"birth": "weight at birth", "gates": "gate", "filters": "filter"}
_WIDEST = 6  # panels in a row


@dataclass(frozen=True)
class Panel:
    """One kind of number of one layer.

    Attributes:
        layer: what holds them.
        name: of the coefficient, or what kind of weight.
        before: ``(n_out, n_in)`` in the center before the first generation; ``(n,)`` of the
            synapses that have such a number, where not all of them do.
        after: the same in the newest center.
    """

    layer: str
    name: str
    before: Array
    after: Array


def coefficients_figure(center: Center, pdf: bool = False) -> Path:
    """Write ``figures/coefficients.png`` of a run's center, and return its path.

    Args:
        center: of a run.
        pdf: whether to write the figure as a PDF, too.
    """
    figure = draw_coefficients(panels(center), center.generation)
    return save(figure, center.path / "figures" / "coefficients.png", pdf)


def panels(center: Center) -> list[Panel]:
    """Return what the centers inherit, as the genome expresses it: layer after layer.

    The first center is rebuilt from the seed, and so is exact; ga and cosyne, which have none,
    draw their first population from the same distribution, and mixture its first rules.
    """
    config, genome = center.config, center.config.setup().genome
    first = initial_center(config.seed, genome.n_genes, config.search.initial_stdev)
    return [
        Panel(layer, name, before, after)
        for (layer, name, before), (_, _, after) in zip(
            _expressed(center.config.network, genome, first),
            _expressed(center.config.network, center.genome, center.genes),
            strict=True,
        )
    ]


def _expressed(network: Network, genome: Genome, genes: Array) -> Iterator[tuple[str, str, Array]]:
    """Yield layer, name and values of all numbers of a kind that ``genes`` stand for."""
    expressed = genome.expressed(GivenGenes(genes))
    for slot in genome.slots:
        names: tuple[str, ...] = (_NAMES.get(slot.name, "weight"),)
        if slot.name == "coefficients" and network.rule is not None:
            names = network.rule.coefficients
        layers = zip(expressed[slot.name], slot.views(), strict=True)
        for number, (planes, mask) in enumerate(layers, 1):
            for name, plane in zip(names, planes, strict=True):
                if mask.any():
                    yield f"{network.part} {number}", name, plane if mask.all() else plane[mask]


def draw_coefficients(panels: list[Panel], generation: int) -> Figure:
    """Return the figure: a row per layer and a column per coefficient, or what there is in rows."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(panel.name for panel in panels))
    layers = list(dict.fromkeys(panel.layer for panel in panels))
    grid = len(names) * len(layers) == len(panels) and 1 < len(names) <= _WIDEST
    columns = len(names) if grid else min(len(panels), 3)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(7.2, 0.75 + 1.15 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    order = (
        sorted(panels, key=lambda p: (layers.index(p.layer), names.index(p.name)))
        if grid
        else panels
    )
    for place, panel in zip(axes.flat, order, strict=False):
        alike = [p for p in panels if p.name == panel.name]
        _draw(place, panel, alike)
    for place in axes.flat[len(panels) :]:
        place.set_visible(False)
    _label(axes, order, grid)
    figure.supxlabel("value of the coefficient" if grid else "value", color=INK, fontsize=9)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    labels = [label.format(generation) for label in labels]
    figure.legend(
        handles, labels, loc="outside upper right", ncols=2, frameon=False, fontsize=8,
        labelcolor=INK,
    )  # fmt: skip
    return figure


def _draw(axes: Axes, panel: Panel, alike: list[Panel]) -> None:
    """Draw two histograms over the range of all panels that are ``alike``.

    The range is as wide on both sides of 0, unless all values lie on one side.
    """
    values = np.concatenate([v.ravel() for p in alike for v in (p.before, p.after)])
    low, high = np.quantile(values[np.isfinite(values)], (0.001, 0.999))
    reach = 1.05 * max(abs(low), abs(high)) or 1.0
    left, right = -reach, reach
    if low > 0 or high < 0:  # of a coefficient with a range on one side of 0
        margin = 0.05 * (high - low) or 0.5 * abs(low)
        left, right = low - margin, high + margin
    count = int(np.clip(1.5 * np.sqrt(panel.after.size), *_BINS))
    bins = np.linspace(left, right, count + 1).tolist()
    axes.hist(panel.before.ravel(), bins, density=True, color=GRAY, alpha=0.55,
              label="before evolution")  # fmt: skip
    axes.hist(panel.after.ravel(), bins, density=True, color=BLUE, histtype="step", linewidth=1.3,
              label="after {} generations")  # fmt: skip
    if left < 0 < right:
        axes.axvline(0, color=FAINT, linewidth=0.6)
    axes.set_xlim(left, right)
    axes.set_yticks([])
    axes.set_ylim(0, 1.25 * axes.get_ylim()[1])
    digits = 2 if panel.after.std() >= 0.1 else 3
    text = f"SD {panel.before.std():.{digits}f} → {panel.after.std():.{digits}f}"
    axes.text(0.5, 0.97, text, transform=axes.transAxes, ha="center", va="top", fontsize=7,
              color=INK)  # fmt: skip


def _label(axes: npt.NDArray[np.object_], order: list[Panel], grid: bool) -> None:
    """Say what the panels are: in a grid once per column and row, else above each."""
    last, columns = axes.shape[0] - 1, axes.shape[1]
    for number, panel in enumerate(order):
        row, column = divmod(number, columns)
        if grid:
            y = f"density, {panel.layer}" if column == 0 else ""
            style(axes[row, column], y=y, title=panel.name if row == 0 else "")
            axes[row, column].tick_params(labelbottom=row == last)
        else:
            y = "density" if column == 0 else ""
            style(axes[row, column], y=y, title=f"{panel.name}, {panel.layer}")
        axes[row, column].tick_params(labelsize=7)
