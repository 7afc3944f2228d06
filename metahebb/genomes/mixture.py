"""The genome map of a few rules, in which the assignment of synapses to rules evolves, too."""

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
"""The number of logits that are read at a time (128 kB), or all of one rule if these are more."""


@dataclass(frozen=True)
class Mixture(GenomeMap):
    """Each synapse follows one of a few rules, and its genes choose which.

    The idea is the mixture of Palm, Najarro & Risi 2021, made into a genome map. Each synapse has
    one logit for each rule, and follows the rule with the largest logit (the first of equal ones).
    The genes of a layer are its rules ``(planes, rules)``, then its logits ``(rules, synapses)``.
    With ``across`` the whole network has one set of rules and logits. If a logit of a synapse is
    NaN, its coefficients are NaN, so that the life ends as non-finite.

    Differs from the reference: there the mixture is the search distribution (here the search
    ``mixture``), so each synapse of each candidate draws a rule, and noise of its own. With this
    map a search perturbs genes, once per candidate. So a perturbed rule changes alike in all
    synapses that follow it, and the choice of a rule is a probit choice (the largest of logits plus
    normal noise) and no softmax.

    Only the ratio of a logit's lead to the stdev matters. In the first center (genes N(0, 0.1²),
    16 rules) a candidate follows another rule than the center in 26 %, 40 % and 62 % of its
    synapses at a stdev of 0.03, 0.05 and 0.1. The larger the leads grow, the fewer synapses change
    their rule.

    The genome holds 32 bits for each number of a rule, and log2(rules) bits for each synapse, with
    the sum over synapses rounded up. A synapse needs no more bits than that, because only the index
    of its largest logit matters.
    """

    of_synapses: ClassVar[bool] = True

    rules: int = 16
    """The number of rules in each layer, or in the network."""
    across: bool = False
    """Whether the synapses of all layers choose from one set of rules."""

    def __post_init__(self) -> None:
        """Check the number of rules."""
        if self.rules < 1:
            raise InputError(f"expected rules of at least 1 (mixture), got {self.rules}")

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes."""
        return self.rules * (_planes(self._groups(slot)) + _synapses(slot.layers))

    def bits(self, slot: Slot) -> int:
        """Return the number of bits that the genes of ``slot`` hold."""
        choices = math.ceil(_synapses(slot.layers) * math.log2(self.rules))
        return FLOAT_BITS * self.rules * _planes(self._groups(slot)) + choices

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``; its genes begin at ``start``."""
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

        The rules of a layer (with ``across``: of the network) are counted from 0. A synapse with a
        NaN among its logits has −1.
        """
        return [chosen for _, chosen in self._chosen(slot, source, start)]

    def _groups(self, slot: Slot) -> list[tuple[LayerShape, ...]]:
        """Return the groups of layers that share a set of rules."""
        return [slot.layers] if self.across else [(layer,) for layer in slot.layers]

    def _chosen(
        self, slot: Slot, source: GeneSource, start: int
    ) -> Iterator[tuple[Genes, npt.NDArray[np.intp]]]:
        """Yield for each layer its rules ``(planes, rules)`` and each synapse's rule number."""
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
    """Return for each of ``n`` synapses the rule with the largest logit; −1 where one is NaN.

    The logits are ``(rules, n)``, and begin at gene ``start``.
    """
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
            np.maximum(chosen, leader, out=chosen)  # the number of the last rule that led
            np.maximum(best, logits, out=best)  # NaN stays NaN
    numbers = chosen.astype(np.intp)
    numbers[np.isnan(best)] = -1
    return numbers


def _planes(groups: list[tuple[LayerShape, ...]]) -> int:
    return sum(layers[0].planes for layers in groups)


def _synapses(layers: tuple[LayerShape, ...]) -> int:
    return sum(layer.synapses for layer in layers)
