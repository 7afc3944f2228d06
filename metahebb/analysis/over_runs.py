"""Numbers over several runs of one setting: what varies between runs is in every interval.

Lives of one run share its center, so that a hundred lives of one run say little about another run.
The intervals here resample runs, then lives within each run (`nested_means`), and are widened for
few runs (`few_runs`). A single run has no interval: nothing is known of how runs vary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from metahebb.analysis.evaluate import evaluate, kept_evaluation, on_bodies
from metahebb.analysis.statistics import few_runs, nested_means, quantile_interval
from metahebb.evolution.backends.where import Where
from metahebb.runs.center import Center
from metahebb.runs.evaluation_shape import measures_of
from metahebb.runs.folder import RunFolder
from metahebb.tasks.base import UNBOUNDED, Range

Floats = npt.NDArray[np.float64]
Lives = Sequence[float | None]
"""A number of each life of one run; None where it is not known."""

FRESH_LIVES = 32
"""Lives per body of a run that is evaluated because it has no evaluation of its newest center."""


def rows_of(runs: Sequence[Lives]) -> Floats:
    """Return the lives of several runs as ``(n_runs, n_lives)``, NaN where there is no number."""
    rows = np.full((len(runs), max(map(len, runs))), np.nan)
    for row, lives in zip(rows, runs, strict=True):
        row[: len(lives)] = np.array(lives, np.float64)
    return rows


def mean_over_runs(runs: Sequence[Lives], within: Range = UNBOUNDED) -> dict[str, Any]:
    """Return the ``mean`` over runs of each run's mean, with ``low`` and ``high`` of its interval.

    A run of which nothing is known does not count.

    Args:
        runs: numbers of the lives of each run.
        within: the least and the greatest value of a life; the interval ends at these.

    Returns:
        Also ``n``, the number of runs that count, and ``runs``, the mean of each run. None is what
        is not known: the ends of the interval where a single run counts.
    """
    data = rows_of(runs)
    known = np.isfinite(data).any(1)
    means = _means(data)
    each = [float(mean) if np.isfinite(mean) else None for mean in means]
    n, low, high = int(known.sum()), None, None
    mean = float(means[known].mean()) if n else None
    if n > 1 and mean is not None:
        draws = nested_means(data[known][None, :, :, None])[:, 0]
        low, high = _clipped(quantile_interval(draws, mean, few_runs(1, n)), within)
    return {"mean": mean, "low": low, "high": high, "n": n, "runs": each}


def difference_of_runs(
    ours: Sequence[Lives], theirs: Sequence[Lives], paired: bool, within: Range = UNBOUNDED
) -> dict[str, Any]:
    """Return the ``mean`` of ``ours`` less that of ``theirs``, with ``low`` and ``high``.

    Where runs are paired (run i of both has the same seed), a bootstrap draw takes the same pairs
    of both. Where they are not, both are drawn independently, and Student's t has the degrees of
    freedom of Welch 1947, "The generalization of Student's problem when several different
    population variances are involved".

    Args:
        ours: numbers of the lives of each run of one arm.
        theirs: numbers of the lives of each run of the other arm; as many runs if paired.
        paired: whether the runs are pairs. A pair of which one half is not known does not count.
        within: the least and the greatest value of a life; the interval of the difference stays
            between what two such values can differ by.

    Returns:
        The ends are None where one of both has a single run, and all is None where it has none.
    """
    a, b = rows_of(ours), rows_of(theirs)
    known = np.isfinite(a).any(1), np.isfinite(b).any(1)
    if paired:
        known = (known[0] & known[1],) * 2
    a, b = a[known[0]], b[known[1]]
    if not (len(a) and len(b)):
        return {"mean": None, "low": None, "high": None}
    means = float(_means(a).mean()), float(_means(b).mean())
    mean = means[0] - means[1]
    if min(len(a), len(b)) < 2:
        return {"mean": mean, "low": None, "high": None}
    draws = (
        nested_means(a[None, :, :, None])[:, 0],
        nested_means(b[None, :, :, None], seed=0 if paired else 1)[:, 0],
    )
    if paired:
        low, high = quantile_interval(draws[0] - draws[1], mean, few_runs(1, len(a)))
    else:
        apart = [
            (drawn - value) * np.sqrt(len(rows) / (len(rows) - 1))
            for drawn, value, rows in zip(draws, means, (a, b), strict=True)
        ]
        factor = _welch([float(part.var()) for part in apart], [len(a) - 1, len(b) - 1])
        low, high = quantile_interval(mean + apart[0] - apart[1], mean, factor)
    low, high = _clipped((low, high), of_differences(within))
    return {"mean": mean, "low": low, "high": high}


def of_differences(within: Range) -> Range:
    """Return the range of the difference of two numbers that lie ``within`` a range."""
    widest = within[1] - within[0]
    return -widest, widest


def _clipped(interval: Range, within: Range) -> Range:
    """Return an interval whose ends do not lie beyond those of ``within``."""
    return max(interval[0], within[0]), min(interval[1], within[1])


def _means(data: Floats) -> Floats:
    """Return the mean of each run's known lives; NaN where there are none."""
    known = np.isfinite(data)
    total: Floats = np.where(known, data, 0.0).sum(1)
    means: Floats = np.full(len(data), np.nan)
    np.divide(total, known.sum(1), out=means, where=known.any(1))
    return means


def _welch(variances: Sequence[float], degrees: Sequence[int]) -> float:
    """Return by how much quantiles of Student's t are wider than normal ones, for a difference."""
    parts = [v * v / d for v, d in zip(variances, degrees, strict=True)]
    if not sum(parts):
        return 1.0
    return float(t.ppf(0.975, sum(variances) ** 2 / sum(parts)) / norm.ppf(0.975))


def evaluated(
    run: RunFolder,
    where: Where,
    lives: int | None = None,
    damage: tuple[str, ...] = (),
    max_steps: int | None = None,
) -> dict[str, Any]:
    """Return an evaluation of the run's newest center: the one that is kept, or one lived now.

    Args:
        run: the run folder. An evaluation that is lived now is written there, see `evaluate`.
        where: the place where lives are lived, if they have to be.
        lives: per body; None: as many as the kept evaluation has, or else `FRESH_LIVES`. Of a kept
            evaluation with more lives the first ones are taken, which are the same lives.
        damage: bodies to live in; none: those of the run.
        max_steps: horizon; None: that of the run's last stage.

    Returns:
        What `evaluate` returns; ``lives`` may be fewer than its lists have.

    Raises:
        InputError, CheckpointError: see `RunFolder.load`, `on_bodies` and `evaluate`.
    """
    center = on_bodies(run.load(), damage)
    kept = _kept(center, lives, max_steps)
    if kept is not None:
        return {**kept, "lives": lives or kept["lives"]}
    backend = where.backend(center.setup)
    try:
        return evaluate(center, backend, lives or FRESH_LIVES, max_steps)
    finally:
        backend.close()


def has_evaluation(
    run: RunFolder, lives: int | None, damage: tuple[str, ...], max_steps: int | None
) -> bool:
    """Return whether `evaluated` with these arguments finds an evaluation, and lives nothing."""
    return _kept(on_bodies(run.load(), damage), lives, max_steps) is not None


def _kept(center: Center, lives: int | None, max_steps: int | None) -> dict[str, Any] | None:
    kept = kept_evaluation(center, max_steps)
    return kept if kept is not None and kept["lives"] >= (lives or 1) else None


def values_of(evaluation: Mapping[str, Any]) -> dict[str, dict[str, Lives]]:
    """Return by body, then by name (``return`` and the task's measures), the number of each life.

    An evaluation without them (of an earlier version) has none.
    """
    n = evaluation["lives"]
    return {
        body: {name: lives[:n] for name, lives in result.get("values", {}).items()}
        for body, result in evaluation["bodies"].items()
    }


def units_of(evaluations: Sequence[Mapping[str, Any]], return_unit: str) -> dict[str, str]:
    """Return the unit of the return and of each measure that an evaluation has, by name."""
    units = {"return": return_unit}
    for evaluation in evaluations:
        for body in evaluation["bodies"].values():
            units |= {name: measure["unit"] for name, measure in measures_of(body).items()}
    return units
