"""The genome map without a bottleneck: every number of a slot has a gene of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from metahebb.genomes.base import FLOAT_BITS, GenomeMap
from metahebb.genomes.slot import Slot
from metahebb.genomes.source import Genes, GeneSource


@dataclass(frozen=True)
class PerSynapse(GenomeMap):
    """The direct map: every synapse has genes of its own (Najarro & Risi 2020).

    For the slots ``birth`` and ``inherited`` this is the direct encoding of weights.
    """

    of_synapses: ClassVar[bool] = True

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes."""
        return slot.size

    def bits(self, slot: Slot) -> int:
        """Return the number of bits that the genes of ``slot`` hold: 1 for a gate, else 32."""
        return slot.size if slot.name == "gates" else FLOAT_BITS * slot.size

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` straight into the lane's memory ``out``."""
        source.write(start, out)
