"""The base class of networks in which all synapses follow one plasticity rule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, Literal, Self

import numpy as np

from metahebb.errors import InputError, unknown_name
from metahebb.genomes import LayerShape, Slot
from metahebb.genomes.base import LATER
from metahebb.networks.base import Network
from metahebb.networks.birth import check_birth
from metahebb.networks.graph import Graph
from metahebb.networks.memory import check_scale
from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.networks.topology import AnyTopology, Dense, name_of_topology
from metahebb.networks.wiring import check_topology
from metahebb.neurons import NEURONS, SEEN, Neuron
from metahebb.plasticity import Bounds, Rule
from metahebb.plasticity.rules import RULES


@dataclass(frozen=True)
class Plastic(ABC):
    """A graph of populations without biases, in which all synapses follow one plasticity rule.

    With the rule ``static`` the weights themselves are inherited and never change, which makes the
    baseline.

    Networks can have two time scales, after Dittrich 2026 (Hebbian attractor networks): weights
    change at every ``update_every``-th step only, and the rule sees activities averaged over
    M = ``update_window`` steps. The average m of an activity x is a plain mean over the first M
    steps of a life. From then on each step does m ← m + (x − m)/M.

    Differs from the reference: Dittrich's average is a mean over a moving window.
    """

    hidden: tuple[int, ...] = (128, 64)
    """The sizes of the hidden layers."""
    rule: Rule = RULES["abcd_lr"]
    """The plasticity rule of all synapses."""
    normalization: Bounds = field(default_factory=Bounds)
    """The bounds that keep the weights of each layer small after each update."""
    birth: str = "uniform"
    """The distribution of the weights at birth, or 'coevolved'."""
    output: Literal["tanh", "linear"] = "tanh"
    """The function by which the last layer's outputs follow from their drives."""
    observation_scale: tuple[float, ...] = ()
    """The factor of each sensor; empty: all factors are 1."""
    topology: AnyTopology = field(default_factory=Dense, metadata={LATER: True})
    """The topology, which says which synapses exist, and which of them are plastic."""
    update_every: int = field(default=1, metadata={LATER: True})
    """The number of steps from one update of the weights to the next."""
    update_window: int = field(default=1, metadata={LATER: True})
    """The number of steps over which activities are averaged for the rule; 1: no averaging."""
    neuron: Neuron = field(default=NEURONS["tanh"], metadata={LATER: True})
    """The neuron of each hidden unit."""
    weights_per_trial: bool = field(default=False, metadata={LATER: True})
    """Whether each trial begins with the weights at birth, so that no trial can build on the ones
    before it."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        check_birth(self.birth)
        if any(size < 1 for size in self.hidden):
            raise InputError(f"expected hidden sizes of at least 1, got {self.hidden}")
        for name in ("update_every", "update_window"):
            if getattr(self, name) < 1:
                raise InputError(f"expected {name} of at least 1, got {getattr(self, name)}")
        if self.output not in ("tanh", "linear"):
            raise unknown_name("output", self.output, ("tanh", "linear"))
        if not np.isfinite(self.observation_scale).all():
            raise InputError(f"expected finite observation scales, got {self.observation_scale}")
        if self.update_window > 1 and set(SEEN) & set(self.neuron.state):
            raise InputError(
                f"expected update_window of 1 with the neuron {self.neuron.name}, which shows its "
                f"state to rules, got {self.update_window}; leave out --network.update-window"
            )

    kind: ClassVar[str] = ""
    """The word for this kind of network in texts for people; empty for feed-forward networks."""
    part: ClassVar[str] = "layer"

    @classmethod
    def like(cls, old: Network, name: str = "") -> Self:
        """Return a network of this kind with the settings that it can share with ``old``."""
        if type(old) is cls:
            return old
        if isinstance(old, Plastic):
            return cls(**{each.name: getattr(old, each.name) for each in fields(Plastic)})
        return cls(old.hidden, output=old.output, observation_scale=old.observation_scale)

    @property
    def label(self) -> str:
        """The name of the network in texts for people."""
        topology = "" if self.topology == Dense() else name_of_topology(self.topology)
        return " · ".join(word for word in (self.kind, self.rule.name, topology) if word)

    @abstractmethod
    def graph(self, n_observations: int, n_outputs: int) -> Graph:
        """Return the network's populations and projections, for a task of these sizes."""

    @property
    def is_static(self) -> bool:
        """Whether weights are inherited and never change."""
        return self.rule == RULES["static"]

    def layers(self, n_observations: int, n_outputs: int, planes: int = 1) -> list[LayerShape]:
        """Return the shape of each projection's matrix, with ``planes`` planes."""
        return [
            replace(layer, planes=planes) for layer in self.graph(n_observations, n_outputs).layers
        ]

    def slots(self, n_observations: int, n_outputs: int) -> tuple[Slot, ...]:
        """Return the slots that a life must inherit, for a task of these sizes.

        Raises:
            InputError: the topology cannot be used with the rule or with the normalization.
        """
        check_topology(self.topology, self.rule, self.normalization)
        weights = tuple(self.layers(n_observations, n_outputs))
        planes = tuple(self.layers(n_observations, n_outputs, len(self.rule.coefficients)))
        plastic, static = self.topology.plastic, self.topology.static
        if self.is_static:
            slots = [Slot("inherited", weights, mask=plastic)]
        else:
            sources = self.graph(n_observations, n_outputs).sources
            slots = [Slot("coefficients", planes, self.rule, mask=plastic, sources=sources)]
            if self.birth == "coevolved":
                slots.append(Slot("birth", weights, mask=plastic))
            if static is not None:
                slots.append(Slot("inherited", weights, mask=static))
        if self.topology.has_gates:
            slots.append(Slot("gates", weights))
        return tuple(slots)

    def lanes(self, n_observations: int, n_outputs: int, n: int) -> PlasticLanes:
        """Return ``n`` new lanes, for a task of these sizes."""
        check_topology(self.topology, self.rule, self.normalization)
        check_scale(self.observation_scale, n_observations)
        return PlasticLanes(self, self.graph(n_observations, n_outputs), n)
