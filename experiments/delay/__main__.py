"""What does a delay of one generation cost learning?

    python -m experiments.delay smoke|quick|paper

With ``--search.delay 1``, each generation is sampled before the center is updated by the generation
before it. Workers can then begin the generation while other workers still live the one before. The
gradient of the generation is then a gradient at a former center. A delay costs nothing that this
study can see, if the interval of the paired difference contains 0, if the interval of the ratio of
areas contains 1, and if both intervals are narrow. It costs something, if the intervals lie below.

Both arms have the same presets, seeds, learning rates and budget of lives. The preset `reversal` is
cheap and has many seeds; the ant has few. The speed of learning is measured by the area under the
learning curve, because the area depends on every generation and has no threshold that a few seeds
could pass early or late by chance. Runs and lives that are done are not done again. Both arms of a
seed are evolved one after the other, so that ``--finished`` has whole pairs. The size ``smoke``
writes below ``runs/``.
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
    """Evolve the missing runs, evaluate all centers, and write ``results/delay``."""
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
