"""Does a plastic memory help?

    python -m experiments.recurrent smoke|quick|paper

A Hebbian feed-forward network can remember in its weights alone, an LSTM with inherited weights in
its state alone. A Hebbian recurrent network can remember in both: the synapses from its first
layer to this layer itself follow the rule, as all other synapses do. The answer is yes, if the
recurrent network gets farther than each of the two others in bodies that training never showed, or
scores more where a hidden variable flips in mid-life, with intervals of the differences
above 0. The answer is no, if the intervals contain 0 or lie below 0.

Walking has the protocol ``weak`` of the study ``damage``; the task with a hidden variable has the
protocol of the study ``latent``. Budgets, tuning, search and evaluation are those of these two
studies. Runs that two studies have in common are evolved by the study that is run first. Runs and
lives that are done are not done again. The size ``smoke`` writes below ``runs/``.
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
    """Evolve the missing runs, evaluate all centers, and write ``results/recurrent``."""
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
