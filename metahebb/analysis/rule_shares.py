"""What moves weights in lives: each term of a rule, and what a synapse's own state adds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from metahebb.analysis.rule_updates import Array, Signals, Update
from metahebb.analysis.statistics import mean_of
from metahebb.plasticity import Rule
from metahebb.plasticity.terms import Terms, delta

Floats = npt.NDArray[np.float64]
Groups: TypeAlias = Sequence[npt.NDArray[np.intp]]

SIZE, NET = 0, 1
"""Axis 1 of the sums: |part|, and part · sign(Δw)."""

Split: TypeAlias = Callable[[int, Signals], Array]
"""Returns the parts of Δw of a layer, by its number, from its signals; they add up to Δw."""


def why_not(rule: Rule, terms: Terms) -> str | None:
    """Return why Δw of ``rule`` has no share for each term; None if it has."""
    if not terms.add_up:
        return f"Δw of {rule.name} is not a sum of terms, one per coefficient"
    return None


def by_term(rule: Rule, terms: Terms, folded: Sequence[Array]) -> Split:
    """Return what splits Δw into its terms: all coefficients but one, and the scale, are 0.

    Args:
        rule: the rule that every synapse follows.
        terms: the terms of that rule.
        folded: coefficients from `Terms.fold_in`, ``(k, n_out, n_in)`` for each layer.
    """
    alone = [terms.alone(layer) for layer in folded]

    def split(layer: int, signals: Signals) -> Array:
        parts = delta(rule, *(signals[s] for s in rule.signals), *alone[layer])
        return np.broadcast_to(parts, alone[layer].shape[1:])

    return split


STATE_PARTS = {
    "weight": ("decays", "grows"),
    "trace": ("by the trace",),
}
"""What a synapse's own state adds to Δw, by the signal that the rule reads."""


def state_parts(rule: Rule) -> tuple[str, ...]:
    """Return the parts into which `by_state` splits Δw; nothing where the rule reads no state."""
    read = [name for name in STATE_PARTS if name in rule.signals]
    if not read:
        return ()
    others = " and ".join(f"{name} 0" for name in read)
    return (f"at {others}", *(part for name in read for part in STATE_PARTS[name]))


def by_state(rule: Rule, folded: Sequence[Array]) -> Split:
    """Return what splits Δw by the synapse's own state, whatever the rule looks like.

    The first part is Δw with the weight and the trace at 0. What the weight adds to it is decay
    where it is directed against the weight, and growth otherwise; the trace adds the rest.
    """

    def split(layer: int, signals: Signals) -> Array:
        given = {name: signals[name] for name in signals if name not in STATE_PARTS}
        values, shape = folded[layer], folded[layer].shape[1:]

        def change(**state: Array) -> Array:
            every = {**given, **{name: np.float32(0) for name in STATE_PARTS}, **state}
            with np.errstate(all="ignore"):  # a rule need not be defined at 0
                changes = delta(rule, *(every[s] for s in rule.signals), *values)
            return np.broadcast_to(changes, shape)

        parts = [change()]
        if "weight" in signals:
            added = change(weight=signals["weight"]) - parts[0]
            towards_0 = added * signals["weight"] < 0
            parts += [np.where(towards_0, added, 0), np.where(towards_0, 0, added)]
        if "trace" in signals:
            state = {name: signals[name] for name in STATE_PARTS if name in signals}
            parts.append(change(**state) - sum(parts))
        return np.stack(parts).astype(np.float32)

    return split


@dataclass(frozen=True)
class PartSums:
    """A reader of updates that adds up parts of every Δw that is applied, over lives.

    Attributes:
        split: makes the parts of a layer's Δw.
        groups: per layer ``(n_out, n_in)``, the number of each synapse's cluster.
        sums: ``(n_lives, 2, n_layers, n_clusters, n_parts)``: sums over steps and synapses of
            |part|, and of part · sign(Δw), which over all parts is |Δw|. Each life has its row,
            so that threads share the reader. Zeros at first.
    """

    split: Split
    groups: Groups
    sums: Floats

    @classmethod
    def empty(cls, split: Split, n_parts: int, groups: Groups, lives: int) -> Self:
        """Return what adds up ``n_parts`` parts of lives 0 to ``lives - 1``."""
        n_clusters = 1 + max(int(group.max()) for group in groups)
        return cls(split, groups, np.zeros((lives, 2, len(groups), n_clusters, n_parts)))

    def __call__(self, update: Update) -> None:
        """Add up one update."""
        for layer, (signals, group) in enumerate(zip(update.signals, self.groups, strict=True)):
            parts = self.split(layer, signals) * np.float32(update.gain)
            signs = np.sign(parts.sum(0))
            of, n = group.ravel(), self.sums.shape[3]
            for p, part in enumerate(parts):
                sizes, nets = np.abs(part).ravel(), (part * signs).ravel()
                self.sums[update.unit, SIZE, layer, :, p] += np.bincount(of, sizes, n)
                self.sums[update.unit, NET, layer, :, p] += np.bincount(of, nets, n)


def shares(sums: Floats) -> dict[str, Any]:
    """Return each part's share in the weight change, as means over lives with 95 % intervals.

    Args:
        sums: ``(n_lives, 2, n_layers, n_clusters, n_parts)``, of finite lives.

    Returns:
        ``all``, ``layers`` (a list), ``clusters`` (a list) and ``cells`` (per layer a list of
        clusters), each a dictionary of lists over parts: ``share``, the sum of |part| over that
        of all parts, and ``net``, the sum of part · sign(Δw) over that of |Δw|. Both add up to
        1; a negative net share is that of a part that works against the others. A life in which
        nothing there changed does not count.
    """
    _, _, n_layers, n_clusters, _ = sums.shape
    return {
        "all": _means(sums.sum((2, 3))),
        "layers": [_means(sums[:, :, k].sum(2)) for k in range(n_layers)],
        "clusters": [_means(sums[:, :, :, c].sum(2)) for c in range(n_clusters)],
        "cells": [[_means(sums[:, :, k, c]) for c in range(n_clusters)] for k in range(n_layers)],
    }


def shares_of_lives(sums: Floats) -> Floats:
    """Return the shares of each life ``(n_lives, 2, n_parts)``; NaN where nothing changed.

    Args:
        sums: ``(n_lives, 2, n_parts)``.
    """
    with np.errstate(invalid="ignore"):  # 0 / 0: nothing changed
        parts: Floats = sums / sums.sum(2, keepdims=True)
    return parts


def _means(sums: Floats) -> dict[str, list[dict[str, float | None]]]:
    """Return the means of ``sums`` ``(n_lives, 2, n_parts)``, by name and part."""
    of_lives = shares_of_lives(sums)
    return {
        "share": [mean_of(values) for values in of_lives[:, SIZE].T],
        "net": [mean_of(values) for values in of_lives[:, NET].T],
    }
