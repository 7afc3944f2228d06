"""A plasticity rule: one scalar function of local signals, written once."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from metahebb.compiler import Language, ScalarFunction
from metahebb.errors import InputError

SIGNALS = ("pre", "post", "weight", "trace", "modulator")
"""What a synapse can sense: presynaptic and postsynaptic activity, its own weight, its own trace,
and a modulator, one number per postsynaptic unit that says how the life goes."""


_REWARD = "a reward reaches a rule as its modulator, with --modulator reward"
ADVICE = {name: ("modulator", _REWARD) for name in ("reward", "rewards", "r", "dopamine", "rpe")}
"""Names that people give to what is the signal ``modulator`` here."""


def _returns(signals: tuple[str, ...], coefficients: tuple[str, ...]) -> tuple[int, str, str]:
    remedy = "declare 'trace' among the signals if and only if the rule keeps one"
    if "trace" in signals:
        return 2, "(Δw, Δtrace), since it reads a trace", remedy
    return 1, "Δw alone", remedy


@dataclass(frozen=True)
class Rule(ScalarFunction):
    """How a synapse changes in one step, from what it can sense.

    The rule is callable: ``rule(*signals, *coefficients)`` returns Δw, or ``(Δw, Δtrace)``. Its
    ``signals`` are a subset of ``pre``, ``post``, ``weight``, ``trace``, ``modulator``; its
    ``coefficients`` are evolved, one gene each per synapse; its ``constants`` are the same for all
    synapses, and not evolved. A coefficient may be declared to have a range, see
    `metahebb.compiler.Range`: its gene stays any number, and a map makes the coefficient of it.
    """

    language: ClassVar[Language] = Language(
        kind="rule",
        input="signal",
        inputs=SIGNALS,
        parameters="coefficients",
        example="def my_rule(pre, post, /, A, B)",
        returns=_returns,
        has_genes=True,
        advice=ADVICE,
    )

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the local signals that the rule reads, in the order of its signature."""
        return self.inputs

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the rule's evolved parameters."""
        return self.parameters

    def undefined_at(self) -> str:
        """Return for which signals of −1, 0 and 1 the rule has no finite value; empty: for none.

        Activities of tanh units reach these numbers, and a logarithm or a quotient may not.
        """
        for values in itertools.product((0.0, -1.0, 1.0), repeat=len(self.signals)):
            with np.errstate(all="ignore"):
                change = self(*map(np.float32, values), *self.some_parameters())
            if not np.isfinite(np.asarray(change, np.float64)).all():
                named = zip(self.signals, values, strict=True)
                return " and ".join(f"{name} is {value:g}" for name, value in named)
        return ""

    @property
    def has_trace(self) -> bool:
        """Whether the rule keeps a trace, and so returns ``(Δw, Δtrace)``."""
        return "trace" in self.signals


def rule(function: Callable[..., Any]) -> Rule:
    """Make a plasticity rule of a scalar function.

    Signals stand before the slash, coefficients after it, constants after a star::

        @rule
        def oja(pre, post, weight, /, eta, *, strength=1.0):
            return eta * post * (pre - strength * post * weight)

    The body is arithmetic, NumPy scalar functions, and ``np.where`` instead of ``if``. It returns
    Δw, or ``(Δw, Δtrace)`` where it declares a ``trace``.

    A coefficient that makes sense in a range only says so behind a colon, ``positive`` or
    ``bounded(low, high)``; a gene of 0 is then 1, or the middle of the range::

        @rule
        def fading(pre, post, trace, /, A, tau: positive, rate: bounded(0, 1)):
            return rate * A * trace, (pre * post - trace) / (10 * tau)

    Raises:
        InputError: the signature or the body is not that of a rule; the message names the line
            and the remedy.
    """
    try:
        return Rule.decorated(function)
    except InputError as error:  # raised anew, without the way that it took through metahebb
        raise error.with_traceback(None) from None


def rule_from_source(source: str, name: str) -> Rule:
    """Build a rule from its text, as written by its author, kept in a run folder, sent to a worker.

    Only the checked text runs: no decorators, annotations or globals of the place it came from.
    """
    return Rule.from_source(source, name)
