"""Weights at birth: drawn anew for every life, or co-evolved."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from metahebb.errors import unknown_name
from metahebb.genomes import LayerShape
from metahebb.noise import Key, normals, spread, uniforms

Weights = npt.NDArray[np.float32]
Draw = Callable[[Key, int, LayerShape, Weights], None]
"""Writes a layer's weights, the numbers of the key's sequence from ``start`` on, into the last."""


def _uniform(bound: float) -> Draw:
    def draw(key: Key, start: int, layer: LayerShape, out: Weights) -> None:
        spread(bound, key, out, start)

    return draw


def _normal(key: Key, start: int, layer: LayerShape, out: Weights) -> None:
    out[:] = normals(key, out.size, start) * np.float32(0.024)


def _xavier(key: Key, start: int, layer: LayerShape, out: Weights) -> None:
    spread(0.3 * math.sqrt(6 / (layer.n_in + layer.n_out)), key, out, start)


def _kaiming(key: Key, start: int, layer: LayerShape, out: Weights) -> None:
    gain = math.sqrt(2 / (1 + 3**2))
    spread(gain * math.sqrt(3 / layer.n_in), key, out, start)


def _sparse(key: Key, start: int, layer: LayerShape, out: Weights) -> None:
    out[:] = normals(key, out.size, start) * np.float32(0.01)
    # The zeroed fraction is exact per layer: the cells with the smallest uniforms. Their numbers
    # come from far behind those of the normals, in the same stream.
    order = np.argsort(uniforms(key, out.size, start + 2**40), kind="stable")
    out[order[: int(0.8 * out.size)]] = 0


def _zeros(key: Key, start: int, layer: LayerShape, out: Weights) -> None:
    out[:] = 0


BIRTHS: dict[str, Draw | None] = {
    "uniform": _uniform(0.1),
    "uniform_1": _uniform(1.0),
    "normal": _normal,
    "xavier": _xavier,
    "kaiming": _kaiming,
    "sparse": _sparse,
    "zeros": _zeros,
    "coevolved": None,
}
"""Distributions of weights at birth, with the scales of Najarro & Risi's public code: U(-0.1, 0.1)
(the default) and U(-1, 1), N(0, 0.024²), Xavier with gain 0.3, Kaiming with slope 3, N(0, 0.01²)
of which 80 % is zero (theirs per column, ours per layer), zeros, or the ``birth`` slot."""


def draw_weights(
    name: str, key: Key, layers: tuple[LayerShape, ...], out: Weights, start: int = 0
) -> None:
    """Draw the weights of all ``layers`` into ``out``, one after the other.

    Args:
        name: one of `BIRTHS`, not ``coevolved``.
        key: of this birth.
        layers: shapes, with one plane each.
        out: ``(sum of sizes,)``, written.
        start: first number of the key's sequence.
    """
    draw = BIRTHS[check_birth(name)]
    assert draw is not None
    first = 0
    for layer in layers:
        draw(key, start + first, layer, out[first : first + layer.size])
        first += layer.size


def redraw_layers(
    name: str,
    key: Key,
    layers: tuple[LayerShape, ...],
    weights: Weights,
    numbers: Sequence[int],
    start: int,
    which: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Draw the layers ``numbers``, counted from 0, anew into ``weights`` ``(sum of sizes,)``.

    All are drawn, as at birth, from element ``start`` of the key's sequence, and the others left
    out: what a layer gets does not depend on which are asked for. Weights outside of ``which``
    ``(sum of sizes,)`` stay; None: all are drawn.
    """
    drawn = np.empty_like(weights)
    draw_weights(name, key, layers, drawn, start)
    stops = np.cumsum([layer.size for layer in layers])
    for number in numbers:
        part = slice(stops[number] - layers[number].size, stops[number])
        if which is None:
            weights[part] = drawn[part]
        else:
            np.copyto(weights[part], drawn[part], where=which[part])


def check_birth(name: str) -> str:
    """Return ``name``, or raise InputError with the nearest known one."""
    if name not in BIRTHS:
        raise unknown_name("birth distribution", name, BIRTHS)
    return name
