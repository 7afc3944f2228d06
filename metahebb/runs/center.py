"""The center of a run, as a checkpoint has it: loaded once, and then lived from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from metahebb.errors import CheckpointError, InputError
from metahebb.evolution.backends.base import Backend, Job
from metahebb.genomes import Genome, GivenGenes, genome_of
from metahebb.life import LifeResult
from metahebb.networks import OBSERVED, ObservationNorm
from metahebb.probes import AnyObserver
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig
from metahebb.worker import Fresh, Genes, GivenPoint, Outcomes, Plan, Setup, Worker


@dataclass(frozen=True)
class Center:
    """What a run has evolved by a checkpoint, and all that lives of it need.

    Attributes:
        path: the run's folder.
        config: what the run was told.
        generation: the number of generations that made the center.
        genes: ``(n_genes,)``, which cannot be written to.
        setup: what its lives share. Lives in another world, or under other probes, are those of a
            center with another set-up, see `within`.
    """

    path: Path
    config: RunConfig
    generation: int
    genes: Genes
    setup: Setup

    @classmethod
    def of(cls, path: Path, config: RunConfig, checkpoint: Checkpoint) -> Center:
        """Return the center of ``checkpoint``, one of the run at ``path``.

        Raises:
            CheckpointError: the center is of another length, its rules are of other synapses, or
                what was observed is missing or of other sensors.
        """
        setup = _setup_at(config, checkpoint, path)
        genes = checkpoint.state["center"].view()
        genes.flags.writeable = False  # whoever shares the center shares them
        return cls(path, config, checkpoint.generation, genes, setup)

    @property
    def genome(self) -> Genome:
        """What the genes stand for: rules that merge have fewer of them in time."""
        return self.setup.genome

    @property
    def norm(self) -> ObservationNorm | None:
        """By which the center senses observations; None: as they are."""
        return self.setup.norm

    @property
    def horizon(self) -> int:
        """Env steps after which a life ends in the run's last stage."""
        return self.config.stages[-1].max_steps

    def within(self, setup: Setup) -> Center:
        """Return the same center, whose lives share ``setup``."""
        return replace(self, setup=setup)

    def live(
        self,
        backend: Backend,
        lives: int,
        bodies: Sequence[int] | None = None,
        max_steps: int | None = None,
    ) -> list[Outcomes]:
        """Live fresh lives of the center, and return their outcomes ``(lives,)`` per body.

        Life k has the same birth and the same seed of its world each time, whoever asks for it and
        whatever is done to it.

        Args:
            backend: where they are lived. It was opened for `setup`; the genome and the norm may be
                those with which the run began.
            lives: how many in each body.
            bodies: numbers among the task's; None: all of them.
            max_steps: env steps after which a life ends; None: `horizon`.
        """
        chosen = range(len(self.setup.task.bodies)) if bodies is None else bodies
        # Genome and norm are named, since the backend may have begun with other ones.
        point = GivenPoint(self.genes[None], genome=self.genome)
        plans = [replace(self._plan(lives, body, max_steps), norm=self.norm) for body in chosen]
        return backend.evaluate([Job(plan, point, 1) for plan in plans])

    def watch(
        self,
        lives: range,
        observers: Sequence[AnyObserver],
        body: int = 0,
        max_steps: int | None = None,
        *,
        lanes: int = 1,
    ) -> list[LifeResult]:
        """Live some of the lives of `live` in this thread, and return their results in order.

        Args:
            lives: their numbers, which are also their units.
            observers: what watches them.
            body: number among the task's.
            max_steps: as in `live`.
            lanes: lives at a time.
        """
        plan = self._plan(lives.stop, body, max_steps)
        every = plan.lives(self.setup, 0, GivenGenes(self.genes), 0)
        chosen = [life for life in every if life.unit in lives]
        with Worker(self.setup, lanes) as worker:
            results = list(worker.live(iter(chosen), observers=observers))
        return sorted(results, key=lambda result: result.unit)

    def _plan(self, lives: int, body: int, max_steps: int | None) -> Plan:
        """Return how fresh lives in ``body`` are lived."""
        horizon = self.horizon if max_steps is None else max_steps
        return Plan(self.generation, horizon, (body,), lives, fresh=Fresh.EVALUATION)


def _setup_at(config: RunConfig, checkpoint: Checkpoint, path: Path) -> Setup:
    """Return the set-up as ``checkpoint``'s center lives in it.

    Rules are merged while they evolve, and what all candidates before observed is what the center
    senses by.
    """
    first = config.setup()
    try:
        genome = genome_of(first.genome, checkpoint.state)
    except InputError as error:
        raise CheckpointError(f"{error} ({path}); restore the folder") from None
    center = checkpoint.state["center"]
    if center.shape != (genome.n_genes,) or center.dtype != np.float32:
        raise CheckpointError(
            f"expected a center of {genome.n_genes} genes of float32, as config.json has it, got "
            f"shape {center.shape} of {center.dtype} in {path}; restore the folder"
        )
    if first.norm is None:
        return replace(first, genome=genome)
    wanted, saved = first.norm.totals, checkpoint.state.get(OBSERVED, np.zeros(0))
    if (saved.shape, saved.dtype) != (wanted.shape, wanted.dtype):
        raise CheckpointError(
            f"expected what was observed, {wanted.size} totals as config.json has it, got shape "
            f"{saved.shape} of {saved.dtype} in {path}; restore the folder"
        )
    return replace(first, genome=genome, norm=ObservationNorm(saved))
