"""The notes of a curve's page, and the tables that the page is made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from experiments.kit.claims import Interval
from experiments.kit.kept import Cell, Kept, Table, shown
from experiments.kit.page import Notes
from experiments.protocols.genome_maps.figure import draw_curve
from experiments.protocols.genome_maps.numbers import Measured
from experiments.protocols.genome_maps.points import POINTS, REFERENCE, SMALL
from experiments.protocols.legs.bodies import DT, WORDS
from experiments.protocols.legs.budgets import Budget
from experiments.protocols.legs.groups import Group
from experiments.protocols.legs.tables import bodies_table
from metahebb.analysis.tuning import Setting

OWN_WORDS = {
    "point": "a genome of one size and kind; its name, its number of genes and the search that "
    "suited it best",
    REFERENCE: "the reference: a rule of its own for every synapse",
    f"intact / {REFERENCE}": "distance on the intact body by that of the reference",
}
SHOWN = """
![distance and retention against genome size](bottleneck.png)

Bars are 95 % intervals over runs and lives; a ratio has none where the distance below it may be
next to nothing. Stars and dotted lines are published numbers, of PyBullet's ant with 12,288
synapses, relative to their own genome per synapse.
"""
HOW = """
One network (27-{hidden}-8), rule ABCD with a learning rate, random births. Every point has the
protocol *weak* of the [damage study](../damage/README.md): training shows the intact ant, the
fourth leg shortened, and weak motors in each of the other legs. The reference *{reference}* is an
arm of that study; *per_synapse* is the same, tuned in the settings of the other large genomes.
Points with more runs than three were followed up on all folds because they had tuned best.

Means are over {lives} fresh lives per body of each unperturbed center, in metres along +x within
{steps} env steps ({seconds:g} s); differences and ratios are on the folds and seeds that both have.
"""
POINTS_NOTE = """
{points}

*After zeroing*: speed 5 s after all weights were set to zero at {at:g} s, by that before
(interquartile mean over walkers), and in brackets the same lives unharmed. *Half*: generations of
{generations} until the smoothed mean fitness of the population was half of its last value: the
median of the runs in which it got anywhere, and the ends.
"""
BODIES = """
Mean metres over seeds; unseen single legs bold. A fold is named by protocol and seen leg. Per run:
[runs.csv](runs.csv).

{bodies}
"""
TUNING = """
Each point is tried in {settings} settings of its search, for {tuning_generations} generations with
a seed of its own; in the table is the mean distance [m] over {tuning_lives} fresh lives on each of
the five training bodies, the setting that was taken in bold. A setting is stdev – learning rate –
initial scale (OpenAI-ES with Adam; for palm-16 the search *mixture*, with Adam or *sgd*), or stdev
– initial scale (CMA-ES; *sep*: with a diagonal covariance). Genomes of at most {small:,} genes are
offered CMA-ES in two of them.

{tuning}
"""


def kept_of(
    points: Sequence[Measured],
    tuning: Mapping[str, Sequence[tuple[Setting, float]]],
    budget: Budget,
    at: float,
) -> Kept:
    """Return the numbers and tables of the page; weights are zeroed at ``at`` seconds of life."""
    numbers: dict[str, str | int | float] = {
        "hidden": "-".join(map(str, budget.hidden)),
        "reference": REFERENCE,
        "lives": budget.lives,
        "steps": budget.steps,
        "seconds": budget.steps * DT,
        "at": at,
        "generations": budget.generations,
        "settings": budget.settings,
        "tuning_generations": budget.tuning_generations,
        "tuning_lives": budget.tuning_lives,
        "small": SMALL,
    }
    groups: list[Group] = [point.group for point in points]
    tables = {
        "points": points_table(points),
        "bodies": bodies_table(groups),
        "tuning": tuning_lists(tuning),
    }
    return Kept(numbers, tables)


def notes(folder: Path) -> Notes:
    """Return the notes of the page, made from the files in ``folder``."""
    kept = Kept.read(folder)
    values = {**kept.numbers, **{name: table.markdown() for name, table in kept.tables.items()}}
    folded = {
        "How it was measured": HOW.format(**values),
        "All points": POINTS_NOTE.format(**values),
        "Every body": BODIES.format(**values),
        "Tuning": TUNING.format(**values),
    }
    words = {
        **OWN_WORDS,
        **_carrying_points(folder),
        **{word: WORDS[word] for word in ("unseen", "intact")},
    }
    return Notes(words, SHOWN, folded)


def _carrying_points(folder: Path) -> dict[str, str]:
    """Return what has genes at each point that carries the answer; the reference is left out."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    names = dict.fromkeys(name.split(",")[0] for name in summary["carried_by"])
    return {name: POINTS[name].arm.what for name in names if name in POINTS and name != REFERENCE}


def draw(folder: Path) -> list[Path]:
    """Draw the figures whose numbers are in ``folder``, and return their paths."""
    return [draw_curve(folder)]


def points_table(points: Sequence[Measured]) -> Table:
    """Return a table with one row per point; a point with one run has no intervals."""
    heads = (
        *("point", "what has genes", "genes", "bits", "search", "runs", "intact"),
        *(f"intact / {REFERENCE}", "unseen legs", "unseen / intact", "after zeroing", "half"),
    )
    reference = next(point for point in points if point.name == REFERENCE)
    return Table(heads, tuple(_row(point, reference) for point in _by_genes(points)))


def _by_genes(points: Sequence[Measured]) -> list[Measured]:
    return sorted(points, key=lambda point: point.genes)


def _row(point: Measured, reference: Measured) -> tuple[Cell, ...]:
    group, one = point.group, point.group.runs == 1
    back, without = point.back()
    return (
        point.name,
        POINTS[point.name].arm.what,
        f"{point.genes:,}",
        f"{point.bits:,}",
        point.search,
        group.runs,
        _cell(group.kind("intact"), one),
        "1" if point is reference else _cell(point.relative(reference), one),
        _cell(group.kind("unseen"), one),
        _cell(group.retention(), one),
        f"{_text((back.value, *back.interval()), one)} ({without.value:.2f})",
        _range(point.half),
    )


def tuning_lists(tuning: Mapping[str, Sequence[tuple[Setting, float]]]) -> Table:
    """Return a table with the score of every setting that was tried, the best first."""
    rows = []
    for name, tried in tuning.items():
        scores = [f"{setting}: {score:.2f}" for setting, score in tried]
        scores[0] = f"**{scores[0]}**"
        rows.append((name, ", ".join(scores)))
    return Table(("point", "settings"), tuple(rows))


def _range(values: Sequence[float]) -> str:
    """Return the median as text, with the smallest and largest value if they differ; skip NaN."""
    known = [value for value in values if np.isfinite(value)]
    if not known:
        return "–"
    ends = "" if min(known) == max(known) else f" ({min(known):.0f} to {max(known):.0f})"
    return f"{np.median(known):.0f}{ends}"


def _cell(value: Interval, one: bool) -> Cell:
    middle = value[0]
    if middle is None or np.isnan(middle):
        return None
    return (middle, None, None) if one else value


def _text(value: Interval, one: bool) -> str:
    return shown(_cell(value, one))
