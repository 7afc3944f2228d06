"""Evolve and merge: rules that become fewer while they evolve."""

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
"""Begins the name, in a search's state, of the array that says which synapse of a slot follows
which rule: `Assigned.numbers`, followed by the slot's name."""


@dataclass(frozen=True)
class Merge(GenomeMap):
    """Evolve and merge, after Pedersen & Risi 2021: k-means makes few rules of many.

    It begins as `Shared` with ``rules``, or per synapse, and that is what its genes and bits count.
    After ``at[i]`` generations the rules of each layer, or of the network, become at most
    ``to[i]``; a layer that has no more stays what it is. Which synapse follows which rule then
    depends on what has evolved, so that it is kept with the search's state, and the map of such a
    phase is an `Assigned`. What becomes of the state: `metahebb.evolution.merging`.

    Differs from the reference: its schedule is not published, and so ours is told.
    """

    of_synapses: ClassVar[bool] = True

    rules: int = 0
    """How many rules to begin with: of each layer, or of the network; 0: one per synapse."""
    at: tuple[int, ...] = (40, 80)
    """Generations after which rules are merged."""
    to: tuple[int, ...] = (64, 16)
    """Rules that each merge leaves: of each layer, or of the network."""
    across: bool = False
    """Whether the synapses of all layers share one set of rules."""
    seed: int = 0
    """Of the draw that deals the first rules, and of those with which k-means begins."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.rules < 0:
            raise InputError(f"expected rules of at least 0 (merge), got {self.rules}")
        if not self.at or len(self.at) != len(self.to):
            raise InputError(
                f"expected as many --genome.to as --genome.at, and at least one (merge), got "
                f"{len(self.to)} and {len(self.at)}; write for example at 40 80 to 64 16"
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
        """Generations after which rules are merged."""
        return self.at

    @property
    def first(self) -> Shared:
        """The map of the generations before the first merge."""
        return Shared(self.rules or sys.maxsize, self.across, self.seed)

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes before the first merge."""
        return self.first.n_genes(slot)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, as before the first merge."""
        self.first.express(slot, source, start, out)

    def assignment(self, slot: Slot) -> list[Numbers]:
        """Return the number of each synapse's first rule; see `Shared.assignment`."""
        return self.first.assignment(slot)


@dataclass(frozen=True, eq=False)
class Assigned(GenomeMap):
    """Shared rules where which synapse follows which is told one by one: a phase of `Merge`.

    Genes are ``(planes, rules)``, layer after layer; with ``across`` they are those of one set.
    """

    of_synapses: ClassVar[bool] = True

    chosen: tuple[Numbers, ...]
    """Per layer the number of each synapse's rule ``(synapses,)``, as in memory. They count from 0
    without a gap: within the layer, or the network where it is ``across``."""
    across: bool = False
    """Whether the synapses of all layers share one set of rules."""

    @classmethod
    def of(cls, slot: Slot, numbers: npt.NDArray[Any], across: bool) -> Assigned:
        """Return the map of ``slot`` whose synapses, layer after layer, follow ``numbers``.

        Raises:
            InputError: that is not one rule for each synapse.
        """
        sizes = [layer.synapses for layer in slot.layers]
        if numbers.shape != (sum(sizes),) or numbers.dtype.kind != "i":
            raise InputError(
                f"expected the rules of {sum(sizes)} synapses of the slot {slot.name}, got "
                f"{numbers.dtype} of shape {numbers.shape}"
            )
        parts = np.split(numbers.astype(np.intp), np.cumsum(sizes)[:-1])
        for one in [numbers] if across else parts:
            found = np.unique(one)
            if not np.array_equal(found, np.arange(found.size)):
                raise InputError(
                    f"expected rules of the slot {slot.name} that count from 0, got others"
                )
        return cls(tuple(parts), across)

    @functools.cached_property
    def rules(self) -> tuple[int, ...]:
        """How many rules each layer has; with ``across`` the network, for each layer again."""
        found = [int(part.max(initial=-1)) + 1 for part in self.chosen]
        return (max(found),) * len(found) if self.across else tuple(found)

    @property
    def numbers(self) -> Numbers:
        """The number of each synapse's rule, layer after layer."""
        return np.concatenate(self.chosen)

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes."""
        sizes = [layer.planes * n for layer, n in zip(slot.layers, self.rules, strict=True)]
        return sizes[0] if self.across else sum(sizes)

    def bits(self, slot: Slot) -> int:
        """Return the bits of the genes, and of which synapse follows which rule.

        What has evolved is both; of rules dealt at random, a seed says who follows them.
        """
        layers = zip(self.chosen, self.rules, strict=True)
        choices = sum(part.size * math.log2(max(rules, 1)) for part, rules in layers)
        return FLOAT_BITS * self.n_genes(slot) + math.ceil(choices)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``."""
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
    """Return the genome that the ``center`` of a search's state is one of.

    Args:
        first: the run's genome before any merge.
        state: with an array `RULES_OF` for each slot that has merged.

    Raises:
        InputError: such an array does not fit its slot.
    """
    maps = tuple(
        Assigned.of(slot.compact, state[RULES_OF + slot.name], told.across)
        if isinstance(told, Merge) and RULES_OF + slot.name in state
        else told
        for slot, told in zip(first.slots, first.maps, strict=True)
    )
    return first if maps == first.maps else replace(first, maps=maps)


def merges(genome: Genome) -> frozenset[int]:
    """Return the generations after which rules of ``genome`` are merged."""
    return frozenset(at for each in genome.maps for at in each.merges_at)


def due(genome: Genome, generation: int) -> list[tuple[int, Merge]]:
    """Return the number of each slot whose rules merge after ``generation``, and its map."""
    return [
        (number, each)
        for number, each in enumerate(genome.maps)
        if isinstance(each, Merge) and generation in each.at
    ]


def rules_of(genome: Genome, number: int) -> list[Numbers]:
    """Return the number of each synapse's rule, layer by layer, in a slot whose rules are shared.

    Args:
        genome: the map of that slot is a `Shared`, a `Merge` or an `Assigned`.
        number: of the slot.
    """
    shared = genome.maps[number]
    assert isinstance(shared, (Shared, Merge, Assigned))
    return shared.assignment(genome.slots[number].compact)
