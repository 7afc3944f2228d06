"""Do evolved rules survive damage that fixed weights do not?

    python -m experiments.damage smoke|quick|paper

Every arm gets the same tuning budget and the same search, on the intact ant and one shortened leg
(and, as a second protocol, with weak motors in the others); then 100 fresh lives of each
unperturbed center in every body. What is done is not done again: the same command goes on after a
stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.arms import ARMS, FROZEN_AT
from experiments.damage_claims import KINDS, differences, distances, name_of, retention
from experiments.damage_tables import (
    arms_table,
    bodies_table,
    kinds_table,
    tuning_table,
    write_figure,
    write_runs,
)
from experiments.groups import Group
from experiments.robustness import (
    BUDGETS,
    BULLET,
    DT,
    LEGS,
    MAIN,
    STEPS,
    WEAK,
    Budget,
    Fold,
    Runs,
    all_runs,
    tuning_runs,
)
from experiments.running import Order, command
from experiments.study import Claim, write_study
from metahebb.report.beside import film_beside
from metahebb.report.coefficients_figure import draw_coefficients, panels
from metahebb.report.figures import save
from metahebb.runs.folder import RunFolder

TITLE = "Do evolved rules survive damage that fixed weights do not?"

NOTES = """
Protocol *one* trains on the intact ant and on one whose shin of one leg is a quarter as long: the
*seen* leg, another one in each fold. Protocol *weak* also trains on three bodies of full length, in
each of which the motors of one of the other legs have {weak} of their strength. *Unseen* are the
three other legs shortened, which neither protocol shows; *long* the two published pairs of
lengthened shins, *two legs* three pairs of shortened ones.

Means over folds, seeds and {budget.lives} fresh lives per body of the unperturbed center, in metres
along +x within {budget.steps} env steps ({seconds:g} s), with 95 % intervals that resample runs
and, within each, lives, spread for the small number of runs (Student's t); with one seed they are
of lives alone.

{kinds}

![distances](damage.png)

One run of each main arm on the shortened front left leg, which neither has seen:

![a Hebbian and a static ant on an unseen damage](beside.gif)

What evolved in it, by layer and coefficient:

![coefficients before and after evolution](coefficients.png)

## The arms

{arms}

Inherited births without plasticity are the arm *static*. Rows *frozen from step k on* live the
Hebbian centers, which were evolved to go on learning, with plasticity ended at that step.

## Every body

Mean metres over seeds; unseen single legs bold. Per run: [runs.csv](runs.csv).

{bodies}

## Tuning

The same for each arm: each of these settings (stdev – learning rate – initial scale) evolved for
{budget.tuning_generations} generations with a seed of its own under the protocol *weak* (seen: the
front right leg); mean metres over {budget.tuning_lives} fresh lives on each of its five training
bodies. The best is used in all runs of the arm.

{tuning}
"""

FREEZES = (0, 25, FROZEN_AT, 100)
"""Env steps from which Hebbian centers are frozen, evolved as they were to go on learning."""


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/damage``; ``smoke``: among the runs."""
    budget = BUDGETS[order.size]
    tuning, runs = all_runs(order)
    groups = _groups(budget, runs, order)
    controls = _controls(budget, runs, order)
    claims = _claims(groups, controls, budget.steps, f"python -m experiments.damage {order.size}")
    notes = NOTES.format(
        kinds=kinds_table([*groups, *controls]),
        bodies=bodies_table([*groups, *controls]),
        tuning=tuning_table(tuning),
        arms=arms_table(),
        budget=budget,
        weak=WEAK,
        seconds=budget.steps * DT,
    )
    scored = tuning_runs(order.size, {arm: ARMS[arm] for arm in tuning})
    folder = write_study("damage", TITLE, claims, list(runs.values()), notes, order.size, scored)
    write_runs(folder, groups)
    write_figure(folder, groups, budget.steps * DT)
    _pictures(folder, budget.side_folds[0], runs)
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
    found: dict[tuple[str, str], Runs] = {}
    for (arm, fold, seed), run in runs.items():
        found.setdefault((arm, fold.protocol), {})[fold, seed] = run
    return [
        Group.of(arm, some, budget, order.where, ARMS[arm].probes)
        for (arm, _), some in found.items()
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


def _claims(
    groups: Sequence[Group], controls: Sequence[Group], steps: int, made_by: str
) -> list[Claim]:
    claims: list[Claim] = []
    seconds = steps * DT
    for group in (*groups, *controls):
        claims += distances(group, seconds, made_by)
        if group.arm == "hebbian":
            goal = ">= 0.6" if len(group.folds) == len(LEGS) else None
            claims.append(retention(group, goal, made_by))
    hebbian = {group.protocol: group for group in groups if group.arm == "hebbian"}
    for other in groups:
        if other.arm != "hebbian" and other.protocol in hebbian:
            claims += differences(hebbian[other.protocol], other, made_by)
    for group in groups:
        if group.arm in MAIN:
            means, draws = group.draws()
            units = {"m/s": seconds} | ({"Bullet units": BULLET} if steps == STEPS else {})
            for unit, factor in units.items():
                for kind in KINDS:
                    value = means[kind] / factor
                    ends = group.interval(draws[kind] / factor, value)
                    what = f"{name_of(group)}: {kind} [{unit}]"
                    claims.append(Claim(what, value, *ends, None, group.seeds, made_by))
    return claims


if __name__ == "__main__":
    command("damage", main)
