"""A search runs one of EvoTorch's algorithms, generation by generation, and can be restored."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from evotorch.algorithms import CEM, CMAES, PGPE, SNES, XNES, Cosyne, GeneticAlgorithm
from evotorch.operators import GaussianMutation, OnePointCrossOver
from evotorch.optimizers import SGD, Adam

from metahebb.evolution.backends.base import Backend
from metahebb.evolution.clipup import SafeClipUp
from metahebb.evolution.config import SearchConfig, decayed
from metahebb.evolution.memory import check_lives, check_memory
from metahebb.evolution.merging import State, merged
from metahebb.evolution.mixture import RuleMixture
from metahebb.evolution.problem import Evaluation, LifeProblem
from metahebb.evolution.ranking import worst_for_nonfinite
from metahebb.genomes import RULES_OF, genome_of, merges
from metahebb.networks import OBSERVED, ObservationNorm
from metahebb.worker import Plan, SearchPoint, Setup

Center = npt.NDArray[np.float32]


class Search:
    """A search steps through generations; its state can be saved, and restored later.

    Attributes:
        config: the algorithm and its numbers.
        problem: the EvoTorch problem that evaluates candidates.
        searcher: EvoTorch's algorithm, to which loggers and hooks can be added. A merge of rules
            replaces it by a new one with the same hooks.
    """

    def __init__(
        self,
        config: SearchConfig,
        setup: Setup,
        backend: Backend,
        plan_of: Callable[[int], Plan],
        center_lives: int,
    ) -> None:
        """Build the problem and its searcher; nothing is evaluated yet."""
        # Each tensor operation has one thread, so that sums keep their order. The slices of the
        # gradient have a thread each.
        torch.set_num_threads(1)
        if not config.is_seeded:
            check_memory(
                2 * 4 * config.popsize * setup.genome.n_genes,
                "two generations that fit",
                f"a popsize of {config.popsize} and {setup.genome.n_genes} genes",
                "use a smaller --popsize, or a search that is seeded, such as snes",
            )
        each = plan_of(0).lives_per_candidate
        check_lives(
            config.popsize * each + center_lives,
            f"a popsize of {config.popsize}, {each} lives each, and {center_lives} of the center",
            "use a smaller --popsize, fewer --episodes or --center-lives",
        )
        self.config = config
        self.problem = LifeProblem(
            setup,
            backend,
            plan_of,
            penalty=config.penalty,
            ranking="raw" if config.algorithm == "cem" else config.ranking,
            rescaled=config.algorithm == "openai_es",
            mirrored=config.mirrored,
            initial_stdev=config.initial_stdev,
            center_lives=center_lives,
            delay=config.delay,
        )
        self.searcher: Any = _BUILDERS[config.algorithm](config, self.problem)
        self.searcher.after_step_hook.append(self._status)
        self._center: torch.Tensor
        self._first = setup.genome
        self._merges = merges(setup.genome)
        self._assigned: State = {}  # after a merge: which synapse follows which rule

    @property
    def generation(self) -> int:
        """The number of generations done."""
        return int(self.searcher.step_count)

    def step(self) -> list[Evaluation]:
        """Evaluate one generation, update the distribution, and return the evaluations.

        If the genome map plans a merge of rules after this generation, the step ends with it.
        """
        self.problem.evaluations.clear()
        self.searcher.step()
        self.problem.take_in()  # after the step, so that an interrupted step changes nothing
        if self.config.mirrored:
            self._decay()
        if not self.config.is_seeded:
            # Noted now: an interrupted step leaves a searcher without status.
            status = self.searcher.status
            self._center = status["center"] if "center" in status else status["best"].values
        if self.generation in self._merges:
            self.restore(merged(self._first, self.state(), self.generation), self.generation)
        return list(self.problem.evaluations)

    def _status(self) -> dict[str, float]:
        """Return numbers for EvoTorch's loggers, which do not see fitness on the seeded path."""
        fitness = worst_for_nonfinite(self.problem.evaluations[-1].fitness)
        return {
            "mean_eval": float(fitness.mean()),
            "median_eval": float(np.median(fitness)),
            "pop_best_eval": float(fitness.max()),
        }

    def _decay(self) -> None:
        config = self.config
        if config.stdev_decay != 1:
            old = self.searcher._distribution
            sigma = torch.clamp(old.sigma * config.stdev_decay, min=config.stdev_floor)
            self.searcher._distribution = old.modified_copy(sigma=torch.minimum(sigma, old.sigma))
        if config.learning_rate_decay != 1:
            group = self.searcher.optimizer.param_groups[0]
            rate, floor = config.learning_rate_decay, config.learning_rate_floor
            group["lr"] = decayed(group["lr"], rate, floor)

    @property
    def n_genes(self) -> int:
        """The number of genes of the next generation's genome."""
        return self.problem.setup.genome.n_genes

    def center(self) -> Center:
        """Return the genome that stands for the search: its center, or its best candidate.

        A dense search has no such genome before its first step.
        """
        genes = self.searcher._distribution.mu if self.config.is_seeded else self._center
        return np.array(genes.detach().as_subclass(torch.Tensor).numpy(), np.float32)

    def stdev(self) -> float:
        """Return the mean standard deviation of the search distribution; NaN where it has none."""
        status = self.searcher.status
        if "stdev" not in status:
            return float("nan")
        stdev = torch.as_tensor(status["stdev"]).as_subclass(torch.Tensor)
        if stdev.ndim == 2:  # of xnes, a square root of the covariance
            stdev = stdev.norm(dim=1)
        return float(stdev.mean())

    def state(self) -> State:
        """Return all that a seeded search needs to go on to the same bits."""
        distribution = self.searcher._distribution
        state: State = {
            "center": distribution.mu.numpy().copy(),
            "stdev": distribution.sigma.numpy().copy(),
            **self._assigned,
            **self.observed(),
        }
        ahead = self.problem.ahead
        if ahead is not None:
            state |= {"ahead_center": ahead.center.copy(), "ahead_stdev": ahead.stdev.copy()}
        if not self.config.mirrored:
            return state
        optimizer = self.searcher.optimizer
        state["learning_rate"] = np.array(optimizer.param_groups[0]["lr"], np.float64)
        if isinstance(optimizer, SafeClipUp):
            state["velocity"] = optimizer._velocity.numpy().copy()
            return state
        for values in optimizer.state.values():
            for name, value in values.items():
                if isinstance(value, torch.Tensor):
                    state[f"optimizer_{name}"] = value.numpy().copy()
        return state

    def observed(self) -> State:
        """Return the totals by which the center's observations are normalized, as part of a state.

        Without an observation norm, the result is empty.
        """
        norm = self.problem.norm
        return {} if norm is None else {OBSERVED: norm.totals}

    def restore(self, state: State, generation: int) -> None:
        """Set the search to a `state` that was taken after ``generation`` generations."""
        self._inherit({k: v for k, v in state.items() if k.startswith(RULES_OF)})
        searcher = self.searcher
        searcher._distribution = searcher._distribution.modified_copy(
            mu=torch.from_numpy(state["center"].copy()),
            sigma=torch.from_numpy(state["stdev"].copy()),
        )
        searcher._steps_count = generation
        self.problem.generation = generation
        if self.problem.norm is not None:
            self.problem.norm = ObservationNorm(state[OBSERVED])
        if self.config.delay:
            ahead = (state["ahead_center"].copy(), state["ahead_stdev"].copy())
            self.problem.ahead = SearchPoint(*ahead, self.config.mirrored)
        if not self.config.mirrored:
            return
        optimizer = searcher.optimizer
        optimizer.param_groups[0]["lr"] = float(state["learning_rate"])
        if isinstance(optimizer, SafeClipUp):
            optimizer._velocity = torch.from_numpy(state["velocity"].copy())
            return
        moments = {
            name.removeprefix("optimizer_"): torch.from_numpy(value.copy())
            for name, value in state.items()
            if name.startswith("optimizer_")
        }
        if moments:
            optimizer.state[searcher._optimizer._data] = moments

    def _inherit(self, assigned: State) -> None:
        """Build a new searcher for the shorter genome of merged rules.

        EvoTorch's searchers cannot change the length of the genome that they were built for.
        """
        if not assigned:
            return
        self._assigned = assigned
        self.problem.inherit(genome_of(self._first, assigned))
        old, self.searcher = (
            self.searcher,
            _BUILDERS[self.config.algorithm](self.config, self.problem),
        )
        for name in ("before_step_hook", "after_step_hook", "log_hook", "end_of_run_hook"):
            getattr(self.searcher, name).extend(getattr(old, name))


def _gaussian(config: SearchConfig, problem: LifeProblem) -> dict[str, Any]:
    return {
        "popsize": config.popsize,
        "stdev_init": config.stdev,
        "center_init": problem.initial_center(),
    }


def _optimizer(config: SearchConfig, size: int) -> Any:
    optimizers: dict[str, Any] = {"adam": Adam, "sgd": SGD, "clipup": SafeClipUp}
    return optimizers[config.optimizer](
        solution_length=size, dtype=torch.float32, stepsize=config.learning_rate
    )


def _pgpe(config: SearchConfig, problem: LifeProblem) -> PGPE:
    adapts = config.algorithm == "pgpe"
    return PGPE(
        problem,
        **_gaussian(config, problem),
        center_learning_rate=config.learning_rate,
        stdev_learning_rate=config.stdev_learning_rate if adapts else 0.0,
        stdev_max_change=0.2 if adapts else None,
        optimizer=_optimizer(config, problem.solution_length),
        distributed=True,
    )


def _snes(config: SearchConfig, problem: LifeProblem) -> SNES:
    return SNES(problem, **_gaussian(config, problem), distributed=True)


def _cem(config: SearchConfig, problem: LifeProblem) -> CEM:
    return CEM(
        problem,
        **_gaussian(config, problem),
        parenthood_ratio=config.parenthood_ratio,
        distributed=True,
    )


def _cmaes(config: SearchConfig, problem: LifeProblem) -> CMAES:
    if not config.separable:
        # EvoTorch's update makes two arrays (popsize, n_genes, n_genes) beside what it keeps.
        _check_covariance(problem, matrices=2 * config.popsize + 2)
    options = _gaussian(config, problem)
    # EvoTorch warns of a tensor that it copies.
    options["center_init"] = options["center_init"].numpy()
    full = not config.separable  # a diagonal needs no decomposition
    return CMAES(problem, **options, separable=config.separable, limit_C_decomposition=full)


def _xnes(config: SearchConfig, problem: LifeProblem) -> XNES:
    _check_covariance(problem, matrices=3)
    return XNES(problem, **_gaussian(config, problem))


def _ga(config: SearchConfig, problem: LifeProblem) -> GeneticAlgorithm:
    operators = [
        OnePointCrossOver(problem, tournament_size=4),
        GaussianMutation(problem, stdev=config.stdev),
    ]
    return GeneticAlgorithm(problem, operators=operators, popsize=config.popsize)


def _cosyne(config: SearchConfig, problem: LifeProblem) -> Cosyne:
    return Cosyne(
        problem,
        popsize=config.popsize,
        tournament_size=4,
        mutation_stdev=config.stdev,
        num_elites=max(1, config.popsize // 16),
    )


def _mixture(config: SearchConfig, problem: LifeProblem) -> RuleMixture:
    return RuleMixture(problem, config, functools.partial(_optimizer, config))


def _check_covariance(problem: LifeProblem, matrices: int) -> None:
    n = problem.solution_length
    check_memory(
        4 * n * n * matrices,
        "a genome whose full covariance fits",
        f"{n} genes",
        "use cmaes with --search.separable, or snes",
    )


_BUILDERS: dict[str, Callable[[SearchConfig, LifeProblem], Any]] = {
    "openai_es": _pgpe,
    "pgpe": _pgpe,
    "snes": _snes,
    "cem": _cem,
    "cmaes": _cmaes,
    "xnes": _xnes,
    "ga": _ga,
    "cosyne": _cosyne,
    "mixture": _mixture,
}
