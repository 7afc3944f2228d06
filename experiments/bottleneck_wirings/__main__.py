"""Which other ties and wirings are enough?

    python -m experiments.bottleneck_wirings smoke|quick|paper

Points of the bottleneck curve that its ``quick`` leaves out: rules tied along anti-diagonals (as in
the first public code of Najarro & Risi 2020), signs from a book, and sparse, evolved and modular
wirings. Task, protocol, tuning, evaluation and reference are those of the bottleneck study, and so
are the runs: whichever study comes first evolves them.
"""

from __future__ import annotations

from experiments.bottleneck_wirings.answer import answer
from experiments.kit.running import Order, command
from experiments.protocols.genome_maps.curve import write_curve
from experiments.protocols.genome_maps.points import REFERENCE

TITLE = "Which other ties and wirings are enough?"
NAMES = (REFERENCE, "anti_diagonal", "rule_book", "sparse-10", "wiring", "modular-2")


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/bottleneck_wirings``."""
    write_curve("bottleneck_wirings", TITLE, answer, NAMES, order)


if __name__ == "__main__":
    command("bottleneck_wirings", main)
