"""The numbers of the lesion study: what is measured in a life, and its mean with an interval."""

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
"""Simulated time over which a speed is a mean [s]."""
STRIDE = 0.5
"""Simulated time between points of a speed curve [s]."""
WALKS = 0.1
"""Speed before a lesion below which there is nothing to get back [m/s]."""
DRAWS = 1000


@dataclass(frozen=True)
class Estimate:
    """A figure and its bootstrap draws; estimates of arms with the same runs are drawn together.

    Attributes:
        value: NaN where no life has it.
        draws: ``(n,)``.
        spread: of the interval; see `few_runs`.
        within: where the figure can be.
    """

    value: float
    draws: Floats
    spread: float
    within: tuple[float, float] = (-np.inf, np.inf)

    def __sub__(self, other: Estimate) -> Estimate:
        """Return the difference."""
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
    """One number per life, ``(n_folds, n_seeds, n_lives)``; NaN where it does not count.

    Lives that ended before the lesion have none. Those slower than `WALKS` before it have only the
    speed before and survival. The dead have a speed of 0.

    Attributes:
        walks: 1 where the life was faster than `WALKS`, else 0.
        before: speed over the `SPAN` before the lesion [m/s].
        after: speed of walkers over the `SPAN` that begins `SETTLE` after the lesion's end [m/s].
        back: ``after / before``.
        loss: at the dip; see `metahebb.analysis.recovery.Recovery`.
        time: from the lesion until 80 % of ``before`` is back [s], infinite if never; likewise.
        soon: 1 where that time is at most `SETTLE` after the lesion's end, else 0.
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
    """Return the measures of ways ``(n_folds, n_seeds, n_lives, horizon + 1)`` [m].

    Raises:
        ValueError: the ways are too short around the lesion.
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
    """The same lives of an arm with a lesion and without.

    Attributes:
        arm: who.
        lesion: what was done.
        seeds: of evolution.
        dt: simulated time of an env step [s].
        with_: ways ``(n_folds, n_seeds, n_lives, horizon + 1)`` [m].
        without: likewise.
    """

    arm: str
    lesion: Lesion
    seeds: tuple[int, ...]
    dt: float
    with_: Floats
    without: Floats

    def only(self, seeds: tuple[int, ...] | None = None) -> Pairs:
        """Return the first fold, which all arms have, with these of its seeds; None: with all."""
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
        """Return the mean of a measure over all lives that have it: a part, of ones and zeros."""
        data = getattr(self.of(condition), name)
        values, draws = means(data[..., None], np.isfinite(data))
        return Estimate(float(values[0]), draws[:, 0], self._spread, (0, 1))

    def recovered_by(
        self, seconds: Floats, condition: Condition = "with"
    ) -> tuple[Floats, Floats, Floats]:
        """Return ``(seconds, values, draws)`` of the part with 80 % of the speed back by then.

        All lives are followed to the same horizon, and the dead never recover: this is one minus
        the Kaplan-Meier curve of the time, without weights.
        """
        time = self.of(condition).time
        values, draws = means(time[..., None] <= seconds, ~np.isnan(time))
        return seconds, values, np.clip(values + self._spread * (draws - values), 0, 1)

    def time(self, condition: Condition = "with") -> tuple[float, float, float]:
        """Return the interquartile mean of the recovery time [s]; infinite if a quarter never do.

        Its interval is over lives only, the runs being what they are: `iqm_interval`.
        """
        time = self.of(condition).time
        return iqm_interval(list(time.reshape(-1, time.shape[-1])))

    def speeds(self, condition: Condition) -> tuple[Floats, Floats, Floats]:
        """Return ``(seconds since the lesion, means, draws)`` of speeds [m/s].

        Over all lives that were alive at the lesion; each speed is a mean over `STRIDE`.
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
        data: ``(n_folds, n_seeds, n_lives, k)``.
        counts: ``(n_folds, n_seeds, n_lives)`` which lives do.
        n_resamples: of `nested_means`.
    """
    values = np.where(counts[..., None], data, 0.0)
    both = np.concatenate([values, counts[..., None]], axis=-1)
    n_resamples = DRAWS if values.shape[-1] == 1 else n_resamples  # a curve needs no third digit
    # Sums, not means, make the value: 19 of 20 are 0.95 to the last bit.
    totals = np.vstack([both.sum((0, 1, 2)), nested_means(both, n_resamples)])
    some = totals[:, -1:] > 0
    nothing = np.full_like(totals[:, :-1], np.nan)
    ratios = np.divide(totals[:, :-1], totals[:, -1:], out=nothing, where=some)
    return ratios[0], ratios[1:]
