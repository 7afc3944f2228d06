"""The genome map whose coefficient matrices have low rank: sums of outer products of genes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.genomes.base import GenomeMap
from metahebb.genomes.slot import LayerShape, Slot
from metahebb.genomes.source import Genes, GeneSource


@dataclass(frozen=True)
class LowRank(GenomeMap):
    """Each coefficient of each layer is a matrix Σ_k U_k ⊗ V_k, to which offsets can be added.

    Offsets add u_j + v_i to the matrix entry for the synapse from neuron i to neuron j.

    The idea is that of the decomposed rules of Wang et al. 2022 (arXiv 2109.03554), in which
    matrices come from numbers of neurons. The genes of a layer are, for each plane, U
    ``(rank, n_out)`` and V ``(rank, n_in)``, then the offsets of the outputs and of the inputs. A
    layer's rank is at most its n_out and at most its n_in, because with that rank the sum can be
    any matrix.

    Differs from the reference: the rank can be chosen.
    """

    rank: int = 1
    """The number of outer products that add up to one matrix."""
    offsets: bool = False
    """Whether a number of each neuron is added, too: u_j for outputs and v_i for inputs."""

    def __post_init__(self) -> None:
        """Check the rank."""
        if self.rank < 1:
            raise InputError(f"expected a rank of at least 1 (low_rank), got {self.rank}")

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes."""
        return sum(layer.planes * self._per_plane(layer) for layer in slot.layers)

    def _rank(self, layer: LayerShape) -> int:
        return min(self.rank, layer.n_out, layer.n_in)

    def _per_plane(self, layer: LayerShape) -> int:
        return (self._rank(layer) + self.offsets) * (layer.n_out + layer.n_in)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``; its genes begin at ``start``."""
        for layer, part in zip(slot.layers, slot.parts(out), strict=True):
            genes = np.empty(layer.planes * self._per_plane(layer), np.float32)
            source.write(start, genes)
            start += genes.size
            self._multiply(layer, genes.reshape(layer.planes, -1), part)

    def _multiply(self, layer: LayerShape, genes: Genes, part: Genes) -> None:
        """Write one layer into ``part``.

        Terms are added one by one, so that the bits are the same on every machine.
        """
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
