"""What changes a layer's weights from step to step: the rule, and the bound that rescales them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


class Change(NamedTuple):
    """How much the weights of a layer changed since the step before: means over its synapses.

    Attributes:
        rule: the mean of |w + Δw − w|, by what the rule added.
        bound: the mean of |factor·(w + Δw) − (w + Δw)|, by the rescaling that came after it.
        both: the mean of |factor·(w + Δw) − w|, by both together.
        factor: factor by which the bound multiplied all weights of the layer; 1: it changed
            nothing.
    """

    rule: float
    bound: float
    both: float
    factor: float


NOTHING = Change(0.0, 0.0, 0.0, 1.0)
UNKNOWN = Change(np.nan, np.nan, np.nan, np.nan)


class Changes:
    """Tells the rule's part of each change of a layer from the rescaling's.

    A ``max_abs`` bound leaves its factor pending: a layer's memory holds w + Δw, and its finished
    weights are factor·(w + Δw). Reading both, step after step, tells the two parts apart, and
    changes no bit of the life. A bound that clips does so within the rule's own sweep: its part
    is in that of the rule. So is what a probe does to weights.
    """

    def __init__(self) -> None:
        """Begin with a life that has not been looked at."""
        self._raw: Array | None = None
        self._weights: Array = np.zeros(0, np.float32)

    def __call__(self, raw: Array, weights: Array) -> Change:
        """Return the change since the last call; `UNKNOWN` at the first.

        Args:
            raw: ``(n,)`` the synapses in the layer's memory, after a flush; a copy.
            weights: ``(n,)`` the same synapses, finished; a copy.
        """
        before, last, self._raw, self._weights = self._raw, self._weights, raw, weights
        if before is None:
            return UNKNOWN
        if np.array_equal(raw, before):  # no update: the old factor is still pending, and applied
            return NOTHING
        largest = float(np.abs(raw).max())
        return Change(
            float(np.abs(raw - last).mean()),
            float(np.abs(weights - raw).mean()),
            float(np.abs(weights - last).mean()),
            float(np.abs(weights).max()) / largest if largest > 0 else 1.0,
        )
