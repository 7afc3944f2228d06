"""Do evolved rules drive a car from pixels, and do they drive farther than fixed weights?

    python -m experiments.car_racing smoke|quick|paper

A network with inherited convolutions and a plastic head is evolved on fresh random tracks. It is
compared to the same network with inherited weights, which gets the same tuning budget, the same
search and the same tracks. The answer is yes, if the unperturbed centers return at least 300 on
fresh tracks, and more than static centers, with an interval of the difference above 0. The study
also tests the same centers on grounds that training never showed, and in other worlds of the game.

Runs and lives that are done are not done again. The size ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from experiments.car_racing.answer import answer
from experiments.car_racing.budgets import BUDGETS, WHO
from experiments.car_racing.claims import claims_of
from experiments.car_racing.figure import write_figure
from experiments.car_racing.runs import all_runs, scores_of, tuning_paths, worlds_of
from experiments.car_racing.tables import kept_of, notes
from experiments.kit.claims import answered
from experiments.kit.results import finish, write_rows, write_study
from experiments.kit.running import Order, command
from metahebb.report.beside import film_beside
from metahebb.runs.folder import RunFolder

TITLE = "Do evolved rules drive a car from pixels?"


def main(order: Order) -> None:
    """Evolve the missing runs, evaluate all centers, and write ``results/car_racing``."""
    budget = BUDGETS[order.size]
    tuning, runs = all_runs(order)
    scores = {arm: scores_of(some, budget, order) for arm, some in runs.items()}
    worlds = worlds_of(runs["hebbian"][0], budget, order)
    claims = claims_of(scores, worlds, budget, order.size)
    everyone = [run for some in runs.values() for run in some]
    scored = [RunFolder.open(path) for arm in WHO for path in tuning_paths(arm, order.size)]
    given = answered(lambda some: answer(some, scores, budget), claims)
    written = write_study(
        "car_racing",
        TITLE,
        given,
        claims,
        everyone,
        kept=kept_of(scores, tuning, budget),
        size=order.size,
        tuning=scored,
    )
    write_rows(written / "runs.csv", ("arm", "seed", "variant", "track", "return"), [
        (arm, seed, variant, track, round(value, 3))
        for arm, grounds in scores.items()
        for variant, returns in grounds.items()
        for seed, row in zip(budget.seeds, returns, strict=True)
        for track, value in enumerate(row.tolist())
    ])  # fmt: skip
    write_figure(written, scores, runs)
    film_beside([(arm, some[0]) for arm, some in runs.items()], written / "beside.gif", frames=60)
    finish(written, notes(written))
    print(written)


if __name__ == "__main__":
    command("car_racing", main)
