"""A hyperbolic tangent of plain arithmetic: vectorised, and the same bits on every libm."""

from __future__ import annotations

import numpy as np

LIMIT = 9.0
"""Beyond it, tanh is 1 within half a unit in the last place of float32 (1 − 3·10⁻⁸)."""


def _convergent(levels: int) -> tuple[list[float], list[float]]:
    """Return numerator and denominator of Lambert's continued fraction, as polynomials in x².

    tanh x = x / (1 + x² / (3 + x² / (5 + …))), cut after ``levels`` (Lambert 1768). Both are
    divided by the denominator's value at zero, which keeps float32 in range.
    """
    numerator, denominator = np.array([1.0]), np.array([2.0 * levels + 1])
    for odd in range(2 * levels - 1, 0, -2):
        # odd + x² · numerator / denominator, over the same denominator as before
        top = np.polynomial.polynomial.polyadd(odd * denominator, np.append(0.0, numerator))
        numerator, denominator = denominator, top
    scale = denominator[0]
    return list(numerator / scale), list(denominator / scale)


NUMERATOR, DENOMINATOR = _convergent(12)


def tanh_source(name: str = "tanh") -> str:
    """Return Python source of ``name(x)``, float32 to float32, for a compiled kernel.

    The error against the true tanh is below 5·10⁻⁷ (tested); NaN stays NaN.
    """
    return "\n".join(
        [
            f"def {name}(x):",
            f"    x = f32({LIMIT}) if x > f32({LIMIT}) else x",
            f"    x = f32({-LIMIT}) if x < f32({-LIMIT}) else x",
            "    q = x * x",
            f"    top = {_horner(NUMERATOR)}",
            f"    bottom = {_horner(DENOMINATOR)}",
            "    y = x * top / bottom",
            "    y = f32(1.0) if y > f32(1.0) else y",
            "    return f32(-1.0) if y < f32(-1.0) else y",
        ]
    )


def _horner(coefficients: list[float]) -> str:
    text = f"f32({coefficients[-1]!r})"
    for value in reversed(coefficients[:-1]):
        text = f"({text} * q + f32({value!r}))"
    return text
