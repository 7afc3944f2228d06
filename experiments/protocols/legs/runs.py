"""The runs of walking studies: the arm, fold and seed of each run, and its folder.

Each generation lives in two of the training bodies, and all bodies take turns, so that both
protocols cost the same. Studies that have runs in common share their folders.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from experiments.kit.running import Order, Size, evolved, expect_finished, is_finished, runs_folder
from experiments.kit.tuning import tuned
from experiments.protocols.arms import ARMS, Arm
from experiments.protocols.legs.bodies import WEAKENED, Fold
from experiments.protocols.legs.budgets import BUDGETS, MAIN, Budget
from metahebb.analysis.tuning import Setting
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.folder import RunFolder
from metahebb.tasks import Locomotion

Tuning = dict[str, list[tuple[Setting, float]]]
"""The settings that tuning tried with their scores, the best first, by arm."""
Runs = dict[tuple[Fold, int], RunFolder]
"""The runs of one arm, by fold and seed."""


def run_config(budget: Budget, who: Arm, fold: Fold, seed: int, generations: int) -> RunConfig:
    """Return the config of a run, with a search that is not tuned yet."""
    turns = itertools.cycle(fold.training)
    stages = tuple(
        Stage(generation, budget.train_steps, (next(turns), next(turns)))
        for generation in range(generations)
    )
    return RunConfig(
        task=Locomotion("ant", damages=fold.training, integrator=budget.integrator),
        network=dataclasses.replace(who.network, hidden=budget.hidden),
        search=dataclasses.replace(who.search, popsize=budget.popsize),
        schedule=stages,
        generations=generations,
        seed=seed,
        probes=who.probes,
        genome=who.genome,
    )


def jobs(budget: Budget) -> Iterator[tuple[str, Fold, int]]:
    """Yield every run as (arm, fold, seed), seed by seed, beginning with the two main arms."""
    side = tuple(arm for arm in ARMS if arm not in MAIN)
    for arms, usual in ((MAIN, budget.seeds), (side, budget.side_seeds)):
        seeds_of = {arm: budget.more_seeds.get(arm, usual) for arm in arms}
        for seed in dict.fromkeys(seed for seeds in seeds_of.values() for seed in seeds):
            for arm in arms:
                if seed in seeds_of[arm]:
                    for fold in budget.folds.get(arm, budget.side_folds):
                        yield arm, fold, seed


def tune(size: Size, name: str, who: Arm, where: Where) -> list[tuple[Setting, float]]:
    """Return the settings of the arm ``name`` with their scores, the best first; see `tuned`."""
    budget = BUDGETS[size]
    config = run_config(budget, who, WEAKENED[3], 0, budget.tuning_generations)
    folder = _folder(size) / "tuning" / name
    return tuned(folder, config, _grid(size, who), budget.tuning_lives, where)


def run_of(
    size: Size, name: str, who: Arm, fold: Fold, seed: int, setting: Setting, where: Where
) -> RunFolder:
    """Return a finished run of the arm ``name``; see `evolved`."""
    budget = BUDGETS[size]
    config = setting.of(run_config(budget, who, fold, seed, budget.generations))
    return evolved(run_path(size, name, fold, seed), config, where)


def run_path(size: Size, name: str, fold: Fold, seed: int) -> Path:
    """Return the folder of a run."""
    return _folder(size) / name / str(fold) / f"seed{seed}"


def all_runs(order: Order) -> tuple[Tuning, dict[tuple[str, Fold, int], RunFolder]]:
    """Return the settings that tuning tried, by arm, and the runs by (arm, fold, seed).

    Missing runs are evolved now. With ``order.finished``, they are left out. If an arm's run on one
    fold of a protocol is missing for a seed, its runs on the protocol's other folds are left out
    for this seed, too.

    Raises:
        InputError: with ``order.finished``, a main arm has no run, or an arm is not tuned.
    """
    size, budget = order.size, BUDGETS[order.size]
    wanted = list(jobs(budget))
    if order.finished:
        there = {job for job in wanted if is_finished(run_path(size, *job))}
        wanted = [
            (arm, fold, seed)
            for arm, fold, seed in wanted
            if all(
                (a, f, s) in there
                for a, f, s in jobs(budget)
                if (a, f.protocol, s) == (arm, fold.protocol, seed)
            )
        ]
        _check_finished(size, wanted)
    return _evolved(order, ARMS, wanted)


def arm_runs(
    order: Order, arms: Mapping[str, Arm], wanted: Sequence[tuple[str, Fold]]
) -> tuple[Tuning, dict[str, Runs]]:
    """Return the settings that tuning tried, and the runs with all seeds of the budget, by arm.

    Missing runs are evolved now. With ``order.finished``, a fold of an arm is left out unless all
    its runs are finished.

    Args:
        order: the arguments of the command line.
        arms: the arms, by the names of their folders.
        wanted: names of arms with folds, in the order in which they are evolved.
    """
    size, seeds = order.size, BUDGETS[order.size].seeds
    if order.finished:
        wanted = [
            (name, fold)
            for name, fold in wanted
            if all(map(is_finished, tuning_paths(size, name, arms[name])))
            and all(is_finished(run_path(size, name, fold, seed)) for seed in seeds)
        ]
    each = [(name, fold, seed) for name, fold in wanted for seed in seeds]
    tuning, by_job = _evolved(order, arms, each)
    runs: dict[str, Runs] = {}
    for (name, fold, seed), run in by_job.items():
        runs.setdefault(name, {})[fold, seed] = run
    return tuning, runs


def _evolved(
    order: Order, arms: Mapping[str, Arm], wanted: Iterable[tuple[str, Fold, int]]
) -> tuple[Tuning, dict[tuple[str, Fold, int], RunFolder]]:
    """Evolve missing runs in the order of ``wanted``; an arm is tuned before its first run."""
    tuning: Tuning = {}
    runs = {}
    for name, fold, seed in wanted:
        who = arms[name]
        if name not in tuning:
            tuning[name] = tune(order.size, name, who, order.where)
        best = tuning[name][0][0]
        runs[name, fold, seed] = run_of(order.size, name, who, fold, seed, best, order.where)
    return tuning, runs


def tuning_runs(size: Size, arms: Mapping[str, Arm]) -> list[RunFolder]:
    """Return the finished runs that tuned ``arms``, which are given by name."""
    paths = [path for name, who in arms.items() for path in tuning_paths(size, name, who)]
    return [RunFolder.open(path) for path in paths]


def _check_finished(size: Size, wanted: list[tuple[str, Fold, int]]) -> None:
    there = {(arm, fold) for arm, fold, _ in wanted}
    for arm in MAIN:
        if (arm, BUDGETS[size].side_folds[0]) not in there:
            raise InputError(
                f"expected finished runs of the arm {arm}, got none of size {size}; leave out "
                "--finished"
            )
    for arm in dict.fromkeys(arm for arm, _, _ in wanted):
        for path in tuning_paths(size, arm, ARMS[arm]):
            expect_finished(path, f"the finished runs that tuned {arm}")


def tuning_paths(size: Size, name: str, who: Arm) -> list[Path]:
    """Return the folders of the runs that tune the arm ``name``."""
    return [_folder(size) / "tuning" / name / str(setting) for setting in _grid(size, who)]


def _grid(size: Size, who: Arm) -> tuple[Setting, ...]:
    return who.grid[: BUDGETS[size].settings]


def _folder(size: Size) -> Path:
    return runs_folder(f"robustness-{size}")
