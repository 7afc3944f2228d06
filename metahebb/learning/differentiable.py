"""Scalar functions on torch tensors, so that gradients go through rules and neurons.

A rule and a neuron stay what they are: here their own text is run with torch in the place of NumPy.
"""

from __future__ import annotations
import __future__

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch

from metahebb.compiler import Range, ScalarFunction
from metahebb.compiler.ranges import BOUNDED_REACH, POSITIVE_REACH
from metahebb.errors import InputError


def differentiable(function: ScalarFunction) -> Callable[..., Any]:
    """Return ``function`` for torch tensors, which broadcast as arrays do.

    The result takes the inputs and the parameters in order, and returns what the function returns.
    """
    namespace: dict[str, Any] = {"np": _NUMPY, "numpy": _NUMPY}
    # The text was checked when the function was built: it is arithmetic, and calls of `_NUMPY`. The
    # flag leaves annotations unread, as in `ScalarFunction.from_source`.
    flags = __future__.annotations.compiler_flag
    name = f"<{function.language.kind} {function.name} in torch>"
    exec(compile(function.source, name, "exec", flags, dont_inherit=True), namespace)
    made: Callable[..., Any] = namespace[function.name]
    return made


def in_range(range_: Range | None, numbers: torch.Tensor) -> torch.Tensor:
    """Return the coefficients that ``numbers`` stand for: `Range.values`, in float32."""
    if range_ is None:
        return numbers
    free = torch.where(torch.isfinite(numbers), numbers, math.nan)
    if math.isinf(range_.high):
        return torch.exp(free.clamp(-POSITIVE_REACH, POSITIVE_REACH))
    middle, half = (range_.low + range_.high) / 2, (range_.high - range_.low) / 2
    return middle + half * torch.tanh(free.clamp(-BOUNDED_REACH, BOUNDED_REACH))


def number_for(range_: Range | None, value: float, name: str) -> float:
    """Return the number that stands for the coefficient ``value``: the inverse of `in_range`.

    Args:
        range_: the range of the coefficient; None: it may be any number.
        value: the coefficient.
        name: the name of the coefficient, for the message.

    Raises:
        InputError: the value is not inside of the range.
    """
    low, high = (-math.inf, math.inf) if range_ is None else (range_.low, range_.high)
    if not low < value < high:
        raise InputError(
            f"expected a start of {name} between {low:g} and {high:g}, got {value:g}; choose one "
            "inside"
        )
    if range_ is None:
        return value
    if math.isinf(high):
        return math.log(value)
    return math.atanh((2 * value - low - high) / (high - low))


def _tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` for a mixture of tensors and Python's numbers."""

    def with_numbers(*arguments: Any) -> Any:
        return function(*map(torch.as_tensor, arguments))

    return with_numbers


def _where(test: Any, yes: Any, no: Any) -> Any:
    return torch.where(torch.as_tensor(test) != 0, torch.as_tensor(yes), torch.as_tensor(no))


def _clip(a: Any, a_min: Any, a_max: Any) -> Any:
    low, high = torch.as_tensor(a_min), torch.as_tensor(a_max)
    return torch.minimum(torch.maximum(torch.as_tensor(a), low), high)


_SAME = (
    *("abs", "cos", "exp", "log", "sign", "sin", "sqrt", "square", "tanh"),
    *("maximum", "minimum", "logical_and", "logical_or", "logical_not"),
)
"""The functions that torch has under NumPy's name."""
_NUMPY = SimpleNamespace(
    **{name: _tensors(getattr(torch, name)) for name in _SAME},
    power=_tensors(torch.pow),
    where=_where,
    clip=_clip,
    pi=math.pi,
    e=math.e,
)
"""What a scalar function calls ``np``."""
