"""How few plasticity rules are enough?

    python -m experiments.bottleneck smoke|quick|paper

Enough, if a genome of at most 1,104 genes walks 0.95 as far as the one with rules of its own for
every synapse; better than enough, if it walks farther in bodies that training never showed, with
intervals apart. Task, protocol, bodies, tuning budget and evaluation are those of the damage study,
whose Hebbian runs are the reference: both tables stand side by side.

Runs and lives that are done are not done again. ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from experiments.arms import Arm
from experiments.bottleneck_numbers import Found, half_of, size_of, words_of
from experiments.bottleneck_points import POINTS, QUICK, REFERENCE, SMALL
from experiments.bottleneck_tables import (
    NOTES,
    points_table,
    tuning_lists,
    write_figure,
)
from experiments.damage_tables import bodies_table, write_runs
from experiments.groups import Group, Interval
from experiments.lesion_lives import SCALES, lesions_of, ways
from experiments.lesion_numbers import Pairs
from experiments.robustness import (
    BUDGETS,
    DT,
    WEAKENED,
    Fold,
    Runs,
    Tuning,
    arm_runs,
    run_config,
    tuning_runs,
)
from experiments.running import Order, Size, command
from experiments.study import Claim, write_study
from metahebb.errors import InputError

TITLE = "How few plasticity rules are enough?"
FOLD = WEAKENED[3]
"""That every point is evolved on."""
FOCUS = (REFERENCE, "low_rank-1")
"""Points that are evolved on all folds, once every point has been on the first."""
FEW = 1104
"""Genes of the smallest published rule genome of an ant (Ferigo et al. 2024)."""


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/bottleneck``."""
    names = tuple(name for name in POINTS if order.size != "quick" or name in QUICK)
    write_curve("bottleneck", TITLE, names, FOCUS if order.size != "smoke" else (), order)


def write_curve(
    study: str, title: str, names: Sequence[str], focus: Sequence[str], order: Order
) -> None:
    """Evolve what is missing of some points, evaluate, and write ``results/<study>``.

    Args:
        study: its name.
        title: its question.
        names: of the points, the reference among them.
        focus: those of them that are evolved on all folds, and not on the first alone.
        order: what is asked for.
    """
    budget = BUDGETS[order.size]
    tuning, runs = _all_runs(order, jobs(names, focus))
    found = [_measured(name, runs[name], order) for name in runs]
    groups = [point.group for point in found]
    claims = _claims(found, f"python -m experiments.{study} {order.size}")
    scale = SCALES[order.size]
    notes = NOTES.format(
        points=points_table(found),
        bodies=bodies_table(groups),
        tuning=tuning_lists(tuning),
        budget=budget,
        hidden="-".join(map(str, budget.hidden)),
        small=SMALL,
        fold=FOLD,
        seconds=budget.steps * DT,
        at=scale.at * DT,
    )
    everyone = [run for some in runs.values() for run in some.values()]
    scored = tuning_runs(order.size, {name: _arm(order.size, name) for name in runs})
    folder = write_study(study, title, claims, everyone, notes, order.size, scored)
    write_runs(folder, groups)
    write_figure(folder, found)
    print(folder)


def _arm(size: Size, name: str) -> Arm:
    """Return who lives at a point, with the settings for its size."""
    point = POINTS[name]
    config = run_config(BUDGETS[size], point.arm, FOLD, 0, generations=1)
    return point.tuned_arm(config.setup().genome.n_genes)


def jobs(names: Sequence[str], focus: Sequence[str]) -> list[tuple[str, Fold]]:
    """Return points and folds in the order in which they are evolved; other folds are last."""
    others = [fold for fold in WEAKENED if fold != FOLD]
    wide = [(name, fold) for name in names if name in focus for fold in others]
    return [(name, FOLD) for name in names] + wide


def _all_runs(order: Order, wanted: Sequence[tuple[str, Fold]]) -> tuple[Tuning, dict[str, Runs]]:
    """Return what tuning found and the runs, by point; see `arm_runs`.

    Raises:
        InputError: with ``order.finished``, where the reference or all others are not finished.
    """
    size = order.size
    arms = {name: _arm(size, name) for name, _ in wanted}
    tuning, runs = arm_runs(order, arms, wanted)
    if REFERENCE not in runs or len(runs) == 1:
        missing = "another map" if REFERENCE in runs else REFERENCE
        raise InputError(
            f"expected finished runs, got none of size {size} of {missing}; leave out --finished"
        )
    return tuning, runs


def _measured(name: str, runs: Runs, order: Order) -> Found:
    """Live the lives of a point."""
    scale = SCALES[order.size]
    group = Group.of(name, runs, BUDGETS[order.size], order.where)
    lesion = lesions_of("hebbian", FOLD, scale.at)["zero"]

    def walked(probes: tuple[str, ...]) -> npt.NDArray[np.float64]:
        return np.array(
            [
                [
                    ways(runs[fold, seed], probes, scale.lives, scale.horizon, order.where)
                    for seed in group.seeds
                ]
                for fold in group.folds
            ]
        )

    first = next(iter(runs.values()))
    return Found(
        name,
        *size_of(first),
        words_of(first.config.search),
        group,
        Pairs(name, lesion, group.seeds, DT, walked(lesion.probes), walked(())),
        tuple(half_of(run) for run in runs.values()),
    )


def _claims(found: list[Found], made_by: str) -> list[Claim]:
    """Return the goals first, then every point's figures."""
    reference = next(point for point in found if point.name == REFERENCE)
    goals, figures = [], []
    for point in found:
        measured: list[tuple[str, Interval, str | None]] = []
        if point is not reference:
            goal = ">= 0.95" if point.genes <= FEW else None
            measured.append((f"intact / {REFERENCE}", point.relative(reference), goal))
            what = f"gap between the intervals on unseen legs, above {REFERENCE} [m]"
            measured.append((what, (point.gap(reference), None, None), ">= 0"))
        measured += [(f"{kind} [m]", point.group.kind(kind), None) for kind in ("intact", "unseen")]
        measured.append(("unseen / intact", point.group.retention(), None))
        for what, value, goal in measured:
            name = f"{point.name}, {point.genes:,} genes, {point.search}: {what}"
            claim = Claim(name, *value, goal, point.group.seeds, made_by)
            (figures if goal is None else goals).append(claim)
    return [*goals, *figures]


if __name__ == "__main__":
    command("bottleneck", main)
