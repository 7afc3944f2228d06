"""Replay: the whole way of a center from the journal, without one env step.

The search begins where the run began and gets each evaluation's fitness from the journal. What it
moves its center to must be, generation by generation, what the run wrote down. Nothing is written.
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
"""Relative, of the mean fitness: its sum may be rounded otherwise on another processor."""


class ReplayError(CheckpointError):
    """A replay came to something else than the run wrote down."""


@dataclass(frozen=True)
class Replayed:
    """What was replayed.

    Attributes:
        generations: how many, from the first.
        evaluations: of the journal that they took.
        center_sha256: of the center after them.
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
    """Rebuild a run's center from generation 0, and compare it with all that the run wrote down.

    These are the center's hash and the mean fitness of each line of the metrics, and the whole
    state of each checkpoint.

    Args:
        run: the folder; it may be one that another process goes on with.
        generations: how many; None: all that are done.
        on_generation: called with the line of each generation that came out as it was.
        on_job: called with what each evaluation was to live, before the search hears its fitness.

    Raises:
        ReplayError: the first generation, or checkpoint, that came out otherwise.
        CheckpointError: there is nothing to replay, or a file is damaged or too short.
    """
    kept = _checkpoints(run)  # before the metrics: of a run that goes on, these then have them all
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
        CheckpointError: none is, or a line is damaged.
        InputError: the folder is none of a run (a study's has a config.json, too).
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
    """A backend that lives no life: all fitness has to come from the journal."""

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
        """Nothing to let go of."""


def _checkpoints(run: RunFolder) -> list[tuple[str, Checkpoint]]:
    """Return each checkpoint with its name."""
    found = []
    for path in sorted(run.checkpoints.folder.glob("*.json")):
        try:
            found.append((path.stem, run.checkpoints.load(path.stem)))
        except CheckpointError:
            if path.exists():  # else a run that goes on has removed it meanwhile
                raise
    return found


def _compare(run: RunFolder, search: Search, record: Record) -> None:
    """Compare a search that has done a generation with that generation's metrics."""
    evaluations = search.problem.generation
    for what, told, got in (
        ("evaluations", record["evaluations"], evaluations),
        ("center", record["center_sha256"], digest(search)),
    ):
        if told != got:
            raise _difference(run, record["generation"], what, told, got)
    # Fitness that keeps its rank moves no center.
    last = search.problem.evaluations[-1].fitness
    told, mean = record["fitness_mean"], float(last[np.isfinite(last)].mean())
    if not math.isclose(told, mean, rel_tol=_MEAN_TOLERANCE):
        raise _difference(run, record["generation"], "mean fitness", told, mean)


def _compare_checkpoint(run: RunFolder, search: Search, name: str, checkpoint: Checkpoint) -> None:
    """Compare a search with the checkpoint that was taken where it stands."""
    seeded = search.config.is_seeded
    state = search.state() if seeded else {"center": search.center(), **search.observed()}
    for key, array in state.items():
        told = checkpoint.state.get(key)
        if told is None or (told.dtype, told.shape) != (array.dtype, array.shape):
            was = "none" if told is None else f"{told.dtype} {told.shape}"
            got = f"{array.dtype} {array.shape}"
        elif told.tobytes() != array.tobytes():
            was, got = (hashlib.sha256(each.tobytes()).hexdigest() for each in (told, array))
        else:
            continue
        raise _difference(run, search.generation - 1, f"{key} of checkpoint {name}", was, got)


def _difference(run: RunFolder, generation: int, what: str, told: Any, got: Any) -> ReplayError:
    return ReplayError(
        f"expected {what} {told} after generation {generation} of {run.path}, got {got} from the "
        f"journal; {cause(run, generation)}"
    )
