"""The compiled functions that write noise in place.

Importing this module compiles them, or loads them from numba's cache.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

# Constants of Philox4x64 (Salmon et al. 2011, section 3.3): each round multiplies by the two
# multipliers, and then adds the two Weyl constants (the golden ratio and sqrt(3) - 1) to the key.
_MULTIPLIER_0 = np.uint64(0xD2E7470EE14C6C93)
_MULTIPLIER_1 = np.uint64(0xCA5A826395121157)
_WEYL_0 = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1 = np.uint64(0xBB67AE8584CAA73B)
_ROUNDS = 10
_PER_BLOCK = 16  # normals in a block of four words

_IN = types.Array(types.float32, 1, "C", readonly=True)
_OUT = types.Array(types.float32, 1, "C")
_U64 = types.uint64


def _product_high(typing_context: Any, a: Any, b: Any) -> Any:
    """Compute the upper 64 bits of the 128-bit product of two uint64, in one instruction."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), codegen


_high: Any = intrinsic(_product_high)


@numba.njit("UniTuple(uint64, 4)(uint64, uint64, uint64, uint64, uint64, uint64)", cache=True)
def philox(k0: Any, k1: Any, c0: Any, c1: Any, c2: Any, c3: Any) -> Any:
    """Return the four words of Philox4x64-10 for a key and a counter, least significant first."""
    for _ in range(_ROUNDS):
        high_0, low_0 = _high(_MULTIPLIER_0, c0), _MULTIPLIER_0 * c0
        high_1, low_1 = _high(_MULTIPLIER_1, c2), _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
        k0 += _WEYL_0
        k1 += _WEYL_1
    return c0, c1, c2, c3


@numba.njit(
    types.void(_IN, _IN, _U64, types.float32, _OUT, types.int64, _IN, *[_U64] * 5),
    cache=True,
    nogil=True,
)
def perturb(
    center: Any,
    stdev: Any,
    stride: Any,
    sign: Any,
    out: Any,
    start: Any,
    table: Any,
    k0: Any,
    k1: Any,
    c1: Any,
    c2: Any,
    c3: Any,
) -> None:
    """Write ``center[i] + sign * stdev[stride * i] * normal[start + i]`` into every ``out[i]``.

    The caller has checked the arrays. Fastmath is off, so LLVM may not fuse the multiplication with
    the addition, and the bits equal those of NumPy. Indices are unsigned: Numba tests whether a
    signed index is negative, and that test costs a third of the speed.
    """
    n = len(out)
    head = min(-start % _PER_BLOCK, n)  # the number of elements before the first whole block
    tail = n - (n - head) % _PER_BLOCK  # the index at which the last whole block ends
    for k in range(head + n - tail):
        i = _U64(k if k < head else tail + k - head)
        element = _U64(start) + i
        words = philox(k0, k1, element >> _U64(4), c1, c2, c3)
        word = words[element >> _U64(2) & _U64(3)]
        z = table[word >> ((element & _U64(3)) << _U64(4)) & _U64(0xFFFF)]
        out[i] = center[i] + sign * stdev[stride * i] * z
    for first in range(head, tail, _PER_BLOCK):
        words = philox(k0, k1, _U64((start + first) // _PER_BLOCK), c1, c2, c3)
        for w in range(4):
            for quarter in range(4):
                z = table[words[w] >> _U64(quarter * 16) & _U64(0xFFFF)]
                i = _U64(first) + _U64(4 * w + quarter)
                out[i] = center[i] + sign * stdev[stride * i] * z


@numba.njit(
    types.void(types.float32, _OUT, types.int64, *[_U64] * 5),
    cache=True,
    nogil=True,
)
def spread(bound: Any, out: Any, start: Any, k0: Any, k1: Any, c1: Any, c2: Any, c3: Any) -> None:
    """Write ``bound * (2 * uniform[start + i] - 1)`` into every ``out[i]``.

    All values before the last multiplication are exact in float32, so the bits equal NumPy's.
    """
    unit, two, one = np.float32(2.0**-24), np.float32(2), np.float32(1)
    block = _U64(start) >> _U64(3)
    words = philox(k0, k1, block, c1, c2, c3)
    for k in range(len(out)):
        element = _U64(start) + _U64(k)
        if element >> _U64(3) != block:
            block = element >> _U64(3)
            words = philox(k0, k1, block, c1, c2, c3)
        half = words[element >> _U64(1) & _U64(3)] >> ((element & _U64(1)) << _U64(5))
        u = np.float32((half & _U64(0xFFFFFFFF)) >> _U64(8)) * unit
        out[k] = (u * two - one) * bound
