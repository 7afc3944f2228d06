"""One gene for every number of a slot: the map without a bottleneck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from metahebb.genomes.base import FLOAT_BITS, GenomeMap
from metahebb.genomes.slot import Slot
from metahebb.genomes.source import Genes, GeneSource


@dataclass(frozen=True)
class PerSynapse(GenomeMap):
    """The direct map: every synapse has genes of its own (Najarro & Risi 2020).

    For ``birth`` and ``inherited`` slots, this is the direct encoding of weights.
    """

    of_synapses: ClassVar[bool] = True

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes."""
        return slot.size

    def bits(self, slot: Slot) -> int:
        """Return the bits that the genes of ``slot`` hold: 32 each, and 1 of a gate."""
        return slot.size if slot.name == "gates" else FLOAT_BITS * slot.size

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` straight into the lane's memory ``out``."""
        source.write(start, out)
