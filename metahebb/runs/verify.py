"""Verifies a run: some candidates live again, and must get the fitness that its journal says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from metahebb.errors import CheckpointError, InputError
from metahebb.evolution.backends.base import Backend, Job
from metahebb.evolution.problem import Fitness, fitness_of
from metahebb.noise import Key, Stream, generator
from metahebb.runs.arithmetic import cause
from metahebb.runs.evolve import Record
from metahebb.runs.folder import RunFolder
from metahebb.runs.replay import ReplayError, done, replay
from metahebb.worker import GivenPoint, SearchPoint, Setup

SAMPLED = 16
"""Number of generations from which candidates are drawn, unless the user names generations."""


@dataclass(frozen=True)
class Sample:
    """A choice of candidates that are to live again.

    Attributes:
        generations: number of generations, from the first, that must be replayed for the choice.
        owners: generation of each evaluation in the journal, ``(evaluations,)``.
        journal: fitness of all candidates, by evaluation.
        chosen: numbers of the chosen candidates, by evaluation and in order.
    """

    generations: int
    owners: Sequence[int]
    journal: Sequence[Fitness]
    chosen: Mapping[int, tuple[int, ...]]


@dataclass(frozen=True)
class Compared:
    """A candidate that lived again.

    Attributes:
        generation: number of the candidate's generation.
        candidate: number of the candidate in its evaluation (some searches need several evaluations
            per generation).
        journal: fitness that the run's journal has.
        lived: fitness of the candidate's new lives.
    """

    generation: int
    candidate: int
    journal: float
    lived: float

    @property
    def is_equal(self) -> bool:
        """Whether the two fitness values have the same bits."""
        return np.float64(self.journal).tobytes() == np.float64(self.lived).tobytes()


def choose(
    run: RunFolder, candidates: int, seed: int = 0, generations: Sequence[int] = ()
) -> Sample:
    """Return a sample of candidates that depends on its arguments only.

    Args:
        run: the run's folder.
        candidates: the number of candidates to choose from all generations together; all of them
            are chosen if there are fewer.
        seed: the seed from which the choice is drawn.
        generations: the numbers of the generations to choose from; if empty, `SAMPLED` generations
            are drawn.

    Raises:
        InputError: ``candidates`` is below 1, or a generation is not done.
        CheckpointError: no generation is done, or a file is damaged or too short.
    """
    if candidates < 1:
        raise InputError(f"expected at least 1 candidate to live again, got {candidates}")
    draw = generator(Key(seed, Stream.VERIFICATION))
    metrics = done(run)
    for number in generations:
        if not 0 <= number < len(metrics):
            raise InputError(
                f"expected generations from 0 to {len(metrics) - 1}, which {run.path} has done, "
                f"got {number}; choose another"
            )
    some = draw.choice(len(metrics), min(SAMPLED, len(metrics)), replace=False)
    wanted = set(generations or some.tolist())
    owners: list[int] = []
    for record in metrics:
        owners.extend([record["generation"]] * (record["evaluations"] - len(owners)))
    norm = run.config.setup().norm
    observed = 0 if norm is None else norm.totals.size  # these numbers follow the fitness
    journal = [r[: r.size - observed] for r in run.journal.first(len(owners))]
    everyone = [
        (evaluation, candidate)
        for evaluation, (owner, fitness) in enumerate(zip(owners, journal, strict=True))
        if owner in wanted
        for candidate in range(fitness.size)
    ]
    picked = draw.choice(len(everyone), min(candidates, len(everyone)), replace=False)
    chosen: dict[int, tuple[int, ...]] = {}
    for evaluation, candidate in (everyone[k] for k in sorted(picked.tolist())):
        chosen[evaluation] = (*chosen.get(evaluation, ()), candidate)
    return Sample(max(wanted) + 1, owners, journal, chosen)


def verify(
    run: RunFolder,
    sample: Sample,
    backend: Callable[[Setup], Backend],
    on_generation: Callable[[Record], None] = lambda record: None,
) -> list[Compared]:
    """Live the candidates of ``sample`` again; return their fitness then and now, in order.

    The candidates' distributions come from a replay of the journal, which is compared with the
    run's metrics and checkpoints. If the replay fails in some generation, the candidates up to this
    generation still live again, because one of them may be the reason.

    Args:
        run: the run's folder.
        sample: the candidates, see `choose`.
        backend: a function that starts the backend in which the candidates live.
        on_generation: a function that is called with the metrics of each replayed generation.

    Raises:
        ReplayError: the replay failed, and the candidates have the fitness of the journal.
        CheckpointError: see `replay`.
    """
    jobs: list[Job] = []

    def take(job: Job) -> None:
        jobs.extend(_parts(job, sample.chosen.get(job.plan.generation, ())))

    failed: ReplayError | None = None
    try:
        replay(run, sample.generations, on_generation, take)
    except ReplayError as error:
        failed = error
    compared = _live(run, sample, backend, jobs) if jobs else []
    if failed is not None and all(each.is_equal for each in compared):
        raise failed
    return compared


def first_difference(run: RunFolder, compared: Sequence[Compared]) -> CheckpointError | None:
    """Return an error that names the first candidate with a different fitness, if there is one."""
    unlike = [each for each in compared if not each.is_equal]
    if not unlike:
        return None
    first = unlike[0]
    return CheckpointError(
        f"expected fitness {first.journal!r} of candidate {first.candidate} of generation "
        f"{first.generation} of {run.path}, as its journal has it, got {first.lived!r} "
        f"({len(unlike)} of {len(compared)} that were compared differ); "
        f"{cause(run, first.generation)}"
    )


def _live(
    run: RunFolder, sample: Sample, backend: Callable[[Setup], Backend], jobs: Sequence[Job]
) -> list[Compared]:
    where = backend(run.config.setup())
    try:
        lived = where.evaluate(jobs)
    finally:
        where.close()
    compared = []
    for job, outcomes in zip(jobs, lived, strict=True):
        evaluation = job.plan.generation
        fitness = fitness_of(outcomes, job.n_candidates, run.config.search.penalty)
        for candidate, value in zip(job.candidates, fitness.tolist(), strict=True):
            written = float(sample.journal[evaluation][candidate])
            compared.append(Compared(sample.owners[evaluation], candidate, written, value))
    return compared


def _parts(job: Job, candidates: tuple[int, ...]) -> list[Job]:
    """Return a job per candidate, with copies of the arrays that the search will change."""
    point = job.point
    if isinstance(point, SearchPoint):
        kept = replace(point, center=point.center.copy(), stdev=point.stdev.copy())
        return [replace(job, point=kept, n_candidates=1, first=c) for c in candidates]
    parts = []
    for c in candidates:
        row = GivenPoint(point.values[[c - point.first]], c, point.genome)
        parts.append(replace(job, point=row, n_candidates=1, first=c))
    return parts
