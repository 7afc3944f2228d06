"""Can a rule without a reward signal find out a hidden variable, where no reactive policy can?

    python -m experiments.latent smoke|quick|paper

The positive control. In the task `Reversal` a hidden sign decides which push is right, and flips in
mid-life. Whoever does not remember expects 0 exactly (the proof is in the task's docstring); a rule
written by hand solves it. Yes: the interval of evolved Hebbian networks lies above that of static
ones, tuned and evolved at the same cost, and frozen before the flip they are wrong after it. No:
the intervals overlap, or frozen networks follow the flip.

Numbers are means over fresh lives of the unperturbed centers, with 95 % intervals of a nested
bootstrap: runs are resampled, and the lives of each. ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from experiments.kit.claims import answered
from experiments.kit.results import finish, write_study
from experiments.kit.running import Order, command
from experiments.latent.answer import answer
from experiments.latent.by_hand import lived_by_hand
from experiments.latent.claims import FLIPS_FROM, PROBES, claims_of
from experiments.latent.tables import kept_of, notes
from experiments.protocols.arms import ARMS
from experiments.protocols.hidden_variable.figure import draw
from experiments.protocols.hidden_variable.lives import rows_of, rows_table
from experiments.protocols.hidden_variable.runs import BUDGETS, TASK, evolved_arms, lived
from metahebb.runs.storage import write_json

TITLE = "Can plasticity find out a hidden variable where no reactive policy can?"
EVOLVED = ("hebbian", "static", "lstm")


def main(order: Order) -> None:
    """Run the study and write its results."""
    budget = BUDGETS[order.size]
    evolved = evolved_arms(order, {arm: ARMS[arm] for arm in EVOLVED})
    arms = {"written by hand": lived_by_hand(budget)}
    arms |= {arm: lived(runs, budget.lives) for arm, runs in evolved.runs.items()}
    probed = {probe: lived(evolved.runs["hebbian"], budget.lives, probe) for probe in PROBES}
    table = rows_table(arms | probed)
    print(table.markdown())
    everything, tuning = evolved.everything, evolved.tuning
    minutes = sum(run.read_manifest()["elapsed_s"] for run in [*everything, *tuning]) / 60
    claims = claims_of(order.size, budget.seeds, arms, probed, minutes)
    written = write_study(
        "latent",
        TITLE,
        answered(answer, claims),
        claims,
        everything,
        kept=kept_of(budget, evolved.settings, table),
        size=order.size,
        tuning=tuning,
    )
    write_json(written / "scores.json", rows_of(arms | probed))
    shown = {"static": arms["static"], "LSTM": arms["lstm"], "Hebbian": arms["hebbian"]}
    frozen = {f"Hebbian, frozen at step {FLIPS_FROM}": probed[PROBES[0]]}
    draw({"written by hand": arms["written by hand"]} | shown | frozen, TASK, written)
    finish(written, notes(written))
    print(written)


if __name__ == "__main__":
    command("latent", main)
