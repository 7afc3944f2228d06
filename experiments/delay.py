"""What does a delay of one generation cost learning?

    python -m experiments.delay smoke|quick|paper

It evolves the pairs, and lives fresh lives of their centers.
"""

from __future__ import annotations

from experiments.delay_runs import all_pairs
from experiments.running import Order, command


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/delay``."""
    all_pairs(order)


if __name__ == "__main__":
    command("delay", main)
