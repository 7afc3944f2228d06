"""What lanes of every kind share: their memory, and the check of a scale per sensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.genomes import LayerShape

T = TypeVar("T", bound=np.generic)

CACHE_LINE = 64
"""Bytes."""


def aligned(n: int, size: int) -> npt.NDArray[np.float32]:
    """Return zeros ``(n, size)`` that begin on a cache line, so that no vector straddles two."""
    memory = np.zeros(n * size + CACHE_LINE // 4, np.float32)
    skipped = -memory.ctypes.data % CACHE_LINE // 4
    return memory[skipped : skipped + n * size].reshape(n, size)


def layer_views(layers: Sequence[LayerShape], memory: npt.NDArray[T]) -> list[npt.NDArray[T]]:
    """Return views ``(n_out, n_in)`` of ``layers``, of one plane each, in a lane's ``memory``."""
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
