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

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.arms import Arm
from experiments.car_racing_tables import (
    NOTES,
    bodies_table,
    published_table,
    stuck,
    versions,
    write_figure,
)
from experiments.cells import Floats, cells
from experiments.damage_tables import tuning_table
from experiments.running import Order, Size, command, evolved, expect_finished, runs_folder
from experiments.study import Claim, write_rows, write_study
from experiments.tuning import Setting, tuned
from metahebb.analysis.statistics import nested_interval
from metahebb.evolution.config import SearchConfig
from metahebb.networks import Convolutional
from metahebb.plasticity.rules import RULES
from metahebb.report.beside import film_beside
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.folder import RunFolder
from metahebb.tasks import CarRacing
from metahebb.tasks.car_racing.task import VARIANTS, has_envpool

TITLE = "Do evolved rules drive a car from pixels?"
NETWORK = Convolutional(output="linear")
WHO = {
    "hebbian": Arm("ABCD rule per synapse, random births, inherited filters", NETWORK),
    "static": Arm(
        "inherited weights and filters", dataclasses.replace(NETWORK, rule=RULES["static"])
    ),
}
GRID = (
    Setting(0.1, 0.06, 0.3),
    Setting(0.05, 0.12, 0.5),
    Setting(0.05, 0.06, 0.3),
    Setting(0.05, 0.03, 0.1),
)
SEARCH = SearchConfig(
    stdev_decay=0.985,
    stdev_floor=0.03,
    learning_rate_decay=0.985,
    learning_rate_floor=0.01,
)
"""Of both arms: to get moving takes large steps, and to steer smaller ones."""
GOAL = 300.0
"""Return from which a car is said to drive in ``quick``; a lap is worth about 900."""
USUAL = next(iter(VARIANTS))

Scores = dict[str, Floats]
"""Returns ``(n_runs, n_lives)`` by variant."""


@dataclass(frozen=True)
class Budget:
    """What a size of the study may cost.

    Attributes:
        seeds: of evolution, in each arm.
        hidden: sizes of the hidden layers behind the convolutions.
        training: variants that each candidate lives in.
        popsize: candidates per generation.
        generations: of a run.
        tuning_generations: of a run that tunes.
        settings: of the grid that are tried.
        schedule: horizons.
        lives: fresh tracks per variant in the evaluation.
        tuning_lives: likewise in the tuning.
        steps: horizon of the evaluation.
    """

    seeds: tuple[int, ...]
    hidden: tuple[int, ...]
    training: tuple[str, ...]
    popsize: int
    generations: int
    tuning_generations: int
    settings: int
    schedule: tuple[Stage, ...]
    lives: int = 30
    tuning_lives: int = 16
    steps: int = 1000


BUDGETS: dict[Size, Budget] = {
    "smoke": Budget((0, 1), (4,), (USUAL,), 4, 2, 1, 2, (Stage(0, 20),), 3, 2, 30),
    "quick": Budget(
        seeds=(0, 1),
        hidden=(32, 16),
        training=(USUAL,),
        popsize=96,
        generations=100,
        tuning_generations=30,
        settings=2,
        schedule=(Stage(0, 300), Stage(100, 1000)),  # for whoever goes on with a run
    ),
    "paper": Budget(
        seeds=(0, 1, 2, 3, 4),
        hidden=(128, 64),
        training=tuple(VARIANTS)[:4],
        popsize=200,
        generations=300,
        tuning_generations=50,
        settings=4,
        schedule=(Stage(0, 1000),),
        lives=100,
    ),
}


def main(order: Order) -> None:
    """Evolve what is missing, evaluate, and write ``results/car_racing``."""
    budget = BUDGETS[order.size]
    folder = runs_folder(f"car_racing-{order.size}")
    if order.finished:
        for arm in WHO:
            paths = [folder / arm / f"seed{seed}" for seed in budget.seeds]
            for path in (*tuning_paths(arm, order.size), *paths):
                expect_finished(path, f"the finished runs of the arm {arm}")
    tuning = {arm: _tuned(arm, order) for arm in WHO}
    runs: dict[str, list[RunFolder]] = {arm: [] for arm in WHO}
    for seed in budget.seeds:
        for arm, some in runs.items():
            config = tuning[arm][0][0].of(run_config(budget, arm, seed))
            some.append(evolved(folder / arm / f"seed{seed}", config, order.where))
    scores = {arm: _scores(some, budget, order) for arm, some in runs.items()}
    worlds = _worlds(runs["hebbian"][0], budget, order)
    claims = _claims(scores, worlds, budget, order.size)
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
    written = write_study("car_racing", TITLE, claims, everyone, notes, order.size, scored)
    write_rows(written / "runs.csv", ("arm", "seed", "variant", "track", "return"), [
        (arm, seed, variant, track, round(value, 3))
        for arm, found in scores.items()
        for variant, returns in found.items()
        for seed, row in zip(budget.seeds, returns, strict=True)
        for track, value in enumerate(row.tolist())
    ])  # fmt: skip
    write_figure(written, scores, runs)
    film_beside([(arm, some[0]) for arm, some in runs.items()], written / "beside.gif", frames=60)
    print(written)


def run_config(budget: Budget, arm: str, seed: int, generations: int | None = None) -> RunConfig:
    """Return the config of an arm's run, its search untuned."""
    network = dataclasses.replace(WHO[arm].network, hidden=budget.hidden)
    return RunConfig(
        task=CarRacing(budget.training),
        network=network,
        search=dataclasses.replace(SEARCH, popsize=budget.popsize),
        schedule=budget.schedule,
        generations=generations or budget.generations,
        seed=seed,
    )


def tuning_paths(arm: str, size: Size) -> list[Path]:
    """Return where the runs that tune an arm are."""
    folder = runs_folder(f"car_racing-{size}") / "tuning" / arm
    return [folder / str(setting) for setting in GRID[: BUDGETS[size].settings]]


def _tuned(arm: str, order: Order) -> list[tuple[Setting, float]]:
    """Return the settings of an arm with their mean returns on fresh tracks, the best first."""
    budget = BUDGETS[order.size]
    config = run_config(budget, arm, 0, budget.tuning_generations)

    def score(run: RunFolder) -> float:
        found = cells(run, budget.training, budget.tuning_lives, budget.steps, order.where).returns
        assert found is not None
        return float(found.mean())

    folder = tuning_paths(arm, order.size)[0].parent
    grid = GRID[: budget.settings]
    return tuned(folder, config, grid, budget.tuning_lives, order.where, score)


def _scores(runs: Sequence[RunFolder], budget: Budget, order: Order) -> Scores:
    """Return what the centers of an arm's runs do on every ground; tracks are those of the seed."""
    found = [
        cells(run, tuple(VARIANTS), budget.lives, budget.steps, order.where).returns for run in runs
    ]
    returns = np.array(found, np.float64)  # runs, variants, lives
    return dict(zip(VARIANTS, returns.transpose(1, 0, 2), strict=True))


def _worlds(run: RunFolder, budget: Budget, order: Order) -> dict[str, Floats]:
    """Return what one center does on the usual ground of each world; EnvPool has other tracks."""
    tasks = [CarRacing(), CarRacing(world="gymnasium")]
    if has_envpool():
        tasks.append(CarRacing(world="envpool"))
    found: dict[str, Floats] = {}
    for task in tasks:
        lived = cells(run, (USUAL,), budget.lives, budget.steps, order.where, task=task).returns
        assert lived is not None
        found[task.world] = lived
    return found


def _claims(
    scores: Mapping[str, Scores], worlds: Mapping[str, Floats], budget: Budget, size: Size
) -> list[Claim]:
    made_by = f"python -m experiments.car_racing {size}"
    claims = []
    for variant in VARIANTS:
        for arm, found in scores.items():
            wanted = (arm, variant, size) == ("hebbian", USUAL, "quick")
            goal = f">= {GOAL:g}" if wanted else None
            name = f"{arm}: mean return on {budget.lives} fresh tracks, {variant}"
            claims.append(
                Claim(name, *nested_interval(found[variant]), goal, budget.seeds, made_by)
            )
        # Track i of run j is the same in both arms.
        more = nested_interval(scores["hebbian"][variant] - scores["static"][variant])
        claims.append(Claim(f"hebbian − static: {variant}", *more, None, budget.seeds, made_by))
    for arm, found in scores.items():
        for seed, returns in zip(budget.seeds, found[USUAL], strict=True):
            name = f"{arm}, run of seed {seed}: mean return of its center, {USUAL}"
            claims.append(Claim(name, *nested_interval(returns[None]), None, (seed,), made_by))
    one = budget.seeds[:1]
    for world, returns in worlds.items():
        name = f"the center of one Hebbian run in the world {world}"
        claims.append(Claim(name, *nested_interval(returns), None, one, made_by))
        if world != "compiled":
            # EnvPool's tracks are its own: what is paired there has nothing in common.
            less = worlds["compiled"] - returns
            name = f"the same center: compiled − {world}"
            claims.append(Claim(name, *nested_interval(less), None, one, made_by))
    return claims


if __name__ == "__main__":
    command("car_racing", main)
