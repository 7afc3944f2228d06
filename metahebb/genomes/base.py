"""The protocol of a genome map: the number of its genes, and how they become a slot's numbers."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Protocol

from metahebb.genomes.slot import Slot
from metahebb.genomes.source import Genes, GeneSource

FLOAT_BITS = 32
"""The number of bits of a gene that is used as a float32."""
LATER = "later"
"""The key that the metadata of a field has if configs of earlier versions lack the field."""


class GenomeMap(Protocol):
    """A genome map fills one slot from its genes.

    It is an immutable, picklable description that checks its own fields.

    Attributes:
        of_synapses: whether the map gives each synapse its own genes, or deals it a rule, wherever
            the synapse is. Such a map gets only the synapses that need numbers (`Slot.compact`).
            Any other map fills all synapses, and the numbers of synapses that need none are set to
            0 afterwards.
    """

    of_synapses: ClassVar[bool] = False

    @abstractmethod
    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes.

        Raises:
            InputError: the map cannot fill ``slot``.
        """

    @property
    def needs_places(self) -> bool:
        """Whether the map reads the slot's `Places`, which the task then has to provide."""
        return False

    @property
    def merges_at(self) -> tuple[int, ...]:
        """The generations after which rules are merged; empty for a map that never merges them."""
        return ()

    def bits(self, slot: Slot) -> int:
        """Return the number of bits that the genes of ``slot`` hold.

        A gene holds 32 bits, unless the map says otherwise because its genes are discrete.
        """
        return FLOAT_BITS * self.n_genes(slot)

    @abstractmethod
    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``.

        ``out`` is the memory of a lane: layer after layer, each as its `LayerShape` lays it out. A
        search adds its noise to genes. So a gene that several synapses share is read once, and all
        of them get the same value. A map knows nothing of the ranges that a rule declares: its
        numbers go into the ranges afterwards (`into_ranges`).
        """
