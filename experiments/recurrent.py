"""Does a plastic memory help?

    python -m experiments.recurrent smoke|quick|paper

A Hebbian feed-forward network has nothing but its weights to remember by, an LSTM with inherited
weights nothing but its state. A Hebbian recurrent network has both: the synapses by which its first
layer hears itself follow the rule like all others. Yes, if it gets farther than each of them in
bodies that training never showed, or scores more where a hidden variable flips in mid-life, with
intervals of the difference above 0. No, if these hold 0, or lie below it.

Walking has the protocol ``weak`` of the study ``damage``, the hidden variable that of the study
``latent``. Budgets, tuning, search and evaluation are theirs, and so are the runs of arms that both
have: whichever study comes first evolves them. Runs and lives that are done are not done again.
``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from collections.abc import Mapping

from experiments import latent_runs
from experiments.arms import ARMS, COLORS, HIDDEN, Arm
from experiments.damage_claims import differences, distances, retention, retention_difference
from experiments.damage_tables import (
    bodies_table,
    kinds_table,
    tuning_table,
    write_figure,
    write_runs,
)
from experiments.groups import Group
from experiments.latent_lives import Lived, draw, rows_table
from experiments.recurrent_tables import NOTES, arms_table, write_scores
from experiments.robustness import BUDGETS, DT, Fold, Runs, Tuning, arm_runs, tuning_runs
from experiments.running import Order, Size, command
from experiments.study import Claim, write_study
from metahebb.errors import InputError
from metahebb.networks import Recurrent

TITLE = "Does a plastic memory help?"
PROTOCOL = "weak"
OURS = "recurrent"
WHO: dict[str, Arm] = {
    "hebbian": ARMS["hebbian"],
    OURS: Arm("the same; the first layer hears itself", Recurrent(HIDDEN)),
    "lstm": ARMS["lstm"],
}
LINES = {"hebbian": (COLORS["hebbian"], "-"), OURS: ("#d55e00", "-"), "lstm": (COLORS["lstm"], "-")}
"""Color and dashes of each arm."""
SCORES = {
    "return": "return",
    "before": "settled score before the flip",
    "after": "settled score after the flip",
}
"""Measures with the hidden variable, in words."""


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/recurrent``."""
    walks, scores = BUDGETS[order.size], latent_runs.BUDGETS[order.size]
    latent = latent_runs.evolved_arms(order, WHO)
    lived = {arm: latent_runs.lived(some, scores.lives) for arm, some in latent.runs.items()}
    tuning, runs = _walkers(order)
    groups = [
        Group.of(arm, some, walks, order.where, WHO[arm].probes) for arm, some in runs.items()
    ]
    seconds, made_by = walks.steps * DT, f"python -m experiments.recurrent {order.size}"
    claims = _walking(groups, seconds, made_by) + _scoring(lived, scores.seeds, made_by)
    walkers = {arm: list(some.values()) for arm, some in runs.items()}
    notes = NOTES.format(
        arms=arms_table(WHO, walkers, latent.runs),
        walking="-".join(map(str, walks.hidden)),
        latent="-".join(map(str, latent_runs.HIDDEN)),
        walks=walks,
        seconds=seconds,
        kinds=kinds_table(groups),
        bodies=bodies_table(groups),
        scores=scores,
        n_seeds=len(scores.seeds),
        settle=latent_runs.TASK.settle,
        lived=rows_table(lived),
        tuning=tuning_table(tuning),
        latent_tuning=tuning_table(latent.settings),
    )
    everyone = [run for some in walkers.values() for run in some] + latent.everything
    scored = tuning_runs(order.size, WHO) + latent.tuning
    folder = write_study("recurrent", TITLE, claims, everyone, notes, order.size, scored)
    write_runs(folder, groups)
    write_scores(folder, scores.seeds, lived)
    write_figure(folder, groups, seconds, {arm: color for arm, (color, _) in LINES.items()})
    draw(lived, latent_runs.TASK, folder, [LINES[arm] for arm in lived])
    print(folder)


def jobs(size: Size) -> list[tuple[str, Fold]]:
    """Return arms and folds of walking in the order in which they are evolved."""
    folds = [fold for fold in BUDGETS[size].side_folds if fold.protocol == PROTOCOL]
    return [(arm, fold) for fold in folds for arm in WHO]


def _walkers(order: Order) -> tuple[Tuning, dict[str, Runs]]:
    """Return what tuning found, and the runs of each arm, on folds that all arms have.

    Raises:
        InputError: with ``order.finished``, where there is no such fold.
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


def _walking(groups: list[Group], seconds: float, made_by: str) -> list[Claim]:
    """Return how far each arm gets, then the differences."""
    claims: list[Claim] = []
    for group in groups:
        claims += [*distances(group, seconds, made_by), retention(group, None, made_by)]
    ours = next(group for group in groups if group.arm == OURS)
    for other in groups:
        if other is not ours:
            claims += differences(ours, other, made_by)
            claims.append(retention_difference(ours, other, made_by))
    return claims


def _scoring(lived: Mapping[str, Lived], seeds: tuple[int, ...], made_by: str) -> list[Claim]:
    """Return what each arm scores with the hidden variable, then the differences."""
    found = {
        f"{arm}: {what}": some.interval(measure)
        for arm, some in lived.items()
        for measure, what in SCORES.items()
    }
    found |= {
        f"{OURS} − {arm}: {what}": lived[OURS].minus(some, measure)
        for arm, some in lived.items()
        if arm != OURS
        for measure, what in SCORES.items()
    }
    return [
        Claim(f"hidden variable, {name}", *value, None, seeds, made_by)
        for name, value in found.items()
    ]


if __name__ == "__main__":
    command("recurrent", main)
