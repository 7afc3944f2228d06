"""The figure of distance and retention against genome size, beside published numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.kit.kept import Cell, Kept
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
DASHES = (":", (0, (3, 2, 1, 2)))
"""Dashes of the vertical lines for genome maps without a published number."""


def draw_curve(folder: Path) -> Path:
    """Write ``bottleneck.png``: relative distance and retention by genes, a line per kind of map.

    Args:
        folder: the folder of the results, which has ``tables.json`` with the table ``points``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharex=True)
    lines: dict[str, list[dict[str, Cell]]] = {}
    for row in Kept.read(folder).tables["points"].records():
        lines.setdefault(POINTS[str(row["point"])].line, []).append(row)
    for number, (line, some) in enumerate(lines.items()):
        look = {"color": LIVES[number % len(LIVES)], "marker": "osD^vP<>X*phd"[number % 13]}
        _line(left, some, f"intact / {REFERENCE}", line, look)
        _line(right, some, "unseen / intact", line, look)
    _published(left, right)
    left.axhline(0.95, color=INK, lw=0.8, ls="--", label="goal 0.95")
    style(left, "genes", "intact distance / one rule per synapse", "How far do they walk?")
    style(right, "genes", "distance on unseen legs / intact", "What survives unseen damage?")
    handles, _ = left.get_legend_handles_labels()
    figure.legend(
        handles=handles, loc="outside right center", frameon=False, fontsize=8, labelcolor=INK
    )
    return save(figure, folder / "bottleneck.png")


def _published(left: Axes, right: Axes) -> None:
    """Draw published results: a star per number, and a line for a size without a number."""
    star: dict[str, Any] = {"ms": 10, "mfc": "none", "mec": GRAY, "mew": 1.2, "zorder": 1}
    for published in PUBLISHED:
        for axes, value in ((left, published.relative), (right, published.retention)):
            if value is not None:
                axes.plot(published.genes, value, "*", **star)
    left.plot([], [], "*", **star, label="Palm et al. 2021")
    sizes = [published for published in PUBLISHED if published.relative is None]
    for axes in (left, right):
        axes.set_xscale("log")
        axes.axhline(0, color=FAINT, lw=0.8)
        for dashes, published in zip(DASHES, sizes, strict=True):
            label = published.what.split(",")[0]
            axes.axvline(published.genes, color=GRAY, lw=1, ls=dashes, label=label, zorder=0)


def _line(
    axes: Axes, rows: Sequence[dict[str, Cell]], head: str, label: str, look: dict[str, Any]
) -> None:
    """Draw the points of a kind of map, with their intervals; a point with one run is hollow."""
    known = sorted((row for row in rows if _has(row[head])), key=_genes)
    sizes = [_genes(row) for row in known]
    figures = [_triple(row[head]) for row in known]
    if len(set(sizes)) == len(sizes):  # points of one size are no line
        axes.plot(sizes, [figure[0] for figure in figures], lw=1, color=look["color"])
    for genes, row, (middle, low, high) in zip(sizes, known, figures, strict=True):
        face = "w" if row["runs"] == 1 else look["color"]
        axes.plot(genes, middle, lw=0, ms=6, mfc=face, **look)
        if low is not None and high is not None:
            axes.plot([genes, genes], [low, high], color=look["color"], lw=1.6, alpha=0.6)
    axes.plot([], [], lw=0, ms=6, label=label, **look)


def _genes(row: dict[str, Cell]) -> int:
    return int(str(row["genes"]).replace(",", ""))


def _has(cell: Cell) -> bool:
    """Return whether a cell has a figure; a ratio to a distance of nearly 0 has no figure."""
    return cell is not None and not (isinstance(cell, tuple) and cell[0] is None)


def _triple(cell: Cell) -> tuple[float, float | None, float | None]:
    """Return a figure with the ends of its interval; the reference has the text 1, without ends."""
    if isinstance(cell, tuple):
        middle, low, high = cell
        assert middle is not None
        return middle, low, high
    return float(str(cell)), None, None
