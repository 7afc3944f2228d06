"""A feed-forward network whose synapses all follow one plasticity rule."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, unknown_name
from metahebb.genomes import GeneSource, Genome, LayerShape, Slot
from metahebb.genomes.base import LATER
from metahebb.networks.base import Change
from metahebb.networks.birth import check_birth, draw_weights, redraw_layers
from metahebb.networks.memory import aligned, check_scale, layer_views
from metahebb.networks.topology import AnyTopology, Dense
from metahebb.networks.wiring import Wiring, check_topology
from metahebb.noise import Key
from metahebb.plasticity import Normalization, Rule, compile_kernel, fold_of
from metahebb.plasticity.rules import RULES

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FeedForward:
    """Layers of tanh neurons without biases (Najarro & Risi 2020).

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
    normalization: Normalization = field(default_factory=Normalization)
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

    leak: ClassVar[float] = 1.0

    @property
    def heard(self) -> int:
        """Neurons of the first layer that it hears itself: none."""
        return 0

    @property
    def is_static(self) -> bool:
        """Whether weights are inherited and stay."""
        return self.rule == RULES["static"]

    def layers(self, n_observations: int, n_outputs: int, planes: int = 1) -> list[LayerShape]:
        """Return the shape of each layer."""
        sizes = (n_observations, *self.hidden, n_outputs)
        return [LayerShape(planes, o, i) for i, o in itertools.pairwise(sizes)]

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
            slots = [Slot("coefficients", planes, self.rule, mask=plastic)]
            if self.birth == "coevolved":
                slots.append(Slot("birth", weights, mask=plastic))
            if static is not None:
                slots.append(Slot("inherited", weights, mask=static))
        if self.topology.has_gates:
            slots.append(Slot("gates", weights))
        return tuple(slots)

    def lanes(self, n_observations: int, n_outputs: int, n: int) -> FeedForwardLanes:
        """Open ``n`` lanes."""
        check_topology(self.topology, self.rule, self.normalization)
        check_scale(self.observation_scale, n_observations)
        return FeedForwardLanes(self, n_observations, n_outputs, n)


class FeedForwardLanes:
    """Living feed-forward networks, one per lane; state is structure-of-arrays, float32."""

    def __init__(self, network: FeedForward, n_observations: int, n_outputs: int, n: int) -> None:
        """Allocate ``n`` lanes; nothing is allocated afterwards."""
        self.network = network
        self.layers = tuple(network.layers(n_observations, n_outputs))
        n_in = self.layers[0].n_in
        self._sizes = np.array([n_in, *(layer.n_out for layer in self.layers)], np.intp)
        n_synapses = sum(layer.size for layer in self.layers)
        planes = len(network.rule.coefficients)
        self._weights = aligned(n, n_synapses)
        self._traces = aligned(n, n_synapses if network.rule.has_trace else 0)
        self._coefficients = aligned(n, planes * n_synapses)
        self._before = np.zeros((n, self._sizes.sum()), np.float32)
        self._now = np.zeros_like(self._before)
        self._largest = np.zeros(self._sizes.max(), np.float32)
        self._scales = np.ones((n, len(self.layers)), np.float32)
        self._pending = np.zeros(n, np.bool_)
        self._ages = np.zeros(n, np.int64)
        smooth = network.update_window > 1
        self._means = np.zeros((n, self._before.shape[1] if smooth else 0), np.float32)
        self._outputs = np.zeros((n, n_outputs), np.float32)
        self.gains = np.ones(n, np.float32)
        self.birth_gain = 0.0 if network.is_static else 1.0
        self.modulators = np.zeros(n, np.float32)
        self.mean_squares = np.zeros(n, np.float32)
        self._scale = np.array(network.observation_scale, np.float32)
        self._wiring: Wiring | None = None
        if network.topology != Dense():
            self._wiring = Wiring(network.topology, self.layers, network.normalization, n)
        parts = np.float32(1) / np.arange(1, network.update_window + 1, dtype=np.float32)
        # In the order in which the kernel's functions take it. One tuple: a call copies it once.
        self._state = (
            self._sizes,
            self._weights,
            self._traces,
            self._coefficients,
            self._before,
            self._now,
            self._largest,
            self._scales,
            self.gains,
            self.modulators,
            self._pending,
            self._ages,
            self._means,
            parts,
            network.update_every,
            network.output == "tanh",
            network.heard,
            np.array([network.leak], np.float32),
        )
        kernel = compile_kernel(network.rule, network.normalization, _driver_source())
        self._step: Any = kernel.step
        self._flush: Any = kernel.flush

    def born(
        self,
        lane: int,
        genome: Genome,
        source: GeneSource,
        key: Key,
        changes: Sequence[Change] = (),
    ) -> None:
        """Begin a life on ``lane``: express the genome, draw the weights, forget the past.

        ``changes`` are made, in order, to the coefficients as expressed, before any is folded.
        """
        self._inherit(lane, genome, source)
        if not self.network.is_static:
            self._change(lane, changes)
            self._fold(lane)
            if self.network.birth != "coevolved":
                draw_weights(self.network.birth, key, self.layers, self._weights[lane])
            if self._wiring is not None:
                self._wiring.settle(lane, self._weights[lane])
        self._traces[lane] = 0
        self._before[lane] = 0  # 0 · Δ of a predecessor that died non-finite would be NaN
        self._scales[lane] = 1
        self._pending[lane] = False
        self._ages[lane] = 0
        self._means[lane] = 0
        self.gains[lane] = self.birth_gain
        self.modulators[lane] = 0

    def _memory(self, lane: int) -> dict[str, Array]:
        """Return where slots are expressed, by name."""
        weights = self._weights[lane]
        return {
            "coefficients": self._coefficients[lane],
            "birth": weights,
            "inherited": weights,
        }

    def _inherit(self, lane: int, genome: Genome, source: GeneSource) -> None:
        memory = self._memory(lane)
        inherited = memory["inherited" if self.network.is_static else "coefficients"]
        if self._wiring is None:
            genome.express(source, memory)
            mean = np.einsum("i,i", inherited, inherited) / max(inherited.size, 1)
        else:
            genome.express(source, {**memory, **self._wiring.memory(lane)})
            mean = self._wiring.grow(lane, inherited)
        self.mean_squares[lane] = mean

    def _change(self, lane: int, changes: Sequence[Change]) -> None:
        if not changes:
            return
        layers = self._coefficient_layers(lane)
        if self._wiring is not None:
            layers = self._wiring.masked(lane, layers)
        for change in changes:
            change(self.network.rule, layers)
        if self._wiring is not None:
            self._wiring.clear(lane, self._coefficients[lane])  # a change may have gone round masks

    def _fold(self, lane: int) -> None:
        fold = fold_of(self.network.rule)
        if fold is None:
            return
        for block in self._coefficient_layers(lane):
            for k in fold.scaled:
                block[k] *= block[fold.scale]

    def _coefficient_layers(self, lane: int) -> list[Array]:
        """Return views ``(planes, n_out, n_in)``."""
        planes, start, views = len(self.network.rule.coefficients), 0, []
        for layer in self.layers:
            stop = start + planes * layer.size
            shape = replace(layer, planes=planes)
            views.append(shape.view(self._coefficients[lane, start:stop]))
            start = stop
        return views

    def act(self, observations: Array, lanes: npt.NDArray[np.intp]) -> Array:
        """Return outputs ``(k, n_outputs)`` of ``lanes``; valid until the next call."""
        if self._scale.size:
            observations = observations * self._scale
        outputs = self._outputs[: lanes.size]
        self._step(lanes, observations, *self._state, outputs)
        return outputs

    def flush(self, lanes: npt.NDArray[np.intp]) -> None:
        """Apply pending updates now; changes no bit of the life."""
        self._flush(lanes, *self._state)

    def raw_layers(self, lane: int) -> list[Array]:
        """Return views of each layer's memory, whose normalising factor is still to be applied."""
        return layer_views(self.layers, self._weights[lane])

    def present_layers(self, lane: int) -> list[npt.NDArray[np.bool_]]:
        """Return for each layer ``(n_out, n_in)`` which synapses are there."""
        if self._wiring is None:
            return [np.ones((layer.n_out, layer.n_in), np.bool_) for layer in self.layers]
        return layer_views(self.layers, self._wiring.present[lane])

    def redraw(self, lane: int, layers: Sequence[int], key: Key, start: int) -> None:
        """Draw the weights of ``layers``, counted from 0, anew as at birth; flush before."""
        which = None if self._wiring is None else self._wiring.plastic[lane]
        weights = self._weights[lane]
        redraw_layers(self.network.birth, key, self.layers, weights, layers, start, which)
        self._scales[lane, list(layers)] = 1

    def weights(self, lane: int) -> list[Array]:
        """Return copies of the finished weights, ``(n_out, n_in)`` per layer."""
        self.flush(np.array([lane], np.intp))
        scales = self._scales[lane]
        return [raw * scale for raw, scale in zip(self.raw_layers(lane), scales, strict=True)]

    def activity(self, lane: int) -> list[Array]:
        """Return copies of the last step's activities: sensors, then each layer."""
        return [part.copy() for part in np.split(self._before[lane], np.cumsum(self._sizes)[:-1])]


@functools.cache
def _driver_source() -> str:
    text = Path(__file__).with_name("_feedforward_kernel.py").read_text(encoding="utf-8")
    return text[text.index("@fast") :]
