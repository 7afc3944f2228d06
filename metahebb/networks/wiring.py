"""Lanes of a network whose synapses are not all plastic: who is absent, who is static."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from metahebb.compiler import random_points
from metahebb.errors import InputError
from metahebb.genomes import Bools, LayerShape, Slot, clear, masks_of
from metahebb.networks.memory import layer_views
from metahebb.networks.topology import AnyTopology, name_of_topology
from metahebb.plasticity import Bounds, Rule
from metahebb.plasticity.rules import RULES

Array = npt.NDArray[np.float32]


class Wiring:
    """What a topology makes of lanes: coefficients and weights are written at birth, never later.

    An absent or static synapse has coefficients of 0, hence Δw = 0. That is all: no kernel knows.

    Attributes:
        plastic: ``(n, n_synapses)`` which follow the rule; of a static network, which are there.
        present: ``(n, n_synapses)`` which are there.
    """

    def __init__(
        self, topology: AnyTopology, layers: tuple[LayerShape, ...], bounds: Bounds, n: int
    ) -> None:
        """Allocate for ``n`` lanes, of ``layers`` with one plane each."""
        self._topology, self._layers, self._bounds = topology, layers, bounds
        size = sum(layer.size for layer in layers)
        self.plastic = np.ones((n, size), np.bool_)
        if topology.plastic is not None:
            self.plastic[:] = np.concatenate(masks_of(topology.plastic, layers))
        self.present = self.plastic.copy()
        if topology.static is not None:
            self.present |= np.concatenate(masks_of(topology.static, layers))
        self._gates = np.zeros((n, size if topology.has_gates else 0), np.float32)
        self._static = np.zeros((n, 0 if topology.static is None else size), np.float32)

    def memory(self, lane: int) -> dict[str, Array]:
        """Return where slots are expressed that a dense network does not have, by name."""
        found = {"gates": self._gates[lane]}
        if self._static.size:
            found["inherited"] = self._static[lane]
        return found

    def grow(self, lane: int, numbers: Array) -> np.float32:
        """Begin a life whose slots are expressed; return the mean square of what is inherited.

        It is that over the coefficients, or the weights of a static network, of the synapses that
        are there, together with the weights of those that are static beside a rule. Gates do not
        count.

        Args:
            lane: whose life.
            numbers: its coefficients, or the weights of a static network, as expressed; those of
                synapses that their gates leave out become 0.
        """
        if self._topology.has_gates:
            self.plastic[lane] = self._topology.open_gates(self._gates[lane])
            self.present[lane] = self.plastic[lane]
            self.clear(lane, numbers)
        static, planes = self._static[lane], numbers.size // self.plastic.shape[1]
        count = planes * np.count_nonzero(self.plastic[lane])
        squares = np.einsum("i,i", numbers, numbers)
        if static.size:
            squares += np.einsum("i,i", static, static)
            count += np.count_nonzero(self.present[lane] & ~self.plastic[lane])
        mean: np.float32 = squares / max(count, 1)
        return mean

    def clear(self, lane: int, numbers: Array) -> None:
        """Make ``numbers``, any planes of all synapses, 0 for those that are not plastic."""
        planes = numbers.size // self.plastic.shape[1]
        shapes = tuple(replace(layer, planes=planes) for layer in self._layers)
        ends = np.cumsum([layer.size for layer in self._layers])[:-1]
        clear(shapes, tuple(np.split(self.plastic[lane], ends)), numbers)

    def masked(self, lane: int, layers: Sequence[Array]) -> list[Array]:
        """Return the same memory ``(planes, n_out, n_in)`` without what is not plastic.

        What is masked takes no part in a mean, and cannot be written.
        """
        return mask_layers(layers, layer_views(self._layers, self.plastic[lane]))

    def settle(self, lane: int, weights: Array) -> None:
        """Give absent and static synapses the weights they keep."""
        others = np.flatnonzero(~self.plastic[lane])
        if self._static.size:
            weights[others] = self._bounds.apply(self._static[lane])[others]
        else:
            weights[others] = 0


def plastic_layers(
    topology: AnyTopology, slot: Slot, expressed: Mapping[str, Sequence[Array]]
) -> list[Bools]:
    """Return for each layer ``(n_out, n_in)`` which synapses follow the rule.

    Args:
        topology: of the network.
        slot: of its coefficients.
        expressed: all slots by name, as `Genome.expressed` returns them.
    """
    if topology.has_gates:
        return [topology.open_gates(gates[0]) for gates in expressed["gates"]]
    return slot.views()


def mask_layers(layers: Sequence[Array], masks: Sequence[Bools]) -> list[Array]:
    """Return ``layers`` ``(planes, n_out, n_in)`` masked but for ``masks`` ``(n_out, n_in)``."""
    return [
        layer
        if mask.all()
        else np.ma.MaskedArray(layer, np.broadcast_to(~mask, layer.shape).copy(), hard_mask=True)
        for layer, mask in zip(layers, masks, strict=True)
    ]


def check_topology(topology: AnyTopology, rule: Rule, bounds: Bounds) -> None:
    """Check that absent and static synapses can keep their weights.

    Raises:
        InputError: all weights are static already, the normalization would change some, or the
            rule changes weights, or has no finite trace, where all coefficients are 0.
    """
    if topology.plastic is None and not topology.has_gates:
        return
    name = name_of_topology(topology)
    if topology.static is not None:
        if rule == RULES["static"]:
            raise InputError(
                f"expected a plastic network for the topology {name}, got the rule static, with "
                "which all weights are; leave out --topology, or use another --rule"
            )
        if bounds.kind == "max_abs":
            raise InputError(
                f"expected a normalization that leaves static weights alone (topology {name}), got "
                "max_abs, which scales whole layers; add --network.normalization.kind clip"
            )
    signals, coefficients = random_points(rule)
    if "weight" in rule.signals and topology.static is None:
        signals[rule.signals.index("weight")] = 0
    with np.errstate(all="ignore"):
        found = rule(*signals, *np.zeros_like(coefficients))
    changes = found if rule.has_trace else (found,)
    if not all(np.isfinite(change).all() for change in changes):
        raise InputError(
            f"expected a rule that is finite where all coefficients are 0, as those of absent and "
            f"static synapses are (topology {name}), got {rule.name}; guard its divisions and "
            "logarithms, as in x / np.maximum(tau, 0.01)"
        )
    if not np.all(np.asarray(changes[0]) == 0):
        raise InputError(
            f"expected a rule whose Δw is 0 where all coefficients are 0 (topology "
            f"{name}), got {rule.name}; multiply all of Δw by a coefficient"
        )
