"""EvoTorch's search gradient, computed in slices from fitness weights and rebuilt noise.

PGPE, SNES and CEM treat each gene by itself, so EvoTorch's gradient for a slice of the genome is
this slice of the whole gradient. Memory is popsize × slice, never popsize × genome. The slices are
fixed, so that the bits do not depend on which thread or worker computes a slice.
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
"""Bytes that one slice of all candidates' genes takes in memory."""
NAMES = ("mu", "sigma")


@dataclass(frozen=True)
class DistributionGradient:
    """EvoTorch's gradients ``{"mu", "sigma"}`` of one generation.

    Attributes:
        kind: EvoTorch's class of the distribution from which the candidates were drawn.
        options: parameters of the distribution other than mu and sigma.
        point: mu and sigma of the distribution, as workers saw them.
        seed: seed of the run.
        generation: generation of the candidates.
        weights: weight of each candidate, ``(popsize,)``; see `metahebb.evolution.ranking`.
        ranking: name of the ranking that made the weights.
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
        """The number of genes in a slice."""
        return max(16, SLICE_BYTES // (4 * self.weights.size) // 16 * 16)

    @property
    def n_slices(self) -> int:
        """The number of slices."""
        return -(-self.point.center.size // self.width)

    @property
    def cost_s(self) -> float:
        """Seconds, roughly, that all slices take on one core."""
        return 2 * self.point.center.size * self.weights.size * NORMAL_S

    def slices(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return slices ``start`` to ``stop - 1`` in one array: mu, then sigma, of each slice."""
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
        # EvoTorch treats weights by the name of their ranking: SNES divides them by their sum
        # unless it is "nes", and PGPE centers them unless it is "centered", as all ranks are here.
        if isinstance(part, ExpSeparableGaussian):
            treatment = "nes" if self.ranking == "nes" else "raw"
        else:
            treatment = "raw" if self.ranking == "raw" else "centered"
        weighting = torch.from_numpy(self.weights)
        with torch.no_grad():
            gradients = part._compute_gradients(torch.from_numpy(samples), weighting, treatment)
        return np.concatenate([gradients[name].numpy() for name in NAMES])

    def joined(self, parts: Sequence[npt.NDArray[np.float32]]) -> Sums:
        """Return the gradient from all slices, in order."""
        values, n_genes = np.concatenate(parts), self.point.center.size
        gradient: Sums = {name: np.empty(n_genes, np.float32) for name in NAMES}
        for start in range(0, n_genes, self.width):
            width = min(self.width, n_genes - start)
            for number, name in enumerate(NAMES):
                begin = 2 * start + number * width
                gradient[name][start : start + width] = values[begin : begin + width]
        return gradient
