"""Checks that several probes share; each raises InputError with one line."""

from __future__ import annotations

import math

from metahebb.errors import InputError
from metahebb.networks import Network
from metahebb.tasks.base import Task

ALL = -1
"""The value that stands for all layers, and as a number of steps for the rest of the life."""


def check_at(at: int) -> None:
    """Check the number of an env step."""
    if at < 0:
        raise InputError(f"expected at of at least 0, got {at} (probe); env steps count from 0")


def check_window(at: int, steps: int) -> None:
    """Check the first env step of a window and its length."""
    check_at(at)
    if steps < ALL:
        raise InputError(
            f"expected steps of at least 0, got {steps} (probe); {ALL} is until the life ends"
        )


def check_fraction(fraction: float) -> None:
    """Check that a fraction is from 0 to 1."""
    if not 0 <= fraction <= 1:
        raise InputError(f"expected a fraction from 0 to 1, got {fraction} (probe); choose another")


LARGEST = 1e30
"""The largest magnitude of a number that a probe may give to a life.

Products with it have to stay below the largest float32, 3.4e38.
"""


def check_finite(largest: float = LARGEST, **values: float) -> None:
    """Check that numbers are finite, and that their magnitude is at most ``largest``."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise InputError(f"expected a finite {name}, got {value} (probe); choose another")
        if abs(value) > largest:
            raise InputError(
                f"expected {name} from {-largest:g} to {largest:g}, got {value:g} (probe); choose "
                "one of smaller size"
            )


def check_layer(layer: int) -> None:
    """Check that the number of a layer is at least 1, or `ALL`."""
    if layer < 1 and layer != ALL:
        raise InputError(
            f"expected a layer of at least 1, got {layer} (probe); layers count from 1, "
            f"{ALL} is all of them"
        )


def check_layer_of(layer: int, task: Task, network: Network) -> None:
    """Check that ``network`` has a layer with this number."""
    count = len(network.slots(task.n_observations, task.n_outputs)[0].layers)
    if layer > count:
        raise InputError(
            f"expected a layer from 1 to {count}, got {layer} (probe); {ALL} is all of them"
        )


def is_chosen(layer: int, number: int) -> bool:
    """Return whether ``layer`` (from 1 on, or `ALL`) includes layer ``number``, counted from 0."""
    return layer in (ALL, number + 1)
