"""The runs of the study of car racing, and the lives of their centers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.car_racing.budgets import BUDGETS, GRID, SEARCH, USUAL, WHO, Budget
from experiments.kit.cells import Floats, cells
from experiments.kit.running import Order, Size, evolved, expect_finished, runs_folder
from experiments.kit.tuning import tuned
from metahebb.analysis.tuning import Setting
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.tasks import CarRacing
from metahebb.tasks.car_racing.task import VARIANTS, has_envpool

Scores = dict[str, Floats]
"""The returns of an arm's centers, ``(n_runs, n_lives)``, by variant of the track."""


def all_runs(
    order: Order,
) -> tuple[dict[str, list[tuple[Setting, float]]], dict[str, list[RunFolder]]]:
    """Return the settings that tuning tried, the best first, and the runs, both by arm.

    Missing runs are evolved now.

    Raises:
        InputError: with ``order.finished``, a run is missing.
    """
    budget = BUDGETS[order.size]
    folder = runs_folder(f"car_racing-{order.size}")
    if order.finished:
        for arm in WHO:
            paths = [folder / arm / f"seed{seed}" for seed in budget.seeds]
            for path in (*tuning_paths(arm, order.size), *paths):
                expect_finished(path, f"the finished runs of the arm {arm}")
    tuning = {arm: _tuned(arm, order) for arm in WHO}
    runs: dict[str, list[RunFolder]] = {arm: [] for arm in WHO}
    for seed in budget.seeds:
        for arm, some in runs.items():
            config = tuning[arm][0][0].of(run_config(budget, arm, seed))
            some.append(evolved(folder / arm / f"seed{seed}", config, order.where))
    return tuning, runs


def run_config(budget: Budget, arm: str, seed: int, generations: int | None = None) -> RunConfig:
    """Return the config of an arm's run, with a search that is not tuned yet."""
    network = dataclasses.replace(WHO[arm].network, hidden=budget.hidden)
    return RunConfig(
        task=CarRacing(budget.training),
        network=network,
        search=dataclasses.replace(SEARCH, popsize=budget.popsize),
        schedule=budget.schedule,
        generations=generations or budget.generations,
        seed=seed,
    )


def tuning_paths(arm: str, size: Size) -> list[Path]:
    """Return the folders of the runs that tune an arm."""
    folder = runs_folder(f"car_racing-{size}") / "tuning" / arm
    return [folder / str(setting) for setting in GRID[: BUDGETS[size].settings]]


def _tuned(arm: str, order: Order) -> list[tuple[Setting, float]]:
    """Return the settings of an arm with their mean returns on fresh tracks, the best first."""
    budget = BUDGETS[order.size]
    config = run_config(budget, arm, 0, budget.tuning_generations)

    def score(run: RunFolder) -> float:
        lived = cells(run, budget.training, budget.tuning_lives, budget.steps, order.where)
        assert lived.returns is not None
        return float(lived.returns.mean())

    folder = tuning_paths(arm, order.size)[0].parent
    grid = GRID[: budget.settings]
    return tuned(folder, config, grid, budget.tuning_lives, order.where, score)


def scores_of(runs: Sequence[RunFolder], budget: Budget, order: Order) -> Scores:
    """Return the returns of the centers of an arm's runs on every ground.

    Runs with the same seed have the same tracks.
    """
    by_run = [
        cells(run, tuple(VARIANTS), budget.lives, budget.steps, order.where).returns for run in runs
    ]
    returns = np.array(by_run, np.float64)  # runs, variants, lives
    return dict(zip(VARIANTS, returns.transpose(1, 0, 2), strict=True))


def worlds_of(run: RunFolder, budget: Budget, order: Order) -> dict[str, Floats]:
    """Return the returns of one center on the usual ground, by world; EnvPool has other tracks."""
    tasks = [CarRacing(), CarRacing(world="gymnasium")]
    if has_envpool():
        tasks.append(CarRacing(world="envpool"))
    by_world: dict[str, Floats] = {}
    for task in tasks:
        lived = cells(run, (USUAL,), budget.lives, budget.steps, order.where, task=task).returns
        assert lived is not None
        by_world[task.world] = lived
    return by_world
