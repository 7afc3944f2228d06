"""Fixed and slow points of a network's dynamics, with what is stable about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from metahebb.errors import InputError
from metahebb.learning.lived import LivedTrials

Numbers = npt.NDArray[np.float64]
Velocity = Callable[[Numbers], Numbers]
"""Gives the velocities ``(n, n_units)`` of states ``(n, n_units)``."""
Jacobian = Callable[[Numbers], Numbers]
"""Gives the derivatives ``(n_units, n_units)`` of the velocity at a state ``(n_units,)``."""

_FIXED = 1e-6  # of the typical speed
_POLISH = 20
_STEP = 1e-5


@dataclass(frozen=True)
class SlowPoint:
    """A state at which a network stands still or moves slowly.

    Attributes:
        state: ``(n_units,)``.
        speed: the norm of the velocity there.
        is_fixed: whether it is a fixed point: its speed is below a millionth of the typical speed.
        eigenvalues: ``(n_units,)`` of the Jacobian of the velocity, by falling real part.
    """

    state: Numbers
    speed: float
    is_fixed: bool
    eigenvalues: npt.NDArray[np.complex128]

    @property
    def n_unstable(self) -> int:
        """The number of directions in which the network leaves the point, in continuous time."""
        return int((self.eigenvalues.real > 0).sum())

    @property
    def kind(self) -> str:
        """What the point is: ``stable``, ``saddle`` or ``repelling``."""
        if not self.n_unstable:
            return "stable"
        return "repelling" if self.n_unstable == self.eigenvalues.size else "saddle"


@dataclass(frozen=True)
class LeakyVelocity:
    """The velocity of a leaky network, ``dx/dt = (−x + W tanh(x) + inputs) / tau``.

    Attributes:
        weights: ``(n_units, n_units)``, W.
        inputs: ``(n_units,)``, what each unit gets from constant stimuli and biases.
        tau: the time constant; the velocity is per unit of it.
        held: the states of units that are kept constant, such as bias units, by number. Their
            velocity leads to the constant with the same time constant, which has the same fixed
            points.
    """

    weights: Numbers
    inputs: Numbers
    tau: float
    held: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write constant units into copies of the weights and inputs."""
        weights, inputs = np.array(self.weights, np.float64), np.array(self.inputs, np.float64)
        n_units = len(inputs)
        if weights.shape != (n_units, n_units):
            raise InputError(
                f"expected weights of {n_units} × {n_units} units, got {weights.shape} (slow "
                "points); give the recurrent matrix"
            )
        for unit, state in self.held.items():
            weights[unit], inputs[unit] = 0.0, state
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "inputs", inputs)

    def __call__(self, states: Numbers) -> Numbers:
        """Return the velocities ``(n, n_units)`` of ``states`` ``(n, n_units)``."""
        return np.asarray((np.tanh(states) @ self.weights.T + self.inputs - states) / self.tau)

    def jacobian(self, state: Numbers) -> Numbers:
        """Return the derivatives ``(n_units, n_units)`` of the velocity at ``state``."""
        gains = 1 - np.tanh(state) ** 2
        return np.asarray((self.weights * gains - np.eye(state.size)) / self.tau)


def leaky_velocity(
    weights: npt.ArrayLike,
    inputs: npt.ArrayLike,
    tau: float,
    held: Mapping[int, float] | None = None,
) -> LeakyVelocity:
    """Return the velocity of a leaky tanh network, with its exact Jacobian; see `LeakyVelocity`.

    Args:
        weights: ``(n_units, n_units)``, to each unit (row) from each unit (column).
        inputs: ``(n_units,)``, the constant input of each unit: input weights times observation.
        tau: the time constant.
        held: the states of units that are kept constant, by number.

    Raises:
        InputError: the shapes do not fit.
    """
    return LeakyVelocity(np.asarray(weights), np.asarray(inputs), tau, held or {})


def slow_points(
    velocity: Velocity,
    starts: npt.ArrayLike,
    jacobian: Jacobian | None = None,
    *,
    slower_than: float = 0.1,
    apart: float = 0.02,
    most_steps: int = 500,
) -> list[SlowPoint]:
    """Return the slow points that a search from ``starts`` leads to, the slowest first.

    The search minimizes ``q(x) = ½ |velocity(x)|²`` from each start, with L-BFGS-B and then with
    Newton's steps as long as they lessen q. Points that lie close to each other are merged into the
    slowest one. Minima of q that are not slow are left out.

    Source: Sussillo & Barak 2013, "Opening the black box".

    Differs from the reference: a second-order search is not used; Newton's steps on the velocity
    make fixed points exact.

    Args:
        velocity: of the autonomous dynamics, under constant inputs.
        starts: ``(n_starts, n_units)`` states, such as the ones that the network has visited.
        jacobian: the derivatives of ``velocity`` at one state; None: central differences.
        slower_than: how slow a point has to be, as a part of the typical speed. That is the root
            mean square of the speeds at the starts.
        apart: how far points have to be apart, as a part of the root mean square distance of the
            starts from their mean.
        most_steps: the largest number of steps of a search.

    Raises:
        InputError: there is no start, or a start or its velocity is not finite.
    """
    states = np.asarray(starts, np.float64)
    if states.ndim != 2 or not states.size:
        raise InputError(
            f"expected states to start from, (n_starts, n_units), got the shape {states.shape} "
            "(slow points)"
        )
    speeds = np.linalg.norm(velocity(states), axis=1)
    if not (np.isfinite(states).all() and np.isfinite(speeds).all()):
        raise InputError(
            "expected finite states and velocities, got others (slow points); leave out steps "
            "behind the end of a trial"
        )
    typical = float(np.sqrt((speeds**2).mean())) or 1.0
    width = float(np.sqrt(((states - states.mean(0)) ** 2).sum(1).mean())) or 1.0
    derivatives = jacobian or _differences(velocity)
    ends = [_minimum(velocity, derivatives, state, typical, most_steps) for state in states]
    ends.sort(key=lambda end: end[1])
    kept: list[SlowPoint] = []
    for state, speed in ends:
        close = any(np.linalg.norm(state - each.state) < apart * width for each in kept)
        if close or speed > slower_than * typical:
            continue
        eigenvalues = np.linalg.eigvals(derivatives(state)).astype(np.complex128)
        order = np.argsort(-eigenvalues.real, kind="stable")
        kept.append(SlowPoint(state, speed, speed <= _FIXED * typical, eigenvalues[order]))
    return kept


def _minimum(
    velocity: Velocity, jacobian: Jacobian, start: Numbers, typical: float, most_steps: int
) -> tuple[Numbers, float]:
    """Return a minimum of q near ``start``, and the speed there."""

    def q(state: Numbers) -> tuple[float, Numbers]:
        v = velocity(state[None])[0] / typical
        return 0.5 * float(v @ v), jacobian(state).T @ v / typical

    options = {"maxiter": most_steps, "ftol": 1e-15, "gtol": 1e-9}
    state = np.asarray(minimize(q, start, jac=True, method="L-BFGS-B", options=options).x)
    v = velocity(state[None])[0]
    for _ in range(_POLISH):
        closer = state - np.linalg.lstsq(jacobian(state), v, rcond=1e-10)[0]
        there = velocity(closer[None])[0]
        if not np.linalg.norm(there) < np.linalg.norm(v):
            break
        state, v = closer, there
    return state, float(np.linalg.norm(v))


def _differences(velocity: Velocity) -> Jacobian:
    """Return the Jacobian of ``velocity`` by central differences."""

    def jacobian(state: Numbers) -> Numbers:
        steps = _STEP * np.eye(state.size)
        return np.asarray((velocity(state + steps) - velocity(state - steps)).T / (2 * _STEP))

    return jacobian


def visited(lived: LivedTrials, n: int = 64, seed: int = 0) -> Numbers:
    """Return the rates ``(n, n_units)`` at random steps of lived trials; fewer if there are fewer.

    For a network of tanh units, `states_of` makes starts of a search from them.

    Args:
        lived: the trials.
        n: the number of steps.
        seed: of the random choice.
    """
    rows = lived.rates.reshape(-1, lived.rates.shape[2])
    known = np.flatnonzero(np.isfinite(rows).all(1))
    chosen = np.random.default_rng(seed).choice(known, min(n, known.size), replace=False)
    return np.asarray(rows[chosen], np.float64)


def states_of(rates: npt.ArrayLike) -> Numbers:
    """Return the states of tanh units with these ``rates``; beyond ±0.9999999 they are cut off."""
    return np.arctanh(np.clip(np.asarray(rates, np.float64), -0.9999999, 0.9999999))
