"""A plasticity rule: one scalar function of local signals, written once."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from metahebb.errors import InputError
from metahebb.plasticity.check import SIGNALS, check_source
from metahebb.user_code import is_of_user

__all__ = ["SIGNALS", "Rule", "rule", "rule_from_source"]


@dataclass(frozen=True)
class Rule:
    """How a synapse changes in one step, from what it can sense.

    The rule is callable: ``rule(*signals, *coefficients)`` broadcasts NumPy arrays through its
    function and is the reference that every compiled kernel is tested against.

    Attributes:
        name: the function's name.
        signals: the local signals it reads, in the order of its signature; a subset of
            ``pre``, ``post``, ``weight``, ``trace``, ``modulator``.
        coefficients: the names of its evolved parameters; one gene each per synapse.
        source: the text of the undecorated function, which is also what gets compiled.
    """

    name: str
    signals: tuple[str, ...]
    coefficients: tuple[str, ...]
    source: str
    function: Callable[..., Any] = field(compare=False, repr=False)

    @property
    def has_trace(self) -> bool:
        """Whether the rule keeps a trace, and so returns ``(Δw, Δtrace)``."""
        return "trace" in self.signals

    @property
    def formula(self) -> str:
        """The first line of the docstring, or the returned expression."""
        doc = inspect.getdoc(self.function)
        return doc.splitlines()[0] if doc else self.source.rsplit("return", 1)[1].strip()

    def __call__(self, *arguments: Any) -> Any:
        """Return Δw, or ``(Δw, Δtrace)``; arguments broadcast, signals first."""
        return self.function(*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as text, so that a user's rule reaches workers that lack the user's file."""
        return rule_from_source, (self.source, self.name)


def rule(function: Callable[..., Any]) -> Rule:
    """Make a plasticity rule of a scalar function.

    Signals stand before the slash, coefficients after it::

        @rule
        def oja(pre, post, weight, /, eta):
            return eta * post * (pre - post * weight)

    The body is arithmetic, NumPy scalar functions, and ``np.where`` instead of ``if``. It returns
    Δw, or ``(Δw, Δtrace)`` where it declares a ``trace``.

    Raises:
        InputError: the signature or the body is not that of a rule; the message names the line
            and the remedy.
    """
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise InputError(
            f"expected rule {function.__name__!r} to be defined in a file, got one whose source "
            "cannot be read; save it as a .py file"
        ) from None
    return rule_from_source(source, function.__name__)


def rule_from_source(source: str, name: str) -> Rule:
    """Build a rule from its text, as written by its author, kept in a run folder, sent to a worker.

    Only the checked text runs: no decorators, annotations or globals of the place it came from.
    """
    parsed = check_source(source)
    if parsed.name != name:
        raise InputError(f"expected the source of rule {name!r}, got that of {parsed.name!r}")
    namespace: dict[str, Any] = {"np": np, "numpy": np}
    exec(compile(parsed.source, f"<rule {parsed.name}>", "exec"), namespace)
    function = namespace[parsed.name]
    built = Rule(parsed.name, parsed.signals, parsed.coefficients, parsed.source, function)
    _check_at_rest(built)
    return built


def _check_at_rest(built: Rule) -> None:
    """A newborn network is silent, and its kernel multiplies Δ by a gain of zero."""
    rest = [np.float32(0.0)] * len(built.signals)
    ones = [np.float32(0.5)] * len(built.coefficients)
    try:
        with np.errstate(all="ignore"):
            change = np.asarray(built(*rest, *ones), dtype=np.float64)
    except BaseException as error:
        if not is_of_user(error):
            raise
        raise InputError(
            f"expected rule {built.name!r} to compute numbers where all signals are zero, got "
            f"{error!r}; mend its formula"
        ) from None
    if not np.isfinite(change).all():
        raise InputError(
            f"expected rule {built.name!r} to be finite where all signals are zero, got {change}; "
            "guard divisions and logarithms, for example with np.maximum(x, 1e-6)"
        )
