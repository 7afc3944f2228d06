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
        seeds: seeds of evolution of the arms in `MAIN`.
        folds: folds of the arms in `MAIN`, and of other arms that are followed up, by arm.
        side_folds: folds of all arms that ``folds`` does not name.
        side_seeds: seeds of evolution of all arms that neither `MAIN` nor ``more_seeds`` names.
        hidden: sizes of the hidden layers.
        popsize: number of candidates per generation; each candidate lives twice.
        generations: number of generations of a run.
        tuning_generations: number of generations of a run that tunes.
        settings: number of settings that tuning tries, the first ones of each arm's grid.
        train_steps: number of env steps after which a life in the search ends.
        steps: number of env steps after which a life in the evaluation ends.
        lives: number of lives per body in the evaluation.
        tuning_lives: number of lives per body in tuning.
        integrator: integrator of the physics.
        more_seeds: seeds of evolution of the arms outside `MAIN` that are followed up, by arm.
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
"""The two arms that walking studies compare first; all other arms stand beside them."""

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
