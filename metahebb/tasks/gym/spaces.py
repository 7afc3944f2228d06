"""Spaces of Gymnasium as the numbers that a network takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple

from metahebb.errors import InputError

Array = npt.NDArray[np.float32]
HUGE = 1e6
"""Bounds that are farther apart are none: some environments have the largest float there."""
Write = Callable[[Any, Array], None]
"""Writes an observation into its stretch of a lane's row."""


def parts_of(space: Space[Any], where: str) -> list[tuple[tuple[Any, ...], Space[Any]]]:
    """Return the parts of a space that have numbers, each with the keys that lead to it.

    The parts of a ``Dict`` stand in the order of its keys, those of a ``Tuple`` in its own; a
    text has no numbers, and is left out.

    Raises:
        InputError: there is a part of another kind, or none.
    """
    found: list[tuple[tuple[Any, ...], Space[Any]]] = []

    def collect(part: Space[Any], keys: tuple[Any, ...]) -> None:
        if isinstance(part, Dict):
            for key in _ordered(part.spaces):
                collect(part.spaces[key], (*keys, key))
        elif isinstance(part, Tuple):
            for number, each in enumerate(part.spaces):
                collect(each, (*keys, number))
        elif isinstance(part, (Box, Discrete, MultiBinary, MultiDiscrete)):
            found.append((keys, part))
        elif not isinstance(part.sample(), str):  # of Text, or of a space of theirs (MiniGrid)
            raise InputError(
                f"expected Box, Discrete, MultiBinary, MultiDiscrete, or a Dict or Tuple of them, "
                f"got {part} ({where}); register it with a wrapper that makes it one of these"
            )

    collect(space, ())
    if not sum(size_of(part) for _, part in found):
        raise InputError(
            f"expected a space with numbers, got {space} ({where}); register it with a wrapper "
            "that gives the network something to sense"
        )
    return found


def _ordered(keys: Iterable[Any]) -> list[Any]:
    """Return keys in order; keys of several types, which have none, by type and then by text."""
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=lambda key: (type(key).__name__, repr(key)))


def size_of(space: Space[Any]) -> int:
    """Return how many numbers a part has: one per category where it is discrete."""
    if isinstance(space, Discrete):
        return int(space.n)
    if isinstance(space, MultiDiscrete):
        return int(space.nvec.sum())
    assert space.shape is not None
    return int(np.prod(space.shape))


def writer_of(space: Space[Any]) -> Write:
    """Return what writes an observation of a part: bytes over 255, categories one-hot.

    The writer raises an error where an observation has another size or category. Its text does not
    matter: `gym_observed.fault_of` then says what is wrong.
    """
    if isinstance(space, Discrete):
        return _one_hot(int(space.start), int(space.n))
    if isinstance(space, MultiDiscrete):
        return _one_hots(space)
    if isinstance(space, Box) and space.dtype == np.uint8:

        def write_bytes(observation: Any, out: Array) -> None:
            flat = np.ravel(observation)
            if flat.size != out.size:  # NumPy would repeat a single number
                raise ValueError("another size")
            np.divide(flat, np.float32(255), out=out)

        return write_bytes

    def write(observation: Any, out: Array) -> None:
        flat = np.ravel(observation)
        if flat.size != out.size or flat.dtype.kind not in "biuf":  # None would become NaN
            raise ValueError("another size, or no numbers")
        with np.errstate(over="ignore"):  # becomes inf, and is counted as non-finite
            out[:] = flat

    return write


def _one_hot(start: int, n: int) -> Write:
    def write(observation: Any, out: Array) -> None:
        if not isinstance(observation, (int, np.integer)):
            observation = np.asarray(observation).item()  # an array of one, or a float
        place = int(observation) - start
        if not 0 <= place < n or place + start != observation:
            raise ValueError("another category")
        out[:] = 0.0
        out[place] = 1.0

    return write


def _one_hots(space: MultiDiscrete) -> Write:
    sizes, start = space.nvec.ravel().astype(np.uint64), space.start.ravel()
    firsts = np.concatenate([[0], np.cumsum(space.nvec.ravel())[:-1]])

    def write(observation: Any, out: Array) -> None:
        values = np.ravel(observation)
        if values.size != sizes.size:
            raise ValueError("another size")
        codes = (values - start).astype(np.intp)
        # Seen as unsigned, negative ones are too large: one comparison finds both.
        if not (codes.view(np.uint64) < sizes).all():
            raise ValueError("another category")
        if values.dtype.kind == "f" and (codes + start != values).any():
            raise ValueError("half a category")
        out[:] = 0.0
        out[firsts + codes] = 1.0

    return write


def open_sides(space: Space[Any]) -> tuple[bool, bool]:
    """Return whether a Box has numbers without two bounds, and whether one bound cuts outputs off.

    Outputs cannot be scaled to such numbers, and stay between −1 and 1. The first value is about
    numbers that allow all of these, the second about numbers with a bound in between.
    """
    if not isinstance(space, Box):
        return False, False
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)
    unscaled = (high - low) >= HUGE
    cut = unscaled & ((low > -1) | (high < 1))
    return bool((unscaled & ~cut).any()), bool(cut.any())


def advice_on_actions(env_id: str, space: Space[Any], output: str) -> list[str]:
    """Return where outputs cannot be scaled to the bounds of actions, and what helps.

    Args:
        env_id: of the environment.
        space: of its actions.
        output: what the network's last layer puts out, ``tanh`` or ``linear``.
    """
    free, cut = open_sides(space)
    advice = []
    if free and output == "tanh":
        advice.append(
            f"actions of {env_id} have no two bounds to scale to ({space}), and outputs are taken "
            "as they are, from -1 to 1; --network.output linear lets them go farther"
        )
    if cut:
        advice.append(
            f"actions of {env_id} have a bound on one side only ({space}), and outputs beyond it "
            "are clipped to it; a wrapper that gives them two bounds "
            "(gymnasium.wrappers.TransformAction) makes use of all outputs"
        )
    return advice


def action_of(space: Space[Any], output: Array, scaled: bool) -> Any:
    """Return the action that a network's ``output`` ``(size_of(space),)`` stands for.

    Args:
        space: of the actions.
        output: the largest decides where the action is discrete.
        scaled: whether −1 and 1 stand for the bounds of a Box, where these are less than `HUGE`
            apart, and are rounded where it has integers; otherwise outputs are its numbers. Both
            are clipped to the bounds.
    """
    if isinstance(space, Discrete):
        return space.start + np.argmax(output)
    assert isinstance(space, Box)
    values: npt.NDArray[Any] = output.reshape(space.shape)
    if scaled:
        low, high = space.low.astype(np.float64), space.high.astype(np.float64)
        bounded = (high - low) < HUGE
        low, high = np.where(bounded, low, -1), np.where(bounded, high, 1)
        values = (low + high) / 2 + (high - low) / 2 * values
        if np.issubdtype(space.dtype, np.integer):
            values = np.rint(values)
    return np.clip(values, space.low, space.high).astype(space.dtype)
