"""The loop of a run: it lives a generation, writes fitness, updates the center, writes metrics."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.errors import CheckpointError, MetahebbError
from metahebb.evolution.backends.base import Backend, Gradient, Job, Sums
from metahebb.evolution.destinations import Logged
from metahebb.evolution.loggers import logging_to
from metahebb.evolution.problem import Evaluation, Fitness
from metahebb.evolution.search import Search
from metahebb.fingerprint import Fingerprint
from metahebb.genomes import merges
from metahebb.runs.arithmetic import Arithmetic
from metahebb.runs.checkpoint import BEST, Checkpoint
from metahebb.runs.folder import RunFolder
from metahebb.runs.serial import to_json
from metahebb.runs.stopping import Stopped, Stopping
from metahebb.worker import Outcomes, is_nonfinite

CHECKPOINT_EVERY = 10
"""Number of generations between checkpoints; the journal covers the generations in between."""

Record = dict[str, Any]


class _Interruptible(Backend):
    """A backend with evaluations that a signal may interrupt."""

    def __init__(self, backend: Backend, stopping: Stopping) -> None:
        self._backend = backend
        self._stopping = stopping

    @property
    def num_workers(self) -> int:
        return self._backend.num_workers

    @property
    def others(self) -> Sequence[Fingerprint]:
        return self._backend.others

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        with self._stopping.interruptible():
            return self._backend.evaluate(jobs)

    def begin(self, jobs: Sequence[Job]) -> Callable[[], list[Outcomes]]:
        outcomes = self._backend.begin(jobs)

        def finish() -> list[Outcomes]:
            with self._stopping.interruptible():
                return outcomes()

        return finish

    def add_up(self, gradient: Gradient) -> Sums:
        with self._stopping.interruptible():
            return self._backend.add_up(gradient)

    def close(self) -> None:
        self._backend.close()


def evolve(
    run: RunFolder,
    backend: Backend,
    on_generation: Callable[[Record], None] = lambda record: None,
    loggers: Sequence[str] = (),
) -> None:
    """Evolve ``run`` until its generations are done, from wherever it stands.

    The fitness of a generation goes to the journal before the update, and its metrics are written
    after the update. A checkpoint follows every few generations, and when the run ends or stops.

    Args:
        run: the folder of a new run, or of a run to go on with.
        backend: the backend in which lives are lived; it does not change a bit.
        on_generation: a function that is called with the metrics of each generation.
        loggers: names of loggers, see `metahebb.evolution.loggers`.

    Raises:
        Stopped: a signal came, and the run is saved.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.
    """
    stopping = Stopping()
    with stopping.armed():
        evolution = _Evolution(run, _Interruptible(backend, stopping), stopping.check)
        logged = Logged(run.path.resolve(), to_json(run.config))
        with logging_to(loggers, evolution.search.searcher, logged):
            try:
                while evolution.search.generation < run.config.generations:
                    stopping.check()
                    on_generation(evolution.generation())
            except (MetahebbError, Stopped):
                # These come between two updates. Other errors, such as a second Ctrl-C, may come
                # in the middle of an update, and then nothing of it may be saved.
                evolution.end()
                raise
            evolution.end()


class _Evolution:
    """A search, and the run folder that it writes to."""

    def __init__(self, run: RunFolder, backend: Backend, check: Callable[[], None]) -> None:
        config = run.config
        self.run = run
        # A search begins with the genome before any merge of rules, and does the merges itself.
        setup = config.setup()
        self.merges = bool(merges(setup.genome))
        self.search = Search(config.search, setup, backend, config.plan, config.center_lives)
        self.search.problem.until = config.generations
        self.saved = _catch_up(run, self.search, check)
        """Number of generations in the newest checkpoint; -1 if there is none."""
        self.search.problem.on_fitness = run.journal.append
        history = run.read_metrics()
        self.best = max((r["fitness_mean"] for r in history), default=-np.inf)
        self.env_steps = sum(r["env_steps"] for r in history)
        self.began = time.monotonic() - (history[-1]["elapsed_s"] if history else 0.0)
        self.written = self.search.generation
        """Number of generations that have their metrics on the disk."""
        self.evaluations = self.search.problem.generation
        """Number of evaluations that these generations took."""
        self.arithmetic = Arithmetic(run, backend)

    def generation(self) -> Record:
        """Live one generation, write it to the folder, and return its metrics."""
        self.arithmetic.note(self.written)
        n_genes = self.search.n_genes
        evaluations = self.search.step()
        elapsed = time.monotonic() - self.began
        record = _record(self.run, self.search, self.written, evaluations, elapsed)
        if self.merges:
            record["n_genes"] = n_genes
        self.run.append_metrics(record)
        self.written, self.evaluations = self.search.generation, record["evaluations"]
        self.env_steps += record["env_steps"]
        if record["fitness_mean"] > self.best:
            self.best = record["fitness_mean"]
            self.save(BEST)
        if self.written % CHECKPOINT_EVERY == 0:
            self.save()
        return record

    def save(self, name: str | None = None) -> None:
        """Write a checkpoint."""
        search = self.search
        seeded = search.config.is_seeded
        state = search.state() if seeded else {"center": search.center(), **search.observed()}
        # The problem's own count would include an evaluation that was interrupted.
        done = Checkpoint(search.generation, self.evaluations, state)
        self.run.checkpoints.save(done, name)
        if name is None:
            self.saved = search.generation

    def end(self) -> None:
        """Save what is not saved; an interrupted generation is lived again by a resume."""
        if self.search.generation == self.written != self.saved and self.written:
            self.save()
        self.arithmetic.note_others()
        if self.run.read_manifest()["generations"] != self.written:
            self.run.update_manifest(
                generations=self.written,
                env_steps=self.env_steps,
                elapsed_s=round(time.monotonic() - self.began, 3),
            )


def _catch_up(run: RunFolder, search: Search, check: Callable[[], None]) -> int:
    """Bring a new search to the run's last generation, without one env step.

    Args:
        run: the run's folder.
        search: a new search.
        check: a function that is called between replayed generations; an error that it raises ends
            the replay.

    Returns:
        The number of generations in the newest checkpoint; -1 if there is none.
    """
    metrics = run.read_metrics()
    evaluations = metrics[-1]["evaluations"] if metrics else 0
    # A generation counts once its metrics are written. Later evaluations in the journal are lived
    # again, to the same bits.
    journal = run.journal.first(evaluations)
    newest = run.read_newest()
    if newest is not None and newest.generation > len(metrics):
        raise CheckpointError(
            f"expected metrics of {newest.generation} generations in {run.path}, got "
            f"{len(metrics)}; restore metrics.jsonl from a copy"
        )
    if newest is not None and run.config.search.is_seeded:
        try:
            search.restore(newest.state, newest.generation)
        except KeyError as error:
            raise CheckpointError(
                f"expected {error} in the newest checkpoint of {run.path}, as the search of "
                "config.json needs it, got none; restore the folder"
            ) from None
        journal = journal[newest.evaluations :]
    search.problem.replayed = journal
    while search.problem.replayed:
        check()
        search.step()
    if metrics and digest(search) != metrics[-1]["center_sha256"]:
        raise CheckpointError(
            f"expected center {metrics[-1]['center_sha256'][:12]}…, got {digest(search)[:12]}… "
            f"after replaying {run.path}; resume with the versions and processor of its manifest"
        )
    # Files are cut only now, when all of them have proved to fit together.
    run.journal.keep(evaluations)
    run.keep_metrics(len(metrics))
    return -1 if newest is None else newest.generation


def digest(search: Search) -> str:
    """Return the SHA-256 of the center's bytes."""
    return hashlib.sha256(search.center().tobytes()).hexdigest()


def _record(
    run: RunFolder,
    search: Search,
    generation: int,
    evaluations: list[Evaluation],
    elapsed: float,
) -> Record:
    """Return the metrics of a generation; its fitness is that of its last evaluation."""
    last = evaluations[-1]
    stage = run.config.stage(search.problem.generation - 1)  # plans are numbered by evaluations
    outcomes = np.concatenate([e.outcomes for e in evaluations if e.outcomes is not None])
    watched = [e.center for e in evaluations if e.center is not None]
    fitness: Fitness = last.fitness[np.isfinite(last.fitness)]
    return {
        "generation": generation,
        "fitness_mean": float(fitness.mean()),
        "fitness_median": float(np.median(fitness)),
        "fitness_best": float(fitness.max()),
        "fitness_std": float(fitness.std()),
        **_of_center(watched[-1]["episode_return"] if watched else np.zeros(0)),
        "steps_mean": float(outcomes["steps"].mean()),
        "env_steps": int(outcomes["steps"].sum() + sum(w["steps"].sum() for w in watched)),
        "nonfinite": int(is_nonfinite(outcomes).sum()),
        "max_steps": stage.max_steps,
        "bodies": list(stage.bodies or run.config.task.bodies),
        "stdev_mean": _mean(search.stdev()),
        "evaluations": search.problem.generation,
        "elapsed_s": round(elapsed, 3),
        "center_sha256": digest(search),
    }


def _of_center(returns: npt.NDArray[np.float64]) -> Record:
    """Return the mean of the center's ``returns`` ``(n,)``, their spread, and how many they are."""
    known = returns.size > 0 and bool(np.isfinite(returns).all())
    return {
        "center_return": float(np.mean(returns)) if known else None,
        "center_std": float(np.std(returns)) if known else None,
        "center_lives": int(returns.size),
    }


def _mean(values: Any) -> float | None:
    return float(np.mean(values)) if np.isfinite(values).all() else None
