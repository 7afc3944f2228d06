"""Tuning a search: a small grid of settings, each tried by one short run of a seed of its own."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from metahebb.analysis.statistics import mean_of
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.evolution.config import SearchConfig, initial_center
from metahebb.runs.center import Center
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.tasks import Task
from metahebb.tasks.base import Moving


@dataclass(frozen=True)
class Setting:
    """What a search is tuned in.

    Attributes:
        stdev: standard deviation of the search distribution.
        learning_rate: learning rate of the center.
        initial_stdev: standard deviation of the genes of the first center.
        algorithm: algorithm of the search; None: as in the config.
        optimizer: optimizer of the center; None: as in the config.
        separable: whether the covariance of ``cmaes`` is diagonal.
    """

    stdev: float
    learning_rate: float
    initial_stdev: float
    algorithm: Literal["openai_es", "cmaes"] | None = None
    optimizer: Literal["adam", "sgd"] | None = None
    separable: bool = True

    def __str__(self) -> str:
        """Return it as a folder's name."""
        if self.algorithm == "cmaes":
            kind = "sep-cmaes" if self.separable else "cmaes"
            return f"{kind}-{self.stdev:g}-{self.initial_stdev:g}"
        name = f"{self.optimizer}-" if self.optimizer else ""
        return f"{name}{self.stdev:g}-{self.learning_rate:g}-{self.initial_stdev:g}"

    def of(self, config: RunConfig) -> RunConfig:
        """Return ``config`` with this setting."""
        return dataclasses.replace(config, search=dataclasses.replace(config.search, **self._given))

    @property
    def flags(self) -> str:
        """The flags of ``metahebb evolve`` that choose this setting."""
        default = SearchConfig()
        return " ".join(
            f"--search.{name.replace('_', '-')} {value}"
            for name, value in self._given.items()
            if name != "separable" or value != default.separable
        )

    @property
    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


Pair = tuple[float, float]


def half_fraction(stdevs: Pair, learning_rates: Pair, initial_stdevs: Pair) -> tuple[Setting, ...]:
    """Return four of the eight settings of two values each: a half-fraction 2^(3-1).

    Each pair of values of any two of the three numbers is in one setting.

    Raises:
        InputError: a pair is not of two different values.
    """
    for name, pair in (
        ("stdevs", stdevs),
        ("learning_rates", learning_rates),
        ("initial_stdevs", initial_stdevs),
    ):
        if len(set(pair)) != 2 or len(pair) != 2:
            raise InputError(
                f"expected two different values as {name}, got {', '.join(map(str, pair))}; write "
                "a low and a high one"
            )
    return tuple(
        Setting(stdevs[i], learning_rates[j], initial_stdevs[1 - i ^ j])
        for i in range(2)
        for j in range(2)
    )


STDEVS: Pair = (0.03, 0.06)
LEARNING_RATES: Pair = (0.01, 0.03)
INITIAL_STDEVS: Pair = (0.05, 0.1)
GRID = half_fraction(STDEVS, LEARNING_RATES, INITIAL_STDEVS)
"""What the studies try."""
SEED = 1000
"""The seed of the runs that tune; no run that is reported should have it."""
_USED = ("openai_es", "pgpe")
"""Searches that use all three numbers of the grid."""
_MEASURED_STEPS = 100
"""Env steps for which lives are watched to measure speed."""

Evolved = Callable[[Path, RunConfig], RunFolder]
"""Returns the finished run of a config in a folder: evolved now, gone on with, or as it is."""
Score = Callable[[RunFolder], float]
"""Returns what a finished run is worth; more is better."""


def tuned(
    folder: Path, config: RunConfig, grid: Sequence[Setting], evolved: Evolved, score: Score
) -> list[tuple[Setting, float]]:
    """Return each setting of ``grid`` with its score, the best first.

    Args:
        folder: the folder that gets a run for each setting, named after the setting.
        config: config of a short run; its seed is replaced by `SEED`.
        grid: the settings that are tried.
        evolved: function that makes a run, and leaves a finished one alone.
        score: function that scores a finished run on training bodies.
    """
    scores = [
        (setting, score(evolved(folder / str(setting), trial_config(config, setting))))
        for setting in grid
    ]
    return sorted(scores, key=lambda pair: -pair[1])


def short_config(config: RunConfig, generations: int) -> RunConfig:
    """Return ``config`` for so many generations, without the stages that begin after them.

    So a run is scored over the horizon that it has lived with.
    """
    stages = tuple(stage for stage in config.schedule if stage.start < generations)
    return dataclasses.replace(config, generations=generations, schedule=stages)


def fourth_of(config: RunConfig) -> int:
    """Return the generations of a run that tunes, if nothing else is asked for."""
    return max(1, config.generations // 4)


def own_setting(config: RunConfig) -> Setting:
    """Return the setting that ``config`` has itself."""
    search = config.search
    return Setting(search.stdev, search.learning_rate, search.initial_stdev)


def trial_config(config: RunConfig, setting: Setting) -> RunConfig:
    """Return the config of the run that tries ``setting``."""
    return setting.of(dataclasses.replace(config, seed=SEED))


@dataclass(frozen=True)
class Budget:
    """What a tuning will take, at most.

    Attributes:
        runs: number of runs, one for each setting.
        generations: number of generations of each run.
        lives: number of lives in each body that score a run's last center.
        env_steps: env steps of all runs and their scores, if every life reaches its horizon.
        seconds: time that these env steps take here, by a short measurement.
    """

    runs: int
    generations: int
    lives: int
    env_steps: int
    seconds: float

    def __str__(self) -> str:
        """Return the budget in a line."""
        return (
            f"{self.runs} runs × {self.generations} generations, and {self.lives} lives per body "
            f"to score each: at most {self.env_steps:,} env steps, about "
            f"{max(self.seconds / 60, 0.1):.1f} min here if every life lasts to its end"
        )


def budget_of(config: RunConfig, grid: Sequence[Setting], lives: int, where: Where) -> Budget:
    """Return what it will take to tune ``config`` on ``grid``; nothing is written.

    Args:
        config: config of a short run.
        grid: the settings that are tried.
        lives: number of lives in each body that score a run.
        where: the place where runs will be evolved; some lives of a first center are lived there
            now.

    Raises:
        InputError: the config cannot be evolved.
    """
    runs = [trial_config(config, setting) for setting in grid]
    steps = sum(_possible_steps(run) + _scoring_steps(run, lives) for run in runs)
    return Budget(len(runs), config.generations, lives, steps, steps / _speed(runs[0], where))


def check_tunable(config: RunConfig, lives: int) -> None:
    """Raise InputError if the grid makes no sense for the search, or nothing scores a run."""
    if config.search.algorithm not in _USED:
        raise InputError(
            f"expected a search among {', '.join(_USED)}, whose stdev and learning rate the grid "
            f"tries, got {config.search.algorithm}; leave out --search.algorithm"
        )
    if lives < 2:
        raise InputError(
            f"expected at least 2 lives to score a run, got {lives}; use for example 32"
        )


def score_name(task: Task) -> str:
    """Return the number that scores a run: how far it came where bodies move, else the return."""
    return task.way.name if isinstance(task, Moving) else "return"


def scored(evaluation: dict[str, Any], name: str) -> dict[str, float | None]:
    """Return the ``mean`` of a number over all lives and bodies, with ``low`` and ``high``.

    A life that ended non-finite counts as 0. The interval is over the lives of one run: it does
    not say how another run of the same setting would do.

    Args:
        evaluation: an evaluation that `metahebb.analysis.over_runs.evaluated` returns.
        name: name of the number, see `score_name`.
    """
    n = evaluation["lives"]
    bodies = evaluation["bodies"].values()
    return mean_of([value or 0.0 for body in bodies for value in body["values"][name][:n]])


def _possible_steps(config: RunConfig) -> int:
    """Return the env steps of a run if every life reaches its horizon."""
    search = config.search
    watched = config.center_lives if search.is_seeded else 0
    plans = map(config.plan, range(config.generations))
    return sum(
        (search.popsize * len(plan.bodies) * plan.episodes + watched) * plan.max_steps
        for plan in plans
    )


def _scoring_steps(config: RunConfig, lives: int) -> int:
    return lives * len(config.task.bodies) * config.stages[-1].max_steps


def _speed(config: RunConfig, where: Where) -> float:
    """Return env steps per second of lives of a first center."""
    setup = config.setup()
    genes = initial_center(config.seed, setup.genome.n_genes, config.search.initial_stdev)
    center = Center(Path(), config, 0, genes, setup)
    steps = min(_MEASURED_STEPS, config.stages[0].max_steps)
    backend = where.backend(setup)
    try:
        center.live(backend, where.lanes, (0,), steps)  # compiles
        began = time.monotonic()
        n = 0
        while time.monotonic() - began < 1.0:
            (outcomes,) = center.live(backend, 4 * where.lanes, (0,), steps)
            n += int(outcomes["steps"].sum())
        return n / (time.monotonic() - began)
    finally:
        backend.close()
