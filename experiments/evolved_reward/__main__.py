"""Does evolution make a network that learns unknown functions from reward alone?

    python -m experiments.evolved_reward smoke|quick|paper

After Miconi 2023: a network is born with evolved weights, and has an evolved gain for what each
of its synapses learns. In each life it has to find out, from reward alone, which of two answers
is right for each of four pairs of stimuli. Two functions, the ones that ask whether stimuli were
equal or different, are withheld from evolution.

Yes: the interval of the difference between evolved and unevolved networks lies above 0, for
training functions and for withheld ones, and networks that are frozen at birth guess. No: an
interval contains 0, or frozen networks do as well. Runs that are done are not evolved again.
``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from experiments.evolved_reward.answer import answer
from experiments.evolved_reward.claims import claims_of
from experiments.evolved_reward.figure import draw, write_curves
from experiments.evolved_reward.runs import BUDGETS, all_runs, arms_of, gains_of
from experiments.evolved_reward.tables import kept_of, notes
from experiments.kit.claims import answered
from experiments.kit.results import finish, write_study
from experiments.kit.running import Order, command

TITLE = "Does evolution make a network that learns unknown functions from reward alone?"


def main(order: Order) -> None:
    """Evolve the missing runs, live fresh lives of all centers, and write the results."""
    budget = BUDGETS[order.size]
    runs = all_runs(order)
    arms = arms_of(runs, budget)
    minutes = max(run.read_manifest()["elapsed_s"] for run in runs) / 60
    claims = claims_of(order.size, budget, arms, gains_of(runs), minutes)
    folder = write_study(
        "evolved_reward",
        TITLE,
        answered(answer, claims),
        claims,
        runs,
        kept=kept_of(runs, arms, budget),
        size=order.size,
    )
    write_curves(folder, runs, arms)
    draw(folder)
    finish(folder, notes(folder))
    print(folder)


if __name__ == "__main__":
    command("evolved_reward", main)
