"""Networks whose synapses all follow one plasticity rule: what feed-forward and others share."""

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
    """A graph of populations whose synapses all follow one rule, without biases.

    With the rule ``static`` the weights themselves are inherited and never change: the baseline.

    Two time scales, after Dittrich 2026 (Hebbian attractor networks): weights may change at every
    n-th step only, and by activities smoothed over M steps. These are plain means over the first M
    steps of a life, and from then on m ← m + (x − m)/M.

    Differs from that reference: its mean is over a window that moves.
    """

    hidden: tuple[int, ...] = (128, 64)
    """Sizes of the hidden layers."""
    rule: Rule = RULES["abcd_lr"]
    """What each synapse does."""
    normalization: Bounds = field(default_factory=Bounds)
    """What bounds each layer after each update."""
    birth: str = "uniform"
    """Distribution of the weights at birth, or 'coevolved'."""
    output: Literal["tanh", "linear"] = "tanh"
    """What the last layer puts out, which is also its post-activity."""
    observation_scale: tuple[float, ...] = ()
    """Factor per sensor; empty: 1."""
    topology: AnyTopology = field(default_factory=Dense, metadata={LATER: True})
    """Which synapses there are, and which of them are plastic."""
    update_every: int = field(default=1, metadata={LATER: True})
    """Steps from one update of the weights to the next."""
    update_window: int = field(default=1, metadata={LATER: True})
    """Steps over which the activities that a rule sees are means; 1: those of the step itself."""
    neuron: Neuron = field(default=NEURONS["tanh"], metadata={LATER: True})
    """What each hidden unit does."""

    def __post_init__(self) -> None:
        """Check the values."""
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
                f"expected update_window of 1 with the neuron {self.neuron.name}, whose state says "
                f"what rules see, got {self.update_window}; leave out --network.update-window"
            )

    kind: ClassVar[str] = ""
    """The word for such networks; empty for the usual one."""
    part: ClassVar[str] = "layer"

    @classmethod
    def like(cls, old: Network, name: str = "") -> Self:
        """Return such a network that has all that it can have in common with another one."""
        if type(old) is cls:
            return old
        if isinstance(old, Plastic):
            return cls(**{each.name: getattr(old, each.name) for each in fields(Plastic)})
        return cls(old.hidden, output=old.output, observation_scale=old.observation_scale)

    @property
    def label(self) -> str:
        """What the network is called where people read of it."""
        topology = "" if self.topology == Dense() else name_of_topology(self.topology)
        return " · ".join(word for word in (self.kind, self.rule.name, topology) if word)

    @abstractmethod
    def graph(self, n_observations: int, n_outputs: int) -> Graph:
        """Return the populations and projections, for a task of these sizes."""

    @property
    def is_static(self) -> bool:
        """Whether weights are inherited and stay."""
        return self.rule == RULES["static"]

    def layers(self, n_observations: int, n_outputs: int, planes: int = 1) -> list[LayerShape]:
        """Return the shape of each projection's matrix."""
        return [
            replace(layer, planes=planes) for layer in self.graph(n_observations, n_outputs).layers
        ]

    def slots(self, n_observations: int, n_outputs: int) -> tuple[Slot, ...]:
        """Return what must be inherited, for a task of these sizes.

        Raises:
            InputError: the topology does not go with the rule or the normalization.
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
        """Open ``n`` lanes."""
        check_topology(self.topology, self.rule, self.normalization)
        check_scale(self.observation_scale, n_observations)
        return PlasticLanes(self, self.graph(n_observations, n_outputs), n)
