"""Ranges that a function's parameters may be declared to have, and the maps from genes into them.

A declaration is an annotation in the signature: ``tau: positive`` or ``rate: bounded(0, 1)``. It is
read from the function's text, and travels with that text to workers and into run folders.
"""

from __future__ import annotations

import ast
import difflib
import math
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError

Number = TypeVar("Number", bound=np.floating[Any])

POSITIVE_REACH = 80.0
"""Numbers beyond ±this count as ±this in a positive range: exp(±80) and its inverse fit float32."""
BOUNDED_REACH = 8.0
"""The same in a bounded range: tanh(±8) is 2·10⁻⁷ away from ±1, and so is no end of the range."""
_LARGEST = float(np.finfo(np.float32).max)
_TYPES = frozenset({"float", "int", "Any", "np.float32", "np.float64", "np.floating", "np.ndarray"})
"""Annotations that are ordinary types; they declare nothing."""


@dataclass(frozen=True)
class Range:
    """What values a coefficient may have. Its gene is any number, and so free for every search.

    A smooth, increasing function turns the number that a genome map gives to a synapse into the
    coefficient that the synapse lives with:

    - ``positive``: exp(number). A number of 0 becomes 1, and equal steps of a gene become equal
      ratios, because a rate or a time constant has no natural unit. A softplus would be flatter,
      but a time constant of 20 would need a gene of 20, and genes begin at about 0.1.
    - ``bounded(low, high)``: the middle of the range + half its width · tanh(number). A number of 0
      becomes the middle; ``bounded(-1, 1)`` hardly changes small numbers.

    Numbers far from 0 are cut off (`POSITIVE_REACH`, `BOUNDED_REACH`), so that no value is 0 or
    infinite where that is an end of the range: a rule may divide by it, or take its logarithm. A
    number that is not finite becomes NaN, so that a search that went wrong is seen.

    The first center is what it is without a range, N(0, initial_stdev²): coefficients begin near
    the value at 0. Scale them in the formula to begin elsewhere, as in ``trace / (20 * tau)``.

    Attributes:
        low: the end below all values.
        high: the end above all values; infinite for ``positive``.
    """

    low: float = 0.0
    high: float = math.inf

    def __str__(self) -> str:
        return "positive" if math.isinf(self.high) else f"bounded({self.low!r}, {self.high!r})"

    @property
    def at_zero(self) -> float:
        """The value for a number of 0."""
        return float(self.values(np.zeros(1))[0])

    def values(self, numbers: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Return the coefficients that ``numbers``, of any shape, stand for; same shape and dtype.

        They are computed in float64: rounded to float32, they hardly depend on whose exp it was.
        """
        free = np.where(np.isfinite(numbers), numbers, np.nan).astype(np.float64)
        if math.isinf(self.high):
            values = np.exp(np.clip(free, -POSITIVE_REACH, POSITIVE_REACH))
        else:
            part = np.tanh(np.clip(free, -BOUNDED_REACH, BOUNDED_REACH))
            values = (self.low + self.high) / 2 + (self.high - self.low) / 2 * part
        return values.astype(numbers.dtype)

    def gene(self, value: float) -> float:
        """Return the number that stands for ``value``.

        Raises:
            InputError: the range does not contain the value.
        """
        if not self.low < value < self.high:
            raise InputError(f"expected a number in the range {self}, got {value:g}; change it")
        if math.isinf(self.high):
            return math.log(value)
        return math.atanh((2 * value - self.low - self.high) / (self.high - self.low))


positive = Range()
"""Annotation of a coefficient that is above 0, such as a time constant; see `Range`."""


def bounded(low: float, high: float) -> Range:
    """Return the annotation of a coefficient that is between ``low`` and ``high``; see `Range`.

    The ends are checked with the rest of the function: what is wrong with them is told of it alone.
    """
    return Range(low, high)


def declares_range(annotation: ast.expr | None) -> bool:
    """Return whether an annotation looks like the declaration of a range."""
    return annotation is not None and _word(_text(annotation)) in ("positive", "bounded")


def read_range(annotation: ast.expr | None, name: str, whose: str) -> Range | None:
    """Return the range that an annotation declares; None: it is missing, or an ordinary type.

    Args:
        annotation: as it stands in the signature.
        name: of the parameter.
        whose: the function, for messages.

    Raises:
        InputError: it is neither a range nor a type, or its ends are not two increasing numbers.
    """
    text = "" if annotation is None else _text(annotation)
    if not text or text in _TYPES:
        return None
    word, ends = _word(text), text.partition("(")[2]
    if word == "positive" and not ends:
        return positive
    if word == "bounded":
        return _bounded(f"({ends}", name, whose)
    near = difflib.get_close_matches(word, ("positive", "bounded"), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "leave it out to declare nothing"
    raise InputError(
        f"expected 'positive' or 'bounded(LOW, HIGH)' behind the colon of {name!r} in the "
        f"signature of {whose}, got {text!r}; {hint}"
    )


def _text(annotation: ast.expr) -> str:
    """Return an annotation's text, without quotes around all of it."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value.strip()
    return ast.unparse(annotation)


def _word(text: str) -> str:
    """Return the name that an annotation begins with; ``mh.positive`` is positive, too."""
    return text.partition("(")[0].rpartition(".")[2].strip()


def _bounded(ends: str, name: str, whose: str) -> Range:
    """Return the range whose ends stand in brackets in the text ``ends``."""
    try:
        low, high = map(float, ast.literal_eval(ends))
    except (ValueError, TypeError, SyntaxError):
        low = high = math.nan
    if not -_LARGEST < low < high < _LARGEST:
        raise InputError(
            f"expected two increasing numbers, bounded(LOW, HIGH), behind the colon of {name!r} in "
            f"the signature of {whose}, got bounded{ends}; write for example {name}: bounded(0, 1)"
        )
    return Range(low, high)
