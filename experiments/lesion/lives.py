"""The runs that the lesion study compares, and their lives under each lesion."""

from __future__ import annotations

import numpy as np

from experiments.kit.cells import Floats
from experiments.kit.running import Order
from experiments.protocols.arms import ARMS
from experiments.protocols.legs.bodies import WEAKENED, Fold
from experiments.protocols.legs.runs import all_runs
from experiments.protocols.lesions.lives import Scale, lesions_of, ways, zeroing
from experiments.protocols.lesions.numbers import Pairs, measures
from metahebb.analysis.probe import seconds_per_step
from metahebb.analysis.statistics import nested_iqms
from metahebb.evolution.backends.where import Where
from metahebb.probes.values import ALL
from metahebb.runs.folder import RunFolder

FOLD = WEAKENED[3]
"""The fold on which every arm is evolved."""
Runs = dict[str, dict[Fold, dict[int, RunFolder]]]
"""Runs by arm, fold and seed; `FOLD` is first, and all folds of an arm share their seeds."""
Cells = dict[str, Floats]


def runs_of(order: Order) -> Runs:
    """Return each arm's runs on `FOLD`, and the Hebbian arm's runs on all legs."""
    runs: Runs = {}
    for (arm, fold, seed), run in all_runs(order)[1].items():
        if fold == FOLD or (arm == "hebbian" and fold.protocol == FOLD.protocol):
            runs.setdefault(arm, {}).setdefault(fold, {})[seed] = run
    return {arm: {FOLD: folds.pop(FOLD), **folds} for arm, folds in runs.items()}


def pairs_of(arm: str, runs: Runs, scale: Scale, where: Where) -> list[tuple[str, Pairs]]:
    """Return the arm's lives with each lesion, by its name; only ``zero`` is done on all folds."""
    own = ARMS[arm].probes

    def lived(folds: list[Fold], probes: tuple[str, ...]) -> Floats:
        return np.array(
            [
                [
                    ways(run, (*own, *probes), scale.lives, scale.horizon, where)
                    for run in some.values()
                ]
                for some in (runs[arm][fold] for fold in folds)
            ]
        )

    folds = list(runs[arm])
    without = lived(folds, ())
    seeds = tuple(runs[arm][FOLD])
    dt = seconds_per_step(runs[arm][FOLD][seeds[0]].config.task)
    assert dt is not None  # locomotion
    pairs = []
    for name, lesion in lesions_of(arm, FOLD, scale.at).items():
        some = folds if name == "zero" else folds[:1]
        with_ = lived(some, lesion.probes)
        pairs.append((name, Pairs(arm, lesion, seeds, dt, with_, without[: len(some)])))
    return pairs


def cells_of(runs: list[RunFolder], scale: Scale, where: Where) -> Cells:
    """Return what is left after zeroing a part, ``(n_times, n_layers, n_fractions)`` each.

    ``back`` and ``survival`` as in `Measures`, with ``back_without`` of the same lives without a
    lesion; ``seconds``, ``layers`` (-1: all of them) and ``fractions`` are the axes.
    """
    task, network = runs[0].config.task, runs[0].config.network
    count = len(network.layers(task.n_observations, task.n_outputs))
    layers = [*range(1, count + 1), ALL]
    dt = seconds_per_step(task)
    assert dt is not None  # locomotion

    def lived(probes: tuple[str, ...]) -> Floats:
        return np.array([[ways(r, probes, scale.cell_lives, scale.horizon, where) for r in runs]])

    shape = (len(scale.times), len(layers), len(scale.fractions))
    back, survival, back_without = np.empty(shape), np.empty(shape), np.empty(shape)
    without = lived(())
    for cell in np.ndindex(shape):
        at, layer, fraction = (
            axis[i] for axis, i in zip((scale.times, layers, scale.fractions), cell, strict=True)
        )
        lesion = zeroing(float(fraction), int(layer), int(at))
        numbers = measures(lived(lesion.probes), lesion, dt)
        back[cell] = nested_iqms(numbers.back, 1)[0]
        back_without[cell] = nested_iqms(measures(without, lesion, dt).back, 1)[0]
        alive = numbers.survival[np.isfinite(numbers.survival)]
        survival[cell] = alive.mean() if alive.size else np.nan
    return {
        "back": back,
        "survival": survival,
        "back_without": back_without,
        "seconds": np.array(scale.times) * dt,
        "layers": np.array(layers, np.float64),
        "fractions": np.array(scale.fractions),
    }
