"""Which tasks of animals do networks learn within one life, by which system, how dependably?

    python -m experiments.cognitive smoke|quick|paper

One network learns one task within one life, trial by trial: by a local rule from a reward at the
end of each trial, by a gradient that shapes a plastic trace, by an actor-critic, or by a rule that
was written by hand or evolved. Each arm has several seeds. A run has learned its task if its last
network, with frozen weights, is right in enough fresh trials. The answer is how many of the seeds
learn, after how many trials, and how far the accuracy is from that of an ideal observer. Seeds that
fail are named. A local rule is enough if two thirds of its seeds learn, and fails otherwise.

The settings are those of the presets of ``metahebb learn``, which were chosen on one to three
seeds. Runs and fresh trials that are done are not done again. The size ``smoke`` writes below
``runs/``.
"""

from __future__ import annotations

from experiments.cognitive.answer import answer
from experiments.cognitive.arms import CHOICE_TESTS, FINE_TESTS, RATE_TESTS, SMOKE_TESTS
from experiments.cognitive.bandit import all_evolved
from experiments.cognitive.claims import claims_of
from experiments.cognitive.figures import draw_learning, draw_systems
from experiments.cognitive.observers import observed
from experiments.cognitive.psychometric import TRIALS, draw_psychometric, panels_of
from experiments.cognitive.runs import all_taught
from experiments.cognitive.tables import kept_of, notes, write_runs
from experiments.kit.claims import answered
from experiments.kit.results import finish, write_study
from experiments.kit.running import Order, command

TITLE = "Which tasks of animals do networks learn within one life, and how dependably?"


def main(order: Order) -> None:
    """Let the missing networks learn, test all networks, and write ``results/cognitive``."""
    evolved = all_evolved(order)
    taught = all_taught(order)
    ideal = observed(order.size, [each.arm for each in taught])
    claims = claims_of(taught, evolved, ideal, f"python -m experiments.cognitive {order.size}")
    runs = [run for each in taught for run in each.runs]
    folder = write_study(
        "cognitive",
        TITLE,
        answered(answer, claims),
        claims,
        [*runs, *(run for each in evolved for run in each.runs)],
        kept=kept_of(taught, evolved, ideal, (RATE_TESTS, FINE_TESTS, CHOICE_TESTS)),
        size=order.size,
    )
    write_runs(folder, taught)
    draw_systems(taught, ideal, folder)
    draw_learning(taught, ideal, folder)
    draw_psychometric(panels_of(taught, SMOKE_TESTS if order.size == "smoke" else TRIALS), folder)
    finish(folder, notes(folder))
    print(folder)


if __name__ == "__main__":
    command("cognitive", main)
