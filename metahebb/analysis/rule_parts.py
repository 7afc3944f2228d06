"""A change as a sum of products of signals."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Changes: TypeAlias = Callable[[Mapping[str, Floats]], Floats]
"""Returns changes ``(n_points,)`` at signals ``(n_points,)`` each."""

NONLINEAR = "nonlinear"
"""What no product explains."""

_PLANE = ("pre·post", "pre", "post", "1", "post²", "pre²", "pre·post²", "pre²·post")
"""Products of activities."""
_OF_STATE = {
    "weight": ("weight", "weight·post²", "weight·pre²", "weight·pre·post", "weight·pre",
               "weight·post"),
    "trace": ("trace", "trace·pre·post", "trace·pre", "trace·post", "trace·post²", "trace·pre²",
              "weight·trace"),
}  # fmt: skip
"""Products with a synapse's own state, by the signal that a rule has to read."""
_LEAST = 1e-9
"""Below this part of the largest root mean square, that of a product counts as 0."""
_EXACT = 1e-16
"""A change is a sum of products if no more than this part of their mean squares is left over."""
_WORTH = 0.01
"""A product that explains less than this part of a change stands in for none of the others."""


@dataclass(frozen=True)
class Parts:
    """A change as a sum of products of signals.

    Attributes:
        factors: factor of each product in the change.
        fractions: the mean square of each product with its factor, and of the rest (``nonlinear``),
            as fractions of the sum of all of these; all 0 without any change.
        unexplained: the mean square of the rest, as a fraction of the mean square of the change.
    """

    factors: dict[str, float]
    fractions: dict[str, float]
    unexplained: float = 0.0


def products(signals: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the products of ``signals`` that have a name, each over all of the points.

    Args:
        signals: values ``(n_points,)`` of each signal that a rule reads.
    """
    names = [*_PLANE, *itertools.chain.from_iterable(_OF_STATE.values())]
    if "modulator" in signals:
        names += [f"modulator·{name}" if name != "1" else "modulator" for name in names]
    read = {"1", *signals, *(f"{name}²" for name in signals)}
    names = [name for name in names if read.issuperset(name.split("·"))]
    return {name: _product(name, signals) for name in names}


def _product(name: str, signals: Mapping[str, Floats]) -> Floats:
    product = np.ones(len(next(iter(signals.values()))))
    for factor in name.split("·"):
        if factor != "1":
            value = signals[factor.removesuffix("²")]
            product = product * (value**2 if factor.endswith("²") else value)
    return product


def split(
    change: Floats,
    signals: Mapping[str, Floats],
    function: Changes,
) -> Parts:
    """Return what each product makes of ``change``.

    If the function is a sum of products, the factors are those of the function: they are taken at
    signals that are drawn apart from each other, because signals that were lived together often
    determine each other. Otherwise the factors are fitted by least squares, at the points that were
    lived and at as many points with the values of each signal shuffled. Then only products of
    signals on which the change depends are used, and as few of them as possible, so that no product
    stands in for another one. What they leave over counts at the points that were lived.

    A drift and a decay that balance each other both count. Points that are not finite are left out.

    Args:
        change: ``(n_points,)``, the values of ``function`` at ``signals``.
        signals: ``(n_points,)`` each.
        function: returns changes ``(n_points,)`` at other signals.
    """
    names, finite = list(products(signals)), np.isfinite(change)
    factors, fractions = dict.fromkeys(names, 0.0), dict.fromkeys((*names, NONLINEAR), 0.0)
    wanted = change[finite]
    if not wanted.any():
        return Parts(factors, fractions)
    lived = {name: values[finite] for name, values in signals.items()}
    columns = products(lived)
    factors |= _factors_of(function, lived, columns, wanted) or _fitted(function, lived, wanted)
    squares = {name: float(np.square(factors[name] * columns[name]).mean()) for name in names}
    rest = float(np.square(wanted - _sum(factors, columns)).mean())
    unexplained = rest / float(np.square(wanted).mean())
    fractions |= squares | {NONLINEAR: rest if rest > _EXACT * sum(squares.values()) else 0.0}
    whole = sum(fractions.values())
    return Parts(
        factors,
        {name: fraction / whole for name, fraction in fractions.items()},
        unexplained if fractions[NONLINEAR] else 0.0,
    )


def _sum(factors: Mapping[str, float], columns: Mapping[str, Floats]) -> Floats:
    total: Floats = sum((factors[name] * columns[name] for name in factors), np.zeros(1))
    return total


def _drawn_apart(signals: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return as many values of each signal, which no other signal and no square of it determines.

    They lie between a half of the lived values and all of these.
    """
    rng = np.random.default_rng(0)
    apart = {}
    for name, values in signals.items():
        low, high, size = values.min(), values.max(), values.size
        apart[name] = rng.uniform(low, high, size) * rng.uniform(0.5, 1, size)
    return apart


def _factors_of(
    function: Changes,
    lived: Mapping[str, Floats],
    columns: Mapping[str, Floats],
    wanted: Floats,
) -> dict[str, float]:
    """Return the factors of the products that ``function`` is a sum of; nothing if it is none.

    Args:
        function: returns changes at signals.
        lived: signals ``(n_points,)``.
        columns: the products of these.
        wanted: ``(n_points,)``, the changes there.
    """
    apart = _drawn_apart(lived)
    values, drawn = function(apart), products(apart)
    if not np.isfinite(values).all():
        return {}
    factors = _least_squares(drawn, values)
    for there, changes in ((drawn, values), (columns, wanted)):
        whole = sum(float(np.square(f * there[name]).mean()) for name, f in factors.items())
        if np.square(changes - _sum(factors, there)).mean() > _EXACT * whole:
            return {}
    return factors


def _read(function: Changes, lived: Mapping[str, Floats], wanted: Floats) -> set[str]:
    """Return the names of the signals on which the changes ``wanted`` depend."""
    least = _LEAST * float(np.abs(wanted).max())
    moved = {
        name: function({**lived, name: values}) for name, values in _drawn_apart(lived).items()
    }
    return {
        name for name, values in moved.items() if not np.allclose(values, wanted, 0, atol=least)
    }


def _fitted(function: Changes, lived: Mapping[str, Floats], wanted: Floats) -> dict[str, float]:
    """Return the factors of as few products as describe changes about as well as all.

    Args:
        function: returns changes at signals.
        lived: signals ``(n_points,)``.
        wanted: ``(n_points,)``, the changes there.
    """
    read = _read(function, lived, wanted)
    usable = {"1", *read, *(f"{name}²" for name in read)}
    rng = np.random.default_rng(0)
    shuffled = {
        name: rng.permutation(values) * rng.uniform(0.5, 1, values.size)
        for name, values in lived.items()
    }
    changes = np.concatenate([wanted, function(shuffled)])
    finite = np.isfinite(changes)
    at = {name: np.concatenate([values, shuffled[name]])[finite] for name, values in lived.items()}
    candidates = {
        name: column for name, column in products(at).items() if usable.issuperset(name.split("·"))
    }
    names = _few(candidates, changes[finite])
    return _least_squares({name: candidates[name] for name in names}, changes[finite])


def _few(columns: Mapping[str, Floats], wanted: Floats) -> list[str]:
    """Return which columns are left if the one that is missed least is removed again and again.

    Where two are missed alike, the later one is removed.
    """
    sizes = _sizes(columns)
    names = list(sizes)
    matrix = np.column_stack([*(columns[name] / sizes[name] for name in names), wanted])
    triangle: Floats = np.asarray(
        np.linalg.qr(matrix, mode="r")
    )  # all that least squares depend on
    target = triangle[:, -1]

    def rest(kept: list[int]) -> float:
        chosen = triangle[:, kept]
        fitted = chosen @ np.linalg.lstsq(chosen, target, rcond=1e-9)[0] if kept else 0.0
        return float(np.square(target - fitted).sum())

    kept, size = list(range(len(names))), float(np.square(target).sum())
    most = rest(kept) + _WORTH * size
    while kept:
        rests = [rest([other for other in kept if other != one]) for one in kept]
        if min(rests) > most:
            break
        del kept[max(p for p, left in enumerate(rests) if left <= min(rests) + _LEAST * size)]
    return [names[place] for place in kept]


def _sizes(columns: Mapping[str, Floats]) -> dict[str, float]:
    """Return the root mean square of each column, without those that are 0 beside others."""
    sizes = {name: float(np.sqrt(np.square(c).mean())) for name, c in columns.items()}
    least = _LEAST * max(sizes.values(), default=0.0)
    return {name: size for name, size in sizes.items() if size > least}


def _least_squares(columns: Mapping[str, Floats], wanted: Floats) -> dict[str, float]:
    """Return the factor of each column in ``wanted``, without factors that are 0 beside others."""
    sizes = _sizes(columns)
    if not sizes:
        return {}
    matrix = np.stack([columns[name] / size for name, size in sizes.items()], axis=1)
    factors = np.linalg.lstsq(matrix, wanted, rcond=1e-9)[0]
    least = _LEAST * np.abs(factors).max()
    return {
        name: float(factor / size)
        for factor, (name, size) in zip(factors, sizes.items(), strict=True)
        if abs(factor) > least
    }
