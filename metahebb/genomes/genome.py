"""A genome: the slots of a network, each filled from its stretch of genes by its own map."""

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
    """The layout of the vector that evolves.

    Attributes:
        slots: what the network declares, in order.
        maps: one per slot.
    """

    slots: tuple[Slot, ...]
    maps: tuple[GenomeMap, ...]

    def __post_init__(self) -> None:
        """Check that there is something to evolve."""
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
        """Return the genome in which every number has a gene of its own."""
        return cls.mapped(slots, {})

    @classmethod
    def mapped(cls, slots: tuple[Slot, ...], maps: Mapping[SlotName, GenomeMap]) -> Genome:
        """Return the genome whose slots are filled by ``maps``, by name; others per synapse.

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
        """Length of the genome."""
        return sum(m.n_genes(_seen(s, m)) for s, m in zip(self.slots, self.maps, strict=True))

    @property
    def bits(self) -> int:
        """Bits that the genome holds."""
        return sum(m.bits(_seen(s, m)) for s, m in zip(self.slots, self.maps, strict=True))

    @property
    def size(self) -> int:
        """Numbers that the genome expresses."""
        return sum(slot.size for slot in self.slots)

    def stretches(self) -> dict[str, slice]:
        """Return where each slot's genes lie."""
        found: dict[str, slice] = {}
        start = 0
        for slot, genome_map in zip(self.slots, self.maps, strict=True):
            stop = start + genome_map.n_genes(_seen(slot, genome_map))
            found[slot.name] = slice(start, stop)
            start = stop
        return found

    def express(self, source: GeneSource, memory: Mapping[str, Genes]) -> None:
        """Write a candidate's slots into one lane's memory, as the genome maps give them.

        Coefficients whose range the rule declares are not in it yet: whoever lives with them calls
        `into_ranges`, once it is known which synapses there are.

        Args:
            source: the candidate's genes.
            memory: float32 arrays ``(slot.size,)`` by slot name.
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
        """Return a candidate's slots by name: per layer its numbers, ``(planes, n_out, n_in)``.

        Coefficients are in the ranges that their rule declares.
        """
        memory: dict[str, Genes] = {
            slot.name: np.empty(slot.size, np.float32) for slot in self.slots
        }
        self.express(source, memory)
        found: dict[str, list[Genes]] = {}
        for slot in self.slots:
            slot.into_ranges(memory[slot.name])
            ends = np.cumsum([layer.size for layer in slot.layers])[:-1]
            stretches = np.split(memory[slot.name], ends)
            found[slot.name] = [
                layer.view(stretch) for layer, stretch in zip(slot.layers, stretches, strict=True)
            ]
        return found

    def genes(self, source: GeneSource) -> Genes:
        """Return the candidate's whole genome, ``(n_genes,)``."""
        out = np.empty(self.n_genes, np.float32)
        source.write(0, out)
        return out


def _seen(slot: Slot, genome_map: GenomeMap) -> Slot:
    """Return ``slot`` as ``genome_map`` is shown it."""
    return slot.compact if genome_map.of_synapses else slot
