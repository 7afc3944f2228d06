"""The claims of the study ``delay``: last returns of both arms, and areas under learning curves."""

from __future__ import annotations

import numpy as np

from experiments.delay.runs import ARMS, Floats, Pairs
from experiments.kit.claims import Claim, Interval
from metahebb.analysis.statistics import few_runs, nested_interval, nested_means, quantile_interval

SYNCHRONOUS, DELAYED = ARMS


def claims_of(pairs: Pairs, made_by: str) -> list[Claim]:
    """Return claims about each arm's last returns and learning curves, and their differences."""
    part = pairs.part
    world, ended = part.preset, f"after {pairs.generations} generations"
    figures: dict[str, Interval] = {
        f"{world}, {arm}: {part.measure} {ended}": ending(pairs, arm) for arm in ARMS
    }
    figures[f"{world}, {DELAYED} − {SYNCHRONOUS}: {part.measure} {ended}"] = gap(pairs)
    on_the_way = f"{part.measure}, mean over the learning curve"
    figures |= {f"{world}, {arm}: {on_the_way}": area(pairs, arm) for arm in ARMS}
    what = f"{world}, {DELAYED} / {SYNCHRONOUS}: area under the learning curve"
    figures[what] = area_ratio(pairs)
    return [Claim(name, *value, None, pairs.seeds, made_by) for name, value in figures.items()]


def ending(pairs: Pairs, arm: str) -> Interval:
    """Return the mean return of an arm's last centers, with its interval over runs and lives."""
    return nested_interval(pairs.returns[arm], pairs.part.bound)


def gap(pairs: Pairs) -> Interval:
    """Return the delayed minus the synchronous mean return, paired by life, with its interval."""
    more = pairs.returns[DELAYED] - pairs.returns[SYNCHRONOUS]
    return nested_interval(more, 2 * pairs.part.bound)


def area(pairs: Pairs, arm: str) -> Interval:
    """Return the mean of an arm's learning curves, with its interval over runs."""
    mean, low, high = nested_interval(_areas(pairs, arm)[:, None], pairs.part.bound)
    return (mean, None, None) if len(pairs.seeds) < 2 else (mean, low, high)


def area_ratio(pairs: Pairs) -> Interval:
    """Return the delayed area divided by the synchronous area, with its interval over pairs.

    The ratio is a ratio of means over seeds, so that no division is by the small area of a single
    run that learns late. All three numbers are None if the interval of the synchronous area reaches
    0, because a division by nearly 0 says nothing.
    """
    below, low, _ = area(pairs, SYNCHRONOUS)
    if below is None or (below if low is None else low) <= 0:
        return None, None, None
    both = np.stack([_areas(pairs, DELAYED), _areas(pairs, SYNCHRONOUS)], axis=-1)
    above, below = both.mean(0)
    ratio = float(above / below)
    if low is None:
        return ratio, None, None
    draws = nested_means(both[None, :, None])
    return ratio, *quantile_interval(draws[:, 0] / draws[:, 1], ratio, few_runs(1, len(both)))


def _areas(pairs: Pairs, arm: str) -> Floats:
    areas: Floats = pairs.curves[arm].mean(1)
    return areas
