"""The distributions from which weights at birth are drawn, anew for every life."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.errors import unknown_name
from metahebb.genomes import LayerShape
from metahebb.networks.graph import Projection
from metahebb.noise import Key, normals, spread, uniforms

Weights = npt.NDArray[np.float32]
Draw = Callable[[Key, int, LayerShape, Weights], None]
"""A function that draws the weights of one layer.

Its arguments are a key, the first number ``start`` of the key's sequence, the layer's shape, and
the memory into which it writes the weights.
"""


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
    # Exactly 80 % of a layer's weights are zero: the ones with the smallest uniforms. The uniforms
    # come from a later part of the key's sequence than the normals.
    order = np.argsort(uniforms(key, out.size, start + 2**40), kind="stable")
    out[order[: int(0.8 * out.size)]] = 0


def _fan_in(key: Key, start: int, layer: LayerShape, out: Weights) -> None:
    out[:] = normals(key, out.size, start) * np.float32(1 / math.sqrt(layer.n_in))


def _first(key: Key, start: int, layer: LayerShape, out: Weights) -> None:
    out[:] = 0
    np.fill_diagonal(layer.view(out)[0], 1)


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
    "fan_in": _fan_in,
    "first": _first,
    "coevolved": None,
}
"""The distributions of weights at birth by name, with the scales of Najarro & Risi's public code.

They are U(-0.1, 0.1), which is the default, U(-1, 1), N(0, 0.024²), Xavier with gain 0.3, Kaiming
with slope 3, N(0, 0.01²) with 80 % of the weights at zero, and all zeros. ``coevolved`` means that
weights come from the ``birth`` slot.

Two are not of that code: ``fan_in`` is N(0, 1/n_in), as in random recurrent networks, and ``first``
gives unit k the weight 1 from input k, and 0 from all others.

Differs from the reference: ``sparse`` sets 80 % of each layer to zero, the reference 80 % of each
column.
"""


FIXED_FROM = 2**42
"""The first number of a birth's key that is used for fixed weights."""


@dataclass(frozen=True)
class Birth:
    """How the weights of one layer are drawn at birth.

    Attributes:
        name: the name of a distribution in `BIRTHS`, other than ``coevolved``.
        gain: the factor by which the drawn weights are multiplied.
    """

    name: str
    gain: float = 1.0

    def draw(self, key: Key, start: int, layer: LayerShape, out: Weights) -> None:
        """Draw the weights of ``layer`` into ``out``; see `Draw`."""
        draw = BIRTHS[check_birth(self.name)]
        assert draw is not None
        draw(key, start, layer, out)
        if self.gain != 1:
            out *= np.float32(self.gain)


def draw_weights(
    births: Sequence[Birth],
    key: Key,
    layers: tuple[LayerShape, ...],
    out: Weights,
    start: int = 0,
) -> None:
    """Draw the weights of all ``layers`` into ``out``, one layer after the other.

    Args:
        births: how the weights of each layer are drawn.
        key: the key of this birth.
        layers: the shape of each layer, with one plane.
        out: the memory of the weights, ``(sum of sizes,)``, which is written.
        start: the first number of the key's sequence that is used.
    """
    first = 0
    for birth, layer in zip(births, layers, strict=True):
        birth.draw(key, start + first, layer, out[first : first + layer.size])
        first += layer.size


def spare(
    projections: Sequence[Projection], layers: tuple[LayerShape, ...], weights: Weights
) -> None:
    """Set the weights of units that a projection spares to 0."""
    first = 0
    for projection, layer in zip(projections, layers, strict=True):
        layer.view(weights[first : first + layer.size])[0, : projection.spared] = 0
        first += layer.size


def redraw_layers(
    births: Sequence[Birth],
    key: Key,
    layers: tuple[LayerShape, ...],
    weights: Weights,
    numbers: Sequence[int],
    start: int,
    which: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Draw the weights of some layers anew.

    The numbers for all layers are drawn, and only the chosen ones are written. So the weights of a
    layer do not depend on which other layers are chosen.

    Args:
        births: how the weights of each layer are drawn.
        key: the key of the random sequence.
        layers: the shape of each layer, with one plane.
        weights: the memory of all weights, ``(sum of sizes,)``, which is changed.
        numbers: the numbers of the chosen layers, counted from 0.
        start: the first number of the key's sequence that is used.
        which: the weights that may change, a bool array ``(sum of sizes,)``; None: all of them.
    """
    drawn = np.empty_like(weights)
    draw_weights(births, key, layers, drawn, start)
    stops = np.cumsum([layer.size for layer in layers])
    for number in numbers:
        part = slice(stops[number] - layers[number].size, stops[number])
        if which is None:
            weights[part] = drawn[part]
        else:
            np.copyto(weights[part], drawn[part], where=which[part])


def check_birth(name: str) -> str:
    """Return ``name`` if a distribution has it; else raise InputError with the nearest name."""
    if name not in BIRTHS:
        raise unknown_name("birth distribution", name, BIRTHS)
    return name
