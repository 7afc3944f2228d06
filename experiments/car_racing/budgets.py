"""Who drives, and what each size of the study may cost."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from experiments.kit.running import Size
from experiments.protocols.arms import Arm
from metahebb.analysis.tuning import Setting
from metahebb.evolution.config import SearchConfig
from metahebb.networks import Convolutional
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import Stage
from metahebb.tasks.car_racing.task import VARIANTS

NETWORK = Convolutional(output="linear")
WHO = {
    "hebbian": Arm("ABCD rule per synapse, random births, inherited filters", NETWORK),
    "static": Arm(
        "inherited weights and filters", dataclasses.replace(NETWORK, rule=RULES["static"])
    ),
}
GRID = (
    Setting(0.1, 0.06, 0.3),
    Setting(0.05, 0.12, 0.5),
    Setting(0.05, 0.06, 0.3),
    Setting(0.05, 0.03, 0.1),
)
SEARCH = SearchConfig(
    stdev_decay=0.985,
    stdev_floor=0.03,
    learning_rate_decay=0.985,
    learning_rate_floor=0.01,
)
"""Of both arms: to get moving takes large steps, and to steer smaller ones."""
USUAL = next(iter(VARIANTS))


@dataclass(frozen=True)
class Budget:
    """What a size of the study may cost.

    Attributes:
        seeds: of evolution, in each arm.
        hidden: sizes of the hidden layers behind the convolutions.
        training: variants that each candidate lives in.
        popsize: candidates per generation.
        generations: of a run.
        tuning_generations: of a run that tunes.
        settings: of the grid that are tried.
        schedule: horizons.
        lives: fresh tracks per variant in the evaluation.
        tuning_lives: likewise in the tuning.
        steps: horizon of the evaluation.
    """

    seeds: tuple[int, ...]
    hidden: tuple[int, ...]
    training: tuple[str, ...]
    popsize: int
    generations: int
    tuning_generations: int
    settings: int
    schedule: tuple[Stage, ...]
    lives: int = 30
    tuning_lives: int = 16
    steps: int = 1000


BUDGETS: dict[Size, Budget] = {
    "smoke": Budget((0, 1), (4,), (USUAL,), 4, 2, 1, 2, (Stage(0, 20),), 3, 2, 30),
    "quick": Budget(
        seeds=(0, 1),
        hidden=(32, 16),
        training=(USUAL,),
        popsize=96,
        generations=100,
        tuning_generations=30,
        settings=2,
        schedule=(Stage(0, 300), Stage(100, 1000)),  # for whoever goes on with a run
    ),
    "paper": Budget(
        seeds=(0, 1, 2, 3, 4),
        hidden=(128, 64),
        training=tuple(VARIANTS)[:4],
        popsize=200,
        generations=300,
        tuning_generations=50,
        settings=4,
        schedule=(Stage(0, 1000),),
        lives=100,
    ),
}
