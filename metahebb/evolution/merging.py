"""Evolve and merge: what becomes of a search's state where rules become fewer.

Pedersen & Risi 2021 (arXiv 2104.07959) merge rules by k-means while they evolve, and do not publish
what their optimizer carries over. What we do, of a new rule made of J old ones:

- **which**: k-means over the coefficients of the center's rules, as they are before they go into
  ranges that the rule declares (all begin in one distribution and are mutated alike, so that no
  coefficient needs another scale), each rule weighted by its synapses. Where the center has no more
  distinct rules than are to be left, those are the clusters, and the merge changes no bit of what
  the center expresses.
- **center**: the centroid, the mean over the synapses: of all values the one that changes the
  expressed coefficients least, in squares.
- **stdev**: the mean over the synapses, gene by gene: what was explored widely still is. A stdev
  that is the same everywhere (openai_es) stays what it is.
- **Adam**: the gradient of a tied gene is the sum of its members'. A gradient made of ranks has
  about the same error in every gene, however many synapses that moves; a sum of J has √J times as
  much. In units of that error, the first moment is the sum of the members' over √J, and the second
  the sum over J. Their quotient is that of the plain sums, so that the next step is the same, and
  the second moment fits the gradients that come, where a plain sum would shorten the steps of a
  thousand generations. The count of steps and the learning rate stay.
- **ClipUp**: the velocity is the mean over the synapses: the centroid goes on as its synapses did.
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
"""Of k-means: from 12,160 rules to 384 they take about a second, to 1,536 about ten."""


@dataclass(frozen=True)
class _Rules:
    """Rules of a layer, or of the network, about to be merged.

    Attributes:
        of_synapse: ``(synapses,)`` the number of each synapse's rule.
        first: ``(rules,)`` a synapse of each rule.
        synapses: ``(rules,)`` how many follow it.
        label: ``(rules,)`` the number of the new rule that it becomes.
    """

    of_synapse: Labels
    first: Labels
    synapses: Labels
    label: Labels

    def mean(self, old: Array) -> Array:
        """Return the means over synapses ``(planes, new rules)`` of ``old`` ``(planes, rules)``."""
        # In float64, in which the mean of float32 numbers that are all alike is that number.
        return self._sum(old, self.synapses) / np.bincount(self.label, self.synapses)

    def scaled_sum(self, old: Array) -> Array:
        """Return sums over the old rules, divided by the root of their number."""
        return self._sum(old, None) / np.sqrt(np.bincount(self.label))

    def scaled_squares(self, old: Array) -> Array:
        """Return what belongs to the squares of those: sums divided by the number."""
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
"""What is done to each array of a state that has a number per gene."""


def merged(first: Genome, state: State, generation: int) -> State:
    """Return ``state`` after the merges that are due after ``generation`` generations.

    Args:
        first: the run's genome before any merge.
        state: of a seeded search; see `metahebb.evolution.search.Search.state`.
        generation: generations done.

    Raises:
        ProgressError: the center is not finite.
    """
    for number, told in due(first, generation):
        state = _merge_slot(genome_of(first, state), number, told, state, generation)
    return state


def _merge_slot(genome: Genome, number: int, told: Merge, state: State, generation: int) -> State:
    """Return ``state`` with the rules of one slot merged."""
    slot = genome.slots[number].compact
    if not np.isfinite(state["center"]).all():
        raise ProgressError(
            f"expected a finite center to merge after generation {generation}, got one with NaN or "
            "infinity; use a smaller learning rate or stdev"
        )
    groups = _grouped(rules_of(genome, number), told.across)
    values = _expressed(genome, number, state["center"], told.across)
    wanted = told.to[told.at.index(generation)]
    found = []
    for k, (of_synapse, of_center) in enumerate(zip(groups, values, strict=True)):
        key = Key(told.seed, Stream.GENOME_MAP, generation, k)
        found.append(_cluster(of_synapse, of_center, wanted, integer(key)))
    stretch = genome.stretches()[slot.name]
    carried = dict(state)
    for name in _CARRIED.keys() & state.keys():
        old = state[name]
        parts = [
            _CARRIED[name](rules, layer[:, rules.first]).ravel()
            for rules, layer in zip(
                found, _expressed(genome, number, old, told.across), strict=True
            )
        ]
        whole = [old[: stretch.start], *parts, old[stretch.stop :]]
        carried[name] = np.concatenate(whole).astype(old.dtype)
    chosen = [rules.label[rules.of_synapse] for rules in found]
    carried[RULES_OF + slot.name] = np.concatenate(chosen).astype(np.int32)
    return carried


def _grouped(layers: list[Array], across: bool) -> list[Array]:
    """Return arrays ``(…, synapses)`` of the sets of rules: of the layers, or of all together."""
    return [np.concatenate(layers, axis=-1)] if across else layers


def _expressed(genome: Genome, number: int, values: Array, across: bool) -> list[Array]:
    """Return what a number per gene is per synapse: ``(planes, synapses)`` of each set of rules."""
    slot = genome.slots[number].compact
    memory = np.empty(slot.size, np.float32)
    start = genome.stretches()[slot.name].start
    genome.maps[number].express(slot, GivenGenes(values), start, memory)
    return _grouped(_by_synapse(slot, memory), across)


def _by_synapse(slot: Slot, memory: Array) -> list[Array]:
    parts = zip(slot.layers, slot.parts(memory), strict=True)
    return [part.reshape(layer.planes, layer.synapses) for layer, part in parts]


def _cluster(of_synapse: Labels, values: Array, wanted: int, seed: int) -> _Rules:
    """Return which of the rules become one: ``wanted`` of them are left, if there are more now."""
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
