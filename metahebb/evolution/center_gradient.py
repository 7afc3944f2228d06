"""The search gradient of the OpenAI-ES, in slices that a worker can compute without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.evolution.backends.base import Sums
from metahebb.noise import Key, Stream, perturb

Weights = npt.NDArray[np.float32]

SLICE = 2**12
"""Number of genes in a slice, the smallest part of a gradient that is computed at a time."""
_AT_ONCE = 4
"""Number of slices that are computed together, so that all of them stay in the cache."""
NORMAL_S = 1e-9
"""Seconds, roughly, to draw a normal number and add it up.

The value decides where a gradient is computed, and changes none of the gradient's numbers.
"""


@dataclass(frozen=True)
class CenterGradient:
    """The sum Σ weight·noise over mirrored pairs of candidates (Salimans et al. 2017, algorithm 2).

    Divided by n·stdev, for n pairs, the sum is the gradient of the center: EvoTorch's PGPE gradient
    divided by stdev². The noise is added up as it is generated, pair by pair, so that no
    candidate's genes are ever in memory.

    Attributes:
        n_genes: number of genes of the genome.
        seed: seed of the run.
        generation: generation of the candidates.
        weights: weight of each candidate, ``(popsize,)``; see `metahebb.evolution.ranking`.
    """

    n_genes: int
    seed: int
    generation: int
    weights: Weights

    @property
    def n_slices(self) -> int:
        """The number of slices."""
        return -(-self.n_genes // SLICE)

    @property
    def cost_s(self) -> float:
        """Seconds, roughly, that all slices take on one core."""
        return self.n_genes * self.weights.size / 2 * NORMAL_S

    def slices(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return slices ``start`` to ``stop - 1``, one after the other, in one array."""
        sums = np.zeros(min(stop * SLICE, self.n_genes) - start * SLICE, np.float32)
        differences = ((self.weights[0::2] - self.weights[1::2]) / 2).tolist()
        keys = [Key(self.seed, Stream.SEARCH, self.generation, n) for n in range(len(differences))]
        width = _AT_ONCE * SLICE
        for begin in range(0, sums.size, width):
            part = sums[begin : begin + width]
            for key, weight in zip(keys, differences, strict=True):
                perturb(part, weight, key, 1, part, start * SLICE + begin)
        return sums

    def joined(self, parts: Sequence[npt.NDArray[np.float32]]) -> Sums:
        """Return the sums ``{"mu"}`` from all slices, in order."""
        return {"mu": np.concatenate(parts)}
