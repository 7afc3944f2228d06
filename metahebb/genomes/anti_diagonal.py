"""The genome map in which the synapses of an anti-diagonal share a rule.

The first public code of Najarro & Risi had this bottleneck by accident.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.genomes.base import GenomeMap
from metahebb.genomes.slot import Slot
from metahebb.genomes.source import Genes, GeneSource


@dataclass(frozen=True)
class AntiDiagonal(GenomeMap):
    """The synapse from neuron i to neuron j follows rule i + j of its layer.

    A layer has ``n_in + n_out − 1`` rules. Najarro & Risi's public code indexed its coefficients by
    i + j until its commit 99821ea (October 2020), and so it evolved 417 rules in the place of the
    intended 12,288. The genes of each layer are ``(planes, rules)``, layer after layer.

    Differs from the reference: the coefficients of one rule do not lie side by side in the genome.
    The reference also evolved genes that it never read; they do not exist here.
    """

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes."""
        return sum(layer.planes * (layer.n_in + layer.n_out - 1) for layer in slot.layers)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``; its genes begin at ``start``."""
        for layer, part in zip(slot.layers, slot.parts(out), strict=True):
            rules = layer.n_in + layer.n_out - 1
            genes = np.empty(layer.planes * rules, np.float32)
            source.write(start, genes)
            # Row j of the windows holds genes j to j + n_in, so that its entry i is gene i + j.
            windows = np.lib.stride_tricks.sliding_window_view(
                genes.reshape(layer.planes, rules), layer.n_in, axis=1
            )
            np.copyto(layer.view(part), windows)
            start += genes.size
