"""Memory for lanes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CACHE_LINE = 64
"""Bytes."""


def aligned(n: int, size: int) -> npt.NDArray[np.float32]:
    """Return zeros ``(n, size)`` that begin on a cache line, so that no vector straddles two."""
    memory = np.zeros(n * size + CACHE_LINE // 4, np.float32)
    skipped = -memory.ctypes.data % CACHE_LINE // 4
    return memory[skipped : skipped + n * size].reshape(n, size)
