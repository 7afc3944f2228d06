"""The budget of a walking study at each size: seeds, folds, generations and lives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from experiments.kit.running import Size
from experiments.protocols.legs.bodies import ONE, STEPS, WEAKENED, Fold


@dataclass(frozen=True)
class Budget:
    """The budget of a study at one size.

    Attributes:
        seeds: of evolution.
        folds: of the arms in `MAIN`, and of others that are followed up.
        side_folds: of the rest.
        side_seeds: of the other arms.
        hidden: sizes of the hidden layers.
        popsize: candidates per generation; each lives twice.
        generations: of a run.
        tuning_generations: of a run that tunes.
        settings: of each arm's grid that are tried.
        train_steps: horizon of a life in the search.
        steps: horizon of a life in the evaluation.
        lives: per body in the evaluation.
        tuning_lives: per body in the tuning.
        integrator: of the physics.
        more_seeds: of those of the other arms that are followed up, by arm.
    """

    seeds: tuple[int, ...]
    folds: dict[str, tuple[Fold, ...]]
    side_folds: tuple[Fold, ...]
    side_seeds: tuple[int, ...]
    hidden: tuple[int, ...]
    popsize: int
    generations: int
    tuning_generations: int
    settings: int
    train_steps: int
    steps: int = STEPS
    lives: int = 100
    tuning_lives: int = 32
    integrator: Literal["gymnasium", "implicitfast"] = "implicitfast"
    more_seeds: dict[str, tuple[int, ...]] = field(default_factory=dict)


MAIN = ("hebbian", "static")

BUDGETS: dict[Size, Budget] = {
    "smoke": Budget(
        seeds=(0,),
        folds={"hebbian": (ONE[3], WEAKENED[3]), "static": WEAKENED[3:]},
        side_folds=WEAKENED[3:],
        side_seeds=(0,),
        hidden=(8,),
        popsize=4,
        generations=2,
        tuning_generations=1,
        settings=2,
        train_steps=20,
        steps=40,
        lives=3,
        tuning_lives=2,
    ),
    "quick": Budget(
        seeds=(0, 1, 2),
        folds={"hebbian": (*WEAKENED, ONE[3]), "static": WEAKENED, "coevolved": WEAKENED},
        side_folds=WEAKENED[3:],
        side_seeds=(0,),
        hidden=(32, 16),
        popsize=96,
        generations=120,
        tuning_generations=40,
        settings=4,
        train_steps=250,
        more_seeds={"coevolved": (0, 1)},
    ),
    "paper": Budget(
        seeds=(0, 1, 2, 3, 4),
        folds=dict.fromkeys(MAIN, (*ONE, *WEAKENED)),
        side_folds=(*ONE, *WEAKENED),
        side_seeds=(0, 1, 2, 3, 4),
        hidden=(128, 64),
        popsize=500,
        generations=1000,
        tuning_generations=100,
        settings=4,
        train_steps=500,
        integrator="gymnasium",
    ),
}
