"""The times of a trial's periods, as users write them and as neurogym takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from metahebb.errors import InputError

Time: TypeAlias = (
    float | tuple[str, tuple[float, ...]] | tuple[float, ...] | list[float] | Callable[[], float]
)
"""The time of a period in ms as neurogym takes it.

A time is a number, a pair of a distribution's name and its arguments, numbers of which each trial
draws one, or a function that returns a time.
"""
_UNLIKELY = 20.0
_DRAWS = 256
_FORMS = "write 500, 800..1500 (uniform), or 330:80:1500 (exponential: MEAN:LEAST:MOST)"


def read_time(value: bool | int | float | str, period: str) -> Time:
    """Return the time of a period in ms.

    Args:
        value: a number; ``LOW..HIGH`` for a uniform distribution; or ``MEAN:LEAST:MOST`` for an
            exponential distribution, whose draws outside of LEAST to MOST are drawn again.
        period: the name of the period, for error messages.

    Raises:
        InputError: ``value`` is written otherwise, or is no possible time.
    """
    text = str(value)
    for sign, n, name in (("..", 2, "uniform"), (":", 3, "truncated_exponential"), ("", 1, "")):
        if sign and sign not in text:
            continue
        try:
            numbers = tuple(float(part) for part in (text.split(sign) if sign else [text]))
        except ValueError:
            break
        if len(numbers) != n or not all(0 <= number < float("inf") for number in numbers):
            break
        if n == 1:
            return numbers[0]
        low, high = numbers[-2:]
        if low > high or (n == 3 and not low <= _UNLIKELY * numbers[0]):
            break
        return name, numbers
    raise InputError(f"expected a time in ms for {period} (--task.timing), got {text!r}; {_FORMS}")


def as_drawn(time: Any) -> Time:
    """Return a time that neurogym draws from the environment's own generator.

    A ``TruncExp`` of neurogym has a generator of its own. All of them, and the environment's, are
    seeded alike, so that the periods of a trial would depend on each other.
    """
    if hasattr(time, "vmean"):
        return "truncated_exponential", (time.vmean, time.vmin, time.vmax)
    drawn: Time = time
    return drawn


def longest(time: Time) -> float:
    """Return the longest time in ms that ``time`` can be.

    It is an estimate for a function, and for an exponential distribution without an end.
    """
    if isinstance(time, (int, float)):
        return float(time)
    if callable(time):
        return max(float(time()) for _ in range(_DRAWS))
    if isinstance(time[0], str):
        values: Any = time[1]
        if isinstance(values, (int, float)):
            return float(values)
        last = float(max(values) if time[0] == "choice" else values[-1])
        return last if last < float("inf") else values[0] * _UNLIKELY
    return max(float(each) for each in time if not isinstance(each, tuple))
