"""Which tasks of animals does each way of learning within a life learn, and how dependably?

    python -m experiments.cognitive smoke|quick|paper

One network learns one task within one life, trial by trial: by a local rule from a reward at the
end of the trial, by a gradient that shapes a plastic trace, by an actor-critic, or by a rule that
was written by hand or evolved. Each arm has several seeds. A run has learned its task if its last
network, with frozen weights, is right in enough fresh trials. The answer is how many of the seeds
learn, after how many trials, and how far the accuracy is from that of an ideal observer. Failures
are named by their seed.

Runs and fresh trials that are done are not done again. The size ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from experiments.cognitive.bandit import all_evolved
from experiments.cognitive.runs import all_taught
from experiments.kit.running import Order, command


def main(order: Order) -> None:
    """Let the missing networks learn, test all networks, and write ``results/cognitive``."""
    evolved = all_evolved(order)
    taught = all_taught(order)
    print(len(evolved), len(taught))


if __name__ == "__main__":
    command("cognitive", main)
