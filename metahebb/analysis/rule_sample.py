"""What synapses live through: a sample of the weights, traces and modulators of a run's lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from metahebb.analysis.rule_updates import Update
from metahebb.plasticity import Rule

Floats = npt.NDArray[np.float64]
Points: TypeAlias = Mapping[str, Floats]
"""Values ``(n,)`` of each signal; values at one place were lived together."""

STATE = ("weight", "trace", "modulator")
"""Signals that have no usual range, as activities have one."""
KEPT = 64
"""Values that are kept of each life and cluster."""
POINTS = 512
"""Values, drawn from all lives, at which Δw is computed."""


def read_by(rule: Rule) -> tuple[str, ...]:
    """Return the signals of `STATE` that ``rule`` reads."""
    return tuple(name for name in STATE if name in rule.signals)


def assumed(rule: Rule, activities: Floats) -> Points:
    """Return all pairs of ``activities`` as pre and post, with other signals drawn from [-1, 1].

    These are the points where nothing was lived.
    """
    pre, post = (grid.ravel() for grid in np.meshgrid(activities, activities))
    rng = np.random.default_rng(0)
    return {"pre": pre, "post": post} | {
        name: rng.uniform(-1, 1, pre.size) for name in read_by(rule)
    }


@dataclass(frozen=True)
class Sample:
    """A reader of updates that keeps some synapses' signals, drawn evenly from each life.

    Each update offers one synapse of each cluster, and a reservoir (Vitter 1985, algorithm R) keeps
    `KEPT` of them. The draws are a function of the life's number, however many threads there are.

    Attributes:
        names: the signals that are kept.
        members: synapses of each cluster ``(n, 3)``: layer, row and column.
        values: ``(n_lives, n_clusters, KEPT, n_names)``; NaN at first.
    """

    names: tuple[str, ...]
    members: Sequence[npt.NDArray[np.intp]]
    values: Floats
    _draws: dict[int, np.random.Generator] = field(default_factory=dict)
    _counts: dict[int, int] = field(default_factory=dict)

    @classmethod
    def empty(
        cls, names: tuple[str, ...], groups: Sequence[npt.NDArray[np.intp]], lives: int
    ) -> Sample:
        """Return what keeps signals of lives 0 to ``lives - 1``.

        Args:
            names: the signals.
            groups: per layer ``(n_out, n_in)``, the number of each synapse's cluster; -1: none.
            lives: number of lives.
        """
        n_clusters = 1 + max(int(group.max()) for group in groups)
        members = [
            np.concatenate(
                [
                    np.insert(np.argwhere(group == cluster), 0, layer, axis=1)
                    for layer, group in enumerate(groups)
                ]
            )
            for cluster in range(n_clusters)
        ]
        return cls(names, members, np.full((lives, n_clusters, KEPT, len(names)), np.nan))

    def __call__(self, update: Update) -> None:
        """Keep the signals of some synapses, or of none."""
        unit = update.unit
        draws = self._draws.setdefault(unit, np.random.default_rng((0, unit)))
        count = self._counts.get(unit, 0)
        self._counts[unit] = count + 1
        place = count if count < KEPT else int(draws.integers(count + 1))
        for cluster, synapses in enumerate(self.members):
            layer, row, column = synapses[draws.integers(len(synapses))]
            if place < KEPT:
                signals = update.signals[layer]
                self.values[unit, cluster, place] = [
                    _at(signals[name], row, column) for name in self.names
                ]

    def points(self, cluster: int, finite: npt.NDArray[np.bool_]) -> Points | None:
        """Return values of ``cluster`` from the lives that are ``finite``; None: there are none."""
        values = self.values[finite, cluster].reshape(-1, len(self.names))
        values = values[np.isfinite(values).all(1)]
        if not len(values):
            return None
        return dict(zip(self.names, values.T, strict=True))


def _at(values: npt.NDArray[np.float32], row: int, column: int) -> float:
    """Return the value of a synapse; an axis of length 1 is alike for all."""
    rows, columns = values.shape
    return float(values[row if rows > 1 else 0, column if columns > 1 else 0])


def drawn(points: Points, n: int) -> Points:
    """Return at most ``n`` of the points, drawn at random, always the same ones."""
    size = len(next(iter(points.values())))
    if size <= n:
        return points
    chosen = np.random.default_rng(0).choice(size, n, replace=False)
    return {name: values[chosen] for name, values in points.items()}


def apart(points: Points) -> Points:
    """Return the points with values that are all the same spread between a half of it and itself.

    Where all weights are 1, nothing that was lived tells a decay from a drift, but the rule does.
    """
    return {
        name: np.linspace(0.5, 1, len(values)) * values if np.ptp(values) == 0 else values
        for name, values in points.items()
    }


def ranges(points: Points) -> dict[str, dict[str, float]]:
    """Return the median of each signal and its quantiles of 5 and 95 %."""
    quantiles = {}
    for name, values in points.items():
        low, median, high = np.quantile(values, (0.05, 0.5, 0.95))
        quantiles[name] = {"median": float(median), "low": float(low), "high": float(high)}
    return quantiles
