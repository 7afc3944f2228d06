"""A slot is a named part of the genome that a network declares."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from metahebb.plasticity.rule import Rule

T = TypeVar("T", bound=np.generic)
Bools = npt.NDArray[np.bool_]
SlotName = Literal["coefficients", "birth", "inherited", "gates", "filters"]


@dataclass(frozen=True)
class LayerShape:
    """The shape of one layer's numbers: ``(planes, n_out, n_in)``.

    A plane holds one number for each synapse, such as one coefficient of the rule. In memory, and
    so in a per-synapse genome, rows run along the longer axis: a plane is ``(n_in, n_out)`` where
    ``n_in < n_out``. That keeps the kernel's inner loop long, which makes a layer from 27 inputs to
    128 neurons four times faster.

    Attributes:
        planes: the number of values that each synapse has.
        n_out: the number of neurons in the layer.
        n_in: the number of inputs of the layer.
    """

    planes: int
    n_out: int
    n_in: int

    @property
    def size(self) -> int:
        """The count of all numbers in the layer."""
        return self.planes * self.synapses

    @property
    def synapses(self) -> int:
        """The number of synapses of the layer, which is the count of numbers in one plane."""
        return self.n_out * self.n_in

    def view(self, memory: npt.NDArray[T]) -> npt.NDArray[T]:
        """Return the layer's ``memory`` ``(size,)`` as a view ``(planes, n_out, n_in)``."""
        if self.n_in < self.n_out:
            return memory.reshape(self.planes, self.n_in, self.n_out).swapaxes(1, 2)
        return memory.reshape(self.planes, self.n_out, self.n_in)


class Mask(Hashable, Protocol):
    """A mask selects some synapses of a network: an immutable, hashable, picklable description."""

    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer whether each synapse is selected.

        Returns:
            Per layer a bool array ``(synapses,)``, in the order of one plane of its memory.
        """


@dataclass(frozen=True)
class Places:
    """The places and kinds of a task's sensors and actuators, as a row of coordinates for each.

    Attributes:
        sensors: one row for each sensor, in the order of an observation; all coordinates are in
            [−1, 1].
        actuators: one row for each actuator, in the order of the outputs. The rows of actuators may
            have another length than the rows of sensors.
    """

    sensors: tuple[tuple[float, ...], ...]
    actuators: tuple[tuple[float, ...], ...]


class Source(NamedTuple):
    """A source is one population among the inputs of a layer.

    Attributes:
        layer: the number of the layer that drives the population's units, counted from 0; −1 if
            the units are sensors.
        n: the number of units.
        is_delayed: whether the layer receives the outputs that the units had in the step before.
    """

    layer: int
    n: int
    is_delayed: bool


@dataclass(frozen=True)
class Slot:
    """A slot is one kind of numbers that a network inherits: ``size`` float32 values with a name.

    Attributes:
        name: the kind of the numbers: ``coefficients`` of rules, ``birth`` weights, ``inherited``
            static weights, ``gates`` of synapses, or ``filters`` of convolutions.
        layers: the shape of each layer, in the order of the kernel's memory.
        rule: the rule whose coefficients are the planes of each layer, in the rule's order; None
            for weights.
        places: the places of the task's sensors, which the first layer reads, and of its actuators,
            which the last layer drives; None if no genome map needs them, or the task has none.
        mask: the synapses that need numbers; the numbers of all others are 0. None: all need them.
        sources: the populations that each layer receives, in order; empty if each layer receives
            the layer before it.
    """

    name: SlotName
    layers: tuple[LayerShape, ...]
    rule: Rule | None = None
    places: Places | None = None
    mask: Mask | None = None
    sources: tuple[tuple[Source, ...], ...] = field(default=(), compare=False)

    @property
    def size(self) -> int:
        """The count of numbers that the slot holds once it is filled."""
        return sum(layer.size for layer in self.layers)

    def parts(self, memory: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """Return each layer's stretch of ``memory`` ``(size,)``, as views."""
        parts, start = [], 0
        for layer in self.layers:
            parts.append(memory[start : start + layer.size])
            start += layer.size
        return parts

    @property
    def compact(self) -> Slot:
        """The slot that holds numbers only for synapses that need them.

        Each plane of a layer is one row, with a number for each synapse that needs one.
        """
        return self if self.mask is None else _compact(self)

    def scatter(self, values: npt.NDArray[np.float32], memory: npt.NDArray[np.float32]) -> None:
        """Write ``values`` ``(compact.size,)`` into ``memory`` ``(size,)``, and 0 elsewhere."""
        compact = self.compact
        stretches = zip(compact.layers, compact.parts(values), self.parts(memory), strict=True)
        for (layer, numbers, part), mask in zip(stretches, self._masks, strict=True):
            part[:] = 0
            places = np.flatnonzero(mask)
            planes = part.reshape(layer.planes, mask.size)
            # Writing plane by plane with indices is ten times faster than all planes with a mask.
            for plane, row in zip(planes, numbers.reshape(layer.planes, places.size), strict=True):
                plane[places] = row

    def clear(self, memory: npt.NDArray[np.float32]) -> None:
        """Set the numbers of synapses that need none to 0, in ``memory`` ``(size,)``."""
        if self.mask is not None:
            clear(self.layers, self._masks, memory)

    def into_ranges(self, memory: npt.NDArray[np.float32]) -> None:
        """Make coefficients of the numbers in ``memory`` ``(size,)``; see `into_ranges`."""
        if self.rule is not None:
            masks = None if self.mask is None else self._masks
            into_ranges(self.rule, self.layers, memory, masks)

    def views(self) -> list[Bools]:
        """Return for each layer a bool array ``(n_out, n_in)``: whether a synapse needs numbers."""
        if self.mask is None:
            return [np.ones((layer.n_out, layer.n_in), np.bool_) for layer in self.layers]
        shapes = [replace(layer, planes=1) for layer in self.layers]
        return [shape.view(mask)[0] for shape, mask in zip(shapes, self._masks, strict=True)]

    @property
    def _masks(self) -> tuple[Bools, ...]:
        assert self.mask is not None
        return masks_of(self.mask, self.layers)


def clear(
    layers: tuple[LayerShape, ...], masks: tuple[Bools, ...], memory: npt.NDArray[np.float32]
) -> None:
    """Set all numbers of synapses outside of ``masks`` to 0.

    Args:
        layers: the shape of each layer.
        masks: for each layer whether a synapse keeps its numbers, ``(synapses,)``.
        memory: the numbers of all layers, one layer after the other; it is changed in place.
    """
    start = 0
    for layer, mask in zip(layers, masks, strict=True):
        part, absent = memory[start : start + layer.size], np.flatnonzero(~mask)
        for plane in part.reshape(layer.planes, layer.synapses):
            plane[absent] = 0
        start += layer.size


def into_ranges(
    rule: Rule,
    layers: tuple[LayerShape, ...],
    memory: npt.NDArray[np.float32],
    masks: Sequence[Bools] | None = None,
) -> None:
    """Make coefficients, in place, of the numbers that a genome map gives.

    Where ``rule`` declares the range of a coefficient, its values are put into that range; all
    others stay as they are.

    Args:
        rule: whose coefficients the numbers become.
        layers: shapes, with any number of planes.
        memory: a plane for each coefficient, layer after layer, ``(planes * all synapses,)``.
        masks: per layer ``(synapses,)`` which synapses follow the rule. The numbers of others are 0
            and stay 0. None: all follow it.
    """
    if not rule.has_ranges:
        return
    start, planes = 0, len(rule.coefficients)
    for number, layer in enumerate(layers):
        part = memory[start : start + planes * layer.synapses].reshape(planes, layer.synapses)
        where: Bools | bool = True if masks is None else masks[number]
        for plane, declared in zip(part, rule.ranges, strict=True):
            if declared is not None:
                np.copyto(plane, declared.values(plane), where=where)
        start += part.size


@functools.lru_cache(maxsize=64)
def masks_of(mask: Mask, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
    """Return the read-only arrays of ``mask`` for ``layers``, which are computed once."""
    masks = mask.masks(layers)
    for one in masks:
        one.flags.writeable = False
    return masks


@functools.lru_cache(maxsize=64)
def _compact(slot: Slot) -> Slot:
    counts = [int(mask.sum()) for mask in slot._masks]
    layers = (LayerShape(layer.planes, n, 1) for layer, n in zip(slot.layers, counts, strict=True))
    return Slot(slot.name, tuple(layers), slot.rule)
