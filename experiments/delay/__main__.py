"""What does a delay of one generation cost learning?

    python -m experiments.delay smoke|quick|paper

With ``--search.delay 1`` each generation is sampled around the center before the update by the one
before it, so that workers begin with it while others are not done. Its gradient is then that of
where the center was. A delay costs nothing that this study can see, if the intervals of the paired
difference hold 0, and that of the ratio of areas 1, and are narrow; it costs something, if they
lie below.

Both arms have the same presets, seeds, learning rates and budget of lives; `reversal` is cheap and
has many seeds, the ant few. The speed of learning is the area under the learning curve: it takes in
every generation, and has no threshold that a few seeds could pass early or late by chance. Runs and
lives that are done are not done again, and both arms of a seed are evolved one after the other, so
that ``--finished`` finds pairs. ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from experiments.delay.answer import answer
from experiments.delay.claims import claims_of
from experiments.delay.figure import write_figure
from experiments.delay.runs import all_pairs
from experiments.delay.tables import kept_of, notes, write_runs
from experiments.kit.claims import answered
from experiments.kit.results import finish, write_study
from experiments.kit.running import Order, command

TITLE = "What does a delay of one generation cost learning?"


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/delay``."""
    worlds = all_pairs(order)
    made_by = f"python -m experiments.delay {order.size}"
    claims = [claim for pairs in worlds for claim in claims_of(pairs, made_by)]
    everyone = [run for pairs in worlds for run in pairs.everything]
    folder = write_study(
        "delay",
        TITLE,
        answered(answer, claims),
        claims,
        everyone,
        kept=kept_of(worlds),
        size=order.size,
    )
    write_runs(folder, worlds)
    write_figure(folder, worlds)
    finish(folder, notes(folder))
    print(folder)


if __name__ == "__main__":
    command("delay", main)
