"""The checks of what an environment returns: its observations, and whether an episode ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple

_SHOWN = 60
"""The number of characters of an observation that a message shows."""


def fault_of(space: Space[Any], observation: Any, name: str = "the observation") -> str:
    """Return the fault of an observation as ``expected X, got Y``; empty if there is none.

    Dimensions of length 1 are ignored, so that an array of one number is a number. The bounds of a
    Box are not checked unless it holds bytes, because a number outside of them is still valid. Keys
    that a Dict does not name are ignored, and so are texts.
    """
    if isinstance(space, Dict):
        return _fault_of_dict(space, observation, name)
    if isinstance(space, Tuple):
        if not hasattr(observation, "__len__") or len(observation) != len(space.spaces):
            return f"expected {len(space.spaces)} parts as {name}, got {_shown(observation)}"
        parts = enumerate(space.spaces)
        faults = (fault_of(each, observation[i], f"{name}[{i}]") for i, each in parts)
        return next(filter(None, faults), "")
    if not isinstance(space, (Box, Discrete, MultiBinary, MultiDiscrete)):
        return ""  # a text, which no network observes
    try:
        array = np.asarray(observation)
    except ValueError:  # lists of several lengths
        return f"expected numbers as {name}, got {_shown(observation)}"
    if array.dtype.kind not in "biuf":
        return f"expected numbers as {name}, got {_shown(observation)}"
    if _without_ones(array.shape) != _without_ones(space.shape or ()):
        return f"expected the shape {space.shape} of {name}, got {array.shape}"
    wanted = _values_of(space)
    if wanted is None:
        return ""
    low, high, what = wanted
    array = array.reshape(space.shape)
    if (np.isfinite(array) & (array >= low) & (array <= high) & (array == np.floor(array))).all():
        return ""
    return f"expected {what} as {name}, got {_shown(observation)}"


def fault_of_ending(name: str, ending: Any) -> str:
    """Return the fault of what ``step`` returned as ``name``; empty if it is a truth value.

    A truth value is a ``bool``, or an array without dimensions that holds one, as NumPy's, JAX's
    and PyTorch's are. Any other object would count as true or false, too, but by accident.
    """
    kind = str(getattr(ending, "dtype", "")).rpartition(".")[2]
    if isinstance(ending, bool) or (kind == "bool" and getattr(ending, "shape", None) == ()):
        return ""
    return f"expected a truth value as {name}, got {_shown(ending)} ({type(ending).__name__})"


def _fault_of_dict(space: Dict, observation: Any, name: str) -> str:
    for key, each in space.spaces.items():
        try:
            part = observation[key]
        except (LookupError, TypeError):  # a TypeError means that it is no dictionary
            got = list(observation) if isinstance(observation, Mapping) else observation
            return f"expected the key {key!r} in {name}, got {_shown(got)}"
        fault = fault_of(each, part, f"{name}[{key!r}]")
        if fault:
            return fault
    return ""


def _values_of(space: Space[Any]) -> tuple[Any, Any, str] | None:
    """Return the least and the largest value of a space of whole numbers, and words for them.

    Return None for a space that allows any number.
    """
    if isinstance(space, Discrete):
        least, most = int(space.start), int(space.start + space.n) - 1
        return least, most, f"a whole number from {least} to {most}"
    if isinstance(space, MultiDiscrete):
        low, high = space.start, space.start + space.nvec - 1
        return low, high, f"whole numbers from {low.tolist()} to {high.tolist()}"
    if isinstance(space, MultiBinary):
        return 0, 1, "zeros and ones"
    return (0, 255, "whole numbers from 0 to 255") if space.dtype == np.uint8 else None


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)


def _shown(observation: Any) -> str:
    if isinstance(observation, np.ndarray) and observation.dtype.kind in "biuf":
        if observation.size > 8:
            return f"values from {observation.min()} to {observation.max()}"
        observation = observation.tolist()
    text = " ".join(repr(observation).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
