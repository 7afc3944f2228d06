"""Do evolved rules drive a car from pixels, and do they drive farther than fixed weights?

    python -m experiments.car_racing smoke|quick|paper

Inherited convolutions and a plastic head, evolved on fresh random tracks, against the same network
with inherited weights: same tuning budget, same search, same tracks. Yes, if the unperturbed
centers return at least 300 on fresh tracks, and more than static ones, with an interval of the
difference above 0. Then the same centers on grounds that training never showed, and in the other
worlds of the same game.

Runs and lives that are done are not done again. ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from experiments.car_racing.answer import answer
from experiments.car_racing.budgets import BUDGETS, WHO
from experiments.car_racing.claims import claims_of
from experiments.car_racing.figure import write_figure
from experiments.car_racing.runs import all_runs, scores_of, tuning_paths, worlds_of
from experiments.car_racing.tables import NOTES, bodies_table, published_table, stuck, versions
from experiments.kit.claims import answered
from experiments.kit.results import write_rows, write_study
from experiments.kit.running import Order, command
from experiments.kit.tuning import tuning_table
from metahebb.report.beside import film_beside
from metahebb.runs.folder import RunFolder

TITLE = "Do evolved rules drive a car from pixels?"


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/car_racing``."""
    budget = BUDGETS[order.size]
    tuning, runs = all_runs(order)
    scores = {arm: scores_of(some, budget, order) for arm, some in runs.items()}
    worlds = worlds_of(runs["hebbian"][0], budget, order)
    claims = claims_of(scores, worlds, budget, order.size)
    notes = NOTES.format(
        arms="\n".join(f"- *{arm}*: {who.what}" for arm, who in WHO.items()),
        bodies=bodies_table(scores, budget.training),
        published=published_table(),
        tuning=tuning_table(tuning),
        budget=budget,
        hidden="-".join(map(str, budget.hidden)),
        training=", ".join(budget.training),
        horizons=", ".join(
            f"{stage.max_steps} env steps from generation {stage.start} on"
            for stage in budget.schedule
            if stage.start < budget.generations
        ),
        stuck=stuck(scores),
        versions=versions(),
        lives=budget.lives,
    )  # fmt: skip
    everyone = [run for some in runs.values() for run in some]
    scored = [RunFolder.open(path) for arm in WHO for path in tuning_paths(arm, order.size)]
    given = answered(lambda some: answer(some, scores, budget), claims)
    written = write_study(
        "car_racing", TITLE, given, claims, everyone, notes=notes, size=order.size, tuning=scored
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
    print(written)


if __name__ == "__main__":
    command("car_racing", main)
