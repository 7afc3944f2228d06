"""Discrete rules: each coefficient is −1, 0 or 1, times a learning rate of its layer."""

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
    """Coefficients from {−1, 0, 1} and one eta per layer; discrete rules as in Yaman et al. 2021.

    A gene g stands for the sign of g, or for 0 where |g| ≤ ``threshold``. Where the rule has an eta
    that scales other coefficients, these are the signs, and its eta is the layer's; all that the
    rule's eta does not scale, and weights, are sign times the layer's eta. Genes of a layer: one
    per number in the order of memory, without the plane of eta, then eta as it is.

    Where the rule declares the range of a coefficient, all this is the number that goes into the
    range, so that the coefficient has three values.

    Holds log2(3) bits per sign, all signs together rounded up, and 32 per layer.

    Differs from the reference: a synapse looks up no table of states; the rule stays what it is.
    """

    of_synapses: ClassVar[bool] = True

    threshold: float = 0.05
    """Genes of this magnitude, or of less, stand for 0. Of N(0, 0.1²), where centers begin, that is
    38 %."""

    def __post_init__(self) -> None:
        """Check the values."""
        if not (math.isfinite(self.threshold) and self.threshold >= 0):
            raise InputError(
                f"expected a threshold of at least 0 (rule_book), got {self.threshold}"
            )

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes."""
        return self._signs(slot) + len(slot.layers)

    def bits(self, slot: Slot) -> int:
        """Return the bits that the genes of ``slot`` hold."""
        return math.ceil(self._signs(slot) * math.log2(3)) + FLOAT_BITS * len(slot.layers)

    def _signs(self, slot: Slot) -> int:
        synapses = sum(layer.synapses for layer in slot.layers)
        return slot.size - (0 if _shared_plane(slot.rule) is None else synapses)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``."""
        for layer, part in zip(slot.layers, slot.parts(out), strict=True):
            start = self._express(layer, slot.rule, source, start, part)

    def _express(
        self, layer: LayerShape, rule: Rule | None, source: GeneSource, start: int, part: Genes
    ) -> int:
        """Write one layer, and return where the genes of the next begin."""
        memory = part.reshape(layer.planes, layer.synapses)
        shared = _shared_plane(rule)
        # Everything before the plane of eta and everything behind it; or all.
        blocks = [memory] if shared is None else [memory[:shared], memory[shared + 1 :]]
        for block in blocks:
            flat = block.reshape(-1)
            source.write(start, flat)
            start += flat.size
            above, below = flat > self.threshold, flat < -self.threshold
            flat -= flat  # 0, but NaN where a search went wrong, so that it is seen
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
    """Return the plane that is the layer's eta in every synapse, or None if there is none."""
    fold = None if rule is None else fold_of(rule)
    return None if fold is None else fold.scale
