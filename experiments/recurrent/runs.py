"""The arms of the study of recurrent networks, and their runs on the ant."""

from __future__ import annotations

from experiments.kit.running import Order, Size
from experiments.protocols.arms import ARMS, COLORS, HIDDEN, Arm
from experiments.protocols.legs.bodies import Fold
from experiments.protocols.legs.budgets import BUDGETS
from experiments.protocols.legs.runs import Runs, Tuning, arm_runs
from metahebb.errors import InputError
from metahebb.networks import Recurrent

PROTOCOL = "weak"
OURS = "recurrent"
WHO: dict[str, Arm] = {
    "hebbian": ARMS["hebbian"],
    OURS: Arm("the same; the first layer hears itself", Recurrent(HIDDEN)),
    "lstm": ARMS["lstm"],
}
LINES = {"hebbian": (COLORS["hebbian"], "-"), OURS: ("#d55e00", "-"), "lstm": (COLORS["lstm"], "-")}
"""Color and dashes of each arm's line in figures."""


def jobs(size: Size) -> list[tuple[str, Fold]]:
    """Return pairs of an arm and a fold of the ant, in the order of evolution."""
    folds = [fold for fold in BUDGETS[size].side_folds if fold.protocol == PROTOCOL]
    return [(arm, fold) for fold in folds for arm in WHO]


def walkers_of(order: Order) -> tuple[Tuning, dict[str, Runs]]:
    """Return the settings that tuning tried, and the runs on folds that all arms have, by arm.

    Raises:
        InputError: with ``order.finished``, no fold has finished runs of all arms.
    """
    tuning, runs = arm_runs(order, WHO, jobs(order.size))
    have = [{fold for fold, _ in runs.get(arm, {})} for arm in WHO]
    common = set.intersection(*have)
    if not common:
        raise InputError(
            f"expected finished runs of {', '.join(WHO)} on the same fold, got none of size "
            f"{order.size}; leave out --finished"
        )
    return tuning, {
        arm: {(fold, seed): run for (fold, seed), run in runs[arm].items() if fold in common}
        for arm in WHO
    }
