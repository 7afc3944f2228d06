"""Find a parameter that only scales others, so that it can be multiplied in once, at birth."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.compiler.scalar import ScalarFunction

Points = npt.NDArray[np.float64]

MOST_SUBSETS = 8
"""Parameters beside the scale whose subsets are all tried."""


@dataclass(frozen=True)
class Fold:
    """``f(…, scale, scaled, rest) == f(…, 1, scale·scaled, rest)``.

    Attributes:
        scale: index of the parameter that is multiplied in.
        scaled: indices of the parameters that it multiplies.
    """

    scale: int
    scaled: tuple[int, ...]


@functools.lru_cache(maxsize=64)
def fold_of(function: ScalarFunction) -> Fold | None:
    """Return the fold that compiled kernels of ``function`` assume was done at birth."""
    return find_fold(function)


def find_fold(function: ScalarFunction, names: tuple[str, ...] = ("eta",)) -> Fold | None:
    """Return how one of the parameters ``names`` can be folded into others, or None.

    Decided numerically, in float64 on random points, so that any way of writing the function
    counts. Folding saves one of five reads per synapse and step; it changes rounding, not the
    function.
    """
    for name in names:
        if name not in function.parameters:
            continue
        scale = function.parameters.index(name)
        others = [k for k in range(len(function.parameters)) if k != scale]
        # All subsets of a few parameters; of many, only the commonest case: it scales them all.
        least = 1 if len(others) <= MOST_SUBSETS else len(others)
        for size in range(len(others), least - 1, -1):
            for scaled in itertools.combinations(others, size):
                fold = Fold(scale, scaled)
                if _holds(function, fold):
                    return fold
    return None


def random_points(function: ScalarFunction) -> tuple[Points, Points]:
    """Return inputs and parameters ``(number of them, 256)``, always the same ones, float64.

    Parameters are in their declared ranges.
    """
    inputs, parameters = _free_points(function)
    return inputs, np.array(function.in_ranges(list(parameters))).reshape(parameters.shape)


def _free_points(function: ScalarFunction) -> tuple[Points, Points]:
    """Return the same points, but for parameters that lie anywhere in (−2, 2)."""
    rng = np.random.default_rng(20200706)
    inputs = rng.uniform(-2, 2, (len(function.inputs), 256))
    return inputs, rng.uniform(-2, 2, (len(function.parameters), 256))


def _holds(function: ScalarFunction, fold: Fold) -> bool:
    inputs, parameters = random_points(function)
    if not _holds_at(function, fold, inputs, parameters):
        return False
    if not function.has_ranges:
        return True
    # Probes may put a parameter out of its range, where the function need not have a value. And the
    # scale may be 0: multiplied into both sides of a quotient, it would make 0 / 0.
    without = parameters.copy()
    without[fold.scale] = 0
    free = _free_points(function)[1]
    return all(_holds_at(function, fold, inputs, points) for points in (free, without))


def _holds_at(function: ScalarFunction, fold: Fold, inputs: Points, parameters: Points) -> bool:
    folded = parameters.copy()
    folded[list(fold.scaled)] *= parameters[fold.scale]
    folded[fold.scale] = 1.0
    with np.errstate(all="ignore"):
        before = function(*inputs, *parameters)
        after = function(*inputs, *folded)
    if not isinstance(before, tuple):
        before, after = (before,), (after,)
    return all(
        np.allclose(b, a, rtol=1e-10, atol=1e-12, equal_nan=function.has_ranges)
        for b, a in zip(before, after, strict=True)
    )
