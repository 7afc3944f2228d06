"""The genome map of discrete rules: coefficients are −1, 0 or 1, times a rate of the layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from metahebb.compiler import fold_of
from metahebb.errors import InputError
from metahebb.genomes.base import FLOAT_BITS, GenomeMap
from metahebb.genomes.slot import LayerShape, Slot
from metahebb.genomes.source import Genes, GeneSource
from metahebb.plasticity.rule import Rule


@dataclass(frozen=True)
class RuleBook(GenomeMap):
    """Coefficients are −1, 0 or 1, with one eta per layer: discrete rules as in Yaman et al. 2021.

    A gene g stands for the sign of g, or for 0 if |g| ≤ ``threshold``. Each layer has one more
    gene, its eta, which counts as it is. Two cases differ:

    - If the rule has an eta that scales other coefficients, all synapses of a layer have the
      layer's eta, and the coefficients that eta scales are the bare signs.
    - All other coefficients, and weights, are their sign times the layer's eta.

    If the rule declares the range of a coefficient, this number goes into the range, so that the
    coefficient has three values.

    The genes of a layer are one per number in the order of memory, without the rule's own eta, then
    the layer's eta. They hold log2(3) bits per sign (the sum is rounded up), and 32 bits per layer.

    Differs from the reference: there a synapse looks its change up in a table of states, and here
    it follows the run's rule.
    """

    of_synapses: ClassVar[bool] = True

    threshold: float = 0.05
    """The magnitude up to which a gene stands for 0. Centers begin as N(0, 0.1²), so that 38 % of
    the genes of the first center stand for 0."""

    def __post_init__(self) -> None:
        """Check the threshold."""
        if not (math.isfinite(self.threshold) and self.threshold >= 0):
            raise InputError(
                f"expected a threshold of at least 0 (rule_book), got {self.threshold}"
            )

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes."""
        return self._signs(slot) + len(slot.layers)

    def bits(self, slot: Slot) -> int:
        """Return the number of bits that the genes of ``slot`` hold."""
        return math.ceil(self._signs(slot) * math.log2(3)) + FLOAT_BITS * len(slot.layers)

    def _signs(self, slot: Slot) -> int:
        synapses = sum(layer.synapses for layer in slot.layers)
        return slot.size - (0 if _shared_plane(slot.rule) is None else synapses)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``; its genes begin at ``start``."""
        for layer, part in zip(slot.layers, slot.parts(out), strict=True):
            start = self._express(layer, slot.rule, source, start, part)

    def _express(
        self, layer: LayerShape, rule: Rule | None, source: GeneSource, start: int, part: Genes
    ) -> int:
        """Write one layer into ``part``, and return the start of the next layer's genes."""
        memory = part.reshape(layer.planes, layer.synapses)
        shared = _shared_plane(rule)
        # The planes before the plane of eta and the planes behind it; or all planes without one.
        blocks = [memory] if shared is None else [memory[:shared], memory[shared + 1 :]]
        for block in blocks:
            flat = block.reshape(-1)
            source.write(start, flat)
            start += flat.size
            above, below = flat > self.threshold, flat < -self.threshold
            flat -= flat  # 0, but NaN where a gene is not finite, so that the error shows
            flat += above
            flat -= below
        eta = np.empty(1, np.float32)
        source.write(start, eta)
        fold = None if rule is None else fold_of(rule)
        for plane, values in enumerate(memory):
            if plane == shared:
                values[:] = eta
            elif fold is None or plane not in fold.scaled:
                values *= eta
        return start + 1


def _shared_plane(rule: Rule | None) -> int | None:
    """Return the number of the plane of the rule's own eta, or None if the rule has none."""
    fold = None if rule is None else fold_of(rule)
    return None if fold is None else fold.scale
