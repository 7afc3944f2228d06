"""The conversion between Gymnasium's spaces and a network's observations and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple

from metahebb.errors import InputError

Array = npt.NDArray[np.float32]
HUGE = 1e6
"""The largest distance between two bounds to which outputs are scaled.

Bounds that are farther apart count as no bounds; some environments write the largest float there.
"""
Write = Callable[[Any, Array], None]
"""A function that writes an observation into its stretch of a lane's row."""


def parts_of(space: Space[Any], where: str) -> list[tuple[tuple[Any, ...], Space[Any]]]:
    """Return the parts of a space that hold numbers, each with the keys that lead to it.

    The parts of a ``Dict`` stand in the order of its sorted keys, and the parts of a ``Tuple`` in
    the tuple's order. A text holds no numbers, and is left out.

    Raises:
        InputError: a part is of an unknown kind, or no part holds numbers.
    """
    parts: list[tuple[tuple[Any, ...], Space[Any]]] = []

    def collect(part: Space[Any], keys: tuple[Any, ...]) -> None:
        if isinstance(part, Dict):
            for key in _ordered(part.spaces):
                collect(part.spaces[key], (*keys, key))
        elif isinstance(part, Tuple):
            for number, each in enumerate(part.spaces):
                collect(each, (*keys, number))
        elif isinstance(part, (Box, Discrete, MultiBinary, MultiDiscrete)):
            parts.append((keys, part))
        elif not isinstance(part.sample(), str):  # Text, or another space of texts (MiniGrid)
            raise InputError(
                f"expected Box, Discrete, MultiBinary, MultiDiscrete, or a Dict or Tuple of them, "
                f"got {part} ({where}); register it with a wrapper that makes it one of these"
            )

    collect(space, ())
    if not sum(size_of(part) for _, part in parts):
        raise InputError(
            f"expected a space with numbers, got {space} ({where}); register it with a wrapper "
            "that gives the network something to sense"
        )
    return parts


def _ordered(keys: Iterable[Any]) -> list[Any]:
    """Return sorted keys; keys that cannot be compared are sorted by their type, then by text."""
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=lambda key: (type(key).__name__, repr(key)))


def size_of(space: Space[Any]) -> int:
    """Return the number of values of a part, which is one per category if it is discrete."""
    if isinstance(space, Discrete):
        return int(space.n)
    if isinstance(space, MultiDiscrete):
        return int(space.nvec.sum())
    assert space.shape is not None
    return int(np.prod(space.shape))


def writer_of(space: Space[Any]) -> Write:
    """Return the function that writes an observation of a part into a lane's row.

    Bytes are divided by 255, and categories are one-hot. The function raises an error if an
    observation has another size or category. The error's text does not matter, because
    `metahebb.tasks.gym.observed.fault_of` then says what is wrong.
    """
    if isinstance(space, Discrete):
        return _one_hot(int(space.start), int(space.n))
    if isinstance(space, MultiDiscrete):
        return _one_hots(space)
    if isinstance(space, Box) and space.dtype == np.uint8:

        def write_bytes(observation: Any, out: Array) -> None:
            flat = np.ravel(observation)
            if flat.size != out.size:  # without this check, NumPy would repeat a single number
                raise ValueError("another size")
            np.divide(flat, np.float32(255), out=out)

        return write_bytes

    def write(observation: Any, out: Array) -> None:
        flat = np.ravel(observation)
        if flat.size != out.size or flat.dtype.kind not in "biuf":  # else None would become NaN
            raise ValueError("another size, or no numbers")
        with np.errstate(over="ignore"):  # a number that is too large becomes inf: non-finite
            out[:] = flat

    return write


def _one_hot(start: int, n: int) -> Write:
    def write(observation: Any, out: Array) -> None:
        if not isinstance(observation, (int, np.integer)):
            observation = np.asarray(observation).item()  # an array of one number, or a float
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
        # As unsigned numbers, negative codes are too large, so that one comparison is enough.
        if not (codes.view(np.uint64) < sizes).all():
            raise ValueError("another category")
        if values.dtype.kind == "f" and (codes + start != values).any():
            raise ValueError("half a category")
        out[:] = 0.0
        out[firsts + codes] = 1.0

    return write


def open_sides(space: Space[Any]) -> tuple[bool, bool]:
    """Return two facts about the numbers of a Box that do not have two bounds.

    Outputs cannot be scaled to such a number, and stay between −1 and 1. The first value says
    whether the Box has such a number that allows all of −1 to 1. The second value says whether it
    has one with a bound between −1 and 1, which cuts outputs off.
    """
    if not isinstance(space, Box):
        return False, False
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)
    unscaled = (high - low) >= HUGE
    cut = unscaled & ((low > -1) | (high < 1))
    return bool((unscaled & ~cut).any()), bool(cut.any())


def advice_on_actions(env_id: str, space: Space[Any], output: str) -> list[str]:
    """Return advice on actions to whose bounds outputs cannot be scaled, one line each.

    Args:
        env_id: the id of the environment.
        space: the space of its actions.
        output: the kind of the network's last layer, ``tanh`` or ``linear``.
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


def advice_on_scaling(env_id: str, space: Space[Any], output: str) -> list[str]:
    """Return advice on actions that are bounded, but to whose bounds outputs are not scaled.

    The arguments are those of `advice_on_actions`.
    """
    if output != "tanh" or not isinstance(space, Box):
        return []
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)
    unlike = ((high - low) < HUGE) & ((low != -1) | (high != 1))
    if not unlike.any():
        return []
    return [
        f"the actions of {env_id} reach from {low[unlike].min():g} to {high[unlike].max():g}, and "
        "the network puts out -1 to 1; --task.scale-actions (scale_actions=True of GymTask) scales "
        "its outputs to these bounds"
    ]


def action_of(space: Space[Any], output: Array, scaled: bool) -> Any:
    """Return the action for a network's ``output`` ``(size_of(space),)``.

    A discrete action is the one with the largest output. The numbers of a Box are always clipped to
    its bounds.

    Args:
        space: the space of actions.
        output: the network's outputs, ``(size_of(space),)``.
        scaled: whether outputs from −1 to 1 are scaled to the bounds of a Box, if these are less
            than `HUGE` apart, and rounded if the Box holds integers; if not, outputs are the
            numbers of the Box.
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
