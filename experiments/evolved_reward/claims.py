"""The claims of the study ``evolved_reward``."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.evolved_reward.runs import (
    EQUAL,
    EVOLVED,
    FROZEN,
    GAINS,
    UNEVOLVED,
    WEIGHTS,
    WITHHELD,
    Budget,
    Floats,
    Lived,
)
from experiments.kit.claims import Claim, Interval
from experiments.kit.running import Size
from metahebb.analysis.statistics import nested_interval
from metahebb.tasks.trials.pairs import TRAINING

FUNCTIONS_OF = {"training": TRAINING, "withheld": WITHHELD}
"""The functions by the word for them."""


def claims_of(
    size: Size, budget: Budget, arms: Mapping[str, Lived], gains: Floats, minutes: float
) -> list[Claim]:
    """Return claims about each arm's accuracy and fitness, and about differences between arms.

    Args:
        size: the size of the study.
        budget: the budget of that size.
        arms: the lives of each arm.
        gains: the mean and the deviation of the gains of each run, ``(n_runs, 2)``.
        minutes: the time that the longest run took.
    """
    figures: dict[str, tuple[Interval, str | None]] = {}
    for arm, lived in arms.items():
        for word, names in FUNCTIONS_OF.items():
            what = f"{arm}: accuracy on {word} functions"
            figures[what] = nested_interval(lived.accuracies(names), 1.0), None
    for arm, lived in arms.items():
        what = f"{arm}: fitness on training functions"
        figures[what] = nested_interval(lived.fitness(TRAINING)), None
    for other in (FROZEN, UNEVOLVED, EQUAL, WEIGHTS, GAINS):
        for word, names in FUNCTIONS_OF.items():
            gap = gap_of(arms, other, names)
            name = f"{EVOLVED} − {other}: accuracy on {word} functions"
            figures[name] = gap, None
            if other in (FROZEN, UNEVOLVED):
                figures[f"{name}, lower end of the interval"] = (gap[1], None, None), ">= 0"
    for what, value in zip(("mean", "standard deviation"), gains.mean(0), strict=True):
        figures[f"evolved: {what} of the gains"] = (float(value), None, None), None
    figures["evolution of the longest run [min]"] = (minutes, None, None), None
    command = f"python -m experiments.evolved_reward {size}"
    return [
        Claim(name, *figure, goal, budget.seeds, command)
        for name, (figure, goal) in figures.items()
    ]


def gap_of(arms: Mapping[str, Lived], other: str, names: tuple[str, ...]) -> Interval:
    """Return how much more often the evolved network is right than ``other``, life by life."""
    more: Floats = arms[EVOLVED].accuracies(names) - arms[other].accuracies(names)
    return nested_interval(more, 1.0)
