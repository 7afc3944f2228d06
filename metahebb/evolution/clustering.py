"""K-means and silhouettes with reproducible bits; only this module imports scikit-learn."""

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
        data: the rows to be clustered, ``(n, dimensions)``.
        k: the number of clusters; some of them may get no row.
        fitted_to: the rows that the cluster centers are fitted to; None for ``data``.
        weights: a weight for each row that the centers are fitted to; None for equal weights.
        seed: the seed, below 2**32, from which the first centers are drawn.
        starts: the number of fits with different first centers; the best fit counts.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rows = data if fitted_to is None else fitted_to
    with threadpool_limits(1):  # sums in another order would have other bits
        fitted = KMeans(k, n_init=starts, random_state=seed).fit(rows, sample_weight=weights)
        labels: Labels = fitted.predict(data).astype(np.intp)
    return labels


def silhouette(data: Rows, labels: Labels) -> float | None:
    """Return the mean silhouette (Rousseeuw 1987), or None if it is not defined.

    The silhouette is not defined for a single cluster, or if each row has a cluster of its own.
    """
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    if not 1 < len(np.unique(labels)) < len(labels):
        return None
    with threadpool_limits(1):
        return float(silhouette_score(data, labels))
