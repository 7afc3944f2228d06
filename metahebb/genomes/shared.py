"""The genome map in which synapses share a few rules, by an assignment that is drawn once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.genomes.base import GenomeMap
from metahebb.genomes.slot import Slot
from metahebb.genomes.source import Genes, GeneSource
from metahebb.noise import Key, Stream, uniforms


@dataclass(frozen=True)
class Shared(GenomeMap):
    """Synapses share a few rules, as in Pedersen & Risi 2021 but without merging (see `Merge`).

    Genes are ``(planes, rules)``, layer after layer. If a layer has at least as many rules as
    synapses, each synapse has a rule of its own, in the order of memory, so that the layer equals
    one with `PerSynapse`, bit for bit. With ``across`` the same holds for the whole network.

    Differs from the reference: the numbers of synapses of any two rules differ by one at most, so
    that no rule goes unused.
    """

    of_synapses: ClassVar[bool] = True

    rules: int = 16
    """The number of rules in each layer, or in the network."""
    across: bool = False
    """Whether the synapses of all layers share one set of rules."""
    seed: int = 0
    """The seed of the draw that assigns a rule to each synapse."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        if self.rules < 1:
            raise InputError(f"expected rules of at least 1 (shared), got {self.rules}")
        Key(self.seed, Stream.GENOME_MAP)

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes."""
        if self.across:
            return slot.layers[0].planes * min(self.rules, _synapses(slot))
        return sum(layer.planes * min(self.rules, layer.synapses) for layer in slot.layers)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``; its genes begin at ``start``."""
        if self.across:
            if self.rules >= _synapses(slot):
                source.write(start, out)
                return
            genes = read_rules(source, start, slot.layers[0].planes, self.rules)
            for part, chosen in zip(slot.parts(out), self.assignment(slot), strict=True):
                spread_rules(genes, chosen, part)
            return
        chosen_of = self.assignment(slot)
        for layer, part, chosen in zip(slot.layers, slot.parts(out), chosen_of, strict=True):
            rules = min(self.rules, layer.synapses)
            if rules == layer.synapses:
                source.write(start, part)
            else:
                spread_rules(read_rules(source, start, layer.planes, rules), chosen, part)
            start += layer.planes * rules

    def assignment(self, slot: Slot) -> list[npt.NDArray[np.intp]]:
        """Return the number of each synapse's rule ``(synapses,)``, layer by layer, as in memory.

        The rules of a layer (with ``across``: of the network) are counted from 0.
        """
        sizes = [layer.synapses for layer in slot.layers]
        if self.across:
            whole = _draw(self.rules, sum(sizes), self.seed, 0)
            return np.split(whole, np.cumsum(sizes)[:-1])
        return [_draw(self.rules, n, self.seed, k) for k, n in enumerate(sizes, 1)]


@functools.lru_cache(maxsize=64)
def _draw(rules: int, n: int, seed: int, index: int) -> npt.NDArray[np.intp]:
    """Return a rule's number for each of ``n`` synapses, dealt in random order.

    If there are as many rules as synapses, synapse k has rule k.
    """
    chosen = np.arange(n, dtype=np.intp)
    if rules < n:
        drawn = uniforms(Key(seed, Stream.GENOME_MAP, index=index), n)
        chosen[np.argsort(drawn, kind="stable")] = np.arange(n) % rules
    chosen.flags.writeable = False
    return chosen


def _synapses(slot: Slot) -> int:
    return sum(layer.synapses for layer in slot.layers)


def read_rules(source: GeneSource, start: int, planes: int, rules: int) -> Genes:
    """Return the rules ``(planes, rules)`` whose genes begin at ``start``."""
    genes = np.empty(planes * rules, np.float32)
    source.write(start, genes)
    return genes.reshape(planes, rules)


def spread_rules(genes: Genes, chosen: npt.NDArray[np.intp], part: Genes) -> None:
    """Give each synapse the coefficients of its rule.

    Args:
        genes: the coefficients of each rule, ``(planes, rules)``.
        chosen: the number of each synapse's rule, ``(synapses,)``.
        part: the memory of a layer, ``(planes * synapses,)``, which is written.
    """
    memory = part.reshape(len(genes), chosen.size)
    # The indices are in range; with mode="raise" NumPy would write into a copy first.
    np.take(genes, chosen, axis=1, out=memory, mode="clip")
