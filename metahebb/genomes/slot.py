"""A slot: a named part of a genome that a network declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SlotName = Literal["coefficients", "birth", "inherited"]


@dataclass(frozen=True)
class LayerShape:
    """Synapses of one layer, as the kernel lays them out: ``(planes, n_out, n_in)``."""

    planes: int
    n_out: int
    n_in: int

    @property
    def size(self) -> int:
        """Numbers in the layer."""
        return self.planes * self.n_out * self.n_in


@dataclass(frozen=True)
class Slot:
    """What a network needs to have inherited: ``size`` float32 numbers under one name.

    Attributes:
        name: ``coefficients`` of rules, ``birth`` weights, or ``inherited`` static weights.
        layers: the shape of each layer, in the order of the kernel's memory.
    """

    name: SlotName
    layers: tuple[LayerShape, ...]

    @property
    def size(self) -> int:
        """Numbers that the slot's expression holds."""
        return sum(layer.size for layer in self.layers)
