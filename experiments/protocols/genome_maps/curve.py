"""A function that evolves and evaluates a study's genome maps, and writes the study's results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from experiments.kit.claims import Answer, Claim, answered
from experiments.kit.results import finish, write_study
from experiments.kit.running import Order, Size
from experiments.protocols.arms import Arm
from experiments.protocols.genome_maps.claims import claims_of, standing
from experiments.protocols.genome_maps.numbers import Measured, half_of, size_of, words_of
from experiments.protocols.genome_maps.points import POINTS, REFERENCE
from experiments.protocols.genome_maps.tables import draw, kept_of, notes
from experiments.protocols.legs.bodies import DT, WEAKENED, Fold
from experiments.protocols.legs.budgets import BUDGETS
from experiments.protocols.legs.groups import Group
from experiments.protocols.legs.runs import Runs, Tuning, arm_runs, run_config, tuning_runs
from experiments.protocols.legs.tables import write_runs
from experiments.protocols.lesions.lives import SCALES, lesions_of, ways
from experiments.protocols.lesions.numbers import Pairs
from metahebb.errors import InputError

AnswerOf = Callable[[Sequence[Claim], Mapping[str, int]], Answer]
"""A function that makes an answer from the claims, and from the number of runs per point that do
not walk."""
FOLD = WEAKENED[3]
"""Fold on which every point is evolved."""


def write_curve(
    study: str,
    title: str,
    answer_of: AnswerOf,
    names: Sequence[str],
    order: Order,
    *,
    focus: Sequence[str] = (),
) -> None:
    """Evolve missing runs of the points, evaluate all points, and write ``results/<study>``.

    Args:
        study: the name of the study.
        title: the question of the study.
        answer_of: a function that makes the answer.
        names: the names of the points, with the reference among them.
        order: the arguments of the command line.
        focus: the names of the points that are evolved on all folds, and not only on `FOLD`.
    """
    budget = BUDGETS[order.size]
    tuning, runs = _all_runs(order, jobs(names, focus))
    points = [_measured(name, runs[name], order) for name in runs]
    claims = claims_of(points, f"python -m experiments.{study} {order.size}")
    everyone = [run for some in runs.values() for run in some.values()]
    scored = tuning_runs(order.size, {name: arm_of(order.size, name) for name in runs})
    answer = answered(lambda some: answer_of(some, standing(points)), claims)
    folder = write_study(
        study,
        title,
        answer,
        claims,
        everyone,
        kept=kept_of(points, tuning, budget, SCALES[order.size].at * DT),
        size=order.size,
        tuning=scored,
    )
    write_runs(folder, [point.group for point in points])
    draw(folder)
    finish(folder, notes(folder))
    print(folder)


def arm_of(size: Size, name: str) -> Arm:
    """Return the arm of a point, with the settings of the search for its number of genes."""
    point = POINTS[name]
    config = run_config(BUDGETS[size], point.arm, FOLD, 0, generations=1)
    return point.tuned_arm(config.setup().genome.n_genes)


def jobs(names: Sequence[str], focus: Sequence[str]) -> list[tuple[str, Fold]]:
    """Return pairs of a point and a fold in the order of evolution: first all points on `FOLD`."""
    others = [fold for fold in WEAKENED if fold != FOLD]
    wide = [(name, fold) for name in names if name in focus for fold in others]
    return [(name, FOLD) for name in names] + wide


def _all_runs(order: Order, wanted: Sequence[tuple[str, Fold]]) -> tuple[Tuning, dict[str, Runs]]:
    """Return the settings that tuning tried, and the runs, by point; see `arm_runs`.

    Raises:
        InputError: with ``order.finished``, the reference, or every other point, is not finished.
    """
    size = order.size
    arms = {name: arm_of(size, name) for name, _ in wanted}
    tuning, runs = arm_runs(order, arms, wanted)
    if REFERENCE not in runs or len(runs) == 1:
        missing = "another map" if REFERENCE in runs else REFERENCE
        raise InputError(
            f"expected finished runs, got none of size {size} of {missing}; leave out --finished"
        )
    return tuning, runs


def _measured(name: str, runs: Runs, order: Order) -> Measured:
    """Live the lives of a point, and return the point with its measures."""
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
    return Measured(
        name,
        *size_of(first),
        words_of(first.config.search),
        group,
        Pairs(name, lesion, group.seeds, DT, walked(lesion.probes), walked(())),
        tuple(half_of(run) for run in runs.values()),
    )
