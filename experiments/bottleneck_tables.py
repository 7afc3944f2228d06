"""Tables and the figure of the bottleneck study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.bottleneck_numbers import Found
from experiments.bottleneck_points import POINTS, REFERENCE
from experiments.groups import Interval
from experiments.tuning import Setting
from metahebb.report.figures import FAINT, GRAY, INK, LIVES, save, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOTES = """
One network (27-{hidden}-8), rule ABCD with a learning rate, random births. Every point has the
protocol *weak* of the [damage study](../damage/README.md) on the fold *{fold}*: training shows the
intact ant, the front right leg shortened, and weak motors in each of the other legs; *unseen* are
those three legs shortened. The reference *hebbian*, one rule per synapse, is an arm of that
study; *per_synapse* is the same, tuned in the settings of the other large genomes. Points with more
than one fold are those that were followed up because they had tuned best. Means over
{budget.lives} fresh lives per body of the unperturbed center, in metres along +x within
{budget.steps} env steps ({seconds:g} s), with 95 % intervals over runs and lives as there;
differences and ratios are on the folds and seeds that both have.

![distance and retention against genome size](bottleneck.png)

Stars: Palm et al. 2021, dotted lines: genomes whose authors say that they do as well as rules of
their own for every synapse (Pedersen & Risi 2021; Ferigo et al. 2024). All of these are of
PyBullet's ant with 12,288 synapses, and relative to their own genome per synapse.

## The points

*After zeroing*: speed 5 s after all weights were set to zero at {at:g} s, by that before
(interquartile mean over walkers), and in brackets the same lives unharmed. *Half*: generations of
{budget.generations} until the smoothed mean fitness of the population was half of its last value:
the median of the runs in which it got anywhere, and the ends.

{points}

## Every body

Mean metres over seeds; unseen single legs bold. Per run: [runs.csv](runs.csv).

{bodies}

## Tuning

Each point is tried in {budget.settings} settings of its search, for {budget.tuning_generations}
generations with a seed of its own; in the table is the mean distance [m] over
{budget.tuning_lives} fresh lives on each of the five training bodies, the setting that was taken
in bold. A setting is stdev – learning rate – initial scale (OpenAI-ES with Adam; for palm-16 the
search *mixture*, with Adam or *sgd*), or stdev – initial scale (CMA-ES; *sep*: with a diagonal
covariance). Genomes of at most {small:,} genes are offered CMA-ES in two of them.

{tuning}
"""


@dataclass(frozen=True)
class Published:
    """A number that somebody else published, relative to their own genome per synapse.

    Attributes:
        what: it is, with its source.
        genes: of the genome.
        relative: distance by that of their genome per synapse; None where none is known.
        retention: distance on unseen damage by that without; None likewise.
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
"""On PyBullet's ant with its 12,288 synapses; rules alone are counted, not mixing logits. Those
without a number are told to do as well as, or better than, one rule per synapse."""


SMALL = {"fontsize": 6, "color": GRAY, "va": "top", "ha": "right"}


def points_table(found: Sequence[Found]) -> str:
    """Return one row per point, as Markdown."""
    heads = (
        *("point", "what has genes", "genes", "bits", "search", "folds × seeds", "intact"),
        *(f"intact / {REFERENCE}", "unseen legs", "unseen / intact", "after zeroing", "half"),
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    reference = next(point for point in found if point.name == REFERENCE)
    for point in sorted(found, key=lambda point: point.genes):
        group = point.group
        back, without = point.back()
        row = [
            point.name,
            POINTS[point.name].arm.what,
            f"{point.genes:,}",
            f"{point.bits:,}",
            point.search,
            f"{len(group.folds)} × {len(group.seeds)}",
            _cell(group.kind("intact")),
            "1" if point is reference else _cell(point.relative(reference)),
            _cell(group.kind("unseen")),
            _cell(group.retention()),
            f"{_cell((back.value, *back.interval()))} ({without.value:.2f})",
            _range(point.half),
        ]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def tuning_lists(tuning: Mapping[str, Sequence[tuple[Setting, float]]]) -> str:
    """Return the score of every setting that was tried, the best first, as Markdown."""
    lines = ["| point | settings |", "|---|---|"]
    for name, tried in tuning.items():
        scores = [f"{setting}: {score:.2f}" for setting, score in tried]
        scores[0] = f"**{scores[0]}**"
        lines.append(f"| {name} | {', '.join(scores)} |")
    return "\n".join(lines)


def write_figure(folder: Path, found: Sequence[Found]) -> None:
    """Write ``bottleneck.png``: relative distance and retention against genes, a line per map."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    reference = next(point for point in found if point.name == REFERENCE)
    lines: dict[str, list[Found]] = {}
    for point in found:
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
    figure.legend(*left.get_legend_handles_labels(), loc="outside right", frameon=False, fontsize=8)
    save(figure, folder / "bottleneck.png")


def _relative(point: Found, reference: Found) -> Interval:
    return (1.0, None, None) if point is reference else point.relative(reference)


def _line(
    axes: Axes, points: Sequence[tuple[int, Interval]], label: str, look: dict[str, str]
) -> None:
    known = [(genes, *value) for genes, value in points if value[0] is not None]
    axes.plot([p[0] for p in known], [p[1] for p in known], label=label, lw=1, ms=6, **look)
    for genes, _, low, high in known:
        if low is not None:
            axes.plot([genes, genes], [low, high], color=look["color"], lw=1.6, alpha=0.6)


def _range(values: Sequence[float]) -> str:
    """Return the median, and the ends where they differ; NaN is left out."""
    known = [value for value in values if np.isfinite(value)]
    if not known:
        return "–"
    ends = "" if min(known) == max(known) else f" ({min(known):.0f} to {max(known):.0f})"
    return f"{np.median(known):.0f}{ends}"


def _cell(value: Interval) -> str:
    middle, low, high = value
    if middle is None or np.isnan(middle):
        return "–"
    return f"{middle:.2f}" + ("" if low is None else f" [{low:.2f}, {high:.2f}]")
