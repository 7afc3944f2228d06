"""A plastic network in torch: many copies that live one trial each, step by step, as lanes do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch

from metahebb.learning.differentiable import differentiable, in_range
from metahebb.networks.graph import Graph
from metahebb.plasticity import Rule

Parameters = Mapping[str, torch.Tensor]
READOUT = "modulator"
"""The name of the weights from which a network makes its own modulator."""


class Connection(NamedTuple):
    """A connection is the synapses from one population to another: a part of a projection.

    Attributes:
        source: the name of the presynaptic population.
        target: the name of the postsynaptic population.
        n_out: the number of postsynaptic units.
        n_in: the number of presynaptic units.
        delayed: whether the target receives the source's outputs of the step before.
        plastic: whether the synapses follow the rule.
        column: the connection's first column in the matrix of the projection.
    """

    source: str
    target: str
    n_out: int
    n_in: int
    delayed: bool
    plastic: bool
    column: int

    def name_of(self, part: str) -> str:
        """Return the name of the connection's parameter ``part``: a coefficient, or ``birth``."""
        return f"{self.source} to {self.target}: {part}"


class Unrolled(NamedTuple):
    """What a network did in a batch of trials.

    Attributes:
        outputs: ``(batch, n_steps, n_outputs)``.
        rates: ``(batch, n_steps, n_hidden)``, the outputs of all hidden units.
        traces: the last trace of each plastic connection, ``(batch, n_out, n_in)``, by its target
            and source; the update after the last step is left out, since nothing reads it.
    """

    outputs: torch.Tensor
    rates: torch.Tensor
    traces: dict[tuple[str, str], torch.Tensor]


@dataclass(frozen=True)
class DifferentiableNetwork:
    """A graph of populations whose synapses follow a rule, with gradients for all that it inherits.

    Each trial of a batch has weights and traces of its own: weights as at birth, and traces of 0,
    when the trial begins. The order of a step is that of `metahebb.networks.PlasticLanes`: outputs
    follow from the weights; then the weights change by the activities of the same step.

    The parameters are, for each connection, the weights at ``birth``, and for each plastic one a
    number per synapse and coefficient of the rule, which goes into the coefficient's range.

    Attributes:
        graph: the populations and projections.
        rule: the plasticity rule.
        plastic: the connections that follow the rule: ``recurrent`` for the ones that bring outputs
            of the step before, ``all``, or ``none``.
        own_modulator: whether the network makes its modulator itself, m_t = sigmoid(w·h_t), where
            h_t are the outputs of the population before the last.
    """

    graph: Graph
    rule: Rule
    plastic: Literal["recurrent", "all", "none"] = "recurrent"
    own_modulator: bool = False

    @property
    def connections(self) -> list[Connection]:
        """The connections, projection by projection, in the order of the matrices' columns."""
        graph, made = self.graph, []
        for projection, layer in zip(graph.projections, graph.layers, strict=True):
            column, target = 0, projection.target
            for source in projection.sources:
                n_in, delayed = graph.populations[source].n, graph.is_delayed(source, target)
                plastic = self.plastic == "all" or (self.plastic == "recurrent" and delayed)
                made.append(Connection(source, target, layer.n_out, n_in, delayed, plastic, column))
                column += n_in
        return made

    def shapes(self) -> dict[str, tuple[int, int]]:
        """Return the shape of each parameter, by name."""
        shapes: dict[str, tuple[int, int]] = {}
        for each in self.connections:
            parts = ("birth", *(self.rule.coefficients if each.plastic else ()))
            shapes |= {each.name_of(part): (each.n_out, each.n_in) for part in parts}
        if self.own_modulator:
            shapes[READOUT] = (1, self.graph.populations[list(self.graph.populations)[-2]].n)
        return shapes

    def run(
        self, parameters: Parameters, observations: torch.Tensor, signal: torch.Tensor
    ) -> Unrolled:
        """Live one trial with each copy of the network.

        Args:
            parameters: a tensor for each of `shapes`.
            observations: ``(batch, n_steps, n_observations)``.
            signal: ``(batch, n_steps)``, the modulator of each step; a network that makes its own
                does not read it.
        """
        batch, n_steps = observations.shape[:2]
        connections = self.connections
        weights = {each: parameters[each.name_of("birth")] for each in connections}
        plastic = [each for each in connections if each.plastic]
        synapses = _Synapses(self.rule, plastic, parameters, weights)
        neurons = {
            name: differentiable(each.neuron)
            for name, each in self.graph.populations.items()
            if each.neuron is not None
        }
        sensors, *others = self.graph.populations
        before = {n: observations.new_zeros(batch, self.graph.populations[n].n) for n in others}
        states = {
            name: [before[name]] * len(each.neuron.state)
            for name, each in self.graph.populations.items()
            if each.neuron is not None
        }
        outputs, rates = [], []
        for step in range(n_steps):
            now, heard = {sensors: observations[:, step]}, {}
            drives: dict[str, torch.Tensor] = {}
            for number, each in enumerate(connections):
                x = heard[each] = (before if each.delayed else now)[each.source]
                drive = _drive(weights[each], x)
                target = each.target
                drives[target] = drives[target] + drive if target in drives else drive
                if number + 1 < len(connections) and connections[number + 1].target == target:
                    continue
                new = neurons[target](drives[target], *states[target])
                if states[target]:
                    new, *states[target] = new
                now[target] = new
            outputs.append(now[others[-1]])
            rates.append(torch.cat([now[name] for name in others[:-1]], 1) if others[1:] else None)
            if plastic and step + 1 < n_steps:
                modulator = signal[:, step]
                if self.own_modulator:
                    hidden = now[[sensors, *others][-2]]
                    modulator = torch.sigmoid(hidden @ parameters[READOUT][0])
                synapses.update(heard, now, modulator[:, None, None])
            before = now
        empty = observations.new_zeros(batch, n_steps, 0)
        kept = [each for each in rates if each is not None]
        traces = {(each.target, each.source): synapses.traces[each] for each in plastic}
        return Unrolled(torch.stack(outputs, 1), torch.stack(kept, 1) if kept else empty, traces)


class _Synapses:
    """The plastic synapses of a batch of networks.

    Attributes:
        weights: the present weights of all connections: ``(batch, n_out, n_in)`` of a plastic one
            that has changed, else ``(n_out, n_in)``.
        traces: the present traces, in the same shapes.
    """

    def __init__(
        self,
        rule: Rule,
        plastic: list[Connection],
        parameters: Parameters,
        weights: dict[Connection, torch.Tensor],
    ) -> None:
        self._rule, self._function, self._plastic = rule, differentiable(rule), plastic
        self.weights = weights
        self.traces = {each: torch.zeros_like(weights[each]) for each in plastic}
        self._coefficients = {
            each: [
                in_range(range_, parameters[each.name_of(name)])
                for range_, name in zip(rule.ranges, rule.coefficients, strict=True)
            ]
            for each in plastic
        }

    def update(
        self,
        heard: Mapping[Connection, torch.Tensor],
        now: Mapping[str, torch.Tensor],
        modulator: torch.Tensor,
    ) -> None:
        """Apply the rule to every plastic connection, once.

        Args:
            heard: ``(batch, n_in)``, what each connection received in this step.
            now: ``(batch, n)``, the present outputs of each population.
            modulator: ``(batch, 1, 1)``.
        """
        for each in self._plastic:
            signals = {
                "pre": heard[each][:, None, :],
                "post": now[each.target][:, :, None],
                "weight": self.weights[each],
                "trace": self.traces[each],
                "modulator": modulator,
            }
            arguments = [signals[name] for name in self._rule.signals]
            change = self._function(*arguments, *self._coefficients[each])
            if self._rule.has_trace:
                change, of_trace = change
                self.traces[each] = self.traces[each] + of_trace
            self.weights[each] = self.weights[each] + change


def _drive(weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the drives ``(batch, n_out)`` of ``x`` ``(batch, n_in)``."""
    if weights.dim() == 2:
        return x @ weights.T
    return torch.bmm(weights, x[:, :, None])[:, :, 0]
