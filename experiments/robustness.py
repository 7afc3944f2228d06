"""The protocol that studies of robustness share: bodies, folds, budgets, who is evolved on what.

A fold names the legs that a run may see shortened; the others are unseen. A generation lives in
the intact body and in one of the seen ones, each in its turn, so that a fold of three legs costs
what a fold of one does.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from experiments.arms import ARMS
from experiments.running import RUNS, Size, evolved
from experiments.tuning import GRID, Setting, tuned
from metahebb.commands.backend import Where
from metahebb.evolution.config import SearchConfig
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.folder import RunFolder
from metahebb.tasks import Locomotion
from metahebb.tasks.damage import INTACT

LEGS = tuple(f"short_{leg}_ankle" for leg in ("left", "right", "third", "fourth"))
"""The four single-leg damages: front left, back left, back right, front right (heading +x)."""
LONG = ("long_back", "long_front")
PAIRS = tuple("+".join(pair) for pair in itertools.combinations(LEGS, 2))
BODIES = (INTACT, *LEGS, *LONG, *PAIRS)
"""Everything that centers are tested in."""
SECONDS = 16.5
"""Of an evaluated life; the length of a published one, so that Bullet units compare."""
BULLET = 0.0165
"""Metres per published unit of distance (see Najarro & Risi 2020's environment)."""
STEPS = round(SECONDS / 0.05)


@dataclass(frozen=True)
class Fold:
    """What a run may see.

    Attributes:
        protocol: ``one`` leg seen shortened, or ``three``.
        leg: the one that is seen, or the one that is not.
    """

    protocol: str
    leg: str

    @property
    def seen(self) -> tuple[str, ...]:
        """Legs that training shortens."""
        if self.protocol == "one":
            return (self.leg,)
        return tuple(leg for leg in LEGS if leg != self.leg)

    @property
    def unseen(self) -> tuple[str, ...]:
        """The other legs."""
        return tuple(leg for leg in LEGS if leg not in self.seen)

    def __str__(self) -> str:
        """Return it as a folder's name."""
        return f"{self.protocol}-{self.leg.split('_')[1]}"


@dataclass(frozen=True)
class Budget:
    """What a size of the study may cost.

    Attributes:
        seeds: of evolution.
        folds: of the arms ``hebbian`` and ``static``.
        side_folds: of the other arms.
        hidden: sizes of the hidden layers.
        popsize: candidates per generation; each lives twice.
        generations: of a run.
        tuning_generations: of a run that tunes.
        grid: that it tries.
        train_steps: horizon of a life in the search.
        steps: horizon of a life in the evaluation.
        lives: per body in the evaluation.
        tuning_lives: per body in the tuning.
        integrator: of the physics.
    """

    seeds: tuple[int, ...]
    folds: tuple[Fold, ...]
    side_folds: tuple[Fold, ...]
    hidden: tuple[int, ...]
    popsize: int
    generations: int
    tuning_generations: int
    grid: tuple[Setting, ...]
    train_steps: int
    steps: int = STEPS
    lives: int = 100
    tuning_lives: int = 32
    integrator: str = "implicitfast"


ONE = tuple(Fold("one", leg) for leg in LEGS)
THREE = tuple(Fold("three", leg) for leg in LEGS)

BUDGETS: dict[Size, Budget] = {
    "smoke": Budget(
        (0,),
        (ONE[3], THREE[0]),
        ONE[3:],
        (8,),
        4,
        2,
        1,
        GRID[:2],
        20,
        steps=40,
        lives=3,
        tuning_lives=2,
    ),
    "quick": Budget((0, 1, 2), (*ONE, *THREE), ONE[3:], (32, 16), 96, 120, 30, GRID, 250),
    "paper": Budget(
        (0, 1, 2, 3, 4),
        (*ONE, *THREE),
        (*ONE, *THREE),
        (128, 64),
        500,
        1000,
        100,
        GRID,
        500,
        integrator="gymnasium",
    ),
}


def run_config(budget: Budget, arm: str, fold: Fold, seed: int, generations: int) -> RunConfig:
    """Return the config of a run, its search untuned."""
    who = ARMS[arm]
    seen = itertools.cycle(fold.seen)
    stages = tuple(
        Stage(generation, budget.train_steps, (INTACT, next(seen)))
        for generation in range(generations if len(fold.seen) > 1 else 1)
    )
    return RunConfig(
        task=Locomotion("ant", damages=(INTACT, *fold.seen), integrator=budget.integrator),
        network=dataclasses.replace(who.network, hidden=budget.hidden),
        search=SearchConfig(popsize=budget.popsize),
        schedule=stages,
        generations=generations,
        seed=seed,
        probes=who.probes,
    )


def jobs(budget: Budget) -> Iterator[tuple[str, Fold, int]]:
    """Yield every run as (arm, fold, seed), a seed of everything before the next one."""
    for seed in budget.seeds:
        for arm in ARMS:
            folds = budget.folds if arm in ("hebbian", "static") else budget.side_folds
            for fold in folds:
                if arm != "static" or fold.protocol == "one" or budget.side_folds == budget.folds:
                    yield arm, fold, seed


def tune(size: Size, arm: str, where: Where) -> list[tuple[Setting, float]]:
    """Return the arm's settings with their scores, the best first; see `tuned`."""
    budget = BUDGETS[size]
    config = run_config(budget, arm, ONE[3], 0, budget.tuning_generations)
    folder = _folder(size) / "tuning" / arm
    return tuned(folder, config, budget.grid, budget.tuning_lives, where)


def run_of(
    size: Size, arm: str, fold: Fold, seed: int, setting: Setting, where: Where
) -> RunFolder:
    """Return a finished run of the study; see `evolved`."""
    budget = BUDGETS[size]
    config = setting.of(run_config(budget, arm, fold, seed, budget.generations))
    return evolved(_folder(size) / arm / str(fold) / f"seed{seed}", config, where)


def _folder(size: Size) -> Path:
    return RUNS / f"robustness-{size}"
