"""EvoTorch's search gradient, from fitness weights and rebuilt noise, slice by slice.

PGPE, SNES and CEM treat each gene alone, so EvoTorch's own gradient of a slice of the genome is
that slice of the whole gradient. Memory is popsize × slice, never popsize × genome; and the slices
are fixed, so that it changes no bit who makes which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from evotorch.distributions import ExpSeparableGaussian, SeparableGaussian

from metahebb.evolution.backends.base import Sums
from metahebb.evolution.center_gradient import NORMAL_S, Weights
from metahebb.worker import SearchPoint

SLICE_BYTES = 2**22
"""Memory of one slice of all candidates' genes."""
NAMES = ("mu", "sigma")


@dataclass(frozen=True)
class DistributionGradient:
    """EvoTorch's gradients ``{"mu", "sigma"}`` of one generation.

    Attributes:
        kind: EvoTorch's distribution from which the candidates were drawn.
        options: its parameters other than mu and sigma.
        point: mu and sigma, as workers saw them.
        seed: of the run.
        generation: of the candidates.
        weights: ``(popsize,)``, see `metahebb.evolution.ranking`.
        ranking: the name under which they were made.
    """

    kind: type[SeparableGaussian]
    options: Mapping[str, Any]
    point: SearchPoint
    seed: int
    generation: int
    weights: Weights
    ranking: str

    @classmethod
    def of(
        cls,
        distribution: SeparableGaussian,
        point: SearchPoint,
        seed: int,
        generation: int,
        weights: Weights,
        ranking: str,
    ) -> DistributionGradient:
        """Return the gradient of a distribution as it was at ``point``."""
        options = {k: v for k, v in distribution.parameters.items() if k not in NAMES}
        return cls(type(distribution), options, point, seed, generation, weights, ranking)

    @property
    def width(self) -> int:
        """Genes of a slice."""
        return max(16, SLICE_BYTES // (4 * self.weights.size) // 16 * 16)

    @property
    def n_slices(self) -> int:
        """How many slices there are."""
        return -(-self.point.center.size // self.width)

    @property
    def cost_s(self) -> float:
        """Seconds that all of them take one core, roughly."""
        return 2 * self.point.center.size * self.weights.size * NORMAL_S

    def slices(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return slices ``start`` to ``stop - 1``, mu and sigma of each behind the other."""
        torch.set_num_threads(1)  # sums keep their order
        return np.concatenate([self._slice(number) for number in range(start, stop)])

    def _slice(self, number: int) -> npt.NDArray[np.float32]:
        start = number * self.width
        mu, sigma = (
            torch.from_numpy(each[start : start + self.width].copy())
            for each in (self.point.center, self.point.stdev)
        )
        samples = np.empty((self.weights.size, len(mu)), np.float32)
        for candidate, row in enumerate(samples):
            self.point.source(self.seed, self.generation, candidate).write(start, row)
        part = self.kind({**self.options, "mu": mu, "sigma": sigma})
        # SNES would divide all weights but utilities by their sum, PGPE center all but ranks.
        if isinstance(part, ExpSeparableGaussian):
            treatment = "nes" if self.ranking == "nes" else "raw"
        else:
            treatment = "raw" if self.ranking == "raw" else "centered"
        weighting = torch.from_numpy(self.weights)
        with torch.no_grad():
            found = part._compute_gradients(torch.from_numpy(samples), weighting, treatment)
        return np.concatenate([found[name].numpy() for name in NAMES])

    def joined(self, parts: Sequence[npt.NDArray[np.float32]]) -> Sums:
        """Return the gradient from all slices, in order."""
        values, n_genes = np.concatenate(parts), self.point.center.size
        found: Sums = {name: np.empty(n_genes, np.float32) for name in NAMES}
        for start in range(0, n_genes, self.width):
            width = min(self.width, n_genes - start)
            for number, name in enumerate(NAMES):
                begin = 2 * start + number * width
                found[name][start : start + width] = values[begin : begin + width]
        return found
