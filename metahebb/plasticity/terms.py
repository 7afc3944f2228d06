"""What a rule adds up: its terms, one per coefficient, and the scale that multiplies them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.compiler import Fold, random_points
from metahebb.compiler.fold import find_fold
from metahebb.plasticity.rule import Rule

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Terms:
    """The terms of a rule, one for each of its coefficients except a scale.

    A scale is a coefficient, such as ``eta``, that only multiplies other coefficients. The term of
    a coefficient is the Δw that the rule gives if all other coefficients except the scale are 0.

    Attributes:
        fold: description of how the scale multiplies the other coefficients; None without a scale.
        indices: indices of the coefficients that have a term, in the order of the signature.
        names: name of each of these coefficients as it acts: ``eta·A`` where the scale multiplies
            it, else ``A``.
        labels: label of each term, such as ``eta·A·pre·post``, or the name of its coefficient where
            the term is no product of signals.
        moving: places, among ``indices``, of the coefficients on which Δw depends. A coefficient
            that only the trace depends on, such as a time constant, has no term in Δw.
        add_up: whether Δw is the sum of the terms of these.
    """

    fold: Fold | None
    indices: tuple[int, ...]
    names: tuple[str, ...]
    labels: tuple[str, ...]
    moving: tuple[int, ...]
    add_up: bool

    @classmethod
    def of(cls, rule: Rule) -> Terms:
        """Find the terms of ``rule``; decided numerically, however it is written."""
        scales = ("eta", *(name for name in rule.coefficients if name != "eta"))
        fold = find_fold(rule, scales)
        scale = fold.scale if fold else None
        indices = tuple(k for k in range(len(rule.coefficients)) if k != scale)
        names = tuple(_name(rule, k, fold) for k in indices)
        pairs = zip(indices, names, strict=True)
        labels = tuple(_label(rule, k, fold, name) for k, name in pairs)
        moving = tuple(place for place, k in enumerate(indices) if _is_in_change(rule, k))
        return cls(fold, indices, names, labels, moving, _adds_up(rule, indices, moving, scale))

    @property
    def of_change(self) -> tuple[str, ...]:
        """Labels of the terms of which Δw is the sum, where it is one."""
        return tuple(self.labels[place] for place in self.moving)

    def fold_in(self, coefficients: Array) -> Array:
        """Return a copy of ``coefficients`` ``(k, …)`` with the scale multiplied in, and 1 itself.

        That is the same rule. Two synapses whose coefficients all have the other's sign may obey
        the same rule; afterwards one can see it.
        """
        folded = coefficients.copy()
        if self.fold is not None:
            folded[list(self.fold.scaled)] *= coefficients[self.fold.scale]
            folded[self.fold.scale] = 1
        return folded

    def alone(self, folded: Array) -> Array:
        """Return coefficients ``(k, n_terms, …)`` of which each term has its own, and others 0.

        Coefficients on which Δw does not depend stay as they are: a rule may divide by them.

        Args:
            folded: ``(k, …)`` from `fold_in`.
        """
        apart = np.zeros((len(folded), len(self.moving), *folded.shape[1:]), folded.dtype)
        for term, place in enumerate(self.moving):
            apart[self.indices[place], term] = folded[self.indices[place]]
        for place in set(range(len(self.indices))).difference(self.moving):
            apart[self.indices[place]] = folded[self.indices[place]]
        if self.fold is not None:
            apart[self.fold.scale] = 1
        return apart


def delta(rule: Rule, *arguments: Any) -> Any:
    """Return Δw alone, whether the rule keeps a trace or not."""
    change = rule(*arguments)
    return change[0] if rule.has_trace else change


def _only(coefficients: npt.NDArray[np.float64], kept: set[int | None]) -> Any:
    return [c if k in kept else 0 * c for k, c in enumerate(coefficients)]


def _is_in_change(rule: Rule, index: int) -> bool:
    """Return whether Δw depends on a coefficient; the trace alone may."""
    signals, coefficients = random_points(rule)
    others = coefficients.copy()
    others[index] = np.roll(others[index], 1)
    with np.errstate(all="ignore"):
        one, other = (delta(rule, *signals, *values) for values in (coefficients, others))
    return not np.array_equal(one, other, equal_nan=True)


def _adds_up(
    rule: Rule, indices: tuple[int, ...], moving: tuple[int, ...], scale: int | None
) -> bool:
    signals, coefficients = random_points(rule)
    terms = [indices[place] for place in moving]
    with np.errstate(all="ignore"):
        whole = delta(rule, *signals, *coefficients)
        parts = [delta(rule, *signals, *_only(coefficients, {scale, k})) for k in terms]
        rest = delta(rule, *signals, *_only(coefficients, {scale}))
    # Without the rest, any rule of a single coefficient would be a sum.
    alike = np.allclose(sum(parts), whole, 1e-10, 1e-12) and np.allclose(rest, 0, atol=1e-12)
    return bool(terms) and alike


def _name(rule: Rule, index: int, fold: Fold | None) -> str:
    name = rule.coefficients[index]
    if fold is None or index not in fold.scaled:
        return name
    return f"{rule.coefficients[fold.scale]}·{name}"


def _label(rule: Rule, index: int, fold: Fold | None, name: str) -> str:
    signals, coefficients = random_points(rule)
    scale = fold.scale if fold else None
    factor = coefficients[index]
    if fold is not None and index in fold.scaled:
        factor = factor * coefficients[fold.scale]
    with np.errstate(all="ignore"):
        term = delta(rule, *signals, *_only(coefficients, {scale, index}))
    term = np.broadcast_to(term, signals.shape[1:])
    for size in range(len(signals) + 1):
        for chosen in itertools.combinations(range(len(signals)), size):
            product = factor * signals[list(chosen)].prod(0)
            for sign, wanted in (("", product), ("−", -product)):
                if np.allclose(term, wanted, 1e-10, 1e-12):
                    return sign + "·".join([name, *(rule.signals[s] for s in chosen)])
    return name
