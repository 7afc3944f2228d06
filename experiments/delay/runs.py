"""The runs of the study ``delay``: pairs that differ in the delay alone, and lives of centers."""

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
"""Generations of delay, by arm."""


@dataclass(frozen=True)
class Part:
    """One world in which both arms evolve.

    Attributes:
        preset: of the runs.
        seeds: of evolution, in each arm.
        lives: fresh ones per center.
        measure: what a return is, with its unit.
        bound: that no return is beyond, on either side.
        lanes: at least; a step of a small task costs hardly more for many lives than for one.
        generations: in the place of those of the preset.
        popsize: likewise.
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
        part: that they are of.
        seeds: that both arms have, of those of the part.
        runs: by arm, in the order of the seeds.
        returns: by arm, ``(n_seeds, n_lives)`` of fresh lives of each center in the task's first
            body; life i of run j has the same birth and world in both arms. 0 where a life ended
            non-finite.
        curves: by arm, ``(n_seeds, generations - 1)`` mean return of a few fresh lives of each
            center, by the updates that made it; see `curve`.
    """

    part: Part
    seeds: tuple[int, ...]
    runs: dict[str, list[RunFolder]]
    returns: dict[str, Floats]
    curves: dict[str, Floats]

    @property
    def generations(self) -> int:
        """Of every run."""
        return self.everything[0].config.generations

    @property
    def everything(self) -> list[RunFolder]:
        """All runs of both arms."""
        return [run for some in self.runs.values() for run in some]


def jobs(seeds: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield (seed, arm), so that whole pairs come early."""
    for seed in seeds:
        for arm in ARMS:
            yield seed, arm


def all_pairs(order: Order) -> list[Pairs]:
    """Return the pairs of every part; what is missing is evolved now.

    With ``order.finished`` seeds are left out that do not have both arms, and parts without any.

    Raises:
        InputError: with ``order.finished``, where nothing is left.
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
    """Return where a run is."""
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
    """Return fresh lives of the center in the task's first body, ``(lives,)``; lived once."""
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
    """Return the center's return by the updates that made it, ``(generations - 1,)``.

    A generation's metrics watch the center that it was sampled around: without a delay generation g
    has had g updates, with one g − 1, and the first center is watched twice. So a delayed run's
    first line is left out, and another's last.
    """
    watched = np.array([record["center_return"] for record in run.read_metrics()], np.float64)
    return watched[1:] if run.config.search.delay else watched[:-1]
