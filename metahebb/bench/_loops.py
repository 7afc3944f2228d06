"""Compiled loops to which the plastic step is compared; importing this module loads numba."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_HALF = np.float32(0.5)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def traffic(lanes: Any, sizes: Any, weights: Any, coefficients: Any, times: Any) -> None:
    """Read four of five coefficient planes and the weights once, and write the weights once.

    No step with these coefficients can do with less traffic. The loop goes layer by layer and lane
    by lane, in the memory layout of the kernel. The arithmetic keeps the compiler from removing the
    loop.
    """
    for _ in range(times):
        for lane in lanes:
            first = 0
            for layer in range(sizes.size - 1):
                n = sizes[layer] * sizes[layer + 1]
                row = weights[lane, first : first + n]
                planes = coefficients[lane, 5 * first : 5 * (first + n)]
                a, b, c, d = planes[:n], planes[n : 2 * n], planes[2 * n : 3 * n], planes[3 * n :]
                for k in range(n):
                    row[k] = _HALF * row[k] + ((a[k] + b[k]) + (c[k] + d[k]))
                first += n


@numba.njit
def repeated(step: Any, arguments: Any, times: Any) -> None:
    """Call a compiled ``step`` many times, without the interpreter in between."""
    for _ in range(times):
        step(*arguments)


@numba.njit(cache=True)
def published_update(weights: Any, pre: Any, post: Any, coefficients: Any, offset: Any) -> None:
    """Rewire a layer ``(n_out, n_in)`` as the published code does: one synapse after the other.

    ``coefficients`` is ``(n_synapses, 5)``: each row has A, B, C, eta and D of a synapse. The
    synapse of input i and output j has row ``offset`` + n_out·i + j; ``offset`` is the number of
    synapses in earlier layers.
    """
    n_out, n_in = weights.shape
    for i in range(n_in):
        for j in range(n_out):
            h = coefficients[offset + n_out * i + j]
            change = h[0] * pre[i] * post[j] + h[1] * pre[i] + h[2] * post[j] + h[4]
            weights[j, i] += h[3] * change
