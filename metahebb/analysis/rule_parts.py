"""A change as a sum of products of signals, and what each product is called."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NONLINEAR = "nonlinear"
"""What no product explains."""

_PLANE = ("pre·post", "pre", "post", "1")
"""Products of activities; they are orthogonal over the plane."""
_OF_STATE = {
    "weight": ("weight", "weight·post²", "weight·pre²", "weight·pre·post", "weight·pre",
               "weight·post"),
    "trace": ("trace", "trace·pre·post", "trace·pre", "trace·post"),
}  # fmt: skip
"""Products with a synapse's own state, by the signal that a rule has to read."""
_LEAST = 1e-9
"""Below this part of the largest root mean square, that of a product counts as 0."""


def products(signals: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the products of ``signals`` that have a name, each over all of the points.

    Args:
        signals: what a rule reads, each ``(n_points,)``.
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
    change: Floats, signals: Mapping[str, Floats]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the factor of each product in ``change``, and what it makes of the mean squares.

    The factors are fitted by least squares; what is left over is ``nonlinear``. Fractions are of
    the sum of the mean squares of all products, each with its factor, and of the rest: they add up
    to 1, and a drift and a decay that balance each other both count. Points that are not finite
    are left out; without any change, or any finite point, all fractions are 0.

    Args:
        change: ``(n_points,)``.
        signals: ``(n_points,)`` each.
    """
    finite = np.isfinite(change)
    columns = {name: product[finite] for name, product in products(signals).items()}
    wanted = change[finite]
    squares = {name: float(np.square(c).mean()) if c.size else 0.0 for name, c in columns.items()}
    least = _LEAST**2 * max(squares.values())
    used = [name for name, square in squares.items() if square > least]
    parts, fractions = dict.fromkeys(columns, 0.0), dict.fromkeys((*columns, NONLINEAR), 0.0)
    if not wanted.any():
        return parts, fractions
    scales = np.sqrt([squares[name] for name in used])
    matrix = np.stack([columns[name] for name in used], axis=1) / scales
    factors = np.linalg.lstsq(matrix, wanted, rcond=1e-9)[0]
    for name, factor, scale in zip(used, factors, scales, strict=True):
        parts[name], fractions[name] = float(factor / scale), float(factor**2)
    rest = float(np.square(wanted - matrix @ factors).mean())
    fractions[NONLINEAR] = rest if rest > 1e-12 * np.square(wanted).mean() else 0.0
    whole = sum(fractions.values())
    return parts, {name: fraction / whole for name, fraction in fractions.items()}


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
}

_OWN = {
    "": ("grows", "decays"),
    "post²": ("grows with post", "bounds by post"),
    "pre²": ("grows with pre", "bounds by pre"),
    "pre·post": ("scales by pre·post", "scales by −pre·post"),
    "pre": ("scales by pre", "scales by −pre"),
    "post": ("scales by post", "scales by −post"),
}
"""What a change is called that is a product with what changes itself, by sign."""
_WHEN = {
    "": "",
    "post²": " while post is active",
    "pre²": " while pre is active",
    "pre·post": " when pre and post agree, else the other way",
    "pre": " when pre is positive, else the other way",
    "post": " when post is positive, else the other way",
}
"""When such a change happens."""


def phrase(name: str, sign: int, own: str) -> str:
    """Return what a change does that is the product ``name``: a head, a colon, an explanation.

    Args:
        name: from `products`, or `NONLINEAR`.
        sign: of its factor, 1 or -1.
        own: what changes, ``weight`` or ``trace``.
    """
    if name == NONLINEAR:
        return "nonlinear in its signals"
    factors = name.split("·")
    if factors[0] == "modulator":
        text = phrase("·".join(factors[1:]) or "1", sign, own)
        head, colon, rest = text.partition(":")
        return f"{head}, times the modulator{colon}{rest}"
    if own in factors:
        rest = "·".join(factor for factor in factors if factor != own)
        heads, to = _OWN[rest], ("away from", "towards")
        negative = sign < 0
        return f"{heads[negative]}: moves the {own} {to[negative]} 0{_WHEN[rest]}"
    state = [factor for factor in factors if factor in _OF_STATE]
    if not state:
        return _PHRASES[name, sign]
    others = [factor for factor in factors if factor not in _OF_STATE]
    minus = "−" if sign < 0 else ""
    what = " · ".join([f"its {state[0]}", *others])
    does = ("weakens", "strengthens") if sign < 0 else ("strengthens", "weakens")
    return f"driven by {minus}{what}: {does[0]} when that is positive, {does[1]} when negative"
