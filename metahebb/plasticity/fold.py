"""Find a coefficient that only scales others, so that it can be multiplied in once, at birth."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.plasticity.rule import Rule

Points = npt.NDArray[np.float64]

MOST_SUBSETS = 8
"""Coefficients beside the scale whose subsets are all tried."""


@dataclass(frozen=True)
class Fold:
    """``rule(…, scale, scaled, rest) == rule(…, 1, scale·scaled, rest)``.

    Attributes:
        scale: index of the coefficient that is multiplied in.
        scaled: indices of the coefficients that it multiplies.
    """

    scale: int
    scaled: tuple[int, ...]


def find_fold(rule: Rule, names: tuple[str, ...] = ("eta",)) -> Fold | None:
    """Return how one of the coefficients ``names`` can be folded into others, or None.

    Decided numerically, in float64 on random points, so that any way of writing the rule counts.
    Folding saves one of five reads per synapse and step; it changes rounding, not the function.
    """
    for name in names:
        if name not in rule.coefficients:
            continue
        scale = rule.coefficients.index(name)
        others = [k for k in range(len(rule.coefficients)) if k != scale]
        # All subsets of a few coefficients; of many, only the commonest case: it scales them all.
        least = 1 if len(others) <= MOST_SUBSETS else len(others)
        for size in range(len(others), least - 1, -1):
            for scaled in itertools.combinations(others, size):
                fold = Fold(scale, scaled)
                if _holds(rule, fold):
                    return fold
    return None


def random_points(rule: Rule) -> tuple[Points, Points]:
    """Return signals and coefficients ``(number of them, 256)``, always the same ones, float64."""
    rng = np.random.default_rng(20200706)
    signals = rng.uniform(-2, 2, (len(rule.signals), 256))
    return signals, rng.uniform(-2, 2, (len(rule.coefficients), 256))


def _holds(rule: Rule, fold: Fold) -> bool:
    signals, coefficients = random_points(rule)
    folded = coefficients.copy()
    folded[list(fold.scaled)] *= coefficients[fold.scale]
    folded[fold.scale] = 1.0
    with np.errstate(all="ignore"):
        before = rule(*signals, *coefficients)
        after = rule(*signals, *folded)
    if not rule.has_trace:
        before, after = (before,), (after,)
    return all(
        np.allclose(b, a, rtol=1e-10, atol=1e-12) for b, a in zip(before, after, strict=True)
    )
