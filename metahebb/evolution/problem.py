"""An EvoTorch problem that evaluates candidates by their lives, on a seeded or a dense path."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from evotorch import Problem, SolutionBatch

from metahebb.errors import CheckpointError, ProgressError
from metahebb.evolution.backends.base import Backend, Job
from metahebb.evolution.center_gradient import CenterGradient, Weights
from metahebb.evolution.config import initial_center
from metahebb.evolution.gradient import DistributionGradient
from metahebb.evolution.nonfinite import reason_of
from metahebb.evolution.ranking import weights, worst_for_nonfinite
from metahebb.genomes import Genome
from metahebb.worker import (
    Fresh,
    GivenPoint,
    Outcomes,
    Plan,
    SearchPoint,
    Setup,
    is_nonfinite,
    observed,
    plain,
)

Floats = npt.NDArray[np.float64]
Fitness = Floats
ADDED_BYTES = 25
"""Bytes that totals of observations may add to the outcome of a candidate, on average.

This number decides how many candidates add up their observations. Another number would lead a run
with an observation norm to another center.
"""
Begun = Callable[[], tuple[list[Outcomes], Outcomes | None]]


@dataclass(frozen=True)
class Evaluation:
    """The result of evaluating one population.

    Attributes:
        fitness: fitness of each candidate, ``(popsize,)``; NaN where a life went non-finite.
        outcomes: outcomes of all lives, candidate by candidate; None when replayed from a journal.
        center: outcomes of the unperturbed center's lives; None where the center did not live.
        observed: totals of the first candidates' observations, see
            `metahebb.networks.ObservationNorm`; empty without an observation norm.
    """

    fitness: Fitness
    outcomes: Outcomes | None = None
    center: Outcomes | None = None
    observed: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def record(self) -> Floats:
        """The numbers that a replay needs: the fitness, followed by the observed totals."""
        return np.concatenate([self.fitness, self.observed])


class LifeProblem(Problem):  # type: ignore[misc]
    """An EvoTorch problem in which a candidate's fitness comes from the lives of its networks.

    Fitness is the mean return over the candidate's lives, less a penalty on its coefficients.

    PGPE, SNES and CEM with ``distributed=True`` take the *seeded* path: workers rebuild each
    candidate from the distribution and the key (seed, generation, index), and only outcomes
    travel back. All other searchers take the *dense* path.

    Attributes:
        ahead: with a delay, the distribution from which the next generation is sampled.
        until: with a delay, the first generation that shall not be begun ahead of its turn.
    """

    def __init__(
        self,
        setup: Setup,
        backend: Backend,
        plan_of: Callable[[int], Plan],
        *,
        penalty: float = 0.0,
        ranking: str = "nes",
        rescaled: bool = False,
        mirrored: bool = True,
        initial_stdev: float = 0.1,
        center_lives: int = 0,
        delay: int = 0,
    ) -> None:
        """Bind a set-up to a backend.

        Args:
            setup: the task, the network, the genome and the seed.
            backend: the threads or workers in which lives are lived.
            plan_of: a function from a generation's number to its plan.
            penalty: the factor of mean(h²), which is subtracted from the mean return.
            ranking: the name of the ranking that the seeded path uses; see
                `metahebb.evolution.ranking`.
            rescaled: whether the center's gradient is divided by stdev², which turns PGPE into the
                OpenAI-ES.
            mirrored: whether the seeded path's candidates come in pairs center ± noise.
            initial_stdev: the standard deviation of the genes of the first center, or of the first
                population, around 0.
            center_lives: the number of fresh lives that the center lives per generation, for the
                record.
            delay: 1 to sample each generation before the update by the generation before it, so
                that both can be lived at the same time (seeded path); else 0.
        """
        super().__init__("max", solution_length=setup.genome.n_genes, dtype=torch.float32)
        self.manual_seed(setup.seed % 2**63)
        self.setup = setup
        self.merged: Genome | None = None
        self.norm = setup.norm
        self.backend = backend
        self.plan_of = plan_of
        self.penalty = penalty
        self.ranking = ranking
        self.rescaled = rescaled
        self.mirrored = mirrored
        self.initial_stdev = initial_stdev
        self.center_lives = center_lives
        self.delay = delay
        self.ahead: SearchPoint | None = None
        self.until = sys.maxsize
        self.generation = 0
        self._begun: dict[int, Begun] = {}
        self.evaluations: list[Evaluation] = []
        self.replayed: list[Floats] = []
        self.on_fitness: Callable[[int, Floats], None] = lambda generation, record: None
        self.on_replayed: Callable[[Job], None] = lambda job: None

    def inherit(self, genome: Genome) -> None:
        """From now on, let candidates have the genes of ``genome``, which has another length."""
        self.setup = dataclasses.replace(self.setup, genome=genome)
        self.merged = genome  # workers keep their first set-up, so each point names this genome
        self._solution_length = genome.n_genes

    def take_in(self) -> None:
        """End a generation: add what its lives observed to the norm that later lives sense by."""
        if self.norm is not None:
            for evaluation in self.evaluations:
                self.norm = self.norm.after(evaluation.observed)

    @property
    def num_actors(self) -> int:
        """The number of workers, at least 1: with 0, EvoTorch would silently go the dense path."""
        return max(1, self.backend.num_workers)

    def initial_center(self) -> torch.Tensor:
        """Return the first center, ``(n_genes,)``."""
        genes = initial_center(self.setup.seed, self.solution_length, self.initial_stdev)
        return torch.from_numpy(genes)

    def _fill(self, values: torch.Tensor) -> None:
        self.make_gaussian(out=values, center=0.0, stdev=self.initial_stdev)

    def sample_and_compute_gradients(
        self, distribution: Any, popsize: int, *, num_interactions: int | None = None, **_: Any
    ) -> list[dict[str, Any]]:
        """Evaluate a generation that workers rebuild; return EvoTorch's gradients (seeded path)."""
        if num_interactions is not None:
            raise NotImplementedError("expected a fixed popsize, got num_interactions")
        point = SearchPoint(
            _numpy(distribution.mu), _numpy(distribution.sigma), self.mirrored, self.merged
        )
        # With a delay, this generation was sampled from the distribution before the last update.
        generation, lived = self.generation, self.ahead or point
        fitness = self._fitness(lived, popsize, then=point if self.delay else None)
        weighted = weights(fitness, self.ranking)
        gradients = self._gradient(distribution, lived, generation, weighted)
        self.ahead = point if self.delay else None
        mean = float(np.nanmean(worst_for_nonfinite(fitness)))
        return [{"gradients": gradients, "num_solutions": popsize, "mean_eval": mean}]

    def _gradient(
        self, distribution: Any, point: SearchPoint, generation: int, weighted: Weights
    ) -> dict[str, torch.Tensor]:
        """Return EvoTorch's gradients of a generation that was sampled at ``point``."""
        zeros = np.zeros_like(point.center)
        if not weighted.any():  # all fitness is alike (EvoTorch would divide by zero)
            sums = {"mu": zeros, "sigma": zeros.copy()}
        elif self.rescaled:
            of = (point.center.size, self.setup.seed, generation, weighted)
            sums = self.backend.add_up(CenterGradient(*of))
            sums["mu"] /= point.stdev * np.float32(weighted.size // 2)
            sums["sigma"] = zeros
        else:
            gradient = DistributionGradient.of(
                distribution, point, self.setup.seed, generation, weighted, self.ranking
            )
            sums = self.backend.add_up(gradient)
        return {name: torch.from_numpy(values) for name, values in sums.items()}

    def _evaluate_all(self, batch: SolutionBatch) -> None:
        """Evaluate given solutions (dense path)."""
        values = _numpy(batch.access_values(keep_evals=True).as_subclass(torch.Tensor))
        fitness = self._fitness(GivenPoint(values), len(batch))
        batch.set_evals(torch.from_numpy(worst_for_nonfinite(fitness)).to(torch.float32))

    def _fitness(
        self, point: SearchPoint | GivenPoint, popsize: int, then: SearchPoint | None = None
    ) -> Fitness:
        """Evaluate the next generation, which is drawn from ``point``, and return its fitness.

        With ``then``, the generation after it, which is drawn from ``then``, begins meanwhile.
        """
        generation = self.generation
        self.generation += 1
        plan = dataclasses.replace(self.plan_of(generation), norm=self.norm)
        if self.replayed:
            self.on_replayed(Job(plan, point, popsize))
            evaluation = self._replay(self.replayed.pop(0), popsize)
        else:
            begun = self._begun.pop(generation, None) or self._begin(plan, point, popsize)
            if then is not None and self.generation < self.until:
                after = self.plan_of(self.generation)
                self._begun[self.generation] = self._begin(after, then, popsize)
            evaluation = self._live(begun, popsize)
            self._check_mostly_finite(Job(plan, point, popsize), evaluation.fitness)
            self.on_fitness(generation, evaluation.record)
        self.evaluations.append(evaluation)
        return evaluation.fitness

    def _replay(self, record: Floats, popsize: int) -> Evaluation:
        extra = 0 if self.norm is None else self.norm.totals.size
        if record.size != popsize + extra:
            raise CheckpointError(
                f"expected a journal of popsize {popsize}, as config.json has it, got "
                f"{record.size - extra}; restore the folder"
            )
        return Evaluation(record[:popsize], observed=record[popsize:])

    def _begin(self, plan: Plan, point: SearchPoint | GivenPoint, popsize: int) -> Begun:
        """Begin a generation; return a function that waits for the outcomes.

        This function returns the outcomes of the candidates, and the outcomes of the center.
        """
        jobs = self._candidates(plan, point, popsize)
        n = len(jobs)
        if self.center_lives and isinstance(point, SearchPoint):
            lives = (plan.generation, plan.max_steps, plan.bodies[:1], self.center_lives)
            watch = Plan(*lives, fresh=Fresh.WATCHED, norm=self.norm)
            jobs.append(Job(watch, GivenPoint(point.center[None], genome=self.merged), 1))
        evaluate = functools.partial(self.backend.evaluate, jobs)
        outcomes = self.backend.begin(jobs) if self.delay else evaluate

        def finish() -> tuple[list[Outcomes], Outcomes | None]:
            of_jobs = outcomes()
            return of_jobs[:n], of_jobs[n] if len(of_jobs) > n else None

        return finish

    def _live(self, begun: Begun, popsize: int) -> Evaluation:
        parts, center = begun()
        outcomes = parts[0] if len(parts) == 1 else np.concatenate([plain(part) for part in parts])
        fitness = fitness_of(outcomes, popsize, self.penalty)
        totals = np.zeros(0) if self.norm is None else observed(parts[0])
        return Evaluation(fitness, outcomes, center, totals)

    def _check_mostly_finite(self, job: Job, fitness: Fitness) -> None:
        """Raise ProgressError where less than half of the fitness is finite."""
        bad = np.flatnonzero(~np.isfinite(fitness))
        if bad.size <= fitness.size / 2:
            return
        reason, advice = reason_of(self.setup, job, int(bad[0]))
        cause = f", because {reason}" if reason else ""
        wanted, got = "finite fitness of half a generation at least", f"{bad.size} non-finite ones"
        if bad.size == fitness.size:
            wanted = "some finite fitness"
        raise ProgressError(f"expected {wanted}, got {got} of {fitness.size}{cause}; {advice}")

    def _candidates(self, plan: Plan, point: SearchPoint | GivenPoint, popsize: int) -> list[Job]:
        """Return the jobs of a population.

        With an observation norm there are two jobs, and the lives of the first add up what they
        observe. The first job has as many candidates as `ADDED_BYTES` allows, and at least one.
        """
        if self.norm is None:
            return [Job(plan, point, popsize)]
        most = ADDED_BYTES * popsize // self.norm.totals.nbytes
        n = max(1, min(most, popsize - 1))
        adding = dataclasses.replace(plan, adds_up=True)
        return [Job(adding, point, n), Job(plan, point, popsize - n, first=n)]


def fitness_of(outcomes: Outcomes, n_candidates: int, penalty: float) -> Fitness:
    """Return the fitness of candidates, ``(n_candidates,)``, from the outcomes of their lives.

    Args:
        outcomes: outcomes of all lives, candidate by candidate, the same number for each.
        n_candidates: the number of candidates.
        penalty: the factor of mean(h²), which is subtracted from the mean return.
    """
    returns = outcomes["episode_return"].reshape(n_candidates, -1)
    nonfinite = is_nonfinite(outcomes).reshape(n_candidates, -1)
    fitness: Fitness = np.where(nonfinite, np.nan, returns).mean(1)
    # The published fitness: mean return − 0.01·mean(h²) (Najarro & Risi's public code).
    if penalty:
        fitness -= penalty * outcomes["mean_square"].reshape(n_candidates, -1)[:, 0]
    return fitness


def _numpy(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(tensor.detach().numpy(), np.float32)
