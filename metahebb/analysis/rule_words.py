"""What a group of synapses does, in numbers and in words made from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.plasticity import Rule
from metahebb.plasticity.terms import delta

Floats = npt.NDArray[np.float64]

GRID: Floats = np.linspace(-1, 1, 21)
"""Activities at which Δw is computed: the range of a tanh neuron."""
HELD = {"weight": 0.0, "trace": 1.0, "modulator": 1.0}
"""What the other signals are held at."""
NAMED = 0.2
"""A part is named if it makes this fraction of the mean square of Δw over the plane."""
ALIKE = 0.5
"""Below this agreement, synapses have less in common than sets them apart."""
CANCEL = 0.1
"""Below this one, their mean says nothing of any of them."""
STILL = 0.05
"""Below this strength, relative to the strongest cluster, a cluster counts as still."""

PARTS = ("pre·post", "pre", "post", "1")
"""The plane's parts; they are orthogonal over it, so that their mean squares add up."""

_PHRASES = {
    ("pre·post", 1): "Hebbian: strengthens when pre and post agree",
    ("pre·post", -1): "anti-Hebbian: weakens when pre and post agree",
    ("pre", 1): "pre-driven: strengthens when pre is positive, weakens when it is negative",
    (
        "pre",
        -1,
    ): "inversely pre-driven: weakens when pre is positive, strengthens when it is negative",
    ("post", 1): "post-driven: strengthens when post is positive, weakens when it is negative",
    (
        "post",
        -1,
    ): "inversely post-driven: weakens when post is positive, strengthens when it is negative",
    ("1", 1): "constant drift up",
    ("1", -1): "constant drift down",
    ("nonlinear", 1): "nonlinear in pre and post",
}


@dataclass(frozen=True)
class Behavior:
    """What a group of synapses does over the plane of pre and post in [-1, 1]².

    Attributes:
        plane: ``(n_post, n_pre)`` mean Δw over the synapses, at the activities `GRID`.
        parts: factors of pre·post, pre, post and 1 in the plane.
        fractions: what each part makes of the plane's mean square; ``nonlinear`` is the rest.
        agreement: mean square of the mean Δw over the mean square of Δw: 1 where all synapses do
            the same, 0 where they cancel out.
        strength: root mean square of Δw over the plane and the synapses.
    """

    plane: Floats
    parts: dict[str, float]
    fractions: dict[str, float]
    agreement: float
    strength: float

    def words(self, strongest: float) -> str:
        """Return a sentence; ``strongest`` is the largest strength among all clusters."""
        if self.strength == 0:
            return "no change"
        text = self._named("; ", "")
        if self.agreement < CANCEL:
            text = f"mixed: its synapses cancel out (agreement {self.agreement:.2f})"
        elif self.agreement < ALIKE:
            text = f"mixed (agreement {self.agreement:.2f}); on average {text}"
        if self.strength < STILL * strongest:
            text = f"nearly still ({self.strength / strongest:.1%} of the strongest); {text}"
        return text

    def label(self, strongest: float) -> str:
        """Return the same in a few words, for a figure."""
        if self.strength < STILL * strongest or self.strength == 0:
            return "nearly still" if self.strength else "no change"
        if self.agreement < CANCEL:
            return "mixed: cancel out"
        return ("mixed: " if self.agreement < ALIKE else "") + self._named(", ", ":")

    def _named(self, between: str, until: str) -> str:
        """Return the parts that count, the largest first; of each the text up to ``until``."""
        named = []
        for name, fraction in sorted(self.fractions.items(), key=lambda item: -item[1]):
            if fraction >= NAMED:
                phrase = _PHRASES[name, -1 if self.parts.get(name, 0) < 0 else 1]
                phrase = phrase.split(until)[0] if until else phrase
                named.append(f"{phrase} ({fraction:.0%})")
        return between.join(named)


def behavior(rule: Rule, coefficients: npt.NDArray[np.float32]) -> Behavior:
    """Return what synapses with ``coefficients`` ``(k, n)`` do."""
    values = np.asarray(coefficients, np.float64)
    total, squares = np.zeros((2, GRID.size, GRID.size))
    for row, post in enumerate(GRID):  # a row at a time: synapses may be many
        signals = {"pre": GRID[:, None], "post": post, **HELD}
        found = delta(rule, *(signals[s] for s in rule.signals), *values[:, None, :])
        changes = np.broadcast_to(found, (GRID.size, values.shape[1]))
        total[row], squares[row] = changes.mean(1), np.square(changes).mean(1)
    parts, fractions = _split(total)
    whole = float(squares.mean())
    agreement = float(np.square(total).mean() / whole) if whole > 0 else 1.0
    return Behavior(total, parts, fractions, agreement, float(np.sqrt(whole)))


def _split(plane: Floats) -> tuple[dict[str, float], dict[str, float]]:
    """Return the factor of each part, and its fraction of the mean square; 0 for a zero plane."""
    pre, post = GRID[None, :], GRID[:, None]
    shapes = (pre * post, pre + 0 * post, post + 0 * pre, np.ones_like(plane))
    mean_square = float(np.square(plane).mean())
    parts, fractions = {}, {}
    for name, shape in zip(PARTS, shapes, strict=True):
        square = float(np.square(shape).mean())
        parts[name] = float((plane * shape).mean()) / square
        fractions[name] = parts[name] ** 2 * square / mean_square if mean_square > 0 else 0.0
    rest = 1 - sum(fractions.values()) if mean_square > 0 else 0.0
    fractions["nonlinear"] = max(rest, 0.0)
    return parts, fractions
