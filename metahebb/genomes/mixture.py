"""A few rules, and logits that say which synapse follows which: the assignment evolves, too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.genomes.base import FLOAT_BITS, GenomeMap
from metahebb.genomes.shared import read_rules, spread_rules
from metahebb.genomes.slot import LayerShape, Slot
from metahebb.genomes.source import Genes, GeneSource

_BLOCK = 2**15
"""Logits that are in memory at a time (128 kB), or those of one rule where these are more."""


@dataclass(frozen=True)
class Mixture(GenomeMap):
    """Rules whose synapses evolve: the mixture of Palm, Najarro & Risi 2021, repaired.

    A synapse follows the rule for which its logit is largest; of equal ones, the first. Genes of a
    layer are its rules ``(planes, rules)``, then its logits ``(rules, synapses)``. With ``across``
    there is one set of both for the whole network. A synapse that has a NaN among its logits has
    NaN coefficients, so that its life ends as non-finite.

    Differs from the reference, where the mixture is the search distribution (the search `mixture`):
    there each synapse of each candidate draws a rule, and noise of its own around it. Here a search
    perturbs genes, once per candidate: a rule moves alike in all its synapses, and who follows it
    is drawn from a probit choice (the largest of logits plus normal noise), not from a softmax.

    Only the ratio of a logit's lead to the stdev matters. In the first center (genes N(0, 0.1²),
    16 rules) a candidate has another rule than the center in 26 %, 40 % and 62 % of its synapses at
    a stdev of 0.03, 0.05 and 0.1; as leads grow, the choice gets sharper.

    Holds 32 bits per number of a rule, and log2(rules) per synapse, all choices together rounded
    up: of its logits nothing but the largest is ever read.
    """

    of_synapses: ClassVar[bool] = True

    rules: int = 16
    """How many rules: of each layer, or of the network."""
    across: bool = False
    """Whether the synapses of all layers choose from one set of rules."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.rules < 1:
            raise InputError(f"expected rules of at least 1 (mixture), got {self.rules}")

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes."""
        return self.rules * (_planes(self._groups(slot)) + _synapses(slot.layers))

    def bits(self, slot: Slot) -> int:
        """Return the bits that the genes of ``slot`` hold."""
        choices = math.ceil(_synapses(slot.layers) * math.log2(self.rules))
        return FLOAT_BITS * self.rules * _planes(self._groups(slot)) + choices

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``."""
        layers = self._chosen(slot, source, start)
        for part, (rules, chosen) in zip(slot.parts(out), layers, strict=True):
            spread_rules(rules, chosen, part)
            lost = chosen < 0
            if lost.any():
                part.reshape(len(rules), chosen.size)[:, lost] = np.nan

    def assignment(
        self, slot: Slot, source: GeneSource, start: int = 0
    ) -> list[npt.NDArray[np.intp]]:
        """Return the number of each synapse's rule ``(synapses,)``, layer by layer, as in memory.

        Rules are counted from 0: within the layer, or the network where it is ``across``. Where a
        logit is NaN, it is −1.
        """
        return [chosen for _, chosen in self._chosen(slot, source, start)]

    def _groups(self, slot: Slot) -> list[tuple[LayerShape, ...]]:
        """Return the layers that share a set of rules."""
        return [slot.layers] if self.across else [(layer,) for layer in slot.layers]

    def _chosen(
        self, slot: Slot, source: GeneSource, start: int
    ) -> Iterator[tuple[Genes, npt.NDArray[np.intp]]]:
        """Yield the rules ``(planes, rules)`` of each layer, and which its synapses follow."""
        for layers in self._groups(slot):
            rules = read_rules(source, start, layers[0].planes, self.rules)
            start += rules.size
            n = _synapses(layers)
            chosen = _largest(source, start, self.rules, n)
            start += self.rules * n
            ends = np.cumsum([layer.synapses for layer in layers])[:-1]
            for part in np.split(chosen, ends):
                yield rules, part


def _largest(source: GeneSource, start: int, rules: int, n: int) -> npt.NDArray[np.intp]:
    """Return which of a synapse's logits ``(rules, n)`` is the largest; −1 where one is NaN."""
    chosen = np.zeros(n, np.min_scalar_type(rules - 1))  # small numbers are compared faster
    best = np.full(n, -np.inf, np.float32)
    leads = np.empty(n, np.bool_)
    leader = np.empty_like(chosen)
    rows = min(rules, max(1, _BLOCK // max(n, 1)))
    block = np.empty(rows * n, np.float32)
    for first in range(0, rules, rows):
        part = block[: min(rows, rules - first) * n]
        source.write(start + first * n, part)
        for number, logits in enumerate(part.reshape(part.size // max(n, 1), n), first):
            np.greater(logits, best, out=leads)
            np.multiply(leads, chosen.dtype.type(number), out=leader)
            np.maximum(chosen, leader, out=chosen)  # the later of two leaders
            np.maximum(best, logits, out=best)  # a NaN stays
    found = chosen.astype(np.intp)
    found[np.isnan(best)] = -1
    return found


def _planes(groups: list[tuple[LayerShape, ...]]) -> int:
    return sum(layers[0].planes for layers in groups)


def _synapses(layers: tuple[LayerShape, ...]) -> int:
    return sum(layer.synapses for layer in layers)
