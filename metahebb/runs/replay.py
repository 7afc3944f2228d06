"""A replay computes all centers of a run again from its journal, without one env step.

A new search begins where the run began, and gets the fitness of each evaluation from the journal.
After each generation, the search must have the center that the run wrote down. A replay writes
nothing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metahebb.errors import CheckpointError
from metahebb.evolution.backends.base import Backend, Job
from metahebb.evolution.search import Search
from metahebb.fingerprint import Fingerprint
from metahebb.runs.arithmetic import cause
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.evolve import Record, digest
from metahebb.runs.folder import RunFolder
from metahebb.worker import Outcomes

_MEAN_TOLERANCE = 1e-9
"""Relative tolerance of the mean fitness; another processor may round the sum otherwise."""


class ReplayError(CheckpointError):
    """A replay computed another result than the run wrote down."""


@dataclass(frozen=True)
class Replayed:
    """The result of a replay.

    Attributes:
        generations: number of generations that were replayed, from the first.
        evaluations: number of the journal's evaluations that these generations took.
        center_sha256: SHA-256 of the center after these generations.
    """

    generations: int
    evaluations: int
    center_sha256: str


def replay(
    run: RunFolder,
    generations: int | None = None,
    on_generation: Callable[[Record], None] = lambda record: None,
    on_job: Callable[[Job], None] = lambda job: None,
) -> Replayed:
    """Compute a run again from generation 0, and compare it with what the run wrote down.

    The comparison covers the center's hash and the mean fitness in each line of the metrics, and
    the whole state of each checkpoint.

    Args:
        run: the run's folder; another process may go on with the run meanwhile.
        generations: the number of generations to replay; None for all that are done.
        on_generation: a function that is called with the run's metrics of each replayed generation.
        on_job: a function that is called with the job of each evaluation, before the search gets
            the fitness.

    Raises:
        ReplayError: a generation, or a checkpoint, is not what the run wrote down.
        CheckpointError: there is nothing to replay, or a file is damaged or too short.
    """
    # Read before the metrics: if the run goes on meanwhile, the metrics then cover all of them.
    kept = _checkpoints(run)
    metrics = done(run)
    newest = max((checkpoint.generation for _, checkpoint in kept), default=0)
    if newest > len(metrics):
        raise CheckpointError(
            f"expected metrics of {newest} generations in {run.path}, got {len(metrics)}; restore "
            "metrics.jsonl from a copy"
        )
    metrics = metrics[:generations]
    config = run.config
    search = Search(config.search, config.setup(), _Nobody(run), config.plan, config.center_lives)
    search.problem.replayed = run.journal.first(metrics[-1]["evaluations"])
    search.problem.on_replayed = on_job
    for record in metrics:
        search.step()
        _compare(run, search, record)
        for name, checkpoint in kept:
            if checkpoint.generation == search.generation:
                _compare_checkpoint(run, search, name, checkpoint)
        on_generation(record)
    return Replayed(len(metrics), search.problem.generation, digest(search))


def done(run: RunFolder) -> list[Record]:
    """Return the metrics of a run of which at least one generation is done.

    Raises:
        CheckpointError: no generation is done, or a line is damaged.
        InputError: the folder is no run folder (a study's folder has a config.json, too).
    """
    run.read_manifest()
    metrics = run.read_metrics()
    if not metrics:
        raise CheckpointError(
            f"expected a run of at least one generation, got none in {run.path}; go on with "
            "'metahebb resume'"
        )
    for record in metrics:
        for key in ("evaluations", "center_sha256", "fitness_mean"):
            if key not in record:
                raise CheckpointError(
                    f"expected {key} in the metrics of generation {record['generation']} of "
                    f"{run.path}, got none; restore metrics.jsonl from a copy"
                )
    return metrics


class _Nobody(Backend):
    """A backend that refuses to live any life, since all fitness has to come from the journal."""

    num_workers = 1
    others: Sequence[Fingerprint] = ()

    def __init__(self, run: RunFolder) -> None:
        self._run = run

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        raise CheckpointError(
            f"expected the metrics of {self._run.path} to count all evaluations, got fewer than "
            f"{jobs[0].plan.generation + 1}; restore metrics.jsonl from a copy"
        )

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


def _checkpoints(run: RunFolder) -> list[tuple[str, Checkpoint]]:
    """Return each checkpoint with its name."""
    checkpoints = []
    for path in sorted(run.checkpoints.folder.glob("*.json")):
        try:
            checkpoints.append((path.stem, run.checkpoints.load(path.stem)))
        except CheckpointError:
            if path.exists():  # else a process that goes on with the run has removed it meanwhile
                raise
    return checkpoints


def _compare(run: RunFolder, search: Search, record: Record) -> None:
    """Compare a search that has done a generation with that generation's metrics."""
    evaluations = search.problem.generation
    for what, noted, got in (
        ("evaluations", record["evaluations"], evaluations),
        ("center", record["center_sha256"], digest(search)),
    ):
        if noted != got:
            raise _difference(run, record["generation"], what, noted, got)
    # The center alone does not show a change of fitness that keeps all ranks.
    last = search.problem.evaluations[-1].fitness
    noted, mean = record["fitness_mean"], float(last[np.isfinite(last)].mean())
    if not math.isclose(noted, mean, rel_tol=_MEAN_TOLERANCE):
        raise _difference(run, record["generation"], "mean fitness", noted, mean)


def _compare_checkpoint(run: RunFolder, search: Search, name: str, checkpoint: Checkpoint) -> None:
    """Compare a search with a checkpoint of the same generation."""
    seeded = search.config.is_seeded
    state = search.state() if seeded else {"center": search.center(), **search.observed()}
    for key, array in state.items():
        noted = checkpoint.state.get(key)
        if noted is None or (noted.dtype, noted.shape) != (array.dtype, array.shape):
            was = "none" if noted is None else f"{noted.dtype} {noted.shape}"
            got = f"{array.dtype} {array.shape}"
        elif noted.tobytes() != array.tobytes():
            was, got = (hashlib.sha256(each.tobytes()).hexdigest() for each in (noted, array))
        else:
            continue
        raise _difference(run, search.generation - 1, f"{key} of checkpoint {name}", was, got)


def _difference(run: RunFolder, generation: int, what: str, noted: Any, got: Any) -> ReplayError:
    return ReplayError(
        f"expected {what} {noted} after generation {generation} of {run.path}, got {got} from the "
        f"journal; {cause(run, generation)}"
    )
