"""The wiring of lanes in which some synapses are absent or static."""

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
    """A wiring applies a topology to the lanes of a network, at each birth.

    An absent or static synapse gets coefficients of 0, hence Δw = 0 in every step. So the compiled
    kernels need not know about topologies.

    Attributes:
        plastic: ``(n, n_synapses)``, whether each synapse follows the rule; in a static network,
            whether it exists.
        present: ``(n, n_synapses)``, whether each synapse exists.
    """

    def __init__(
        self, topology: AnyTopology, layers: tuple[LayerShape, ...], bounds: Bounds, n: int
    ) -> None:
        """Allocate memory for ``n`` lanes; ``layers`` are the matrices' shapes, with one plane."""
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
        """Return the memory of the slots that a dense network does not have, by the slot's name."""
        memory = {"gates": self._gates[lane]}
        if self._static.size:
            memory["inherited"] = self._static[lane]
        return memory

    def grow(self, lane: int, numbers: Array) -> np.float32:
        """Begin a life after its slots were expressed; return mean(h²) of the inherited numbers h.

        The mean is over the coefficients (or the weights of a static network) of the synapses that
        exist, and over the weights of static synapses. Gates do not count.

        Args:
            lane: the number of the lane.
            numbers: the lane's coefficients, or the weights of a static network, as expressed; the
                numbers of a synapse with a closed gate are set to 0.
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
        """Set the numbers of synapses that are not plastic to 0.

        Args:
            lane: the number of the lane.
            numbers: one or several planes of numbers, each with one for every synapse.
        """
        planes = numbers.size // self.plastic.shape[1]
        shapes = tuple(replace(layer, planes=planes) for layer in self._layers)
        ends = np.cumsum([layer.size for layer in self._layers])[:-1]
        clear(shapes, tuple(np.split(self.plastic[lane], ends)), numbers)

    def masked(self, lane: int, layers: Sequence[Array]) -> list[Array]:
        """Return the same memory, ``(planes, n_out, n_in)`` per layer, as masked arrays.

        Synapses that are not plastic are masked: their numbers take no part in a mean, and cannot
        be written.
        """
        return mask_layers(layers, layer_views(self._layers, self.plastic[lane]))

    def settle(self, lane: int, weights: Array) -> None:
        """Set the weights of absent and static synapses, which they keep for the whole life."""
        others = np.flatnonzero(~self.plastic[lane])
        if self._static.size:
            weights[others] = self._bounds.apply(self._static[lane])[others]
        else:
            weights[others] = 0


def plastic_layers(
    topology: AnyTopology, slot: Slot, expressed: Mapping[str, Sequence[Array]]
) -> list[Bools]:
    """Return for each layer a bool array ``(n_out, n_in)``: which synapses follow the rule.

    Args:
        topology: the network's topology.
        slot: the slot of the rule's coefficients.
        expressed: the numbers of all slots by name, as `Genome.expressed` returns them.
    """
    if topology.has_gates:
        return [topology.open_gates(gates[0]) for gates in expressed["gates"]]
    return slot.views()


def mask_layers(layers: Sequence[Array], masks: Sequence[Bools]) -> list[Array]:
    """Return ``layers`` ``(planes, n_out, n_in)`` with all synapses masked outside of ``masks``.

    A mask is True for each synapse that stays visible, ``(n_out, n_in)``.
    """
    return [
        layer
        if mask.all()
        else np.ma.MaskedArray(layer, np.broadcast_to(~mask, layer.shape).copy(), hard_mask=True)
        for layer, mask in zip(layers, masks, strict=True)
    ]


def check_topology(topology: AnyTopology, rule: Rule, bounds: Bounds) -> None:
    """Check that absent and static synapses can keep their weights.

    Raises:
        InputError: the topology has static synapses, and the rule is ``static`` or the
            normalization would change them; or, where all of its coefficients are 0, the rule
            changes a weight, or its Δw or trace is not finite.
    """
    if topology.plastic is None and not topology.has_gates:
        return
    name = name_of_topology(topology)
    if topology.static is not None:
        if rule == RULES["static"]:
            raise InputError(
                f"expected a plastic network for the topology {name}, got the rule static, with "
                "which all weights are static; leave out --topology, or use another --rule"
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
        returned = rule(*signals, *np.zeros_like(coefficients))
    changes = returned if rule.has_trace else (returned,)
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
