"""Verify: candidates of a run live again, and must be worth what its journal says."""

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
"""Generations that are looked into where none are named."""


@dataclass(frozen=True)
class Sample:
    """Which candidates are to live again.

    Attributes:
        generations: that must be replayed for them, from the first.
        owners: ``(evaluations,)`` the generation of each evaluation of the journal.
        journal: fitness of each evaluation.
        chosen: candidates by evaluation, in order.
    """

    generations: int
    owners: Sequence[int]
    journal: Sequence[Fitness]
    chosen: Mapping[int, tuple[int, ...]]


@dataclass(frozen=True)
class Compared:
    """A candidate that lived again.

    Attributes:
        generation: its number.
        candidate: its number in its evaluation, of which some searches need several a generation.
        journal: its fitness as the run wrote it down.
        lived: its fitness now.
    """

    generation: int
    candidate: int
    journal: float
    lived: float

    @property
    def is_equal(self) -> bool:
        """Whether both are the same bits."""
        return np.float64(self.journal).tobytes() == np.float64(self.lived).tobytes()


def choose(
    run: RunFolder, candidates: int, seed: int = 0, generations: Sequence[int] = ()
) -> Sample:
    """Return a sample of candidates that depends on its arguments only.

    Args:
        run: the folder.
        candidates: how many, over all generations; all there are, if there are fewer.
        seed: of the choice.
        generations: which, by number; empty: `SAMPLED` that are drawn, too.

    Raises:
        InputError: no candidates, or a generation that is not done.
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
    observed = 0 if norm is None else norm.totals.size  # stands behind the fitness
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
    """Live the candidates of ``sample`` again; return what they were worth then and now, in order.

    Their distributions come from a replay of the journal, which is compared with what the run wrote
    down. Where it fails, candidates up to the generation in which it did still live again: one of
    them may be the reason.

    Args:
        run: the folder.
        sample: see `choose`.
        backend: starts where they live.
        on_generation: called with the line of each generation that was replayed.

    Raises:
        ReplayError: the replay failed, and the candidates are worth what the journal says.
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
    found = _live(run, sample, backend, jobs) if jobs else []
    if failed is not None and all(each.is_equal for each in found):
        raise failed
    return found


def first_difference(run: RunFolder, found: Sequence[Compared]) -> CheckpointError | None:
    """Return the error that names the first candidate of another fitness, if there is one."""
    unlike = [each for each in found if not each.is_equal]
    if not unlike:
        return None
    first = unlike[0]
    return CheckpointError(
        f"expected fitness {first.journal!r} of candidate {first.candidate} of generation "
        f"{first.generation} of {run.path}, as its journal has it, got {first.lived!r} "
        f"({len(unlike)} of {len(found)} that were compared differ); "
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
    found = []
    for job, outcomes in zip(jobs, lived, strict=True):
        evaluation = job.plan.generation
        fitness = fitness_of(outcomes, job.n_candidates, run.config.search.penalty)
        for candidate, value in zip(job.candidates, fitness.tolist(), strict=True):
            told = float(sample.journal[evaluation][candidate])
            found.append(Compared(sample.owners[evaluation], candidate, told, value))
    return found


def _parts(job: Job, candidates: tuple[int, ...]) -> list[Job]:
    """Return a job per candidate, in memory of their own: the search goes on."""
    point = job.point
    if isinstance(point, SearchPoint):
        kept = replace(point, center=point.center.copy(), stdev=point.stdev.copy())
        return [replace(job, point=kept, n_candidates=1, first=c) for c in candidates]
    parts = []
    for c in candidates:
        row = GivenPoint(point.values[[c - point.first]], c, point.genome)
        parts.append(replace(job, point=row, n_candidates=1, first=c))
    return parts
