"""The genome map in which a small network computes each synapse's coefficients from its place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from metahebb.errors import InputError, unknown_name
from metahebb.genomes.base import LATER, GenomeMap
from metahebb.genomes.slot import LayerShape, Places, Slot
from metahebb.genomes.source import Genes, GeneSource

_COMMON = 4  # the number of inputs that the small network always has: layer, pre, post, constant 1


@dataclass(frozen=True)
class Generated(GenomeMap):
    """Coefficients are a function of a synapse's coordinates: a network with one tanh layer.

    The idea is that of HyperNEAT (Stanley et al. 2009; for rules Risi & Stanley 2010).

    A synapse has three coordinates: its layer, the index of the presynaptic neuron, and the index
    of the postsynaptic neuron. Each coordinate lies in (−1, 1): number k of n has (2k + 1)/n − 1.
    Genes are the weights of the inputs ``(4, hidden)`` (layer, pre, post and a constant 1), then
    the weights of the outputs ``(planes, hidden)``, then the biases ``(planes,)``.

    With ``coordinates="body"`` the task gives coordinates to each sensor and each actuator
    (`Places`), which take the place of its index, so that coefficients are a function of the body.
    These coordinates are 0 for hidden neurons, which keep their index. The weights of the inputs
    are then ``(4 + s + a, hidden)``, with ``s`` coordinates of a sensor and ``a`` of an actuator.

    Differs from the reference: HyperNEAT's network grows, and this one has a fixed size.
    """

    hidden: int = 16
    """The number of units in the hidden layer of the small network."""
    coordinates: Literal["index", "body"] = field(default="index", metadata={LATER: True})
    """The coordinates of a neuron. ``index``: its number in its layer; ``body``: the place and kind
    of a sensor or actuator in the body (locomotion tasks), and the number of a hidden neuron."""

    def __post_init__(self) -> None:
        """Check the values of both fields."""
        if self.hidden < 1:
            raise InputError(f"expected hidden of at least 1 (generated), got {self.hidden}")
        if self.coordinates not in ("index", "body"):
            raise unknown_name("coordinates", self.coordinates, ("index", "body"))

    @property
    def needs_places(self) -> bool:
        """Whether the map reads the places of sensors and actuators."""
        return self.coordinates == "body"

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes.

        Raises:
            InputError: ``coordinates`` is ``body``, and the task has no places for its sensors.
        """
        inputs = _COMMON
        if self.needs_places:
            places = _places_of(slot)
            inputs += len(places.sensors[0]) + len(places.actuators[0])
        return inputs * self.hidden + slot.layers[0].planes * (self.hidden + 1)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``; its genes begin at ``start``."""
        genes = np.empty(self.n_genes(slot), np.float32)
        source.write(start, genes)
        planes, hidden = slot.layers[0].planes, self.hidden
        into = genes[: -planes * (hidden + 1)].reshape(-1, hidden)
        out_of = genes[-planes * (hidden + 1) : -planes].reshape(planes, hidden)
        of_depth, of_pre, of_post, constant = into[:_COMMON]
        layers, depths = slot.layers, _places(len(slot.layers))
        pres = [of_pre[:, None] * _places(layer.n_in) for layer in layers]
        posts = [of_post[:, None] * _places(layer.n_out) for layer in layers]
        if self.needs_places:
            seen, posts[-1] = _of_body(_places_of(slot), into[_COMMON:])
            # The other inputs of a recurrent first layer are its own neurons.
            recurrent = layers[0].n_in - seen.shape[1]
            pres[0] = np.concatenate([seen, of_pre[:, None] * _places(recurrent)], axis=1)
        for number, (layer, part) in enumerate(zip(layers, slot.parts(out), strict=True)):
            post = (of_depth * depths[number] + constant)[:, None] + posts[number]
            units = self._units(layer, pres[number], post)
            memory = part.reshape(planes, layer.synapses)
            # Not by matmul: BLAS may sum in another order on another number of threads.
            np.einsum("ph,hs->ps", out_of, units, out=memory)
            memory += genes[-planes:, None]

    def _units(self, layer: LayerShape, pres: Genes, posts: Genes) -> Genes:
        """Return the activity of the hidden units, ``(hidden, synapses)``, in the memory's order.

        Args:
            layer: the layer of the synapses.
            pres: the part of each unit's drive that depends on the presynaptic neuron,
                ``(hidden, n_in)``.
            posts: the part of each unit's drive that depends on the postsynaptic neuron and on the
                layer, ``(hidden, n_out)``.
        """
        units = np.empty(self.hidden * layer.synapses, np.float32)
        view = replace(layer, planes=self.hidden).view(units)
        np.add(posts[:, :, None], pres[:, None, :], out=view)
        return np.tanh(units, out=units).reshape(self.hidden, layer.synapses)


def _places(n: int) -> Genes:
    """Return the coordinates of ``n`` neurons, evenly spaced in (−1, 1), float32 ``(n,)``."""
    return ((2 * np.arange(n) + 1) / max(n, 1) - 1).astype(np.float32)


def _places_of(slot: Slot) -> Places:
    """Return the places of the slot's sensors and actuators, or raise InputError without them."""
    if slot.places is None:
        raise InputError(
            "expected a task that tells where in its body sensors and actuators are (generated, "
            "coordinates body), got one without a body; use a locomotion task, or coordinates index"
        )
    return slot.places


def _of_body(places: Places, weights: Genes) -> tuple[Genes, Genes]:
    """Return the drive of each hidden unit by each sensor ``(hidden, n)`` and actuator.

    The drive by actuators is ``(hidden, m)``.
    """
    sensors = np.array(places.sensors, np.float32).T
    actuators = np.array(places.actuators, np.float32).T
    of_sensors, of_actuators = np.split(weights, [len(sensors)])
    return _weighted(of_sensors, sensors), _weighted(of_actuators, actuators)


def _weighted(weights: Genes, coordinates: Genes) -> Genes:
    """Return the weighted sum over coordinates, ``(hidden, n)``.

    The terms are added one by one, so that equal coordinates give equal sums to the last bit.
    """
    total = np.zeros((weights.shape[1], coordinates.shape[1]), np.float32)
    for weight, coordinate in zip(weights, coordinates, strict=True):
        total += weight[:, None] * coordinate
    return total
