"""What each term of a rule does in lives: an observer that adds it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.statistics import mean_of
from metahebb.networks.base import Network, Paced
from metahebb.neurons import SEEN
from metahebb.plasticity import Rule
from metahebb.plasticity.terms import Terms
from metahebb.probes import Moment
from metahebb.tasks.base import Task, Trials

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

SIZE, NET = 0, 1
"""Axis 1 of the sums: |term|, and term · sign(Δw)."""


def why_not(rule: Rule, terms: Terms) -> str | None:
    """Return why the terms of ``rule`` cannot be followed through a life; None if they can."""
    if not terms.add_up:
        return f"Δw of {rule.name} is not a sum of terms, one per coefficient"
    if rule.has_trace:
        return f"{rule.name} reads a trace, which is not seen from outside a living network"
    return None


def why_unseen(network: Network, task: Task) -> str | None:
    """Return why what rules see of each step is not its activities; None if it is."""
    if not isinstance(network, Paced):
        return None
    if network.update_every > 1 or network.update_window > 1:
        return "rules see means over steps, or not every step (--network.update-every, -window)"
    if set(SEEN) & set(network.neuron.state):
        return f"rules see the state of the neuron {network.neuron.name} in the place of its output"
    if isinstance(task, Trials):
        return "rules see the action that was chosen in the place of what the network put out"
    return None


@dataclass(frozen=True)
class TermSums:
    """An observer that adds up the terms of every Δw that is applied, over a life.

    An update is applied one step after the activity that called for it, with the gain that the
    lane had then: that of the last step changes no weight any more, and is left out, and so are
    those of a frozen lane.

    Attributes:
        rule: of every synapse.
        alone: per layer ``(k, n_terms, n_out, n_in)``, from `Terms.alone`.
        groups: per layer ``(n_out, n_in)``, the number of each synapse's cluster.
        sums: ``(n_lives, 2, n_layers, n_clusters, n_terms)``: sums over steps and synapses of
            |term|, and of term · sign(Δw), which over all terms is |Δw|. Each life has its row,
            so that threads share the observer. Zeros at first.
    """

    rule: Rule
    alone: Sequence[Array]
    groups: Sequence[npt.NDArray[np.intp]]
    sums: Floats
    _gains: dict[int, float] = field(default_factory=dict)
    _weights: dict[int, list[Array]] = field(default_factory=dict)

    @classmethod
    def empty(
        cls,
        rule: Rule,
        terms: Terms,
        folded: Sequence[Array],
        groups: Sequence[npt.NDArray[np.intp]],
        lives: int,
    ) -> TermSums:
        """Return what observes ``lives`` lives with coefficients ``folded``, ``(k, n_out, n_in)``.

        Args:
            rule: of every synapse.
            terms: of the rule.
            folded: per layer, from `Terms.fold_in`.
            groups: per layer, the cluster of each synapse ``(n_out, n_in)``.
            lives: units are 0 to ``lives - 1``.
        """
        n_clusters = 1 + max(int(group.max()) for group in groups)
        shape = (lives, 2, len(folded), n_clusters, len(terms.indices))
        return cls(rule, [terms.alone(layer) for layer in folded], groups, np.zeros(shape))

    def observe(self, moment: Moment) -> None:
        """Add up what the step before called for."""
        needs_weights = "weight" in self.rule.signals
        for lane, unit, step in zip(moment.lanes, moment.units, moment.steps, strict=True):
            lane, unit = int(lane), int(unit)
            if step > 0 and self._gains[unit] != 0:
                self._add(moment, lane, unit)
            self._gains[unit] = float(moment.network.gains[lane])
            if needs_weights:
                self._weights[unit] = moment.network.weights(lane)

    def _add(self, moment: Moment, lane: int, unit: int) -> None:
        activity = moment.network.activity(lane)
        ends = np.cumsum([group.shape[0] for group in self.groups])
        modulators = np.split(moment.network.modulators[lane], ends[:-1])
        for layer, (alone, group) in enumerate(zip(self.alone, self.groups, strict=True)):
            signals: dict[str, Any] = {
                "pre": activity[layer][None, :],
                "post": activity[layer + 1][:, None],
                "modulator": modulators[layer][:, None],
            }
            if unit in self._weights:
                signals["weight"] = self._weights[unit][layer]
            found = self.rule(*(signals[s] for s in self.rule.signals), *alone)
            terms = np.broadcast_to(found, alone.shape[1:]) * np.float32(self._gains[unit])
            signs = np.sign(terms.sum(0))
            of, n = group.ravel(), self.sums.shape[3]
            for t, term in enumerate(terms):
                sizes, nets = np.abs(term).ravel(), (term * signs).ravel()
                self.sums[unit, SIZE, layer, :, t] += np.bincount(of, sizes, n)
                self.sums[unit, NET, layer, :, t] += np.bincount(of, nets, n)


def shares(sums: Floats) -> dict[str, Any]:
    """Return each term's share in the weight change, as means over lives with 95 % intervals.

    Args:
        sums: ``(n_lives, 2, n_layers, n_clusters, n_terms)``, of finite lives.

    Returns:
        ``all``, ``layers`` (a list), ``clusters`` (a list) and ``cells`` (per layer a list of
        clusters), each a dictionary of lists over terms: ``share``, the sum of |term| over that
        of all terms, and ``net``, the sum of term · sign(Δw) over that of |Δw|. Both add up to
        1; a negative net share is that of a term that works against the others. A life in which
        nothing there changed does not count.
    """
    _, _, n_layers, n_clusters, _ = sums.shape
    return {
        "all": _means(sums.sum((2, 3))),
        "layers": [_means(sums[:, :, k].sum(2)) for k in range(n_layers)],
        "clusters": [_means(sums[:, :, :, c].sum(2)) for c in range(n_clusters)],
        "cells": [[_means(sums[:, :, k, c]) for c in range(n_clusters)] for k in range(n_layers)],
    }


def _means(sums: Floats) -> dict[str, list[dict[str, float | None]]]:
    """Return the means of ``sums`` ``(n_lives, 2, n_terms)``, by name and term."""
    with np.errstate(invalid="ignore"):  # 0 / 0: nothing changed
        parts = sums / sums.sum(2, keepdims=True)
    return {
        "share": [mean_of(values) for values in parts[:, SIZE].T],
        "net": [mean_of(values) for values in parts[:, NET].T],
    }
