"""When a task counts as learned: enough right trials within a window of successive ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def trials_to_criterion(correct: Numbers, part: float = 0.95, window: int = 100) -> int | None:
    """Return the number of trials after which a task counts as learned; None: it does not yet.

    It is the number of the last trial in the first ``window`` of successive trials of which at
    least the ``part`` is right. Miconi 2017 counts 95 % of 100 trials.

    Args:
        correct: ``(n_trials,)``, 1 for right trials and 0 for others; NaN counts as 0.
        part: the part of right trials.
        window: the number of successive trials.
    """
    right = np.nan_to_num(np.asarray(correct, np.float64))
    if right.size < window:
        return None
    sums = np.cumsum(np.append(0.0, right))
    enough = np.flatnonzero(sums[window:] - sums[:-window] >= part * window - 1e-9)
    return int(enough[0]) + window if enough.size else None
