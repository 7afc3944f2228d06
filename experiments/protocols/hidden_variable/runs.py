"""The budgets, tuning, runs and lives of studies with the task `Reversal`, for any arms."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.kit.running import Order, Size, evolved, expect_finished, runs_folder
from experiments.kit.tuning import tuned
from experiments.protocols.arms import Arm
from experiments.protocols.hidden_variable.lives import LANES, Lived, live
from metahebb.analysis.tuning import Setting
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import preset
from metahebb.tasks import Reversal

TASK = Reversal()
HIDDEN = (8,)
GRID = tuple(Setting(s, r, i) for s in (0.1, 0.3) for r in (0.05, 0.1) for i in (0.1, 0.3))


@dataclass(frozen=True)
class Budget:
    """The budget of a study at one size.

    Attributes:
        seeds: seeds of evolution of each arm.
        popsize: number of candidates per generation; each candidate lives twice.
        generations: number of generations of a run.
        tuning_generations: number of generations of a run that tunes.
        grid: settings of the search that tuning tries for every arm.
        tuning_lives: number of lives that give a setting its score.
        lives: number of lives of each center.
    """

    seeds: tuple[int, ...]
    popsize: int
    generations: int
    tuning_generations: int
    grid: tuple[Setting, ...]
    tuning_lives: int
    lives: int


BUDGETS: dict[Size, Budget] = {
    "smoke": Budget((0, 1), 4, 2, 1, GRID[:2], 4, 4),
    "quick": Budget((0, 1, 2, 3, 4), 64, 60, 20, GRID, 64, 200),
    "paper": Budget(tuple(range(10)), 128, 300, 60, GRID, 200, 1000),
}


@dataclass(frozen=True)
class Evolved:
    """The runs of all arms, and their tuning.

    Attributes:
        settings: settings that tuning tried with their scores, the best first, by arm.
        runs: runs in the order of their seeds, by arm.
        tuning: runs that only tuned, of all arms.
    """

    settings: dict[str, list[tuple[Setting, float]]]
    runs: dict[str, list[RunFolder]]
    tuning: list[RunFolder]

    @property
    def everything(self) -> list[RunFolder]:
        """All runs except the ones that only tuned."""
        return [run for some in self.runs.values() for run in some]


def evolved_arms(order: Order, arms: Mapping[str, Arm]) -> Evolved:
    """Tune and evolve the missing runs of ``arms``; return all runs.

    The runs of an arm lie in a folder with the arm's name.

    Raises:
        InputError: with ``order.finished``, a run is missing.
    """
    budget, folder = BUDGETS[order.size], runs_folder(f"latent-{order.size}")
    # A step of this task costs hardly more for many lives than for one.
    where = dataclasses.replace(order.where, lanes=max(order.where.lanes, LANES))
    settings, runs, tuning = {}, {}, []
    for name, who in arms.items():
        config = run_config(budget, who)
        short = dataclasses.replace(config, generations=budget.tuning_generations)
        tried = [folder / "tuning" / name / str(setting) for setting in budget.grid]
        reported = [folder / name / f"seed{seed}" for seed in budget.seeds]
        if order.finished:
            _expect(name, [*tried, *reported])
        settings[name] = tuned(
            folder / "tuning" / name,
            short,
            budget.grid,
            budget.tuning_lives,
            where,
            lambda run: float(lived([run], budget.tuning_lives).interval("return")[0]),
        )
        best = settings[name][0][0]
        runs[name] = [
            evolved(path, best.of(dataclasses.replace(config, seed=seed)), where)
            for path, seed in zip(reported, budget.seeds, strict=True)
        ]
        tuning += [RunFolder.open(path) for path in tried]
    return Evolved(settings, runs, tuning)


def _expect(name: str, paths: Sequence[Path]) -> None:
    for path in paths:
        expect_finished(path, f"a finished run of the arm {name}")


def run_config(budget: Budget, who: Arm) -> RunConfig:
    """Return the config of an arm's runs, with a search that is not tuned yet."""
    base = preset("reversal")
    return dataclasses.replace(
        base,
        task=TASK,
        network=dataclasses.replace(who.network, hidden=HIDDEN),
        search=dataclasses.replace(base.search, popsize=budget.popsize),
        generations=budget.generations,
    )


def lived(runs: Sequence[RunFolder], lives: int, probe: str = "") -> Lived:
    """Return fresh lives of each run's center."""
    return Lived.join([live(run.load(), lives, probe) for run in runs])
