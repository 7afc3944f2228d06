"""The search gradient of the OpenAI-ES, slice by slice; a worker that makes some needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.evolution.backends.base import Sums
from metahebb.noise import Key, Stream, perturb

Weights = npt.NDArray[np.float32]

SLICE = 2**12
"""Genes of a slice, the least that anybody makes."""
_AT_ONCE = 4
"""Slices that are in the cache at a time, where somebody makes that many."""
NORMAL_S = 1e-9
"""Seconds for a normal number and its sum, roughly; decides who makes a gradient, and no number."""


@dataclass(frozen=True)
class CenterGradient:
    """Σ weight·noise over mirrored pairs (Salimans et al. 2017, algorithm 2).

    Over n·stdev, with n pairs, that is the gradient of the center: EvoTorch's PGPE gradient divided
    by stdev². Noise is added up as it is generated, pair by pair, so that no candidate's genes are
    ever in memory.

    Attributes:
        n_genes: of the genome.
        seed: of the run.
        generation: of the candidates.
        weights: ``(popsize,)``, see `metahebb.evolution.ranking`.
    """

    n_genes: int
    seed: int
    generation: int
    weights: Weights

    @property
    def n_slices(self) -> int:
        """How many slices there are."""
        return -(-self.n_genes // SLICE)

    @property
    def cost_s(self) -> float:
        """Seconds that all of them take one core, roughly."""
        return self.n_genes * self.weights.size / 2 * NORMAL_S

    def slices(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return slices ``start`` to ``stop - 1``, one behind the other."""
        found = np.zeros(min(stop * SLICE, self.n_genes) - start * SLICE, np.float32)
        differences = ((self.weights[0::2] - self.weights[1::2]) / 2).tolist()
        keys = [Key(self.seed, Stream.SEARCH, self.generation, n) for n in range(len(differences))]
        width = _AT_ONCE * SLICE
        for begin in range(0, found.size, width):
            part = found[begin : begin + width]
            for key, weight in zip(keys, differences, strict=True):
                perturb(part, weight, key, 1, part, start * SLICE + begin)
        return found

    def joined(self, parts: Sequence[npt.NDArray[np.float32]]) -> Sums:
        """Return the sums ``{"mu"}`` from all slices, in order."""
        return {"mu": np.concatenate(parts)}
