"""The genome map evolve-and-merge: rules become fewer while they evolve."""

from __future__ import annotations

import functools
import itertools
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.genomes.base import FLOAT_BITS, GenomeMap
from metahebb.genomes.genome import Genome
from metahebb.genomes.shared import Shared, read_rules, spread_rules
from metahebb.genomes.slot import Slot
from metahebb.genomes.source import Genes, GeneSource
from metahebb.noise import Key, Stream

Numbers = npt.NDArray[np.intp]
Arrays = Mapping[str, npt.NDArray[Any]]

RULES_OF = "rules_of_"
"""The first part of an array's name in a search's state; the second part is the slot's name.

The array holds `Assigned.numbers`: the number of each synapse's rule in this slot.
"""


@dataclass(frozen=True)
class Merge(GenomeMap):
    """Evolve and merge (Pedersen & Risi 2021): k-means merges many rules into few.

    Before the first merge each synapse has a rule of its own, or synapses share ``rules`` rules as
    in `Shared`. The numbers of genes and bits of this map are the numbers before the first merge.
    After generation ``at[i]`` a merge leaves at most ``to[i]`` rules in each layer, or in the
    network; a layer that already has so few rules stays as it is. From then on the assignment of
    synapses to rules depends on what has evolved, so the search's state keeps it, and the slot's
    map is an `Assigned`. `metahebb.evolution.merging` says what a merge does to the rest of the
    search's state.

    Differs from the reference: the reference's schedule is not published; ``at`` and ``to`` state
    ours.
    """

    of_synapses: ClassVar[bool] = True

    rules: int = 0
    """The number of rules at the beginning in each layer, or in the network; 0: one per synapse."""
    at: tuple[int, ...] = (40, 80)
    """The generations after which rules are merged."""
    to: tuple[int, ...] = (64, 16)
    """The number of rules that each merge leaves in each layer, or in the network."""
    across: bool = False
    """Whether the synapses of all layers share one set of rules."""
    seed: int = 0
    """The seed of the draw that deals the first rules, and of the draws that start k-means."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        if self.rules < 0:
            raise InputError(f"expected rules of at least 0 (merge), got {self.rules}")
        if not self.at or len(self.at) != len(self.to):
            raise InputError(
                f"expected as many --genome.to as --genome.at, and at least one (merge), got "
                f"{len(self.to)} and {len(self.at)}; write for example --genome.at 40 80 "
                "--genome.to 64 16"
            )
        if self.at[0] < 1 or any(a >= b for a, b in itertools.pairwise(self.at)):
            raise InputError(
                f"expected increasing generations of at least 1 in at (merge), got "
                f"{' '.join(map(str, self.at))}; write for example 40 80"
            )
        counts = (self.rules or sys.maxsize, *self.to)
        if self.to[-1] < 1 or any(a <= b for a, b in itertools.pairwise(counts)):
            raise InputError(
                f"expected decreasing numbers of at least 1 in to, below rules (merge), got "
                f"{' '.join(map(str, self.to))}; write for example 64 16"
            )
        Key(self.seed, Stream.GENOME_MAP)

    @property
    def merges_at(self) -> tuple[int, ...]:
        """The generations after which rules are merged."""
        return self.at

    @property
    def first(self) -> Shared:
        """The genome map of the generations before the first merge."""
        return Shared(self.rules or sys.maxsize, self.across, self.seed)

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes before the first merge."""
        return self.first.n_genes(slot)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out`` as before the first merge."""
        self.first.express(slot, source, start, out)

    def assignment(self, slot: Slot) -> list[Numbers]:
        """Return the number of each synapse's rule before the first merge; see `Shared`."""
        return self.first.assignment(slot)


@dataclass(frozen=True, eq=False)
class Assigned(GenomeMap):
    """Shared rules with an explicit list of which synapse follows which rule.

    A slot with the map `Merge` has this map after a merge. Genes are ``(planes, rules)``, layer
    after layer; with ``across`` there is one such set for the whole network.
    """

    of_synapses: ClassVar[bool] = True

    chosen: tuple[Numbers, ...]
    """For each layer the number of each synapse's rule ``(synapses,)``, in the memory's order.

    The numbers of a layer (with ``across``: of the network) count from 0, and none is left out.
    """
    across: bool = False
    """Whether the synapses of all layers share one set of rules."""

    @classmethod
    def of(cls, slot: Slot, numbers: npt.NDArray[Any], across: bool) -> Assigned:
        """Return the map of ``slot`` in which the rule of each synapse is given by its number.

        Args:
            slot: the slot, in its compact form.
            numbers: the number of each synapse's rule, ``(all synapses,)``, layer after layer.
            across: whether the layers share one set of rules.

        Raises:
            InputError: ``numbers`` does not hold one rule for each synapse, or leaves a rule out.
        """
        sizes = [layer.synapses for layer in slot.layers]
        if numbers.shape != (sum(sizes),) or numbers.dtype.kind != "i":
            raise InputError(
                f"expected the rules of {sum(sizes)} synapses of the slot {slot.name}, got "
                f"{numbers.dtype} of shape {numbers.shape}"
            )
        parts = np.split(numbers.astype(np.intp), np.cumsum(sizes)[:-1])
        for one in [numbers] if across else parts:
            distinct = np.unique(one)
            if not np.array_equal(distinct, np.arange(distinct.size)):
                raise InputError(
                    f"expected numbers of rules that count from 0 without a gap, got others (slot "
                    f"{slot.name})"
                )
        return cls(tuple(parts), across)

    @functools.cached_property
    def rules(self) -> tuple[int, ...]:
        """The number of rules of each layer; with ``across`` the network's, for every layer."""
        counts = [int(part.max(initial=-1)) + 1 for part in self.chosen]
        return (max(counts),) * len(counts) if self.across else tuple(counts)

    @property
    def numbers(self) -> Numbers:
        """The number of each synapse's rule, layer after layer."""
        return np.concatenate(self.chosen)

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes."""
        sizes = [layer.planes * n for layer, n in zip(slot.layers, self.rules, strict=True)]
        return sizes[0] if self.across else sum(sizes)

    def bits(self, slot: Slot) -> int:
        """Return the number of bits of the genes and of the assignment of synapses to rules.

        The assignment counts, because it has evolved, too. (An assignment that was dealt at random,
        as in `Shared`, does not count, because its seed is enough to deal it again.)
        """
        layers = zip(self.chosen, self.rules, strict=True)
        choices = sum(part.size * math.log2(max(rules, 1)) for part, rules in layers)
        return FLOAT_BITS * self.n_genes(slot) + math.ceil(choices)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``; its genes begin at ``start``."""
        genes: Genes | None = None
        for layer, part, chosen, rules in zip(
            slot.layers, slot.parts(out), self.chosen, self.rules, strict=True
        ):
            if genes is None or not self.across:
                genes = read_rules(source, start, layer.planes, rules)
                start += genes.size
            spread_rules(genes, chosen, part)

    def assignment(self, slot: Slot) -> list[Numbers]:
        """Return the number of each synapse's rule, layer by layer."""
        return list(self.chosen)


def genome_of(first: Genome, state: Arrays) -> Genome:
    """Return the layout of the genes in a search's state.

    Args:
        first: the run's genome before any merge.
        state: the arrays of the search's state, among them one named by `RULES_OF` for each slot
            whose rules have been merged.

    Raises:
        InputError: such an array does not fit its slot.
    """
    maps = tuple(
        Assigned.of(slot.compact, state[RULES_OF + slot.name], genome_map.across)
        if isinstance(genome_map, Merge) and RULES_OF + slot.name in state
        else genome_map
        for slot, genome_map in zip(first.slots, first.maps, strict=True)
    )
    return first if maps == first.maps else replace(first, maps=maps)


def merges(genome: Genome) -> frozenset[int]:
    """Return the generations after which rules of ``genome`` are merged."""
    return frozenset(at for each in genome.maps for at in each.merges_at)


def due(genome: Genome, generation: int) -> list[tuple[int, Merge]]:
    """Return the slots whose rules are merged after ``generation``: their numbers and maps."""
    return [
        (number, each)
        for number, each in enumerate(genome.maps)
        if isinstance(each, Merge) and generation in each.at
    ]


def rules_of(genome: Genome, number: int) -> list[Numbers]:
    """Return the number of each synapse's rule, layer by layer, in a slot with shared rules.

    Args:
        genome: the genome; the slot's map must be a `Shared`, a `Merge` or an `Assigned`.
        number: the index of the slot in the genome.
    """
    shared = genome.maps[number]
    assert isinstance(shared, (Shared, Merge, Assigned))
    return shared.assignment(genome.slots[number].compact)
