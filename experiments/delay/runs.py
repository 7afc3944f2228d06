"""The runs of the study ``delay``, in pairs that differ only in the delay, and their lives."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from experiments.kit.running import Order, Size, evolved, is_finished, runs_folder
from metahebb.analysis.evaluate import evaluate
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import preset

Floats = npt.NDArray[np.float64]

ARMS = {"synchronous": 0, "delayed": 1}
"""The number of generations of delay, by arm."""


@dataclass(frozen=True)
class Part:
    """One world in which both arms evolve.

    Attributes:
        preset: name of the preset of the runs.
        seeds: seeds of evolution of each arm.
        lives: number of fresh lives of each center.
        measure: words for what a return is, with its unit.
        bound: largest absolute value of a return.
        lanes: smallest number of lanes; a step of a small task costs hardly more for many lives
            than for one.
        generations: number of generations of a run; None for the number of the preset.
        popsize: number of candidates per generation; None for the number of the preset.
    """

    preset: str
    seeds: tuple[int, ...]
    lives: int
    measure: str
    bound: float = math.inf
    lanes: int = 16
    generations: int | None = None
    popsize: int | None = None

    def config(self, arm: str, seed: int) -> RunConfig:
        """Return the config of a run."""
        base = preset(self.preset)
        search = dataclasses.replace(
            base.search, popsize=self.popsize or base.search.popsize, delay=ARMS[arm]
        )
        generations = self.generations or base.generations
        return dataclasses.replace(base, search=search, generations=generations, seed=seed)


BUDGETS: dict[Size, tuple[Part, ...]] = {
    "smoke": (
        Part("reversal", (0, 1), 4, "return", 1.0, generations=4, popsize=4),
        Part("ant-quick", (0, 1), 3, "distance [m]", generations=3, popsize=4),
    ),
    "quick": (
        Part("reversal", tuple(range(20)), 200, "return", 1.0, lanes=64),
        Part("ant-quick", (0, 1, 2, 3), 32, "distance [m]"),
    ),
    "paper": (
        Part("reversal", tuple(range(20)), 200, "return", 1.0, lanes=64),
        Part("ant", (0, 1, 2, 3, 4), 100, "distance [m]"),
    ),
}


@dataclass(frozen=True)
class Pairs:
    """The finished pairs of one part; run j of both arms has the same seed.

    Attributes:
        part: world of the pairs.
        seeds: seeds of ``part`` with finished runs of both arms.
        runs: runs in the order of ``seeds``, by arm.
        returns: returns of fresh lives of each center in the task's first body, by arm; arrays
            ``(n_seeds, n_lives)``. Life i of run j has the same birth and world in both arms. The
            return of a life that ended non-finite is 0.
        curves: mean return of a few fresh lives of the center after each update, by arm; arrays
            ``(n_seeds, generations - 1)``, see `curve`.
    """

    part: Part
    seeds: tuple[int, ...]
    runs: dict[str, list[RunFolder]]
    returns: dict[str, Floats]
    curves: dict[str, Floats]

    @property
    def generations(self) -> int:
        """The number of generations of every run."""
        return self.everything[0].config.generations

    @property
    def everything(self) -> list[RunFolder]:
        """All runs of both arms."""
        return [run for some in self.runs.values() for run in some]


def jobs(seeds: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield pairs (seed, arm) in the order of evolution, seed by seed."""
    for seed in seeds:
        for arm in ARMS:
            yield seed, arm


def all_pairs(order: Order) -> list[Pairs]:
    """Return the pairs of every part; missing runs are evolved now.

    With ``order.finished``, a seed is left out unless both of its arms are finished, and a part is
    left out if it has no finished pair.

    Raises:
        InputError: with ``order.finished``, no part has a finished pair.
    """
    worlds = []
    for part in BUDGETS[order.size]:
        seeds = part.seeds
        if order.finished:
            seeds = tuple(
                seed
                for seed in seeds
                if all(is_finished(path_of(order.size, part, arm, seed)) for arm in ARMS)
            )
        if seeds:
            worlds.append(_pairs(order, part, seeds))
    if not worlds:
        raise InputError(
            f"expected finished runs of {' and '.join(ARMS)} with the same seed, got none of size "
            f"{order.size}; leave out --finished"
        )
    return worlds


def path_of(size: Size, part: Part, arm: str, seed: int) -> Path:
    """Return the folder of a run."""
    return runs_folder(f"delay-{size}") / part.preset / arm / f"seed{seed}"


def _pairs(order: Order, part: Part, seeds: tuple[int, ...]) -> Pairs:
    where = dataclasses.replace(order.where, lanes=max(order.where.lanes, part.lanes))
    runs: dict[str, list[RunFolder]] = {arm: [] for arm in ARMS}
    for seed, arm in jobs(seeds):
        path = path_of(order.size, part, arm, seed)
        runs[arm].append(evolved(path, part.config(arm, seed), where))
    returns = {
        arm: np.stack([returns_of(run, part.lives, where) for run in some])
        for arm, some in runs.items()
    }
    curves = {arm: np.stack([curve(run) for run in some]) for arm, some in runs.items()}
    return Pairs(part, seeds, runs, returns, curves)


def returns_of(run: RunFolder, lives: int, where: Where) -> Floats:
    """Return the returns of fresh lives of a run's center in the task's first body, ``(lives,)``.

    If the run was already evaluated with as many lives, the returns are those of that evaluation.
    """
    evaluation = run.read_evaluation()
    center = run.load()
    wanted = center.generation, lives
    if evaluation is None or (evaluation["generation"], evaluation["lives"]) != wanted:
        backend = where.backend(center.setup)
        try:
            evaluation = evaluate(center, backend, lives)
        finally:
            backend.close()
    first = evaluation["bodies"][run.config.task.bodies[0]]["returns"]
    return np.array([0.0 if value is None else value for value in first])


def curve(run: RunFolder) -> Floats:
    """Return the return of the center after each update, ``(generations - 1,)``.

    The metrics of a generation have the return of the center that the generation was sampled
    around. In generation g, this center has had g updates without a delay, and g − 1 updates with
    a delay of 1, in which the first center has two lines. So the first line is left out for a
    delayed run, and the last line for a synchronous run.
    """
    watched = np.array([record["center_return"] for record in run.read_metrics()], np.float64)
    return watched[1:] if run.config.search.delay else watched[:-1]
