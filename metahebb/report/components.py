"""Principal components of weights: where a network is, in two numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh
from scipy.sparse.linalg import eigsh

Floats = npt.NDArray[np.float64]

_FEW = 20  # rows for which all components are computed: the iteration needs more


def principal_components(
    parts: Sequence[npt.NDArray[np.float32]],
) -> tuple[list[Floats], tuple[float, float]]:
    """Return the first two principal components of all rows together, and what they explain.

    Args:
        parts: arrays ``(R, n)`` of rows, such as the weights of a life over time; R may differ.

    Returns:
        Per part its scores ``(R, 2)``, NaN for a row that is not finite, and the parts of the
        variance in the two components, 0 where nothing varies.
    """
    rows = np.concatenate(parts)
    finite = np.isfinite(rows).all(axis=1)
    centered = rows[finite] - rows[finite].mean(axis=0, dtype=np.float64).astype(np.float32)
    # The rows are few and long: their inner products give the same scores as a singular value
    # decomposition, and take a small matrix only.
    inner = (centered @ centered.T).astype(np.float64)
    total = float(np.trace(inner))
    found = np.full((len(rows), 2), np.nan)
    found[finite] = 0.0
    explained = np.zeros(2)
    if total > 0:
        values, vectors = _largest_two(inner)
        explained = values / total
        found[finite] = vectors * np.sqrt(values)
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return np.split(found, ends), (float(explained[0]), float(explained[1]))


def _largest_two(inner: Floats) -> tuple[Floats, Floats]:
    """Return the two largest eigenvalues ``(2,)``, in falling order, and vectors ``(n, 2)``."""
    n = len(inner)
    if n < _FEW:
        values, vectors = eigh(inner)
    else:  # a start of its own makes it the same numbers each time
        values, vectors = eigsh(inner, k=2, v0=np.arange(n, dtype=np.float64))
    order = np.argsort(values)[::-1][:2]
    return np.maximum(values[order], 0.0), vectors[:, order]
