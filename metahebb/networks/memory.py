"""Functions that lanes of every kind share: for their memory, and for the scale of sensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.genomes import LayerShape

T = TypeVar("T", bound=np.generic)

CACHE_LINE = 64
"""The size of a processor's cache line in bytes."""


def aligned(n: int, size: int) -> npt.NDArray[np.float32]:
    """Return an array of zeros ``(n, size)`` that begins at the start of a cache line.

    Then no SIMD vector lies across two cache lines.
    """
    memory = np.zeros(n * size + CACHE_LINE // 4, np.float32)
    skipped = -memory.ctypes.data % CACHE_LINE // 4
    return memory[skipped : skipped + n * size].reshape(n, size)


def layer_views(layers: Sequence[LayerShape], memory: npt.NDArray[T]) -> list[npt.NDArray[T]]:
    """Return a view ``(n_out, n_in)`` of each layer, of one plane, in a lane's ``memory``."""
    views, start = [], 0
    for layer in layers:
        views.append(layer.view(memory[start : start + layer.size])[0])
        start += layer.size
    return views


def check_scale(scale: Sequence[float], n_observations: int) -> None:
    """Raise InputError unless ``scale`` is empty or has a factor for each sensor."""
    if scale and len(scale) != n_observations:
        raise InputError(
            f"expected {n_observations} observation scales, one per sensor, got {len(scale)}"
        )
