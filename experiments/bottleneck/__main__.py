"""How few plasticity rules are enough?

    python -m experiments.bottleneck smoke|quick|paper

Enough, if a genome of at most 1,104 genes walks 0.95 as far as the one with rules of its own for
every synapse; better than enough, if it walks farther in bodies that training never showed, with
intervals apart. Task, protocol, bodies, tuning budget and evaluation are those of the damage study,
whose Hebbian runs are the reference: both tables stand side by side.

Runs and lives that are done are not done again. ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from experiments.bottleneck.answer import answer
from experiments.kit.running import Order, command
from experiments.protocols.genome_maps.curve import write_curve
from experiments.protocols.genome_maps.points import POINTS, QUICK, REFERENCE

TITLE = "How few plasticity rules are enough?"
FOCUS = (REFERENCE, "low_rank-1")
"""Points that are evolved on all folds, once every point has been on the first."""


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/bottleneck``."""
    names = tuple(name for name in POINTS if order.size != "quick" or name in QUICK)
    focus = FOCUS if order.size != "smoke" else ()
    write_curve("bottleneck", TITLE, answer, names, order, focus=focus)


if __name__ == "__main__":
    command("bottleneck", main)
