"""What a benchmark finds beside ratios: absolute figures, curves of growth, profiles."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metahebb.bench.base import Row


@dataclass(frozen=True)
class Curve:
    """Cost against the size of the work.

    Attributes:
        name: what grows.
        x_label: of the size.
        y_label: of the cost, with its unit.
        x: sizes.
        y: the median cost at each.
        exponent: slope of log cost against log size: 1 where cost is proportional to the work.
    """

    name: str
    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    exponent: float


@dataclass(frozen=True)
class Profile:
    """Where the time of an env step goes.

    Attributes:
        name: of what was profiled.
        microseconds: per env step of one core, by part.
    """

    name: str
    microseconds: dict[str, float]


Finding = Row | Curve | Profile


def exponent(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the slope of log ``y`` against log ``x``, by least squares."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def absolute(name: str, values: Sequence[float], goal: str | None, unit: str, note: str) -> Row:
    """Return the row of a figure whose goal is absolute: its ratio is its own median."""
    middle = statistics.median(values)
    return Row(name, middle, None, middle, min(values), max(values), goal, unit, note)


def seconds(rates: Sequence[float], unit: float = 1.0) -> list[float]:
    """Return costs from rates; ``unit`` 1e6 gives microseconds."""
    return [unit / rate for rate in rates]


def grown(
    name: str,
    labels: tuple[str, str],
    sizes: Sequence[float],
    costs: Sequence[Sequence[float]],
    goal: str,
    note: str,
) -> tuple[Curve, Row]:
    """Return curve and row of costs that were measured at growing sizes.

    Args:
        name: what grows.
        labels: of size and cost.
        sizes: ``(n,)``.
        costs: ``(n, repeats)``; each repeat gives an exponent, whose median is reported.
        goal: of the exponent.
        note: what is measured.
    """
    slopes = [exponent(sizes, repeat) for repeat in zip(*costs, strict=True)]
    middle = tuple(statistics.median(each) for each in costs)
    curve = Curve(name, *labels, tuple(sizes), middle, statistics.median(slopes))
    return curve, absolute(f"growth, {name}", slopes, goal, "exponent", note)
