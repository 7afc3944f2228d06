"""K-means and silhouettes, always the same ones; the only module that imports scikit-learn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]


def k_means(
    data: Rows,
    k: int,
    *,
    fitted_to: Rows | None = None,
    weights: Rows | None = None,
    seed: int = 0,
    starts: int = 10,
) -> Labels:
    """Return the cluster of each row of ``data``, ``(n,)``.

    Args:
        data: ``(n, dimensions)``.
        k: how many clusters; some may get no row.
        fitted_to: rows that the centers are fitted to; None: ``data``.
        weights: of the rows that the centers are fitted to; None: all alike.
        seed: of the draws of the first centers, below 2**32.
        starts: how often it begins anew; the best fit counts.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rows = data if fitted_to is None else fitted_to
    with threadpool_limits(1):  # sums in another order would be other bits
        fitted = KMeans(k, n_init=starts, random_state=seed).fit(rows, sample_weight=weights)
        labels: Labels = fitted.predict(data).astype(np.intp)
    return labels


def silhouette(data: Rows, labels: Labels) -> float | None:
    """Return the mean silhouette (Rousseeuw 1987), or None where it is not defined."""
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    if not 1 < len(np.unique(labels)) < len(labels):
        return None
    with threadpool_limits(1):
        return float(silhouette_score(data, labels))
