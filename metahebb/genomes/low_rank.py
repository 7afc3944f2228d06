"""Coefficient matrices of low rank: sums of outer products of neurons' genes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.genomes.base import GenomeMap
from metahebb.genomes.slot import LayerShape, Slot
from metahebb.genomes.source import Genes, GeneSource


@dataclass(frozen=True)
class LowRank(GenomeMap):
    """Each coefficient of each layer is a matrix Σ_k U_k ⊗ V_k, with offsets (+ u_j + v_i).

    After the decomposed rules of Wang et al. 2022 (arXiv 2109.03554), whose matrices come from
    numbers of neurons; the rank to choose is ours. Genes of a layer, plane by plane: U
    ``(rank, n_out)``, V ``(rank, n_in)``, then the offsets of outputs and of inputs. A layer's rank
    is at most its n_out and its n_in: a higher one could say nothing more.
    """

    rank: int = 1
    """Outer products that add up to one matrix."""
    offsets: bool = False
    """Whether each neuron adds a number of its own, too: u_j of outputs and v_i of inputs."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.rank < 1:
            raise InputError(f"expected a rank of at least 1 (low_rank), got {self.rank}")

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes."""
        return sum(layer.planes * self._per_plane(layer) for layer in slot.layers)

    def _rank(self, layer: LayerShape) -> int:
        return min(self.rank, layer.n_out, layer.n_in)

    def _per_plane(self, layer: LayerShape) -> int:
        return (self._rank(layer) + self.offsets) * (layer.n_out + layer.n_in)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``."""
        for layer, part in zip(slot.layers, slot.parts(out), strict=True):
            genes = np.empty(layer.planes * self._per_plane(layer), np.float32)
            source.write(start, genes)
            start += genes.size
            self._multiply(layer, genes.reshape(layer.planes, -1), part)

    def _multiply(self, layer: LayerShape, genes: Genes, part: Genes) -> None:
        """Write one layer: sums are made term by term, so that each bit is what it says here."""
        rank, view = self._rank(layer), layer.view(part)
        ends = np.cumsum([rank * layer.n_out, rank * layer.n_in, layer.n_out * self.offsets])
        post, pre, post_offsets, pre_offsets = np.split(genes, ends, axis=1)
        outputs = post.reshape(layer.planes, rank, layer.n_out, 1)
        inputs = pre.reshape(layer.planes, rank, 1, layer.n_in)
        np.multiply(outputs[:, 0], inputs[:, 0], out=view)
        if rank > 1:
            scratch = np.empty_like(part)
            product = layer.view(scratch)
            for k in range(1, rank):
                np.multiply(outputs[:, k], inputs[:, k], out=product)
                part += scratch
        if self.offsets:
            view += post_offsets[:, :, None]
            view += pre_offsets[:, None, :]
