"""A small network that says what the coefficients of each synapse are, from where it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from metahebb.errors import InputError, unknown_name
from metahebb.genomes.base import LATER, GenomeMap
from metahebb.genomes.slot import LayerShape, Places, Slot
from metahebb.genomes.source import Genes, GeneSource

_COMMON = 4  # inputs that there always are: layer, pre, post and a constant 1


@dataclass(frozen=True)
class Generated(GenomeMap):
    """Coefficients as a function of coordinates, by one hidden layer of tanh units.

    HyperNEAT's idea (Stanley et al. 2009; for rules Risi & Stanley 2010), whose network grows while
    this one has a fixed size.

    Coordinates of a synapse are its layer, the index of the neuron before it and that of the neuron
    behind it, each in (−1, 1): (2k + 1)/n − 1 for number k of n. The layer of one neuron tells that
    of the other, so that it is given once. Genes are the inputs' weights ``(4, hidden)``, of layer,
    pre, post and a constant 1; then the outputs' ``(planes, hidden)`` and biases ``(planes,)``.

    With ``coordinates="body"`` a sensor or an actuator has the coordinates that the task gives it
    (`Places`) and no index, so that the same genes are a function of the body; those of neurons in
    between are 0. The inputs' weights are ``(4 + s + a, hidden)``: the four, then those of a
    sensor's ``s`` coordinates, then of an actuator's ``a``.
    """

    hidden: int = 16
    """Units of the hidden layer."""
    coordinates: Literal["index", "body"] = field(default="index", metadata={LATER: True})
    """``index``: each neuron's number in its layer; ``body``: sensors and actuators by where they
    are in the body and what kind they are (locomotion tasks), hidden neurons by number."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.hidden < 1:
            raise InputError(f"expected hidden of at least 1 (generated), got {self.hidden}")
        if self.coordinates not in ("index", "body"):
            raise unknown_name("coordinates", self.coordinates, ("index", "body"))

    @property
    def needs_places(self) -> bool:
        """Whether sensors and actuators have places."""
        return self.coordinates == "body"

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes.

        Raises:
            InputError: the coordinates are of the body, and the task does not tell them.
        """
        inputs = _COMMON
        if self.needs_places:
            places = _told(slot)
            inputs += len(places.sensors[0]) + len(places.actuators[0])
        return inputs * self.hidden + slot.layers[0].planes * (self.hidden + 1)

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``."""
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
            seen, posts[-1] = _of_body(_told(slot), into[_COMMON:])
            heard = layers[0].n_in - seen.shape[1]  # neurons that hear themselves
            pres[0] = np.concatenate([seen, of_pre[:, None] * _places(heard)], axis=1)
        for number, (layer, part) in enumerate(zip(layers, slot.parts(out), strict=True)):
            post = (of_depth * depths[number] + constant)[:, None] + posts[number]
            units = self._units(layer, pres[number], post)
            memory = part.reshape(planes, layer.synapses)
            # Not by matmul: BLAS may sum in another order on another number of threads.
            np.einsum("ph,hs->ps", out_of, units, out=memory)
            memory += genes[-planes:, None]

    def _units(self, layer: LayerShape, pres: Genes, posts: Genes) -> Genes:
        """Return the hidden units ``(hidden, synapses)``, synapses in the order of memory.

        Args:
            layer: whose synapses they are.
            pres: what a neuron before the synapse adds to each unit, ``(hidden, n_in)``.
            posts: what one behind it adds, and the layer itself, ``(hidden, n_out)``.
        """
        units = np.empty(self.hidden * layer.synapses, np.float32)
        view = replace(layer, planes=self.hidden).view(units)
        np.add(posts[:, :, None], pres[:, None, :], out=view)
        return np.tanh(units, out=units).reshape(self.hidden, layer.synapses)


def _places(n: int) -> Genes:
    """Return where ``n`` things in a row lie in (−1, 1), float32 ``(n,)``."""
    return ((2 * np.arange(n) + 1) / max(n, 1) - 1).astype(np.float32)


def _told(slot: Slot) -> Places:
    if slot.places is None:
        raise InputError(
            "expected a task that tells where in its body sensors and actuators are (generated, "
            "coordinates body), got one without a body; use a locomotion task, or coordinates index"
        )
    return slot.places


def _of_body(places: Places, weights: Genes) -> tuple[Genes, Genes]:
    """Return what each sensor ``(hidden, n)`` and actuator ``(hidden, m)`` adds to each unit."""
    sensors = np.array(places.sensors, np.float32).T
    actuators = np.array(places.actuators, np.float32).T
    of_sensors, of_actuators = np.split(weights, [len(sensors)])
    return _weighted(of_sensors, sensors), _weighted(of_actuators, actuators)


def _weighted(weights: Genes, coordinates: Genes) -> Genes:
    """Return sums over coordinates ``(hidden, n)``.

    Added term by term: where coordinates are equal, sums are, to the last bit.
    """
    total = np.zeros((weights.shape[1], coordinates.shape[1]), np.float32)
    for weight, coordinate in zip(weights, coordinates, strict=True):
        total += weight[:, None] * coordinate
    return total
