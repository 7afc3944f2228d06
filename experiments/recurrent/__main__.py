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

from experiments.kit.claims import answered
from experiments.kit.kept import Kept
from experiments.kit.results import finish, write_study
from experiments.kit.running import Order, command
from experiments.protocols.hidden_variable import runs as hidden
from experiments.protocols.hidden_variable.figure import draw as draw_scores
from experiments.protocols.legs.bodies import DT
from experiments.protocols.legs.budgets import BUDGETS
from experiments.protocols.legs.groups import Group
from experiments.protocols.legs.runs import tuning_runs
from experiments.protocols.legs.tables import write_runs
from experiments.recurrent.answer import answer
from experiments.recurrent.claims import scoring, walking
from experiments.recurrent.runs import LINES, WHO, walkers_of
from experiments.recurrent.tables import (
    arms_table,
    draw,
    notes,
    numbers_of,
    scoring_tables,
    walking_tables,
    write_scores,
)

TITLE = "Does a plastic memory help?"


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/recurrent``."""
    walks, scores = BUDGETS[order.size], hidden.BUDGETS[order.size]
    latent = hidden.evolved_arms(order, WHO)
    lived = {arm: hidden.lived(some, scores.lives) for arm, some in latent.runs.items()}
    tuning, runs = walkers_of(order)
    groups = [
        Group.of(arm, some, walks, order.where, WHO[arm].probes) for arm, some in runs.items()
    ]
    seconds, made_by = walks.steps * DT, f"python -m experiments.recurrent {order.size}"
    claims = walking(groups, seconds, made_by) + scoring(lived, scores.seeds, made_by)
    walkers = {arm: list(some.values()) for arm, some in runs.items()}
    kept = Kept(
        numbers_of(walks, scores, hidden.TASK.settle, hidden.HIDDEN),
        {
            "arms": arms_table(WHO, walkers, latent.runs),
            **walking_tables(groups, tuning),
            **scoring_tables(lived, latent.settings),
        },
    )
    everyone = [run for some in walkers.values() for run in some] + latent.everything
    scored = tuning_runs(order.size, WHO) + latent.tuning
    given = answered(answer, claims)
    folder = write_study(
        "recurrent", TITLE, given, claims, everyone, kept=kept, size=order.size, tuning=scored
    )
    write_runs(folder, groups)
    write_scores(folder, scores.seeds, lived)
    draw(folder)
    draw_scores(lived, hidden.TASK, folder, [LINES[arm] for arm in lived])
    finish(folder, notes(folder))
    print(folder)


if __name__ == "__main__":
    command("recurrent", main)
