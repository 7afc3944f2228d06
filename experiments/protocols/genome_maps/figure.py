"""The figure of distance and retention against genome size, beside published numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.kit.claims import Interval
from experiments.protocols.genome_maps.numbers import Measured
from experiments.protocols.genome_maps.points import POINTS, REFERENCE
from metahebb.report.figures import FAINT, GRAY, INK, LIVES, save, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Published:
    """A published result of a genome map.

    Attributes:
        what: name of the genome map, with its source.
        genes: number of genes of the genome.
        relative: distance over the distance of the same authors' genome per synapse; None if
            unknown.
        retention: distance on unseen damage over the distance without damage; None if unknown.
    """

    what: str
    genes: int
    relative: float | None
    retention: float | None


PUBLISHED = (
    Published("Palm et al. 2021, per synapse", 61_440, 1.0, 364 / 928),
    Published("Palm et al. 2021, mixture of 1,920 rules", 9_600, 2 / 928, None),
    Published("Palm et al. 2021, mixture of 960 rules", 4_800, 3 / 928, None),
    Published("Palm et al. 2021, mixture of 480 rules", 2_400, 0 / 928, None),
    Published("Palm et al. 2021, the same with Adam, learning rate 1", 2_400, 555 / 928, None),
    Published("Palm et al. 2021, mixture of 240 rules", 1_200, 2 / 928, None),
    Published("Palm et al. 2021, one rule", 5, -1 / 928, None),
    Published("Pedersen & Risi 2021, evolve and merge", 1_920, None, None),
    Published("Ferigo et al. 2024, five genes per neuron", 1_104, None, None),
)
"""Published results on PyBullet's ant, which has 12,288 synapses.

Genes are those of rules, without the logits of mixtures. The genome maps without a number do as
well as one rule per synapse, or better, as their authors say.
"""


SMALL = {"fontsize": 6, "color": GRAY, "va": "top", "ha": "right"}


def write_figure(folder: Path, points: Sequence[Measured]) -> None:
    """Write ``bottleneck.png``: relative distance and retention against genes, a line per map.

    The reference among ``points`` is the one to which distances are relative.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    reference = next(point for point in points if point.name == REFERENCE)
    lines: dict[str, list[Measured]] = {}
    for point in points:
        lines.setdefault(POINTS[point.name].line, []).append(point)
    for number, (line, some) in enumerate(lines.items()):
        look = {"color": LIVES[number % len(LIVES)], "marker": "osD^vP<>X*phd"[number % 13]}
        some = sorted(some, key=lambda point: point.genes)
        _line(left, [(p.genes, _relative(p, reference)) for p in some], line, look)
        _line(right, [(p.genes, p.group.retention()) for p in some], line, look)
    for published in PUBLISHED:
        for axes, value in ((left, published.relative), (right, published.retention)):
            if value is not None:
                axes.plot(published.genes, value, "*", ms=11, mfc="none", mec=GRAY, mew=1.2)
    left.plot([], [], "*", ms=11, mfc="none", mec=GRAY, label="published (PyBullet)")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.axhline(0, color=FAINT, lw=0.8)
        for published in PUBLISHED:
            if published.relative is None:
                axes.axvline(published.genes, color=GRAY, lw=0.8, ls=":")
                where = {"transform": axes.get_xaxis_transform(), "rotation": 90}
                axes.text(published.genes, 0.98, published.what, **where, **SMALL)
    left.axhline(0.95, color=INK, lw=0.8, ls="--")
    style(left, "genes", "intact distance / one rule per synapse", "How far do they walk?")
    style(right, "genes", "distance on unseen legs / intact", "What survives unseen damage?")
    handles, _ = left.get_legend_handles_labels()
    figure.legend(handles=handles, loc="outside right center", frameon=False, fontsize=8)
    save(figure, folder / "bottleneck.png")


def _relative(point: Measured, reference: Measured) -> Interval:
    return (1.0, None, None) if point is reference else point.relative(reference)


def _line(
    axes: Axes, points: Sequence[tuple[int, Interval]], label: str, look: dict[str, Any]
) -> None:
    known = [
        (genes, middle, low, high) for genes, (middle, low, high) in points if middle is not None
    ]
    axes.plot([p[0] for p in known], [p[1] for p in known], label=label, lw=1, ms=6, **look)
    for genes, _, low, high in known:
        if low is not None and high is not None:
            axes.plot([genes, genes], [low, high], color=look["color"], lw=1.6, alpha=0.6)
