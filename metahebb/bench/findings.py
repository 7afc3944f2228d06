"""Findings of a benchmark other than ratios: absolute figures, curves of growth, profiles."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metahebb.bench.base import Row


@dataclass(frozen=True)
class Curve:
    """A curve of cost against the size of the work.

    Attributes:
        name: name of the size that grows, such as ``popsize``.
        x_label: label of the axis of sizes.
        y_label: label of the axis of costs, with their unit.
        x: sizes at which the cost was measured.
        y: median cost at each size.
        exponent: slope of log cost against log size, which is 1 if cost is proportional to size.
    """

    name: str
    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    exponent: float


@dataclass(frozen=True)
class Profile:
    """The time of an env step, divided among parts of the program.

    Attributes:
        name: name of the work that was profiled.
        microseconds: microseconds per env step on one core, by part.
    """

    name: str
    microseconds: dict[str, float]


Finding = Row | Curve | Profile


def exponent(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the slope of log ``y`` against log ``x``, by least squares."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def absolute(name: str, values: Sequence[float], goal: str | None, unit: str, note: str) -> Row:
    """Return the row of a figure with an absolute goal; the row's ratio is the figure's median."""
    middle = statistics.median(values)
    return Row(name, middle, None, middle, min(values), max(values), goal, unit, note)


def seconds(rates: Sequence[float], unit: float = 1.0) -> list[float]:
    """Return the costs [s] that belong to ``rates`` [1/s]; a ``unit`` of 1e6 gives microseconds."""
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
        name: the name of the size that grows.
        labels: the labels of size and cost.
        sizes: the sizes, ``(n,)``.
        costs: the costs, ``(n, repeats)``. Each repeat gives an exponent, and the row reports the
            median of the exponents.
        goal: the goal of the exponent.
        note: the text that says what is measured.
    """
    slopes = [exponent(sizes, repeat) for repeat in zip(*costs, strict=True)]
    middle = tuple(statistics.median(each) for each in costs)
    curve = Curve(name, *labels, tuple(sizes), middle, statistics.median(slopes))
    return curve, absolute(f"growth, {name}", slopes, goal, "exponent", note)
