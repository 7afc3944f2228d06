"""What every genome map offers: its size, and the way from genes to a slot's numbers."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Protocol

from metahebb.genomes.slot import Slot
from metahebb.genomes.source import Genes, GeneSource

FLOAT_BITS = 32
"""Of a gene that counts as it is, a float32."""
LATER = "later"
"""Marks, in its metadata, a field that run folders of earlier versions do not have."""


class GenomeMap(Protocol):
    """Fills one slot from its genes: an immutable, picklable description that checks itself.

    Attributes:
        of_synapses: whether genes belong to synapses, or are dealt to them, wherever these are.
            Such a map is shown only the synapses that need numbers (`Slot.compact`); of the others,
            the numbers that synapses do not need are made 0 afterwards.
    """

    of_synapses: ClassVar[bool] = False

    @abstractmethod
    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes.

        Raises:
            InputError: the map cannot fill it.
        """

    @property
    def needs_places(self) -> bool:
        """Whether it reads the `Places` of a slot; who fills slots then asks the task for them."""
        return False

    @property
    def merges_at(self) -> tuple[int, ...]:
        """Generations after which the map's rules become fewer; empty: they stay as they are."""
        return ()

    def bits(self, slot: Slot) -> int:
        """Return the bits that the genes of ``slot`` hold: 32 each, unless they are discrete."""
        return FLOAT_BITS * self.n_genes(slot)

    @abstractmethod
    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``.

        ``out`` is a lane's memory: layer after layer, each as its `LayerShape` lays it out. Noise
        belongs to genes: where several synapses share one, it is written once and then shared.
        A map knows nothing of the ranges that a rule declares: its numbers go into them afterwards
        (`into_ranges`).
        """
