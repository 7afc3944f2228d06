"""What a group of synapses does, in numbers and in words made from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from metahebb.analysis.rule_parts import split
from metahebb.analysis.rule_phrases import phrase
from metahebb.analysis.rule_sample import POINTS, Points, apart, assumed, drawn, ranges, read_by
from metahebb.plasticity import Rule

Floats = npt.NDArray[np.float64]

GRID: Floats = np.linspace(-1, 1, 21)
"""Activities at which Δw is computed: the range of a tanh neuron."""
AT = 11
"""Values of a signal at which its curve is computed."""
STATES = 32
"""Lived weights, traces and modulators over which a plane or a point of a curve is a mean."""
NAMED = 0.2
"""A part is named if it makes this fraction of the parts' mean squares."""
NAMED_OWN = 0.05
"""The same for a part that depends on what it changes: it acts the same way at every step."""
FEWEST = 2
"""Where no part is that large, this many are named."""
UNDESCRIBED = 0.3
"""Where products leave more than this fraction of the mean square, none of them is named."""
ALIKE = 0.5
"""Below this agreement, synapses have less in common than sets them apart."""
CANCEL = 0.1
"""Below this one, their mean says nothing of any of them."""
STILL = 0.05
"""Below this strength, relative to the strongest cluster, a cluster counts as still."""

_ROOM = 1_000_000  # changes that are computed at a time

WEIGHT, TRACE = 0, 1
"""What a rule changes."""


@dataclass(frozen=True)
class Behavior:
    """What a group of synapses does with one of their numbers: the weight, or the trace.

    The change is computed at points: signals that were lived together.

    Attributes:
        plane: ``(n_post, n_pre)`` mean change over the synapses at the activities `GRID`, with
            weights, traces and modulators as lived.
        curves: per signal that the rule reads beside pre and post ``(2, n)``: values of it, and the
            mean change over the points and the synapses there.
        parts: factors of products of signals, such as pre·post, in the mean change.
        fractions: what each part makes of the sum of the parts' mean squares; ``nonlinear`` is
            what no product explains.
        agreement: mean over points of the squared mean change of the synapses, as a fraction of the
            mean over points and synapses of the squared change: 1 where all synapses do the same, 0
            where they cancel out.
        strength: root mean square of the change over points and synapses.
        of: the number that changes, ``weight`` or ``trace``.
        unexplained: mean square that no product explains, as a fraction of that of the mean change.
    """

    plane: Floats
    parts: dict[str, float]
    fractions: dict[str, float]
    agreement: float
    strength: float
    curves: dict[str, Floats] = field(default_factory=dict)
    of: str = "weight"
    unexplained: float = 0.0

    def words(self, strongest: float) -> str:
        """Return a sentence; ``strongest`` is the largest strength among all clusters."""
        if self.strength == 0:
            return "no change"
        if not np.isfinite(self.strength):
            return "no finite change"
        text = "; ".join(self._named(short=False)) + self._balance()
        if self.agreement < CANCEL:
            text = f"mixed: its synapses cancel out (agreement {self.agreement:.2f})"
        elif self.agreement < ALIKE:
            text = f"mixed (agreement {self.agreement:.2f}); on average {text}"
        if self.strength < STILL * strongest:
            text = f"nearly still ({self.strength / strongest:.1%} of the strongest); {text}"
        return text if np.isfinite(self.plane).all() else f"{text}; not finite everywhere"

    def label(self, strongest: float) -> str:
        """Return the same in a few words, for a figure."""
        if self.strength == 0:
            return "no change"
        if not np.isfinite(self.strength):
            return "not finite"
        text = ", ".join(self._named(short=True))
        if self.agreement < ALIKE:
            text = "mixed: cancel out" if self.agreement < CANCEL else f"mixed: {text}"
        return f"nearly still: {text}" if self.strength < STILL * strongest else text

    def _named(self, *, short: bool) -> list[str]:
        """Return what is said of the parts that count, the largest first."""
        if self.unexplained > UNDESCRIBED:
            left = f" ({self.unexplained:.0%} of its mean square is left over)"
            return ["not described by simple products of signals" + ("" if short else left)]
        named = []
        for name in self._counting():
            text = phrase(name, -1 if self.parts.get(name, 0) < 0 else 1, self.of)
            named.append(f"{text.split(':')[0] if short else text} ({self.fractions[name]:.0%})")
        return named

    def _counting(self) -> list[str]:
        """Return the names of the parts that count, the largest first."""
        ordered = sorted(self.fractions, key=lambda name: -self.fractions[name])
        least = {name: NAMED_OWN if self.of in name else NAMED for name in ordered}
        large = [name for name in ordered if self.fractions[name] >= least[name]]
        return large or [name for name in ordered[:FEWEST] if self.fractions[name] > 0]

    def _balance(self) -> str:
        """Return at which value a drift and a decay balance, where they are what counts."""
        described = self.unexplained <= UNDESCRIBED and {"1", self.of} <= set(self._counting())
        if not described or self.parts[self.of] >= 0:
            return ""
        value = -self.parts["1"] / self.parts[self.of]
        return f"; drift and decay balance at a {self.of} of {value:.2g}"


def behavior(
    rule: Rule,
    coefficients: npt.NDArray[np.float32],
    points: Points | None = None,
    of: int = WEIGHT,
) -> Behavior:
    """Return what synapses do.

    Args:
        rule: the rule that every synapse follows.
        coefficients: ``(k, n)``, of ``n`` synapses.
        points: signals that were lived; None: activities of `GRID`, and other signals in [-1, 1].
        of: `WEIGHT` or `TRACE`, what is looked at.
    """
    values = np.asarray(coefficients, np.float64)
    lived = assumed(rule, GRID) if points is None else points
    some = apart(drawn(lived, POINTS))
    means, squares = _changes(rule, values, some, of)
    parts = split(means, some, lambda points: _changes(rule, values, points, of)[0])
    square = _mean(squares)
    agreement = _mean(np.square(means)) / square if square > 0 else 1.0
    few = drawn(some, STATES)
    curves = {}
    for name in read_by(rule):
        low, high = (ranges(lived)[name][end] for end in ("low", "high"))
        at = np.linspace(low, high, AT)
        curves[name] = np.stack([at, _curve(rule, values, few, {name: at}, of)])
    states = {name: few[name] for name in read_by(rule)}
    pre, post = (grid.ravel() for grid in np.meshgrid(GRID, GRID))
    plane = _curve(rule, values, states, {"pre": pre, "post": post}, of)
    return Behavior(
        plane.reshape(GRID.size, GRID.size),
        parts.factors,
        parts.fractions,
        agreement,
        float(np.sqrt(square)),
        curves,
        ("weight", "trace")[of],
        parts.unexplained,
    )


def _mean(values: Floats) -> float:
    """Return the mean of the finite values; NaN where there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _curve(rule: Rule, values: Floats, points: Points, at: Points, of: int) -> Floats:
    """Return mean changes over ``points`` and synapses, with the signals ``at`` in their places."""
    size = len(next(iter(at.values())))
    total, count = np.zeros(size), len(next(iter(points.values()))) if points else 1
    for k in range(count):
        point = {name: np.full(size, there[k]) for name, there in points.items()}
        total += _changes(rule, values, point | dict(at), of)[0]
    return total / count


def _changes(rule: Rule, values: Floats, points: Points, of: int) -> tuple[Floats, Floats]:
    """Return means over synapses of changes and of their squares, ``(n_points,)``.

    Args:
        rule: the rule that every synapse follows.
        values: coefficients ``(k, n)``.
        points: a value of each signal that the rule reads, for each point.
        of: `WEIGHT` or `TRACE`.
    """
    n_points = len(next(iter(points.values())))
    means, squares = np.zeros((2, n_points))
    rows = max(1, _ROOM // values.shape[1])
    for start in range(0, n_points, rows):  # a few points at a time: synapses may be many
        chosen = slice(start, start + rows)
        signals = [points[name][chosen, None] for name in rule.signals]
        shape = (len(means[chosen]), values.shape[1])
        with np.errstate(all="ignore"):
            answer = rule(*signals, *values[:, None, :])
            changes = np.broadcast_to(answer[of] if rule.has_trace else answer, shape)
            means[chosen], squares[chosen] = changes.mean(1), np.square(changes).mean(1)
    return means, squares
