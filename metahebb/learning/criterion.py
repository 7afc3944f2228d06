"""When a task counts as learned: enough right trials within a window of successive ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WINDOW = 100
"""The number of successive trials of which a running mean and the criterion are."""
PART = 0.95
"""The part of successive trials that has to be right."""


def trials_to_criterion(
    correct: npt.ArrayLike, part: float = PART, window: int = WINDOW
) -> int | None:
    """Return the number of trials after which the criterion was reached first; None: it was not.

    The criterion is that at least ``part`` of ``window`` successive trials are right, and the count
    includes the last of them (Miconi 2017, "Biologically plausible learning in recurrent neural
    networks", fig. 1: 95 % of 100).

    Args:
        correct: ``(n_trials,)``, 1 for a right answer and 0 for a wrong one, or the part of it that
            was right. A trial without a right answer is NaN. The window passes over it, and the
            count includes it.
        part: the part of the window that has to be right, above 0 and at most 1.
        window: the number of successive trials.

    Raises:
        ValueError: ``part`` or ``window`` is out of range.
    """
    if not 0 < part <= 1 or window < 1:
        raise ValueError(
            f"expected a part above 0 and at most 1 and a window of at least 1 trial, got {part} "
            f"and {window}"
        )
    data = np.asarray(correct, np.float64)
    judged = np.flatnonzero(np.isfinite(data))
    if judged.size < window:
        return None
    sums = np.cumsum(np.append(0.0, data[judged]))
    reached = np.flatnonzero(sums[window:] - sums[:-window] >= part * window - 1e-6)
    return int(judged[reached[0] + window - 1]) + 1 if reached.size else None
