"""A merge of rules turns the state of a search into the state of a search with fewer rules.

Pedersen & Risi 2021 (arXiv 2104.07959) merge rules by k-means while they evolve, and do not publish
what their optimizer carries over. Here, J old rules become one new rule in this way:

- **Which rules become one** is decided by k-means over the coefficients of the center's rules. Each
  rule is weighted by the number of its synapses. The coefficients are not rescaled: all of them
  begin in one distribution and are mutated alike. They are taken as they are before they go into
  ranges that the rule declares. Where the center has no more distinct rules than
  the merge shall leave, each distinct rule is a cluster, and the merge changes no bit of the
  coefficients that the center gives to its synapses.
- **The center** gets the mean of the old rules over their synapses. No other value changes the
  coefficients of the synapses less, in squares.
- **The stdev** is the mean over the synapses, gene by gene, so that a gene which was explored
  widely still is. A stdev that is the same everywhere (openai_es) stays the same.
- **The moments of Adam** are scaled to the gradients that will come. The gradient of a tied gene is
  the sum of the gradients of its J members. A gradient made of ranks has about the same error in
  every gene, however many synapses the gene moves, but a sum of J gradients has √J times this
  error. In units of this error, the first moment is the sum of the members' first moments over √J,
  and the second moment is the sum of the members' second moments over J. The ratio of the two is
  the same as for plain sums, so that the next step is the same. The second moment fits the
  gradients that will come; a plain sum would shorten the steps of a thousand generations. The
  count of steps and the learning rate stay.
- **The velocity of ClipUp** is the mean over the synapses: the new rule moves on as its synapses
  did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.errors import ProgressError
from metahebb.evolution.clustering import Labels, k_means
from metahebb.genomes import (
    RULES_OF,
    Genome,
    GivenGenes,
    Merge,
    Slot,
    due,
    genome_of,
    rules_of,
)
from metahebb.noise import Key, Stream, integer

Array = npt.NDArray[Any]
State = dict[str, Array]

_STARTS = 3
"""Number of starts of k-means: three starts take about a second from 12,160 rules to 384, and about
ten seconds to 1,536."""


@dataclass(frozen=True)
class _Rules:
    """The rules of a layer, or of the whole network, that are about to be merged.

    Attributes:
        of_synapse: the number of each synapse's rule, ``(synapses,)``.
        first: the first synapse that follows each rule, ``(rules,)``.
        synapses: the number of synapses that follow each rule, ``(rules,)``.
        label: the number of the new rule that each old rule becomes, ``(rules,)``.
    """

    of_synapse: Labels
    first: Labels
    synapses: Labels
    label: Labels

    def mean(self, old: Array) -> Array:
        """Return the means over synapses ``(planes, new rules)`` of ``old`` ``(planes, rules)``."""
        # In float64, the mean of equal float32 numbers is exactly this number.
        return self._sum(old, self.synapses) / np.bincount(self.label, self.synapses)

    def scaled_sum(self, old: Array) -> Array:
        """Return sums over the old rules, divided by the root of their number."""
        return self._sum(old, None) / np.sqrt(np.bincount(self.label))

    def scaled_squares(self, old: Array) -> Array:
        """Return sums over the old rules, divided by their number (for squares of gradients)."""
        return self._sum(old, None) / np.bincount(self.label)

    def _sum(self, old: Array, weights: Labels | None) -> Array:
        times = 1 if weights is None else weights
        return np.stack([np.bincount(self.label, row * times) for row in old.astype(np.float64)])


_CARRIED: dict[str, Callable[[_Rules, Array], Array]] = {
    "center": _Rules.mean,
    "stdev": _Rules.mean,
    "velocity": _Rules.mean,
    "optimizer_exp_avg": _Rules.scaled_sum,
    "optimizer_exp_avg_sq": _Rules.scaled_squares,
}
"""Functions that merge the arrays with a number per gene, by the array's name in the state."""


def merged(first: Genome, state: State, generation: int) -> State:
    """Return ``state`` after the merges that are due after ``generation`` generations.

    Args:
        first: the run's genome before any merge.
        state: the state of a seeded search; see `metahebb.evolution.search.Search.state`.
        generation: the number of generations done.

    Raises:
        ProgressError: the center is not finite.
    """
    for number, merge in due(first, generation):
        state = _merge_slot(genome_of(first, state), number, merge, state, generation)
    return state


def _merge_slot(genome: Genome, number: int, merge: Merge, state: State, generation: int) -> State:
    """Return ``state`` with the rules of one slot merged."""
    slot = genome.slots[number].compact
    if not np.isfinite(state["center"]).all():
        raise ProgressError(
            f"expected a finite center to merge after generation {generation}, got one with NaN or "
            "infinity; use a smaller learning rate or stdev"
        )
    groups = _grouped(rules_of(genome, number), merge.across)
    values = _expressed(genome, number, state["center"], merge.across)
    wanted = merge.to[merge.at.index(generation)]
    sets_of_rules = []
    for k, (of_synapse, of_center) in enumerate(zip(groups, values, strict=True)):
        key = Key(merge.seed, Stream.GENOME_MAP, generation, k)
        sets_of_rules.append(_cluster(of_synapse, of_center, wanted, integer(key)))
    stretch = genome.stretches()[slot.name]
    carried = dict(state)
    for name in _CARRIED.keys() & state.keys():
        old = state[name]
        parts = [
            _CARRIED[name](rules, layer[:, rules.first]).ravel()
            for rules, layer in zip(
                sets_of_rules, _expressed(genome, number, old, merge.across), strict=True
            )
        ]
        whole = [old[: stretch.start], *parts, old[stretch.stop :]]
        carried[name] = np.concatenate(whole).astype(old.dtype)
    chosen = [rules.label[rules.of_synapse] for rules in sets_of_rules]
    carried[RULES_OF + slot.name] = np.concatenate(chosen).astype(np.int32)
    return carried


def _grouped(layers: list[Array], across: bool) -> list[Array]:
    """Return the layers, or if ``across`` a single array of all, each ``(…, synapses)``."""
    return [np.concatenate(layers, axis=-1)] if across else layers


def _expressed(genome: Genome, number: int, values: Array, across: bool) -> list[Array]:
    """Spread a number per gene over the synapses: ``(planes, synapses)`` for each set of rules."""
    slot = genome.slots[number].compact
    memory = np.empty(slot.size, np.float32)
    start = genome.stretches()[slot.name].start
    genome.maps[number].express(slot, GivenGenes(values), start, memory)
    return _grouped(_by_synapse(slot, memory), across)


def _by_synapse(slot: Slot, memory: Array) -> list[Array]:
    parts = zip(slot.layers, slot.parts(memory), strict=True)
    return [part.reshape(layer.planes, layer.synapses) for layer, part in parts]


def _cluster(of_synapse: Labels, values: Array, wanted: int, seed: int) -> _Rules:
    """Return the rules, each labeled with the new rule that it becomes, at most ``wanted``."""
    _, first, of_synapse, synapses = np.unique(
        of_synapse, return_index=True, return_inverse=True, return_counts=True
    )
    if len(first) <= wanted:
        return _Rules(of_synapse, first, synapses, np.arange(len(first)))
    rules = values[:, first].T.astype(np.float64)
    distinct, label = np.unique(rules, axis=0, return_inverse=True)
    label = label.ravel()
    if len(distinct) > wanted:
        weights = np.bincount(label, synapses).astype(np.float64)
        label = k_means(distinct, wanted, weights=weights, seed=seed, starts=_STARTS)[label]
        label = np.unique(label, return_inverse=True)[1]  # a cluster may have got no rule
    return _Rules(of_synapse, first, synapses, label)
