"""The numbers of the lesion study: measures of each life, and their means with intervals."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from experiments.protocols.lesions.lives import Lesion
from metahebb.analysis.probe_numbers import SETTLE, held
from metahebb.analysis.recovery import iqm_interval, recovery
from metahebb.analysis.statistics import few_runs, nested_iqms, nested_means, quantile_interval

Floats = npt.NDArray[np.float64]
Condition = Literal["with", "without"]

SPAN = 2.0
"""Simulated time over which a speed is averaged [s]."""
STRIDE = 0.5
"""Simulated time between points of a speed curve [s]."""
WALKS = 0.1
"""Speed before a lesion from which on a life counts as walking [m/s]."""
DRAWS = 1000


@dataclass(frozen=True)
class Estimate:
    """A figure and its bootstrap draws; draw k of arms with the same runs uses the same lives.

    Attributes:
        value: value of the figure; NaN where no life has it.
        draws: bootstrap draws of the figure, ``(n,)``.
        spread: factor by which the interval is widened because runs are few; see `few_runs`.
        within: smallest and largest possible value of the figure.
    """

    value: float
    draws: Floats
    spread: float
    within: tuple[float, float] = (-np.inf, np.inf)

    def __sub__(self, other: Estimate) -> Estimate:
        """Return the difference of two figures."""
        return Estimate(self.value - other.value, self.draws - other.draws, self.spread)

    def interval(self) -> tuple[float, float]:
        """Return the ends of the 95 % interval; draws without any life are left out."""
        draws = self.draws[np.isfinite(self.draws)]
        if not draws.size:
            return np.nan, np.nan
        low, high = np.clip(quantile_interval(draws, self.value, self.spread), *self.within)
        return float(low), float(high)


@dataclass(frozen=True)
class Measures:
    """The measures of each life, in arrays ``(n_folds, n_seeds, n_lives)``.

    A number is NaN where it does not count: a life that ended before the lesion has no measures,
    and a life slower than `WALKS` before the lesion has only ``walks``, ``before`` and
    ``survival``. After its death, a life has a speed of 0.

    Attributes:
        walks: 1 where the life was at least as fast as `WALKS`, else 0.
        before: speed over the `SPAN` before the lesion [m/s].
        after: speed of walkers over the `SPAN` that begins `SETTLE` after the lesion's end [m/s].
        back: speed after over speed before the lesion.
        loss: relative loss of speed at its lowest, see `metahebb.analysis.recovery.Recovery`.
        time: seconds from the lesion until 80 % of ``before`` is back, infinite if never; see
            `metahebb.analysis.recovery.Recovery`.
        soon: 1 where 80 % is back at most `SETTLE` after the lesion's end, else 0.
        survival: 1 where the life reached the horizon, else 0.
    """

    walks: Floats
    before: Floats
    after: Floats
    back: Floats
    loss: Floats
    time: Floats
    soon: Floats
    survival: Floats


def measures(x: Floats, lesion: Lesion, dt: float) -> Measures:
    """Return the measures of lives from their positions ``x`` [m].

    Args:
        x: the positions in each step, ``(n_folds, n_seeds, n_lives, horizon + 1)``.
        lesion: the lesion that the lives had, or (in lives without it) would have had.
        dt: the simulated time of an env step [s].

    Raises:
        ValueError: the lives are too short before or after the lesion.
    """
    flat = x.reshape(-1, x.shape[-1])
    search, span = lesion.steps + round(SETTLE / dt), round(SPAN / dt)
    recovered = recovery(flat, lesion.at, search, span, dt)
    way, begin = held(flat), lesion.at + search
    after = (way[:, begin + span] - way[:, begin]) / (span * dt)
    alive, walks = np.isfinite(recovered.before), recovered.before >= WALKS
    back = np.divide(after, recovered.before, out=np.full_like(after, np.nan), where=walks)
    rows = (
        np.where(alive, walks, np.nan),
        recovered.before,
        np.where(walks, after, np.nan),
        back,
        np.where(walks, recovered.loss, np.nan),
        np.where(walks, recovered.time, np.nan),
        np.where(walks, recovered.time <= search * dt, np.nan),
        recovered.survival,
    )
    return Measures(*(row.reshape(x.shape[:-1]) for row in rows))


@dataclass(frozen=True)
class Pairs:
    """The same lives of an arm, once with a lesion and once without it.

    Attributes:
        arm: name of the arm.
        lesion: lesion of the first set of lives.
        seeds: seeds of evolution.
        dt: simulated time of an env step [s].
        with_: positions of the lives with the lesion [m], ``(n_folds, n_seeds, n_lives, horizon +
            1)``.
        without: positions of the lives without the lesion [m], with the same shape.
    """

    arm: str
    lesion: Lesion
    seeds: tuple[int, ...]
    dt: float
    with_: Floats
    without: Floats

    def only(self, seeds: tuple[int, ...] | None = None) -> Pairs:
        """Return the lives of the first fold, which all arms have, and of ``seeds`` (None: all)."""
        seeds = self.seeds if seeds is None else seeds
        rows = [self.seeds.index(seed) for seed in seeds]
        with_, without = self.with_[:1, rows], self.without[:1, rows]
        return dataclasses.replace(self, seeds=seeds, with_=with_, without=without)

    @property
    def runs(self) -> int:
        """The number of runs."""
        return len(self.with_) * len(self.seeds)

    @functools.cached_property
    def _measures(self) -> dict[Condition, Measures]:
        return {
            "with": measures(self.with_, self.lesion, self.dt),
            "without": measures(self.without, self.lesion, self.dt),
        }

    @property
    def _spread(self) -> float:
        return few_runs(*self.with_.shape[:2])

    def of(self, condition: Condition) -> Measures:
        """Return the measures of the lives with or without the lesion."""
        return self._measures[condition]

    def iqm(self, name: str, condition: Condition = "with") -> Estimate:
        """Return the interquartile mean of a measure over all lives that have it."""
        return Estimate(*nested_iqms(getattr(self.of(condition), name), DRAWS), self._spread)

    def part(self, name: str, condition: Condition = "with") -> Estimate:
        """Return the mean of a measure of ones and zeros: the fraction of lives that have a 1."""
        data = getattr(self.of(condition), name)
        values, draws = means(data[..., None], np.isfinite(data))
        return Estimate(float(values[0]), draws[:, 0], self._spread, (0, 1))

    def recovered_by(
        self, seconds: Floats, condition: Condition = "with"
    ) -> tuple[Floats, Floats, Floats]:
        """Return the fraction of lives with 80 % of their speed back after each of ``seconds``.

        All lives are followed to the same horizon, and dead ones never recover. So this is one
        minus the Kaplan-Meier curve of the recovery time, without weights.

        Returns:
            ``seconds``, the fractions, and the bootstrap draws of the fractions.
        """
        time = self.of(condition).time
        values, draws = means(time[..., None] <= seconds, ~np.isnan(time))
        return seconds, values, np.clip(values + self._spread * (draws - values), 0, 1)

    def time(self, condition: Condition = "with") -> tuple[float, float, float]:
        """Return the interquartile mean of the recovery time [s], with its interval.

        The mean is infinite if more than a quarter of the lives never recover. The interval is over
        lives of these runs only; see `iqm_interval`.
        """
        time = self.of(condition).time
        return iqm_interval(list(time.reshape(-1, time.shape[-1])))

    def speeds(self, condition: Condition) -> tuple[Floats, Floats, Floats]:
        """Return the mean speed [m/s] over all lives that were alive at the lesion.

        Each speed is a mean over `STRIDE`.

        Returns:
            The seconds since the lesion, the mean speeds, and the bootstrap draws of the means.
        """
        x = self.with_ if condition == "with" else self.without
        stride = round(STRIDE / self.dt)
        way = held(x.reshape(-1, x.shape[-1]))[:, self.lesion.at % stride :: stride]
        speeds = np.diff(way, axis=1).reshape(*x.shape[:-1], -1) / (stride * self.dt)
        first = self.lesion.at // stride
        seconds = np.asarray(np.arange(speeds.shape[-1]) - first + 0.5) * (stride * self.dt)
        values, draws = means(speeds, np.isfinite(x[..., self.lesion.at]))
        return np.asarray(seconds, np.float64), values, values + self._spread * (draws - values)


def means(
    data: npt.ArrayLike, counts: npt.NDArray[np.bool_], n_resamples: int = 400
) -> tuple[Floats, Floats]:
    """Return means ``(k,)`` over the lives that count, and their draws ``(n_resamples, k)``.

    Args:
        data: the numbers of each life, ``(n_folds, n_seeds, n_lives, k)``.
        counts: whether each life counts, ``(n_folds, n_seeds, n_lives)``.
        n_resamples: the number of bootstrap draws if k > 1; for k = 1, there are `DRAWS` draws.
    """
    values = np.where(counts[..., None], data, 0.0)
    both = np.concatenate([values, counts[..., None]], axis=-1)
    n_resamples = DRAWS if values.shape[-1] == 1 else n_resamples  # a curve needs fewer digits
    # The value is a quotient of sums, so that 19 lives of 20 give exactly 0.95.
    totals = np.vstack([both.sum((0, 1, 2)), nested_means(both, n_resamples)])
    some = totals[:, -1:] > 0
    nothing = np.full_like(totals[:, :-1], np.nan)
    ratios = np.divide(totals[:, :-1], totals[:, -1:], out=nothing, where=some)
    return ratios[0], ratios[1:]
