"""What a gradient asks of a network and of its modulator."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from metahebb.errors import InputError
from metahebb.genomes import Slot
from metahebb.networks.graph import Graph
from metahebb.networks.topology import AnyTopology, Dense
from metahebb.neurons import SEEN
from metahebb.plasticity import Bounds, Rule
from metahebb.tasks.base import Signalling


@runtime_checkable
class Graphed(Protocol):
    """A network that is a graph of populations, in which all synapses follow one rule."""

    @property
    def rule(self) -> Rule:
        """The plasticity rule of all synapses."""

    @property
    def normalization(self) -> Bounds:
        """The bounds that keep the weights of each layer small after each update."""

    @property
    def birth(self) -> str:
        """The distribution of the weights at birth, or 'coevolved'."""

    @property
    def observation_scale(self) -> tuple[float, ...]:
        """The factor of each sensor; empty: all factors are 1."""

    @property
    def topology(self) -> AnyTopology:
        """The topology, which says which synapses exist."""

    @property
    def is_static(self) -> bool:
        """Whether weights are inherited and never change."""

    @property
    def update_every(self) -> int:
        """The number of steps from one update of the weights to the next."""

    @property
    def update_window(self) -> int:
        """The number of steps over which activities are averaged for the rule."""

    def graph(self, n_observations: int, n_outputs: int) -> Graph:
        """Return the network's populations and projections, for a task of these sizes."""

    def slots(self, n_observations: int, n_outputs: int) -> tuple[Slot, ...]:
        """Return the slots that a life must inherit, for a task of these sizes."""


def check_network(network: Any) -> Graphed:
    """Return ``network`` if its lives can be differentiated.

    Raises:
        InputError: they cannot; the message names the field to change.
    """
    if not isinstance(network, Graphed):
        raise InputError(
            "expected a network that is a graph of populations for a gradient, got "
            f"{getattr(network, 'label', network)}; use for example recurrent"
        )
    needed: dict[str, tuple[Any, Any, str]] = {
        "topology": (network.topology, Dense(), "dense"),
        "update_every": (network.update_every, 1, "1"),
        "update_window": (network.update_window, 1, "1"),
    }
    if not network.is_static:
        needed["normalization"] = (network.normalization.kind, "none", "none")
        needed["birth"] = (network.birth, "coevolved", "coevolved")
    for name, (got, wanted, word) in needed.items():
        if got != wanted:
            raise InputError(
                f"expected {name} of {word} for a gradient, which differentiates nothing else, got "
                f"{got}; set the network's {name} to {word}"
            )
    for neuron in network.graph(1, 1).neurons:
        if set(SEEN) & set(neuron.state):
            raise InputError(
                f"expected a neuron whose output rules see, for a gradient, got {neuron.name}, "
                "which shows them its state; use for example tanh or leaky"
            )
    return network


def check_modulator(modulator: str, network: Graphed, task: object) -> None:
    """Check that the rule's modulator has a source, and that the rule reads it.

    Raises:
        InputError: the task has no signal, the rule reads none, or changes nothing without one.
    """
    rule = network.rule
    reads = "modulator" in rule.signals
    if modulator != "none" and not reads:
        raise InputError(
            f"expected a rule that reads a modulator, got {rule.name}; use for example "
            "plastic_trace, or the modulator 'none'"
        )
    if modulator == "given" and not isinstance(task, Signalling):
        raise InputError(
            "expected a task that gives a modulator, got "
            f"{getattr(task, 'label', task)}; use for example recall, or the modulator 'own'"
        )
    if modulator == "none" and reads:
        active = {"pre": 1.0, "post": 1.0, "weight": 0.5, "trace": 0.0, "modulator": 0.0}
        signals = [np.float32(active[name]) for name in rule.signals]
        if not np.any(np.asarray(rule(*signals, *rule.some_parameters()), np.float64)):
            raise InputError(
                f"expected a modulator for rule {rule.name}, which changes no weight without one, "
                "got none; use the modulator 'given' or 'own', or a rule that needs none, as in "
                "plastic_trace:base=1"
            )
