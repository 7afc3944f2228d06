"""The notes of a curve's page, and the tables of its points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.kit.claims import Interval
from experiments.protocols.genome_maps.numbers import Measured
from experiments.protocols.genome_maps.points import POINTS, REFERENCE
from metahebb.analysis.tuning import Setting

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


def points_table(points: Sequence[Measured]) -> str:
    """Return a table with a row per point, as Markdown."""
    heads = (
        *("point", "what has genes", "genes", "bits", "search", "folds × seeds", "intact"),
        *(f"intact / {REFERENCE}", "unseen legs", "unseen / intact", "after zeroing", "half"),
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    reference = next(point for point in points if point.name == REFERENCE)
    for point in sorted(points, key=lambda point: point.genes):
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
    """Return a table of all settings that tuning tried, the best first, as Markdown."""
    lines = ["| point | settings |", "|---|---|"]
    for name, tried in tuning.items():
        scores = [f"{setting}: {score:.2f}" for setting, score in tried]
        scores[0] = f"**{scores[0]}**"
        lines.append(f"| {name} | {', '.join(scores)} |")
    return "\n".join(lines)


def _range(values: Sequence[float]) -> str:
    """Return the median as text, with the smallest and largest value if they differ; skip NaN."""
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
