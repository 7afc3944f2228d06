"""Do evolved rules survive damage that fixed weights do not?

    python -m experiments.damage smoke|quick|paper

Every arm gets the same tuning budget and the same search, on the intact ant and one shortened leg
(and, as a second protocol, with weak motors in the others); then 100 fresh lives of each
unperturbed center in every body. What is done is not done again: the same command goes on after a
stop.
"""

from __future__ import annotations

from pathlib import Path

from experiments.damage.answer import answer
from experiments.damage.claims import claims_of
from experiments.damage.tables import draw, kept_of, notes
from experiments.kit.claims import answered
from experiments.kit.results import finish, write_study
from experiments.kit.running import Order, command
from experiments.protocols.arms import ARMS, FROZEN_AT
from experiments.protocols.legs.bodies import Fold
from experiments.protocols.legs.budgets import BUDGETS, MAIN, Budget
from experiments.protocols.legs.groups import Group
from experiments.protocols.legs.runs import Runs, all_runs, tuning_runs
from experiments.protocols.legs.tables import write_runs
from metahebb.report.beside import film_beside
from metahebb.report.coefficients_figure import draw_coefficients, panels
from metahebb.report.figures import save
from metahebb.runs.folder import RunFolder

TITLE = "Do evolved rules survive damage that fixed weights do not?"

FREEZES = (0, 25, FROZEN_AT, 100)
"""Env steps from which Hebbian centers are frozen, evolved as they were to go on learning."""


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/damage``; ``smoke``: among the runs."""
    budget = BUDGETS[order.size]
    tuning, runs = all_runs(order)
    groups = _groups(budget, runs, order)
    controls = _controls(budget, runs, order)
    claims = claims_of(groups, controls, budget.steps, f"python -m experiments.damage {order.size}")
    scored = tuning_runs(order.size, {arm: ARMS[arm] for arm in tuning})
    folder = write_study(
        "damage",
        TITLE,
        answered(answer, claims),
        claims,
        list(runs.values()),
        kept=kept_of(groups, controls, tuning, budget),
        size=order.size,
        tuning=scored,
    )
    write_runs(folder, groups)
    draw(folder)
    _pictures(folder, budget.side_folds[0], runs)
    finish(folder, notes(folder))
    print(folder)


def _pictures(folder: Path, fold: Fold, runs: dict[tuple[str, Fold, int], RunFolder]) -> None:
    """Film one run of each main arm side by side on an unseen leg; draw what evolved."""
    pair = [
        (arm, next(run for (who, where, _), run in runs.items() if (who, where) == (arm, fold)))
        for arm in MAIN
    ]
    film_beside(pair, folder / "beside.gif", body=fold.unseen[0], frames=60)
    hebbian = pair[0][1].load()
    save(draw_coefficients(panels(hebbian), hebbian.generation), folder / "coefficients.png")


def _groups(
    budget: Budget, runs: dict[tuple[str, Fold, int], RunFolder], order: Order
) -> list[Group]:
    """Return the runs by arm and protocol, with what they did."""
    by_arm: dict[tuple[str, str], Runs] = {}
    for (arm, fold, seed), run in runs.items():
        by_arm.setdefault((arm, fold.protocol), {})[fold, seed] = run
    return [
        Group.of(arm, some, budget, order.where, ARMS[arm].probes)
        for (arm, _), some in by_arm.items()
    ]


def _controls(
    budget: Budget, runs: dict[tuple[str, Fold, int], RunFolder], order: Order
) -> list[Group]:
    """Return Hebbian centers with plasticity frozen from a step on; from 0 on: never plastic."""
    fold = budget.side_folds[0]
    some = {(f, seed): run for (arm, f, seed), run in runs.items() if (arm, f) == ("hebbian", fold)}
    return [
        Group.of(
            f"hebbian, frozen from step {at} on" if at else "random births, no plasticity",
            some,
            budget,
            order.where,
            (f"freeze:at={at}",),
        )
        for at in FREEZES
    ]


if __name__ == "__main__":
    command("damage", main)
