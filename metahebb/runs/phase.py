"""What lives of a checkpoint need: the genome of its center, and what it senses by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from metahebb.errors import CheckpointError, InputError
from metahebb.genomes import genome_of
from metahebb.networks import OBSERVED, ObservationNorm
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig
from metahebb.worker import Setup


def setup_at(config: RunConfig, checkpoint: Checkpoint | None, path: Path) -> Setup:
    """Return the set-up as ``checkpoint``'s center lives in it; None: as the first one does.

    Rules are merged while they evolve, and what all candidates before observed is what the center
    senses by.

    Args:
        config: of the run.
        checkpoint: one of its.
        path: of the run, for messages.

    Raises:
        CheckpointError: the center is of another length, its rules are of other synapses, or what
            was observed is missing or of other sensors.
    """
    first = config.setup()
    if checkpoint is None:
        return first
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
    wanted, found = first.norm.totals, checkpoint.state.get(OBSERVED, np.zeros(0))
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        raise CheckpointError(
            f"expected what was observed, {wanted.size} totals as config.json has it, got shape "
            f"{found.shape} in {path}; restore the folder"
        )
    return replace(first, genome=genome, norm=ObservationNorm(found))
