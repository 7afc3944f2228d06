"""The genome that a checkpoint's center is one of, where rules are merged while they evolve."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from metahebb.errors import CheckpointError, InputError
from metahebb.genomes import genome_of
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig
from metahebb.worker import Setup


def setup_at(config: RunConfig, checkpoint: Checkpoint | None, path: Path) -> Setup:
    """Return the set-up with the genome of ``checkpoint``'s center; None: with the first.

    Args:
        config: of the run.
        checkpoint: one of its.
        path: of the run, for messages.

    Raises:
        CheckpointError: the center is of another length, or its rules are of other synapses.
    """
    first = config.setup()
    if checkpoint is None:
        return first
    try:
        genome = genome_of(first.genome, checkpoint.state)
    except InputError as error:
        raise CheckpointError(f"{error} ({path}); restore the folder") from None
    shape = checkpoint.state["center"].shape
    if shape != (genome.n_genes,):
        raise CheckpointError(
            f"expected a center of {genome.n_genes} genes, as config.json has it, got shape "
            f"{shape} in {path}; restore the folder"
        )
    return replace(first, genome=genome)
