"""A genome is the slots of a network, each with the genome map that fills it from genes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.genomes.base import GenomeMap
from metahebb.genomes.per_synapse import PerSynapse
from metahebb.genomes.slot import Slot, SlotName
from metahebb.genomes.source import Genes, GeneSource


@dataclass(frozen=True)
class Genome:
    """A genome is the layout of the vector that evolves.

    The genes of each slot are one stretch of the vector, and the slots follow each other.

    Attributes:
        slots: the slots that the network declares, in order.
        maps: the genome map of each slot.
    """

    slots: tuple[Slot, ...]
    maps: tuple[GenomeMap, ...]

    def __post_init__(self) -> None:
        """Check that each slot has a map, and that there are genes to evolve."""
        if len(self.slots) != len(self.maps):
            raise InputError(
                f"expected one genome map per slot, got {len(self.maps)} for {len(self.slots)}"
            )
        if self.n_genes == 0:
            raise InputError(
                "expected something to evolve, got a network with an empty genome; give it a rule "
                "with coefficients, evolved birth weights, or the rule 'static'"
            )

    @classmethod
    def direct(cls, slots: tuple[Slot, ...]) -> Genome:
        """Return the genome in which every number of every slot has a gene of its own."""
        return cls.mapped(slots, {})

    @classmethod
    def mapped(cls, slots: tuple[Slot, ...], maps: Mapping[SlotName, GenomeMap]) -> Genome:
        """Return the genome of ``slots`` with the genome maps ``maps``.

        ``maps`` has a map for some slots, by the slot's name. Every other slot is filled per
        synapse.

        Raises:
            InputError: a map cannot fill its slot, or the slot is empty.
        """
        for slot in slots:
            if not slot.compact.size and maps.get(slot.name, PerSynapse()) != PerSynapse():
                raise InputError(
                    f"expected {slot.name} for the genome map to fill, got none; use a rule with "
                    "coefficients, or the genome map per_synapse"
                )
        return cls(slots, tuple(maps.get(slot.name, PerSynapse()) for slot in slots))

    @property
    def n_genes(self) -> int:
        """The number of genes."""
        return sum(m.n_genes(_seen(s, m)) for s, m in zip(self.slots, self.maps, strict=True))

    @property
    def bits(self) -> int:
        """The number of bits that the genome holds."""
        return sum(m.bits(_seen(s, m)) for s, m in zip(self.slots, self.maps, strict=True))

    @property
    def size(self) -> int:
        """The number of values that the genome expresses: coefficients, weights and gates."""
        return sum(slot.size for slot in self.slots)

    def stretches(self) -> dict[str, slice]:
        """Return the stretch of the genome that holds each slot's genes, by the slot's name."""
        stretches: dict[str, slice] = {}
        start = 0
        for slot, genome_map in zip(self.slots, self.maps, strict=True):
            stop = start + genome_map.n_genes(_seen(slot, genome_map))
            stretches[slot.name] = slice(start, stop)
            start = stop
        return stretches

    def express(self, source: GeneSource, memory: Mapping[str, Genes]) -> None:
        """Compute a candidate's slots from its genes, and write them into the memory of one lane.

        The numbers are as the genome maps give them. Coefficients whose range the rule declares go
        into it later, by `into_ranges`, once it is known which synapses there are.

        Args:
            source: the candidate's genes.
            memory: a float32 array ``(slot.size,)`` for each slot, by the slot's name.
        """
        for (name, stretch), slot, genome_map in zip(
            self.stretches().items(), self.slots, self.maps, strict=True
        ):
            seen = _seen(slot, genome_map)
            if seen is slot:
                genome_map.express(slot, source, stretch.start, memory[name])
                slot.clear(memory[name])
            else:
                values = np.empty(seen.size, np.float32)
                genome_map.express(seen, source, stretch.start, values)
                slot.scatter(values, memory[name])

    def expressed(self, source: GeneSource) -> dict[str, list[Genes]]:
        """Return the numbers of a candidate's slots.

        Returns:
            For each slot's name a list with the numbers ``(planes, n_out, n_in)`` of each layer.
            Coefficients are in the ranges that their rule declares.
        """
        memory: dict[str, Genes] = {
            slot.name: np.empty(slot.size, np.float32) for slot in self.slots
        }
        self.express(source, memory)
        layers_of: dict[str, list[Genes]] = {}
        for slot in self.slots:
            slot.into_ranges(memory[slot.name])
            ends = np.cumsum([layer.size for layer in slot.layers])[:-1]
            stretches = np.split(memory[slot.name], ends)
            layers_of[slot.name] = [
                layer.view(stretch) for layer, stretch in zip(slot.layers, stretches, strict=True)
            ]
        return layers_of

    def genes(self, source: GeneSource) -> Genes:
        """Return the candidate's whole genome, ``(n_genes,)``."""
        out = np.empty(self.n_genes, np.float32)
        source.write(0, out)
        return out


def _seen(slot: Slot, genome_map: GenomeMap) -> Slot:
    """Return the slot that ``genome_map`` has to fill: ``slot``, or its compact form."""
    return slot.compact if genome_map.of_synapses else slot
