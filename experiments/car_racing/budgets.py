"""The arms of the study of car racing, and its budget at each size."""

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
"""Search of both arms.

The steps of the search get smaller: a car has to start first, which takes large steps, and then
has to learn to steer, which takes small ones.
"""
USUAL = next(iter(VARIANTS))
"""The usual ground."""


@dataclass(frozen=True)
class Budget:
    """The budget of the study at one size.

    Attributes:
        seeds: seeds of evolution of each arm.
        hidden: sizes of the hidden layers behind the convolutions.
        training: grounds in which each candidate lives.
        popsize: number of candidates per generation.
        generations: number of generations of a run.
        tuning_generations: number of generations of a run that tunes.
        settings: number of settings that tuning tries, the first ones of `GRID`.
        schedule: stages of a run, each with the number of env steps after which a life ends.
        lives: number of fresh tracks per variant in the evaluation, with one life on each.
        tuning_lives: number of fresh tracks per variant in tuning, with one life on each.
        steps: number of env steps after which a life in the evaluation ends.
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
        schedule=(Stage(0, 300), Stage(100, 1000)),  # the second stage: runs that go on
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
