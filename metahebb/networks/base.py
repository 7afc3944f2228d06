"""The protocols of a network and of its lanes, which are born, act, and rewire themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from metahebb.genomes import GeneSource, Genome, LayerShape, Slot
from metahebb.networks.topology import AnyTopology
from metahebb.neurons import Neuron
from metahebb.noise import Key
from metahebb.plasticity import Bounds, Rule

Array = npt.NDArray[np.float32]
LaneNumbers = npt.NDArray[np.intp]
Change: TypeAlias = Callable[[Rule, Sequence[Array]], None]
"""A function that changes a rule's coefficients in place.

It gets the rule and, for each layer, an array ``(n_coefficients, n_out, n_in)``.
"""


class NetworkLanes(Protocol):
    """The lanes of one network: many living networks of the same description.

    Attributes:
        gains: ``(n_lanes,)``, the factor of each lane's weight updates, which may be written; a
            gain of 0 freezes the lane's plasticity.
        modulators: ``(n_lanes, n_units)``, the value that rules read as ``modulator`` for each
            postsynaptic unit, which may be written.
        mean_squares: ``(n_lanes,)``, mean(h²) of the numbers h that each lane inherited, over the
            synapses that are there: the rule's coefficients, or a static network's weights.
            Coefficients count as the genome map gives them, before they go into ranges that the
            rule declares.
        birth_gain: the gain of a newborn: 1, or 0 if the network's weights never change.
    """

    gains: Array
    modulators: Array
    mean_squares: Array
    birth_gain: float

    def born(
        self,
        lane: int,
        genome: Genome,
        source: GeneSource,
        key: Key,
        changes: Sequence[Change] = (),
    ) -> None:
        """Begin a life on ``lane``: express the genome, draw the weights, forget the past.

        Args:
            lane: the number of the lane.
            genome: the layout of the genes.
            source: the candidate's genes.
            key: the key from which the weights at birth are drawn.
            changes: functions that change the expressed coefficients, called in this order.
        """

    def act(self, observations: Array, lanes: LaneNumbers) -> Array:
        """Update the weights of ``lanes``, and return the networks' outputs.

        The weights are first updated by the activities of the last step, and the outputs follow
        from the new weights. So the order is the published one: act, live the step, update.

        Args:
            observations: ``(n_lanes, n_observations)``, of which the rows ``lanes`` are read.
            lanes: ``(k,)``, the numbers of the lanes that act.

        Returns:
            The outputs ``(k, n_outputs)``.
        """

    def emit(self, lanes: LaneNumbers, outputs: Array) -> None:
        """Let rules see ``outputs`` ``(k, n_outputs)`` as the activity of the output units.

        A task that turns outputs into something else, such as a choice, gives the result back to
        the network in this way (an efference copy).
        """

    def begin_trial(self, lanes: LaneNumbers) -> None:
        """Begin a new trial on ``lanes``: reset the fields of the state that are per trial.

        Activities and traces are forgotten, and weights stay. `flush` has to be called before.
        """

    def flush(self, lanes: LaneNumbers) -> None:
        """Apply the pending updates of ``lanes`` now, so that their weights can be read.

        This changes no bit of the life.
        """

    def raw_layers(self, lane: int) -> list[Array]:
        """Return a view ``(n_out, n_in)`` of each layer's memory, in which weights can be zeroed.

        A weight may still have to be multiplied by a pending factor. So only 0 may be written here;
        `redraw` writes other values. `flush` has to be called before.
        """

    def present_layers(self, lane: int) -> list[npt.NDArray[np.bool_]]:
        """Return for each of `raw_layers` a bool array ``(n_out, n_in)``: which synapses exist.

        The weight of an absent synapse is 0, and has to stay 0.
        """

    def redraw(self, lane: int, layers: Sequence[int], key: Key, start: int) -> None:
        """Draw the weights of ``layers``, counted from 0, anew from the distribution at birth.

        Inherited static weights of a plastic network stay, and absent synapses stay at 0. The
        numbers for all layers are drawn from the key's sequence, from ``start`` on, so that the
        weights of a layer do not depend on which others are drawn. `flush` has to be called before.
        """

    def weights(self, lane: int) -> list[Array]:
        """Return copies of the weights, ``(n_out, n_in)`` per layer, with all updates applied."""

    def activity(self, lane: int) -> list[Array]:
        """Return copies of the last step's activities: sensors first, outputs last."""


@runtime_checkable
class Paced(Protocol):
    """A network that says when its rule changes weights, and which activities the rule sees."""

    @property
    def update_every(self) -> int:
        """The number of steps from one update of the weights to the next."""

    @property
    def update_window(self) -> int:
        """The number of steps over which the activities that a rule sees are averaged."""

    @property
    def neuron(self) -> Neuron:
        """The neuron of each hidden unit."""


class Sensed(NamedTuple):
    """What a layer's rule reads of the units on both sides of its synapses.

    Attributes:
        pre: ``(n_in,)`` activities of the units that the layer hears.
        post: ``(n_out,)`` activities of the layer's own units.
    """

    pre: Array
    post: Array


@runtime_checkable
class Learning(Protocol):
    """Lanes that show what their rule reads when it changes weights."""

    def is_update_due(self, lane: int) -> bool:
        """Return whether the last step of ``lane`` called for an update, pending or applied."""

    def sensed(self, lane: int) -> list[Sensed]:
        """Return copies of the activities, layer by layer, that the rule reads in that update."""

    def traces(self, lane: int) -> list[Array]:
        """Return copies of the traces, ``(n_out, n_in)`` per layer, with no update pending.

        The list is empty where the rule keeps no trace.
        """

    def signals(self, lane: int) -> list[dict[str, Array]]:
        """Return what the rule reads in each layer of ``lane``, by signal, as copies.

        They are the signals of the update that the last step calls for; ``weight`` and ``trace``
        are ``(n_out, n_in)`` as they are now: before that update, or after it where `flush` was
        called. ``pre`` is ``(1, n_in)``; ``post`` and ``modulator`` are ``(n_out, 1)``.
        """


@runtime_checkable
class ThroughLanes(Protocol):
    """Lanes that can be advanced by several steps in one call."""

    modulators: Array

    def act_through(self, observations: Array, lengths: LaneNumbers, lanes: LaneNumbers) -> Array:
        """Return the outputs ``(k, n_steps, n_outputs)`` of several steps of ``lanes`` ``(k,)``.

        Args:
            observations: ``(k, n_steps, n_observations)``, a row for each of ``lanes``.
            lengths: ``(k,)``, the number of steps of each of ``lanes``; later outputs are 0.
            lanes: ``(k,)``, the numbers of the lanes.
        """


@runtime_checkable
class FreshNoise(Protocol):
    """Lanes with lives that can be saved, and go on with other random numbers of their neurons."""

    gains: Array

    def saved(self, lane: int) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all that the rest of the life on ``lane`` depends on, by name."""

    def restore(self, lane: int, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on with the life on ``lane``, which was born with the same key, from ``saved``."""

    def renew_noise(self, lane: int, key: Key) -> None:
        """Let the neurons of ``lane`` draw the random numbers of a life that is born of ``key``."""


class Alone(NamedTuple):
    """A network of leaky tanh units without sensors: τ·dx/dt = −x + weights·tanh(x) + inputs.

    Attributes:
        weights: ``(n_units, n_units)``.
        inputs: ``(n_units,)``, the constant part of each unit's drive.
        tau: the time constant τ in ms.
    """

    weights: npt.NDArray[np.float64]
    inputs: npt.NDArray[np.float64]
    tau: float


@runtime_checkable
class Autonomous(Protocol):
    """A network that can say how its activity goes on without sensors and without noise."""

    def autonomous(self, layers: Sequence[Array]) -> Alone | None:
        """Return the equations of a network with these weights; None: they have another form."""


@runtime_checkable
class Bounded(Protocol):
    """A network whose weights are kept bounded while they change."""

    @property
    def normalization(self) -> Bounds:
        """What bounds each layer after each update."""


class Network(Protocol):
    """A network is an immutable, picklable description that opens lanes of living networks."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def hidden(self) -> tuple[int, ...]:
        """The sizes of the hidden layers."""

    @property
    def output(self) -> Literal["tanh", "linear"]:
        """The function by which the last layer's outputs follow from their drives."""

    @property
    def observation_scale(self) -> tuple[float, ...]:
        """The factor of each sensor; empty: all factors are 1."""

    @property
    def label(self) -> str:
        """The name of the network in texts for people."""

    @property
    def rule(self) -> Rule | None:
        """The plasticity rule of all synapses; None: weights are inherited and never change."""

    @property
    def is_static(self) -> bool:
        """Whether weights are inherited and never change."""

    @property
    def birth(self) -> str:
        """The origin of the weights at birth: a distribution, 'coevolved' or 'inherited'."""

    @property
    def topology(self) -> AnyTopology:
        """The topology, which says which synapses exist, and which of them are plastic."""

    @property
    def part(self) -> str:
        """The word for one of the network's matrices: 'layer', or 'matrix'."""

    @classmethod
    def like(cls, old: Network, name: str) -> Self:
        """Return a network of this kind, with the settings that it can share with ``old``.

        ``name`` is the name under which the network is registered.
        """

    def slots(self, n_observations: int, n_outputs: int) -> tuple[Slot, ...]:
        """Return the slots that a life must inherit, for a task of these sizes."""

    def layers(self, n_observations: int, n_outputs: int) -> Sequence[LayerShape]:
        """Return the shape of each matrix, for a task of these sizes."""

    def lanes(self, n_observations: int, n_outputs: int, n: int) -> NetworkLanes:
        """Return ``n`` new lanes, for a task of these sizes."""
