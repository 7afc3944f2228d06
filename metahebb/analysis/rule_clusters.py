"""Which synapses follow much the same rule: k-means over their coefficients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.evolution.clustering import Labels, k_means, silhouette

Values = npt.NDArray[np.floating]
_Any = TypeVar("_Any", bound=np.generic)

MOST = 12
"""Clusters at most; no more distinct rules than that are the clusters themselves."""
TRIED = range(2, 9)
"""Numbers of clusters among which the silhouette chooses."""
FEWEST = 5
"""Synapses of a cluster at least: fewer are outliers, whatever sets them apart."""
SMALLEST = 0.02
"""Part of all synapses that a cluster has at least, likewise."""
_FITTED = 20_000  # synapses, drawn evenly, that the centers are fitted to
_SAMPLE = 2_000  # synapses, drawn evenly, that a silhouette is a mean of: it takes all their pairs


@dataclass(frozen=True)
class Clusters:
    """Synapses in groups, the largest first.

    Attributes:
        labels: ``(n_synapses,)`` the group of each, from 0.
        n_distinct: distinct rules among the synapses.
        silhouettes: mean silhouette of each number of clusters that was tried (Rousseeuw 1987):
            1 where clusters are tight and far apart, 0 where they are cut out of one cloud.
            Outliers have 0, as Rousseeuw gives it to a cluster of one, and the others are judged
            without them: a few odd synapses are always far from the rest. None where fewer than
            two clusters are left. Empty where the clusters are the distinct rules.
    """

    labels: Labels
    n_distinct: int
    silhouettes: dict[int, float | None] = field(default_factory=dict)

    @property
    def sizes(self) -> list[int]:
        """Synapses of each cluster."""
        return [int(size) for size in np.bincount(self.labels)]

    @property
    def outliers(self) -> list[bool]:
        """Of each cluster whether it is too small to be one; no distinct rule is."""
        by_k_means = bool(self.silhouettes) and len(self.sizes) > 1
        least = _least(len(self.labels)) if by_k_means else 0
        return [size < least for size in self.sizes]

    @property
    def silhouette(self) -> float | None:
        """That of these clusters."""
        return self.silhouettes.get(len(self.sizes))


def find_clusters(values: Values, wanted: int | None = None) -> Clusters:
    """Return clusters of synapses, always the same ones.

    Each coefficient is divided by its standard deviation over all synapses first.

    Args:
        values: ``(n_synapses, k)`` coefficients.
        wanted: how many; None: the distinct rules, where they are at most `MOST`, else the number
            with the largest silhouette.

    Raises:
        InputError: more clusters than there are distinct rules, or not 1 to `MOST`.
    """
    if wanted is not None and not 1 <= wanted <= MOST:
        raise InputError(f"expected from 1 to {MOST} clusters, got {wanted} (rules); use e.g. 4")
    data = np.asarray(values, np.float64) + 0.0  # -0.0 becomes 0.0: the same rule
    distinct, which = np.unique(data, axis=0, return_inverse=True)
    n = len(distinct)
    if wanted is not None and wanted > n:
        raise InputError(
            f"expected at most {n} clusters, got {wanted} (rules); there are no more distinct rules"
        )
    if n == wanted or (wanted is None and n <= MOST):
        return Clusters(_largest_first(which.ravel()), n)
    spread = data.std(0)
    standard = (data - data.mean(0)) / np.where(spread > 0, spread, 1)
    fitted_to = _evenly(standard, _FITTED)
    grouped = {
        k: k_means(standard, k, fitted_to=fitted_to) for k in ((wanted,) if wanted else TRIED)
    }
    scores = {k: _score(standard, labels) for k, labels in grouped.items()}
    best = wanted or max(scores, key=lambda k: -2.0 if (s := scores[k]) is None else s)
    return Clusters(_largest_first(grouped[best]), n, scores)


def _least(n_synapses: int) -> float:
    """Return how many synapses a cluster has at least."""
    return max(FEWEST, SMALLEST * n_synapses)


def _score(data: npt.NDArray[np.float64], labels: Labels) -> float | None:
    """Return the mean silhouette, with 0 for outliers."""
    kept = np.bincount(labels)[labels] >= _least(len(labels))
    if not kept.any():
        return None
    of_kept = silhouette(_evenly(data[kept], _SAMPLE), _evenly(labels[kept], _SAMPLE))
    return None if of_kept is None else of_kept * float(kept.mean())


def _evenly(data: npt.NDArray[_Any], most: int) -> npt.NDArray[_Any]:
    """Return ``data``, or ``most`` of its rows drawn at random, always the same ones."""
    if len(data) <= most:
        return data
    return data[np.random.default_rng(0).choice(len(data), most, replace=False)]


def _largest_first(labels: Labels) -> Labels:
    """Return ``labels`` numbered by size; clusters without synapses get no number."""
    kept, compact = np.unique(labels, return_inverse=True)
    order = np.argsort(-np.bincount(compact), kind="stable")
    rank = np.empty(len(kept), np.intp)
    rank[order] = np.arange(len(kept))
    return rank[compact]
