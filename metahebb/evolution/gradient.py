"""The search gradient, from fitness weights and rebuilt noise, slice by slice.

PGPE, SNES and CEM treat each gene alone, so EvoTorch's own gradient of a slice of the genome is
that slice of the whole gradient. Memory is popsize × slice, never popsize × genome; and the slices
are fixed, so that threads do not change a bit.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import torch
from evotorch.distributions import ExpSeparableGaussian, SeparableGaussian

from metahebb.noise import Key, Stream, perturb
from metahebb.worker import SearchPoint

Weights = npt.NDArray[np.float32]

SLICE_BYTES = 2**22
"""Memory of one slice of all candidates' genes."""


CENTER_SLICE = 2**14
"""Genes of one slice where candidates are summed one by one."""


def center_gradient(
    point: SearchPoint, seed: int, generation: int, weights: Weights, threads: int
) -> dict[str, torch.Tensor]:
    """Return the gradient ``{"mu", "sigma"}`` of the OpenAI-ES; that of sigma is zero.

    1/(n·stdev)·Σ weight·noise over mirrored pairs (Salimans et al. 2017, algorithm 2), which is
    EvoTorch's PGPE gradient of the center divided by stdev². Noise is added up as it is generated,
    so that no candidate's genes are ever in memory.

    Args:
        point: mirrored.
        seed: of the run.
        generation: of the candidates.
        weights: ``(popsize,)``, see `metahebb.evolution.ranking`.
        threads: how many slices at a time.
    """
    n_genes = point.center.size
    total = np.zeros(n_genes, np.float32)
    differences = (weights[0::2] - weights[1::2]) / 2
    keys = [Key(seed, Stream.SEARCH, generation, index) for index in range(differences.size)]

    def fill(start: int) -> None:
        part = total[start : start + CENTER_SLICE]
        for key, weight in zip(keys, differences.tolist(), strict=True):
            perturb(part, weight, key, 1, part, start)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(0, n_genes, CENTER_SLICE)))
    total /= point.stdev * np.float32(differences.size)
    return {"mu": torch.from_numpy(total), "sigma": torch.zeros(n_genes)}


def gradients(
    distribution: SeparableGaussian,
    point: SearchPoint,
    seed: int,
    generation: int,
    weights: Weights,
    ranking: str,
    threads: int,
) -> dict[str, torch.Tensor]:
    """Return EvoTorch's gradients ``{"mu", "sigma"}`` of one generation.

    Args:
        distribution: EvoTorch's, in the state from which the candidates were drawn.
        point: the same, as workers saw it.
        seed: of the run.
        generation: of the candidates.
        weights: ``(popsize,)``, see `metahebb.evolution.ranking`.
        ranking: the name under which they were made.
        threads: how many slices at a time.
    """
    n_genes, popsize = point.center.size, weights.size
    found = {name: torch.zeros(n_genes) for name in ("mu", "sigma")}
    if not weights.any():
        return found  # all alike: nothing to follow (EvoTorch would divide by zero)
    width = max(16, SLICE_BYTES // (4 * popsize) // 16 * 16)
    weighting = torch.from_numpy(weights)

    def fill(start: int) -> None:
        stop = min(start + width, n_genes)
        samples = np.empty((popsize, stop - start), np.float32)
        for candidate, row in enumerate(samples):
            point.source(seed, generation, candidate).write(start, row)
        part = distribution.modified_copy(
            mu=distribution.mu[start:stop], sigma=distribution.sigma[start:stop]
        )
        # SNES would divide all weights but utilities by their sum, PGPE center all but ranks.
        if isinstance(part, ExpSeparableGaussian):
            treatment = "nes" if ranking == "nes" else "raw"
        else:
            treatment = "raw" if ranking == "raw" else "centered"
        with torch.no_grad():
            slices = part._compute_gradients(torch.from_numpy(samples), weighting, treatment)
        for name, value in slices.items():
            found[name][start:stop] = value

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(0, n_genes, width)))
    return found
