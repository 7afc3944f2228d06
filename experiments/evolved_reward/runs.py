"""The budgets and the runs of the study ``evolved_reward``, and the lives of their centers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from experiments.kit.running import Order, Size, evolved, expect_finished, runs_folder
from metahebb.evolution.config import initial_center
from metahebb.life import Ending
from metahebb.networks import Rate
from metahebb.probes import Moment, parse_probes
from metahebb.runs.center import Center
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import preset
from metahebb.tasks import Pairs, StepResult
from metahebb.tasks.trials.base import TrialLanes
from metahebb.tasks.trials.pairs import FUNCTIONS, TRAINING

Floats = npt.NDArray[np.float64]

WITHHELD = tuple(name for name in FUNCTIONS if name not in TRAINING)
"""The functions in which no run of evolution lives."""
EVOLVED, FROZEN, UNEVOLVED = "evolved", "evolved, frozen", "not evolved"
EQUAL = "evolved, equal gains"
WEIGHTS, GAINS = "evolved weights, first gains", "first weights, evolved gains"
"""The arms: the last center, the same center without learning, the center before generation 0, the
last center with the same gain for all synapses, and centers that have one part of the last center
and the other part of the first one."""
PROBES = {EVOLVED: "", FROZEN: "freeze:at=0", EQUAL: "drop_term:term=gain"}
"""The probe under which the last center lives, by arm."""


@dataclass(frozen=True)
class Budget:
    """The budget of the study at one size.

    Attributes:
        seeds: seeds of evolution.
        units: number of units of the network.
        trials: number of trials of a life.
        counted: number of last trials of a life that count for fitness and accuracy.
        popsize: number of candidates per generation; each lives once with each of two functions.
        generations: number of generations of a run.
        lives: number of fresh lives of each center with each function.
    """

    seeds: tuple[int, ...]
    units: int
    trials: int
    counted: int
    popsize: int
    generations: int
    lives: int


BUDGETS: dict[Size, Budget] = {
    "smoke": Budget((0,), 20, 24, 8, 32, 5, 4),
    "quick": Budget((0, 1, 2), 40, 120, 40, 96, 250, 32),
    "paper": Budget((0, 1, 2, 3, 4), 70, 400, 100, 500, 1000, 100),
}


def config_of(budget: Budget, seed: int) -> RunConfig:
    """Return the config of a run.

    Each generation lives with two functions, one of them the negation of the other, and the six
    pairs of functions take turns.
    """
    base = preset("pairs")
    task = dataclasses.replace(cast(Pairs, base.task), trials=budget.trials, counted=budget.counted)
    turns = len(TRAINING) // 2
    pairs = [(TRAINING[number], TRAINING[-1 - number]) for number in range(turns)]
    return dataclasses.replace(
        base,
        task=task,
        network=dataclasses.replace(cast(Rate, base.network), hidden=(budget.units,)),
        search=dataclasses.replace(base.search, popsize=budget.popsize),
        schedule=tuple(
            Stage(generation, task.max_steps, pairs[generation % turns])
            for generation in range(budget.generations)
        ),
        generations=budget.generations,
        seed=seed,
    )


def all_runs(order: Order) -> list[RunFolder]:
    """Return the run of each seed; missing runs are evolved now.

    Raises:
        InputError: with ``order.finished``, a run is not finished.
    """
    budget = BUDGETS[order.size]
    # A step of this task costs hardly more for many lives than for one.
    where = dataclasses.replace(order.where, lanes=max(order.where.lanes, 32))
    runs = []
    for seed in budget.seeds:
        path = runs_folder(f"evolved_reward-{order.size}") / f"seed{seed}"
        if order.finished:
            expect_finished(path, f"a finished run of seed {seed}")
        runs.append(evolved(path, config_of(budget, seed), where))
    return runs


@dataclass(frozen=True)
class Lived:
    """Fresh lives of the centers of one arm.

    A life that ended non-finite was right in half of the trials, as guessing is, and has the least
    return.

    Attributes:
        returns: return of each life, ``(n_runs, n_functions, n_lives)``.
        right: whether each trial was right, ``(n_runs, n_functions, n_lives, n_trials)``.
        counted: number of last trials that count for the return and the accuracy.
    """

    returns: Floats
    right: Floats
    counted: int

    def accuracies(self, functions: tuple[str, ...]) -> Floats:
        """Return the mean accuracy over ``functions`` per life and run, ``(n_runs, n_lives)``.

        Only the trials that count are in it.
        """
        right: Floats = self.right[:, _numbers(functions), :, -self.counted :].mean((1, 3))
        return right

    def fitness(self, functions: tuple[str, ...]) -> Floats:
        """Return the mean return over ``functions`` per life and run, ``(n_runs, n_lives)``."""
        mean: Floats = self.returns[:, _numbers(functions)].mean(1)
        return mean

    def curve(self, functions: tuple[str, ...]) -> Floats:
        """Return the part of right trials by trial and run, ``(n_runs, n_trials)``."""
        curve: Floats = self.right[:, _numbers(functions)].mean((1, 2))
        return curve


def _numbers(functions: tuple[str, ...]) -> list[int]:
    return [FUNCTIONS.index(name) for name in functions]


def arms_of(runs: list[RunFolder], budget: Budget) -> dict[str, Lived]:
    """Return the lives of each arm; life k with a function has the same kicks in all arms."""
    last = [run.load() for run in runs]
    first = [unevolved(center) for center in last]
    arms = {arm: _lived(last, budget, probe) for arm, probe in PROBES.items()}
    pairs = list(zip(first, last, strict=True))
    return arms | {
        UNEVOLVED: _lived(first, budget),
        WEIGHTS: _lived([mixed(one, other, "birth") for one, other in pairs], budget),
        GAINS: _lived([mixed(one, other, "coefficients") for one, other in pairs], budget),
    }


def mixed(center: Center, other: Center, slot: str) -> Center:
    """Return ``center`` with the genes that ``other`` has for a slot."""
    genes = center.genes.copy()
    where = center.genome.stretches()[slot]
    genes[where] = other.genes[where]
    return dataclasses.replace(center, genes=genes)


def gains_of(runs: list[RunFolder]) -> Floats:
    """Return the mean and the deviation of the gains of each run's last center, ``(n_runs, 2)``."""
    rows = []
    for run in runs:
        center = run.load()
        (gain,) = cast(Rate, center.setup.network).rule.ranges
        assert gain is not None
        values = gain.values(center.genes[center.genome.stretches()["coefficients"]])
        rows.append((values.mean(), values.std()))
    return np.array(rows, np.float64)


def unevolved(center: Center) -> Center:
    """Return the center with which the run of ``center`` began."""
    config = center.config
    genes = initial_center(config.seed, center.genes.size, config.search.initial_stdev)
    return dataclasses.replace(center, genes=genes)


def _lived(centers: list[Center], budget: Budget, probe: str = "") -> Lived:
    n = budget.lives
    returns = np.zeros((len(centers), len(FUNCTIONS), n))
    right = np.full((*returns.shape, budget.trials), 0.5)
    for run, center in enumerate(centers):
        task = cast(Pairs, center.setup.task).on(FUNCTIONS)
        probes = parse_probes([probe] if probe else [])
        free = center.within(dataclasses.replace(center.setup, task=task, probes=probes))
        for body in range(len(FUNCTIONS)):
            recorder = _Recorder(right[run, body])
            for result in free.watch(range(n), [recorder], body, max_steps=task.max_steps, lanes=n):
                broken = result.ending is Ending.NONFINITE
                of_life = task.return_range[0] if broken else result.episode_return
                returns[run, body, result.unit] = of_life
                if broken:
                    right[run, body, result.unit] = 0.5
    return Lived(returns, right, budget.counted)


@dataclass(frozen=True)
class _Recorder:
    """An observer that notes which trials were right.

    Attributes:
        right: ``(n_lives, n_trials)``, which is written.
    """

    right: Floats

    def observe_step(self, moment: Moment, step: StepResult) -> None:
        """Note the outcome of each trial that ended in this step."""
        lanes = cast(TrialLanes, moment.task)  # the study has no other task
        over = step.trial_over
        assert over is not None
        for lane, unit in zip(moment.lanes[over], moment.units[over], strict=True):
            self.right[unit, lanes.numbers[lane] - 1] = lanes.outcome(int(lane)).correct
