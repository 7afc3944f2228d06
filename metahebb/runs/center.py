"""The center of a run: loaded once from a checkpoint, and then used for all fresh lives."""

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
    """The genes that a run has evolved, with everything that lives of these genes need.

    Attributes:
        path: folder of the run.
        config: config of the run.
        generation: number of generations that made the center.
        genes: genes of the center, ``(n_genes,)``, as a read-only array.
        setup: set-up that all lives of the center share. For lives in another world, or under other
            probes, `within` returns a center with another set-up.
    """

    path: Path
    config: RunConfig
    generation: int
    genes: Genes
    setup: Setup

    @classmethod
    def of(cls, path: Path, config: RunConfig, checkpoint: Checkpoint) -> Center:
        """Return the center of ``checkpoint``, a checkpoint of the run at ``path``.

        Raises:
            CheckpointError: the center has another length than the config says, its rules belong to
                other synapses, or the totals of observations are missing or of another size.
        """
        setup = _setup_at(config, checkpoint, path)
        genes = checkpoint.state["center"].view()
        genes.flags.writeable = False  # all users of the center share these genes
        return cls(path, config, checkpoint.generation, genes, setup)

    @property
    def genome(self) -> Genome:
        """The genome that the genes belong to; where rules are merged, it shrinks over time."""
        return self.setup.genome

    @property
    def norm(self) -> ObservationNorm | None:
        """The norm by which the center's observations are normalized; None if they are not."""
        return self.setup.norm

    @property
    def horizon(self) -> int:
        """The number of env steps after which a life ends in the run's last stage."""
        return self.config.stages[-1].max_steps

    def within(self, setup: Setup) -> Center:
        """Return the same center for lives that share ``setup``."""
        return replace(self, setup=setup)

    def live(
        self,
        backend: Backend,
        lives: int,
        bodies: Sequence[int] | None = None,
        max_steps: int | None = None,
    ) -> list[Outcomes]:
        """Live fresh lives of the center, and return their outcomes ``(lives,)`` per body.

        Life k always has the same birth and the same seed of its world: in ``evaluate``, in films
        and in analyses, and under all probes.

        Args:
            backend: the backend in which the lives are lived, opened for `setup`. The genome and
                the norm of the backend may be the ones with which the run began.
            lives: the number of lives in each body.
            bodies: numbers of the task's bodies to live in; None for all bodies.
            max_steps: the number of env steps after which a life ends; None for `horizon`.
        """
        chosen = range(len(self.setup.task.bodies)) if bodies is None else bodies
        # The backend may have begun with another genome and norm, so point and plans name them.
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
            lives: the numbers of the lives, which are also their units.
            observers: the observers of the lives.
            body: the number of the task's body to live in.
            max_steps: the number of env steps after which a life ends; None for `horizon`.
            lanes: the number of lives that are advanced together.
        """
        plan = self._plan(lives.stop, body, max_steps)
        every = plan.lives(self.setup, 0, GivenGenes(self.genes), 0)
        chosen = [life for life in every if life.unit in lives]
        with Worker(self.setup, lanes) as worker:
            results = list(worker.live(iter(chosen), observers=observers))
        return sorted(results, key=lambda result: result.unit)

    def _plan(self, lives: int, body: int, max_steps: int | None) -> Plan:
        """Return the plan of fresh lives in ``body``."""
        horizon = self.horizon if max_steps is None else max_steps
        return Plan(self.generation, horizon, (body,), lives, fresh=Fresh.EVALUATION)


def _setup_at(config: RunConfig, checkpoint: Checkpoint, path: Path) -> Setup:
    """Return the run's set-up with the genome and the observation norm of ``checkpoint``.

    Merges of rules have changed the genome since the run began, and the norm has the totals of all
    observations up to the checkpoint.
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
