"""Rules shared along anti-diagonals: the bottleneck of the first public code, by accident."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.genomes.base import GenomeMap
from metahebb.genomes.slot import Slot
from metahebb.genomes.source import Genes, GeneSource


@dataclass(frozen=True)
class AntiDiagonal(GenomeMap):
    """The synapse from neuron i to neuron j follows rule i + j of its layer.

    ``n_in + n_out − 1`` rules per layer. Najarro & Risi's public code indexed its coefficients by
    i + j until its commit 99821ea (October 2020), and so evolved 417 rules where it meant 12,288.
    Genes are ``(planes, rules)``, layer after layer.

    Differs from the reference: coefficients of a rule do not stand side by side, and the genes that
    the reference evolved without ever reading them do not exist.
    """

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes."""
        return sum(layer.planes * (layer.n_in + layer.n_out - 1) for layer in slot.layers)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``."""
        for layer, part in zip(slot.layers, slot.parts(out), strict=True):
            rules = layer.n_in + layer.n_out - 1
            genes = np.empty(layer.planes * rules, np.float32)
            source.write(start, genes)
            # Row j of the windows is genes j to j + n_in: i + j, without a table of indices.
            windows = np.lib.stride_tricks.sliding_window_view(
                genes.reshape(layer.planes, rules), layer.n_in, axis=1
            )
            np.copyto(layer.view(part), windows)
            start += genes.size
