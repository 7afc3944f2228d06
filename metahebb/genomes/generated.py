"""A small network that says what the coefficients of each synapse are, from where it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metahebb.errors import InputError
from metahebb.genomes.base import GenomeMap
from metahebb.genomes.slot import LayerShape, Slot
from metahebb.genomes.source import Genes, GeneSource


@dataclass(frozen=True)
class Generated(GenomeMap):
    """Coefficients as a function of coordinates, by one hidden layer of tanh units.

    HyperNEAT's idea (Stanley et al. 2009; for rules Risi & Stanley 2010), whose network grows while
    this one has a fixed size.

    Coordinates of a synapse are its layer, the index of the neuron before it and that of the neuron
    behind it, each in (−1, 1): (2k + 1)/n − 1 for number k of n. The layer of one neuron tells that
    of the other, so that it is given once. Genes are the inputs' weights ``(4, hidden)``, of layer,
    pre, post and a constant 1; then the outputs' ``(planes, hidden)`` and biases ``(planes,)``.
    """

    hidden: int = 16
    """Units of the hidden layer."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.hidden < 1:
            raise InputError(f"expected hidden of at least 1 (generated), got {self.hidden}")

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes."""
        return 4 * self.hidden + slot.layers[0].planes * (self.hidden + 1)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``."""
        genes = np.empty(self.n_genes(slot), np.float32)
        source.write(start, genes)
        planes, hidden = slot.layers[0].planes, self.hidden
        into = genes[: 4 * hidden].reshape(4, hidden)
        out_of = genes[4 * hidden : -planes].reshape(planes, hidden)
        depths = _places(len(slot.layers))
        for layer, part, depth in zip(slot.layers, slot.parts(out), depths, strict=True):
            units = self._units(layer, depth, into)
            memory = part.reshape(planes, layer.synapses)
            # Not by matmul: BLAS may sum in another order on another number of threads.
            np.einsum("ph,hs->ps", out_of, units, out=memory)
            memory += genes[-planes:, None]

    def _units(self, layer: LayerShape, depth: np.float32, into: Genes) -> Genes:
        """Return the hidden units ``(hidden, synapses)``, synapses in the order of memory."""
        of_depth, of_pre, of_post, constant = into
        posts = (of_depth * depth + constant)[:, None] + of_post[:, None] * _places(layer.n_out)
        pres = of_pre[:, None] * _places(layer.n_in)
        units = np.empty(self.hidden * layer.synapses, np.float32)
        view = replace(layer, planes=self.hidden).view(units)
        np.add(posts[:, :, None], pres[:, None, :], out=view)
        return np.tanh(units, out=units).reshape(self.hidden, layer.synapses)


def _places(n: int) -> Genes:
    """Return where ``n`` things in a row lie in (−1, 1), float32 ``(n,)``."""
    return ((2 * np.arange(n) + 1) / n - 1).astype(np.float32)
