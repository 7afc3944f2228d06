"""A neuron is one scalar function from a unit's input to its output, written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from metahebb.compiler import Language, ScalarFunction
from metahebb.errors import InputError

INPUTS = ("drive", "uniform", "normal")
"""The inputs that a unit can have.

``drive`` is the sum of its weighted inputs. ``uniform`` and ``normal`` are random numbers, drawn
anew for each unit in each step: one uniform in [0, 1), and one of mean 0 and variance 1.
"""
RANDOM = INPUTS[1:]
"""The names of the inputs that are random numbers."""
SEEN = ("pre", "post")
"""The names of state variables that rules see in the place of a unit's output."""


def _returns(inputs: tuple[str, ...], state: tuple[str, ...]) -> tuple[int, str, str]:
    remedy = "give the new value of each state variable, in the order of the signature"
    if not state:
        return 1, "its output alone", "name state variables after the slash"
    return 1 + len(state), f"(output, {', '.join(state)})", remedy


@dataclass(frozen=True)
class Neuron(ScalarFunction):
    """A neuron says how a unit's output and state follow from its drive, in one step.

    The neuron is callable: ``neuron(*inputs, *state)`` returns its output, then the new value of
    each state variable. The state is 0 at birth and when a trial begins. Rules see a unit's output
    as ``pre`` and ``post``. If a neuron has a state variable called ``post`` (or ``pre``), rules
    see this variable instead, for example a kick, or the deviation from a running mean.

    A neuron that explores has an input ``uniform`` or ``normal``, a new random number in each step.
    """

    language: ClassVar[Language] = Language(
        kind="neuron",
        input="input",
        inputs=INPUTS,
        parameters="state variables",
        example="def my_neuron(drive, /, x, *, tau=10.0)",
        returns=_returns,
    )

    @property
    def noises(self) -> tuple[str, ...]:
        """The names of the inputs that are random numbers."""
        return tuple(name for name in RANDOM if name in self.inputs)

    @property
    def state(self) -> tuple[str, ...]:
        """The names of the state variables, in the order of the signature."""
        return self.parameters


def neuron(function: Callable[..., Any]) -> Neuron:
    """Make a neuron of a scalar function.

    Its inputs stand before the slash, its state variables after it, its constants after a star::

        @neuron
        def leaky(drive, /, x, *, tau=30.0, dt=1.0):
            x = x + dt / tau * (drive - x)
            return np.tanh(x), x

    The body may use arithmetic, NumPy's scalar functions, and ``np.where`` in the place of ``if``.

    Raises:
        InputError: the signature or the body cannot be a neuron's; the message names the line and
            the remedy.
    """
    try:
        return Neuron.decorated(function)
    except InputError as error:  # raised anew, without the way that it took through metahebb
        raise error.with_traceback(None) from None
