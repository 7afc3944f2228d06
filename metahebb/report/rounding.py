"""Numbers with intervals, as people write them."""

from __future__ import annotations

import math


def with_ends(value: float, low: float | None, high: float | None) -> str:
    """Return a number with its interval, to two digits of the interval's half width.

    Args:
        value: the number.
        low: the lower end; None, as is ``high``: it is not known.
        high: the upper end.

    Example:
        >>> with_ends(0.10512, 0.0834, 0.1312)
        '0.105 [0.083, 0.131]'
        >>> with_ends(-3.0, -math.inf, -1.2)
        '−3.0 [−∞, −1.2]'
    """
    if low is None or high is None:
        return f"{value:.3g}".replace("-", "−")
    sizes = [abs(end - value) for end in (low, high) if math.isfinite(end) and end != value]
    if not sizes:
        shown = [f"{number:.3g}" for number in (value, low, high)]
    else:
        decimals = min(max(0, 1 - math.floor(math.log10(max(sizes)))), 6)
        shown = [f"{number:.{decimals}f}" for number in (value, low, high)]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]".replace("inf", "∞").replace("-", "−")
