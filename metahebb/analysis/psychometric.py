"""Psychometric curves: how often an answer is given, against the strength of a stimulus."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.special import expit, ndtr, xlog1py, xlogy
from scipy.stats import binomtest, chi2

from metahebb.errors import InputError

Numbers = npt.NDArray[np.float64]
Shape = Literal["normal", "logistic"]
Interval = tuple[float, float]

MOST_LAPSES = 0.4
"""The largest lapse rate that a fit can have."""
_RISE = chi2.ppf(0.95, 1) / 2  # of −log likelihood at the ends of a 95 % interval
_SIGMOIDS: dict[str, Callable[[Numbers], Numbers]] = {"normal": ndtr, "logistic": expit}
_STEEPEST = {"normal": 1 / math.sqrt(2 * math.pi), "logistic": 0.25}


@dataclass(frozen=True)
class Answers:
    """How often an answer was given at each level of a stimulus.

    Attributes:
        levels: ``(k,)`` ascending.
        n: ``(k,)`` the number of trials of each level.
        chosen: ``(k,)`` the number of trials in which the answer was given.
    """

    levels: Numbers
    n: npt.NDArray[np.intp]
    chosen: npt.NDArray[np.intp]

    @property
    def part(self) -> Numbers:
        """The part of trials with the answer, of each level ``(k,)``."""
        return np.asarray(self.chosen / self.n, np.float64)

    def intervals(self) -> tuple[Numbers, Numbers]:
        """Return the ends ``(k,)`` of the 95 % interval of each part (Wilson's score interval)."""
        ends = [
            binomtest(int(k), int(n)).proportion_ci(0.95, "wilson")
            for k, n in zip(self.chosen, self.n, strict=True)
        ]
        return np.array([e.low for e in ends]), np.array([e.high for e in ends])

    def binned(self, most: int = 9) -> Answers:
        """Return at most ``most`` levels: bins of equal numbers of trials, at their mean level."""
        if self.levels.size <= most:
            return self
        middle = np.cumsum(self.n) - self.n / 2
        bins = np.minimum((most * middle / self.n.sum()).astype(np.intp), most - 1)
        kept = np.unique(bins)
        n, chosen = (np.bincount(bins, counts, most)[kept] for counts in (self.n, self.chosen))
        levels = np.bincount(bins, self.levels * self.n, most)[kept] / n
        return Answers(levels, n.astype(np.intp), chosen.astype(np.intp))


@dataclass(frozen=True)
class Psychometric:
    """A fitted curve ``P = lapse_low + (1 − lapse_low − lapse_high) F((level − bias) / spread)``.

    Attributes:
        shape: of F: the cumulative ``normal``, or the ``logistic`` function.
        bias: the level at which F is ½, in units of the condition.
        spread: the standard deviation of the normal, or the scale of the logistic function, in
            units of the condition; negative where the answer is given less often at higher levels.
        lapse_low: the part of trials with the answer at the foot of the curve.
        lapse_high: the part of trials without the answer at its top.
        intervals: 95 % intervals of ``bias``, ``slope``, ``lapse_low`` and ``lapse_high``, by name.
            An end is infinite where the answers do not bound it: the slope has no upper end where
            all answers change between two neighboring levels, and 0 is an end where a level curve
            cannot be excluded.
        log_likelihood: of the answers.
    """

    shape: Shape
    bias: float
    spread: float
    lapse_low: float
    lapse_high: float
    intervals: dict[str, Interval]
    log_likelihood: float

    @property
    def slope(self) -> float:
        """The slope of F at the bias, per unit of the condition; lapses do not lessen it."""
        return _STEEPEST[self.shape] / self.spread

    def __call__(self, levels: npt.ArrayLike) -> Numbers:
        """Return the probability of the answer at each of ``levels``."""
        at = np.asarray(levels, np.float64)
        inside = _SIGMOIDS[self.shape]((at - self.bias) / self.spread)
        return np.asarray(self.lapse_low + (1 - self.lapse_low - self.lapse_high) * inside)


def answers(condition: npt.ArrayLike, chosen: npt.ArrayLike) -> Answers:
    """Return how often an answer was given at each level of ``condition``.

    Args:
        condition: ``(n_trials,)``, the level of the stimulus in each trial.
        chosen: ``(n_trials,)``, 1 or true where the answer was given. Trials in which one of both
            is NaN are left out.

    Raises:
        InputError: no trial is left.
    """
    at, yes = np.asarray(condition, np.float64), np.asarray(chosen, np.float64)
    known = np.isfinite(at) & np.isfinite(yes)
    if not known.any():
        raise InputError(
            "expected trials with an answer and a level, got none (psychometric curve); live more "
            "trials"
        )
    levels, places = np.unique(at[known], return_inverse=True)
    n = np.bincount(places, minlength=levels.size)
    yeses = np.bincount(places, yes[known] > 0.5, minlength=levels.size)
    return Answers(levels, n.astype(np.intp), yeses.astype(np.intp))


def fit_psychometric(
    given: Answers, shape: Shape = "normal", lapses: bool = True, intervals: bool = True
) -> Psychometric:
    """Fit a psychometric curve to the answers by maximum likelihood.

    The default shape, the cumulative normal with a lapse rate at either end, is the one that
    psychofit has for choices between two sides, which the International Brain Laboratory uses.
    Intervals are the ones of the profile likelihood: the values at which twice the log likelihood,
    maximized over all other parameters, is 3.84 below its maximum. They stay valid where a lapse
    rate is 0, at its bound.

    Differs from psychofit: the spread is a standard deviation (psychofit's threshold is √2 times
    as large), the search is L-BFGS-B from several starts, and the curve may fall.

    Args:
        given: the answers at two levels or more.
        shape: ``normal`` or ``logistic``.
        lapses: whether lapse rates are fitted, up to `MOST_LAPSES`; otherwise, both are 0.
        intervals: whether to work out intervals, which takes most of the time.

    Raises:
        InputError: the answers do not determine a curve: there is one level alone, or all answers
            are the same.
    """
    if given.levels.size < 2:
        raise InputError(
            f"expected two levels or more, got {given.levels.size} (psychometric curve); test "
            "stimuli of several strengths"
        )
    if given.chosen.sum() in (0, given.n.sum()):
        every = "never" if not given.chosen.any() else "always"
        raise InputError(
            f"expected both answers, got the answer {every} (psychometric curve); train the "
            "network longer, or test other stimuli"
        )
    return _Fit(given, shape, lapses).curve(intervals)


class _Fit:
    """Maximum likelihood over ``(bias, log |spread|, lapse_low, lapse_high)``, in scaled levels."""

    def __init__(self, given: Answers, shape: Shape, lapses: bool) -> None:
        self.given, self.shape = given, shape
        self.center = float(np.average(given.levels, weights=given.n))
        self.scale = float(np.ptp(given.levels)) / 2
        self.levels = (given.levels - self.center) / self.scale
        gap = float(np.diff(self.levels).min())
        most = MOST_LAPSES if lapses else 0.0
        self.bounds = [(-3.0, 3.0), (math.log(gap / 20), math.log(30.0)), (0, most), (0, most)]
        self.sign = 1.0

    def loss(self, values: Numbers) -> float:
        """Return −log likelihood."""
        bias, log_spread, low, high = values
        inside = _SIGMOIDS[self.shape](self.sign * (self.levels - bias) * math.exp(-log_spread))
        p = np.clip(low + (1 - low - high) * inside, 1e-12, 1 - 1e-12)
        yes, no = self.given.chosen, self.given.n - self.given.chosen
        return -float((xlogy(yes, p) + xlog1py(no, -p)).sum())

    def least(self, start: Numbers, fixed: int | None = None) -> tuple[Numbers, float]:
        """Return the best values from ``start`` on, and their loss; one of them may be fixed."""
        bounds = list(self.bounds)
        if fixed is not None:
            bounds[fixed] = (start[fixed], start[fixed])
        result = minimize(
            self.loss, start, method="L-BFGS-B", jac="3-point", bounds=bounds,
            options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500},
        )  # fmt: skip
        return np.asarray(result.x, np.float64), float(result.fun)

    def best(self) -> tuple[Numbers, float]:
        """Return the best values of all starts, for a rising and for a falling curve."""
        most = self.bounds[2][1]
        ends: list[tuple[float, float, Numbers]] = []
        for sign in (1.0, -1.0):
            self.sign = sign
            for bias in (-0.5, 0.0, 0.5):
                for spread in (0.1, 0.5):
                    for lapse in sorted({0.0, most / 8}):
                        at = np.array([bias, math.log(spread), lapse, lapse])
                        values, loss = self.least(at)
                        ends.append((loss, sign, values))
        loss, self.sign, values = min(ends, key=lambda end: end[0])
        return values, loss

    def curve(self, with_intervals: bool) -> Psychometric:
        values, loss = self.best()
        intervals = {}
        if with_intervals:
            ends = [self.interval(values, loss, which) for which in range(4)]
            unit = _STEEPEST[self.shape] * self.sign / self.scale
            slopes = sorted(unit * math.exp(-end) for end in ends[1])
            intervals = {
                "bias": (self._level(ends[0][0]), self._level(ends[0][1])),
                "slope": (slopes[0], slopes[1]),
                "lapse_low": ends[2],
                "lapse_high": ends[3],
            }
        return Psychometric(
            self.shape,
            self._level(values[0]),
            self.sign * self.scale * math.exp(values[1]),
            float(values[2]),
            float(values[3]),
            intervals,
            -loss,
        )

    def _level(self, bias: float) -> float:
        return float(self.center + self.scale * bias)

    def interval(self, values: Numbers, loss: float, which: int) -> Interval:
        """Return the interval of the profile likelihood of one of the values."""
        low, high = self.bounds[which]
        if low == high:
            return 0.0, 0.0
        down = self._end(values, loss, which, low)
        up = self._end(values, loss, which, high)
        if which < 2:  # we chose these bounds: the answers have none
            down = -math.inf if down == low else down
            up = math.inf if up == high else up
        return down, up

    def _end(self, values: Numbers, loss: float, which: int, bound: float) -> float:
        """Return where the profile has risen to the end of the interval; else the bound."""
        latest = values

        def above(value: float) -> float:
            nonlocal latest
            ends = []
            for start in (latest, values):  # the profile may have several minima
                at = start.copy()
                at[which] = value
                ends.append(self.least(at, which))
            latest, least = min(ends, key=lambda end: end[1])
            return float(least - loss - _RISE)

        inner, step = float(values[which]), 0.05
        while inner != bound:
            outer = inner + math.copysign(step, bound - inner)
            if abs(outer - values[which]) >= abs(bound - values[which]):
                outer = bound
            if above(outer) > 0:
                latest = values
                return inner if above(inner) > 0 else float(brentq(above, inner, outer, xtol=1e-5))
            inner, step = outer, 2 * step
        return bound
