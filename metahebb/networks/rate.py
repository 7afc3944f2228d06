"""A recurrent network of rate neurons with random weights, which learns by changing all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.genomes.base import LATER
from metahebb.networks.base import Alone, Network
from metahebb.networks.graph import Graph, Population, Projection
from metahebb.networks.plastic import Plastic
from metahebb.neurons import NEURONS, Neuron
from metahebb.plasticity import Bounds, Rule
from metahebb.plasticity.rules import RULES


@dataclass(frozen=True)
class Rate(Plastic):
    """A recurrent network of rate neurons, of which the first ones are the outputs.

    Each unit receives the outputs that all units had in the step before, and the outputs of a few
    units that are always the same (biases). A rule changes these weights. Weights from the sensors
    are drawn from U(−1, 1) at birth, and never change. Output units receive nothing from sensors.

    Weights are drawn from N(0, gain²/n_in), for which the activity of a large network is chaotic if
    the gain is above 1. With the topology ``sparse``, they are larger in proportion to the root of
    the number of absent synapses.

    Source: Miconi 2017, "Methods: Model"; with biases and outputs as in the authors' code.
    Differs from the reference: the code keeps three of the units at potentials of 1, 1 and −1, and
    here these biases are units of their own.
    """

    kind: ClassVar[str] = "rate"

    hidden: tuple[int, ...] = (200,)
    """The number of units."""
    rule: Rule = RULES["node_perturbation"]
    """The plasticity rule of the synapses between units."""
    normalization: Bounds = field(default_factory=lambda: Bounds("none"))
    """The bounds that keep the weights small after each update."""
    birth: str = "fan_in"
    """The distribution of the weights between units at birth, before they are multiplied by the
    gain; or 'coevolved'."""
    neuron: Neuron = NEURONS["perturbed"]
    """The neuron of each unit."""
    gain: float = 1.5
    """The factor of the weights between units at birth."""
    biases: tuple[float, ...] = (1.0, 1.0, -1.0)
    """The potentials of the units with constant outputs tanh(potential)."""
    feedback: bool = False
    """Whether all units also receive the outputs through fixed weights from U(−1, 1)."""
    senses_everywhere: bool = False
    """Whether output units receive sensors, too."""
    plastic_senses: bool = field(default=False, metadata={LATER: True})
    """Whether the rule also changes the weights from sensors, to all units; they are then born as
    the weights between units are."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        super().__post_init__()
        if len(self.hidden) != 1:
            raise InputError(
                f"expected the number of units in hidden (network rate), got {self.hidden}; write "
                "for example --hidden 200"
            )
        if not (np.isfinite(self.gain) and self.gain > 0):
            raise InputError(f"expected a gain above 0 (network rate), got {self.gain}")
        if not np.isfinite(self.biases).all():
            raise InputError(f"expected finite biases (network rate), got {self.biases}")

    @classmethod
    def like(cls, old: Network, name: str = "") -> Self:
        """Return a rate network with ``old``'s rule, and the number of its hidden units."""
        if type(old) is cls:
            return old
        units = (sum(old.hidden) or 200,)
        if old.rule is None:
            return cls(units)
        return cls(units, old.rule, topology=old.topology)

    def autonomous(self, layers: Sequence[npt.NDArray[np.float32]]) -> Alone | None:
        """Return the equations without sensors and kicks; None if units are no leaky tanh units."""
        constants = dict(self.neuron.constants)
        if self.neuron.name not in ("perturbed", "deviating", "leaky") or self.feedback:
            return None
        n = len(self.biases)
        senses = layers[0].shape[1] - n - self.hidden[0] if self.plastic_senses else 0
        weights = layers[0][:, senses:].astype(np.float64)
        return Alone(weights[:, n:], weights[:, :n] @ np.tanh(self.biases), constants["tau"])

    def graph(self, n_observations: int, n_outputs: int) -> Graph:
        """Return the network's populations and projections, for a task of these sizes.

        Raises:
            InputError: there are fewer units than outputs.
        """
        (units,) = self.hidden
        if units < n_outputs:
            raise InputError(
                f"expected at least {n_outputs} units, one for each output of the task (network "
                f"rate), got {units}; write for example --hidden 200"
            )
        density = getattr(self.topology, "density", 1.0)
        gain = self.gain / float(np.sqrt(density))
        spared = 0 if self.senses_everywhere else n_outputs
        populations = {
            "sensors": Population(n_observations),
            "biases": Population(len(self.biases), constant=tuple(np.tanh(self.biases).tolist())),
            "units": Population(units, self.neuron),
            "outputs": Population(n_outputs, NEURONS["linear"]),
        }
        recurrent = ("biases", "units") if self.biases else ("units",)
        if self.plastic_senses:
            recurrent = ("sensors", *recurrent)
        if not self.biases:
            del populations["biases"]
        projections = [
            Projection(recurrent, "units", gain=gain),
            Projection(("units",), "outputs", is_fixed=True, birth="first"),
        ]
        if self.feedback:
            projections.insert(0, _drawn("outputs"))
        if not self.plastic_senses:
            projections.insert(0, _drawn("sensors", spared))
        return Graph(populations, tuple(projections))


def _drawn(source: str, spared: int = 0) -> Projection:
    """Return a projection onto the units that no rule changes."""
    return Projection((source,), "units", is_fixed=True, birth="uniform_1", spared=spared)
