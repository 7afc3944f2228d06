"""A slot: a named part of a genome that a network declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from metahebb.plasticity.rule import Rule

SlotName = Literal["coefficients", "birth", "inherited"]


@dataclass(frozen=True)
class LayerShape:
    """Synapses of one layer: ``(planes, n_out, n_in)``.

    In memory, and so in a per-synapse genome, rows run along the longer axis: ``(planes, n_in,
    n_out)`` where ``n_in < n_out``. That keeps the kernel's inner loop long (27 inputs to 128
    neurons: four times faster).
    """

    planes: int
    n_out: int
    n_in: int

    @property
    def size(self) -> int:
        """Numbers in the layer."""
        return self.planes * self.synapses

    @property
    def synapses(self) -> int:
        """Synapses of the layer, which are the numbers in one plane."""
        return self.n_out * self.n_in

    def view(self, memory: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the layer's ``memory`` ``(size,)`` as a view ``(planes, n_out, n_in)``."""
        if self.n_in < self.n_out:
            return memory.reshape(self.planes, self.n_in, self.n_out).swapaxes(1, 2)
        return memory.reshape(self.planes, self.n_out, self.n_in)


@dataclass(frozen=True)
class Places:
    """Where a task's sensors and actuators are, and what kind: a row of coordinates for each.

    Attributes:
        sensors: one row per sensor, in the order of observations; each number is in [−1, 1].
        actuators: one row per actuator, in the order of outputs; rows may be of another length.
    """

    sensors: tuple[tuple[float, ...], ...]
    actuators: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Slot:
    """What a network needs to have inherited: ``size`` float32 numbers under one name.

    Attributes:
        name: ``coefficients`` of rules, ``birth`` weights, or ``inherited`` static weights.
        layers: the shape of each layer, in the order of the kernel's memory.
        rule: whose coefficients the planes of each layer are, in its order; None for weights.
        places: of the task's sensors, which the first layer reads, and of its actuators, which the
            last one drives; None where no genome map asked for them, or the task has none.
    """

    name: SlotName
    layers: tuple[LayerShape, ...]
    rule: Rule | None = None
    places: Places | None = None

    @property
    def size(self) -> int:
        """Numbers that the slot's expression holds."""
        return sum(layer.size for layer in self.layers)

    def parts(self, memory: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """Return each layer's stretch of ``memory`` ``(size,)``, as views."""
        parts, start = [], 0
        for layer in self.layers:
            parts.append(memory[start : start + layer.size])
            start += layer.size
        return parts
