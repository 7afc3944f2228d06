"""The lanes of plastic networks: birth, steps, and access for probes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from metahebb.compiler import fold_of
from metahebb.genomes import GeneSource, Genome, LayerShape, into_ranges
from metahebb.networks.base import Change, Paced, Sensed
from metahebb.networks.birth import FIXED_FROM, Birth, draw_weights, redraw_layers, spare
from metahebb.networks.graph import Graph, Projection
from metahebb.networks.kernel import (
    constants_of,
    driver_source,
    is_mixed,
    layout_of,
    sees,
    state_name,
)
from metahebb.networks.memory import layer_views
from metahebb.networks.state import Field, State
from metahebb.networks.topology import AnyTopology, Dense
from metahebb.networks.wiring import Wiring
from metahebb.neurons import SEEN
from metahebb.noise import Key, Stream, key_words
from metahebb.plasticity import Bounds, Rule, compile_kernel

Array = npt.NDArray[np.float32]


class Description(Paced, Protocol):
    """The properties of a plastic network that its lanes need, in addition to its graph."""

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
        """The topology, which says which synapses exist, and which of them are plastic."""

    @property
    def is_static(self) -> bool:
        """Whether weights are inherited and never change."""

    @property
    def weights_per_trial(self) -> bool:
        """Whether each trial begins with the weights at birth."""


class PlasticLanes:
    """The lanes of a plastic network, one living network each.

    Attributes:
        network: the description of the networks.
        layers: the shape of each projection's matrix, with one plane.
        state: the arrays of all lanes by name (structure of arrays, mostly float32).
        gains: ``(n_lanes,)``, the factor of each lane's weight updates; 0 freezes a lane.
        modulators: ``(n_lanes, n_units)``, the value that rules read as ``modulator`` for each
            postsynaptic unit, in the order of the populations.
        mean_squares: ``(n_lanes,)``, mean(h²) of the numbers h that each lane inherited.
            Coefficients count as they are before they go into ranges that the rule declares, so
            that a penalty draws each of them towards its value for a gene of 0, and no time
            constant towards 0.
        birth_gain: the gain of a newborn: 1, or 0 if weights never change.
    """

    def __init__(self, network: Description, graph: Graph, n: int) -> None:
        """Allocate ``n`` lanes; nothing is allocated afterwards."""
        self.network = network
        self.layers: tuple[LayerShape, ...] = graph.layers
        layout = layout_of(graph)
        self._graph = graph
        self._layout = layout
        self._projections = layout.projections[layout.projections[:, 9] >= 0]
        self.birth_gain = 0.0 if network.is_static else 1.0
        self.state = State(
            _fields(network, graph, layout.n_units, self.birth_gain),
            n,
            constants_of(graph, layout, network.update_window, network.update_every),
        )
        self._weights: Array = self.state["weights"]
        self._coefficients: Array = self.state["coefficients"]
        self._scales: Array = self.state["scales"]
        self.gains: Array = self.state["gains"]
        self.modulators: Array = self.state["modulators"]
        born_alike = {"coefficients", "fixed", "noise_keys", "noise_starts"}
        self._kept = [name for name in self.state if name not in born_alike]
        self._has_pres, self._has_posts = (sees(graph.neurons, side) for side in SEEN)
        # What rules read at a trial's end, which the next trial forgets; age -1: no trial ended.
        self._read_at_end = np.zeros((n, 2, layout.n_units), np.float32)
        self._ended_at = np.full(n, -1, np.int64)
        self.mean_squares = np.zeros(n, np.float32)
        *_, outputs = graph.populations.values()
        self._outputs = np.zeros((n, outputs.n), np.float32)
        self._sensor_factors = np.array(network.observation_scale, np.float32)
        self._births = [_birth(each, network.birth) for each in graph.plastic]
        self._fixed = [each for each in graph.projections if each.is_fixed]
        self._constants = np.array(
            [value for each in graph.populations.values() for value in each.constant], np.float32
        )
        # The weights that each trial begins with, if they are per trial.
        kept = self._weights.shape if network.weights_per_trial else (0, 0)
        self._weights_at_birth = np.zeros(kept, np.float32)
        self._wiring: Wiring | None = None
        if network.topology != Dense():
            self._wiring = Wiring(network.topology, self.layers, network.normalization, n)
        driver = driver_source(graph.neurons, self.state.parameters, mixed=is_mixed(graph))
        kernel = compile_kernel(network.rule, network.normalization, driver)
        self._step: Any = kernel.step
        self._stretch: Any = kernel.stretch
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

        Each of ``changes`` is called, in order, on the coefficients as expressed, before a
        coefficient is folded into others.
        """
        self._inherit(lane, genome, source)
        if not self.network.is_static:
            self._into_ranges(lane)
            self._change(lane, changes)
            self._fold(lane)
            if self.network.birth != "coevolved":
                draw_weights(self._births, key, self.layers, self._weights[lane])
            if self._wiring is not None:
                self._wiring.settle(lane, self._weights[lane])
        self.state.begin_life(lane)
        if self._weights_at_birth.size:
            self._weights_at_birth[lane] = self._weights[lane]
        self._ended_at[lane] = -1
        self._settle(lane, key)

    def _settle(self, lane: int, key: Key) -> None:
        """Set what the rule leaves alone: fixed weights, constant outputs, the noise of neurons."""
        if self._constants.size:
            self.state["now"][lane, self._layout.constants] = self._constants
        if self._fixed:
            layers = tuple(map(self._graph.shape, self._fixed))
            births = [_birth(each, "") for each in self._fixed]
            draw_weights(births, key, layers, self.state["fixed"][lane], start=FIXED_FROM)
            spare(self._fixed, layers, self.state["fixed"][lane])
        self.renew_noise(lane, key)

    def renew_noise(self, lane: int, key: Key) -> None:
        """Let the neurons of ``lane`` draw the random numbers of a life that is born of ``key``."""
        if "noise_keys" in self.state:
            own = Key(key.seed, Stream.NEURON, key.generation, key.index, key.episode)
            self.state["noise_keys"][lane] = key_words(own)
            # Without it, a life of selection and one of evaluation could have equal numbers.
            self.state["noise_starts"][lane] = int(key.stream) << 56

    def begin_trial(self, lanes: npt.NDArray[np.intp]) -> None:
        """Begin a new trial on ``lanes``: activities and traces are forgotten, weights stay.

        With ``weights_per_trial``, weights are again what they were at birth. A probe that changed
        them has then changed them for one trial.

        Averages over ``update_window`` steps go on, because trials can be shorter than the window.
        A pending update has to be applied before, by `flush`.
        """
        for side, rows in enumerate(self._read(lanes)):
            self._read_at_end[lanes, side] = rows
        self._ended_at[lanes] = self.state["ages"][lanes]
        self.state.begin_trial(lanes)
        if self._weights_at_birth.size:
            self._weights[lanes] = self._weights_at_birth[lanes]
            self._scales[lanes] = 1

    def memory(self, lane: int) -> dict[str, Array]:
        """Return the memory of a lane into which each slot is expressed, by the slot's name."""
        weights = self._weights[lane]
        return {
            "coefficients": self._coefficients[lane],
            "birth": weights,
            "inherited": weights,
        }

    def _inherit(self, lane: int, genome: Genome, source: GeneSource) -> None:
        memory = self.memory(lane)
        inherited = memory["inherited" if self.network.is_static else "coefficients"]
        if self._wiring is None:
            genome.express(source, memory)
            mean = np.einsum("i,i", inherited, inherited) / max(inherited.size, 1)
        else:
            genome.express(source, {**memory, **self._wiring.memory(lane)})
            mean = self._wiring.grow(lane, inherited)
        self.mean_squares[lane] = mean

    def _into_ranges(self, lane: int) -> None:
        masks = None
        if self._wiring is not None:
            ends = np.cumsum([layer.size for layer in self.layers])[:-1]
            masks = np.split(self._wiring.plastic[lane], ends)
        into_ranges(self.network.rule, self.layers, self._coefficients[lane], masks)

    def _change(self, lane: int, changes: Sequence[Change]) -> None:
        if not changes:
            return
        layers = self.coefficient_layers(lane)
        if self._wiring is not None:
            layers = self._wiring.masked(lane, layers)
        for change in changes:
            change(self.network.rule, layers)
        if self._wiring is not None:
            # A change may have written to coefficients that were masked.
            self._wiring.clear(lane, self._coefficients[lane])

    def _fold(self, lane: int) -> None:
        fold = fold_of(self.network.rule)
        if fold is None:
            return
        for block in self.coefficient_layers(lane):
            for k in fold.scaled:
                block[k] *= block[fold.scale]

    def coefficient_layers(self, lane: int) -> list[Array]:
        """Return a view ``(planes, n_out, n_in)`` of each layer's coefficients."""
        planes, start, views = len(self.network.rule.coefficients), 0, []
        for layer in self.layers:
            stop = start + planes * layer.size
            shape = replace(layer, planes=planes)
            views.append(shape.view(self._coefficients[lane, start:stop]))
            start = stop
        return views

    def act(self, observations: Array, lanes: npt.NDArray[np.intp]) -> Array:
        """Return the outputs ``(k, n_outputs)`` of ``lanes``, which the next call overwrites."""
        if self._sensor_factors.size:
            observations = observations * self._sensor_factors
        outputs = self._outputs[: lanes.size]
        self._step(lanes, observations, *self.state.values, outputs)
        return outputs

    def act_through(
        self, observations: Array, lengths: npt.NDArray[np.intp], lanes: npt.NDArray[np.intp]
    ) -> Array:
        """Return the outputs ``(k, n_steps, n_outputs)`` of several steps of ``lanes``.

        Modulators stay as they are through all steps. The bits are those of as many calls of `act`.

        Args:
            observations: ``(k, n_steps, n_observations)``, a row for each of ``lanes``.
            lengths: ``(k,)``, the number of steps of each of ``lanes``; later outputs are 0.
            lanes: ``(k,)``, the numbers of the lanes.
        """
        if self._sensor_factors.size:
            observations = observations * self._sensor_factors
        outputs = np.zeros((*observations.shape[:2], self._outputs.shape[1]), np.float32)
        self._stretch(lanes, observations, lengths, *self.state.values, outputs)
        return outputs

    def saved(self, lane: int) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all that the rest of the life on ``lane`` depends on, by name.

        What a birth with the same genome and key sets, and nothing changes later, is left out.
        """
        return {name: self.state[name][lane].copy() for name in self._kept}

    def restore(self, lane: int, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on with the life on ``lane``, which was born with the same key, from ``saved``."""
        for name in self._kept:
            self.state[name][lane] = saved[name]
        self._ended_at[lane] = -1

    def emit(self, lanes: npt.NDArray[np.intp], outputs: Array) -> None:
        """Let rules see ``outputs`` ``(k, n_outputs)`` as the activity of the output units."""
        last = slice(-outputs.shape[1], None)
        self.state["before"][lanes, last] = outputs
        if self._has_posts:
            self.state["posts"][lanes, last] = outputs
        if self.network.update_window > 1:  # the averages already contain the step's own outputs
            steps = np.minimum(self.state["ages"][lanes], self.network.update_window)
            change = (outputs - self.state["now"][lanes, last]) / steps[:, None]
            self.state["means"][lanes, last] += change.astype(np.float32)

    def flush(self, lanes: npt.NDArray[np.intp]) -> None:
        """Apply the pending updates of ``lanes`` now, which changes no bit of the life."""
        self._flush(lanes, *self.state.values)

    def raw_layers(self, lane: int) -> list[Array]:
        """Return a view ``(n_out, n_in)`` of each layer's memory.

        The weights in it still have to be multiplied by the factor of the normalization.
        """
        return layer_views(self.layers, self._weights[lane])

    def present_layers(self, lane: int) -> list[npt.NDArray[np.bool_]]:
        """Return for each layer a bool array ``(n_out, n_in)``: which synapses exist."""
        if self._wiring is None:
            return [np.ones((layer.n_out, layer.n_in), np.bool_) for layer in self.layers]
        return layer_views(self.layers, self._wiring.present[lane])

    def redraw(self, lane: int, layers: Sequence[int], key: Key, start: int) -> None:
        """Draw the weights of ``layers``, counted from 0, anew from the distribution at birth.

        `flush` has to be called before.
        """
        which = None if self._wiring is None else self._wiring.plastic[lane]
        weights = self._weights[lane]
        redraw_layers(self._births, key, self.layers, weights, layers, start, which)
        self._scales[lane, list(layers)] = 1

    def weights(self, lane: int) -> list[Array]:
        """Return copies of the weights, ``(n_out, n_in)`` per layer, with all updates applied."""
        self.flush(np.array([lane], np.intp))
        scales = self._scales[lane]
        return [raw * scale for raw, scale in zip(self.raw_layers(lane), scales, strict=True)]

    def traces(self, lane: int) -> list[Array]:
        """Return copies of the traces, ``(n_out, n_in)`` per layer; none where there are none."""
        if not self.network.rule.has_trace:
            return []
        self.flush(np.array([lane], np.intp))
        return [view.copy() for view in layer_views(self.layers, self.state["traces"][lane])]

    def is_update_due(self, lane: int) -> bool:
        """Return whether the last step of ``lane`` called for an update, pending or applied."""
        age = int(self.state["ages"][lane])
        return age > 0 and age % self.network.update_every == 0

    def sensed(self, lane: int) -> list[Sensed]:
        """Return copies of what the rule reads, layer by layer, in the last step's update.

        Right after a new trial began, that is what it read at the end of the trial before.
        """
        ended = self._ended_at[lane] == self.state["ages"][lane]
        pre, post = self._read_at_end[lane] if ended else self._read(np.intp(lane))
        return [
            Sensed(pre[first : first + n_in].copy(), post[target : target + n_out].copy())
            for first, n_in, target, n_out in self._projections[:, :4]
        ]

    def signals(self, lane: int) -> list[dict[str, Array]]:
        """Return what the rule reads in each layer of ``lane``, by signal, as copies.

        They are the signals of the update that the last step calls for; see `Learning`.
        """
        traces: list[Array] = []
        if self.network.rule.has_trace:
            traces = layer_views(self.layers, self.state["traces"][lane])
        layers = []
        for number, (sensed, raw) in enumerate(
            zip(self.sensed(lane), self.raw_layers(lane), strict=True)
        ):
            unit = self._projections[number, 6]
            with np.errstate(all="ignore"):  # of a network that diverged, ∞ · 0
                weight = raw * self._scales[lane, number]
            signals = {
                "pre": sensed.pre[None, :],
                "post": sensed.post[:, None],
                "weight": weight,
                "modulator": self.modulators[lane, unit : unit + len(weight), None].copy(),
            }
            if traces:
                signals["trace"] = traces[number].copy()
            layers.append(signals)
        return layers

    def _read(self, lanes: npt.NDArray[np.intp] | np.intp) -> tuple[Array, Array]:
        """Return the rows of all units that rules read as ``pre`` and as ``post``."""
        usual = "means" if self.network.update_window > 1 else "before"
        pre = self.state["pres" if self._has_pres else usual][lanes]
        post = self.state["posts" if self._has_posts else usual][lanes]
        return pre, post

    def activity(self, lane: int) -> list[Array]:
        """Return copies of the last step's activities: the first layer's inputs, then each layer.

        The inputs are the sensors, followed by the outputs of the step before that the first layer
        received, if it is recurrent.
        """
        row: Array = self.state["now"][lane]  # a new trial does not reset this field
        return [row[start:stop].copy() for start, stop in self._layout.stretches]


def _fields(network: Description, graph: Graph, n_units: int, birth_gain: float) -> list[Field]:
    """Return the fields of a plastic network's state, in the order in which kernels take them."""
    n_synapses = sum(layer.size for layer in graph.layers)
    planes = len(network.rule.coefficients)
    trace = n_synapses if network.rule.has_trace else 0
    neurons, populations = graph.neurons, graph.populations.values()
    smoothed = n_units if network.update_window > 1 else 0
    fields = [
        Field("weights", (n_synapses,), at_birth=None),
        Field("traces", (trace,), per_trial=True),
        Field("coefficients", (planes * n_synapses,), at_birth=None),
        # This is 0 at birth: after a life that ended non-finite, 0 · Δ would be NaN.
        Field("before", (n_units,), per_trial=True),
        Field("now", (n_units,)),
        Field("scales", (len(graph.layers),), at_birth=1.0),
        Field("gains", at_birth=birth_gain),
        Field("modulators", (sum(each.n for each in populations if each.neuron),)),
        Field("pending", dtype=np.bool_, per_trial=True),
        Field("ages", dtype=np.int64),
        Field("means", (smoothed,)),  # averages run through a life, across its trials
    ]
    n_fixed = sum(graph.shape(each).size for each in graph.projections if each.is_fixed)
    if is_mixed(graph):
        fields.append(Field("fixed", (n_fixed,), at_birth=None))
    if any(neuron.noises for neuron in neurons):
        fields.append(Field("noise_keys", (5,), np.uint64, at_birth=None))
        fields.append(Field("noise_starts", (), np.int64, at_birth=None))
    fields += [
        Field(f"{side}s", (n_units,), per_trial=True)
        for side in ("pre", "post")
        if sees(neurons, side)
    ]
    fields += [
        Field(state_name(number, name), (n_units,), per_trial=True)
        for number, neuron in enumerate(neurons)
        for name in neuron.state
    ]
    return fields


def _birth(projection: Projection, default: str) -> Birth:
    return Birth(projection.birth or default, projection.gain)
