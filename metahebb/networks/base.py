"""What every network offers: lanes that are born, act, and rewire themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Protocol, Self, TypeAlias, runtime_checkable

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
"""Changes a rule's coefficients, ``(n_coefficients, n_out, n_in)`` per layer, in place."""


class NetworkLanes(Protocol):
    """Lanes of one network; ``gains`` and ``modulators`` may be written.

    ``gains`` is ``(n_lanes,)``; a gain of 0 freezes a lane's plasticity. ``modulators`` is
    ``(n_lanes, n_units)``: what rules read by that name, for each postsynaptic unit.
    ``mean_squares`` ``(n_lanes,)`` is mean(h²) over what each lane inherited to learn with: its
    coefficients, or the weights of a static network, of the synapses that are there.
    ``birth_gain`` is the gain of a newborn: 1, or 0 where weights never change.
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

        ``changes`` are made, in order, to the coefficients as expressed.
        """

    def act(self, observations: Array, lanes: LaneNumbers) -> Array:
        """Return outputs ``(k, n_outputs)`` of ``lanes`` ``(k,)``; plasticity happens here.

        ``observations`` is ``(n_lanes, n_observations)``. The update that the last step's
        activity calls for is applied first, as in the published order: act, live, update.
        """

    def emit(self, lanes: LaneNumbers, outputs: Array) -> None:
        """Let rules see ``outputs`` ``(k, n_outputs)`` as the activity of the outputs of ``lanes``.

        It is the efference copy of what a task made of the outputs, such as a choice.
        """

    def begin_trial(self, lanes: LaneNumbers) -> None:
        """Begin a new trial on ``lanes``: what its fields declare as per trial begins anew.

        Activities and traces are forgotten, weights stay. To be called after `flush`.
        """

    def flush(self, lanes: LaneNumbers) -> None:
        """Apply pending updates now, so that weights can be read; changes no bit of the life."""

    def raw_layers(self, lane: int) -> list[Array]:
        """Return views ``(n_out, n_in)`` of each layer's memory, in which a weight can be zeroed.

        A factor may be pending on it: other values are for `redraw` to write. To be called after
        `flush`.
        """

    def present_layers(self, lane: int) -> list[npt.NDArray[np.bool_]]:
        """Return for each of `raw_layers` ``(n_out, n_in)`` which synapses are there.

        A weight of one that is not is 0, and has to stay so.
        """

    def redraw(self, lane: int, layers: Sequence[int], key: Key, start: int) -> None:
        """Draw the weights of ``layers``, counted from 0, anew as at birth.

        Those of a plastic network that are inherited and static stay, and absent ones stay 0.
        All layers are drawn from the key's sequence, from ``start`` on, and the others left out.
        To be called after `flush`.
        """

    def weights(self, lane: int) -> list[Array]:
        """Return copies of the finished weights, ``(n_out, n_in)`` per layer."""

    def activity(self, lane: int) -> list[Array]:
        """Return copies of the last step's activities: sensors first, outputs last."""


@runtime_checkable
class Paced(Protocol):
    """A network that says when its rules change weights, and by which activities."""

    @property
    def update_every(self) -> int:
        """Steps from one update of the weights to the next."""

    @property
    def update_window(self) -> int:
        """Steps over which the activities that a rule sees are means."""

    @property
    def neuron(self) -> Neuron:
        """What each hidden unit does."""


@runtime_checkable
class Bounded(Protocol):
    """A network whose weights are kept bounded while they change."""

    @property
    def normalization(self) -> Bounds:
        """What bounds each layer after each update."""


class Network(Protocol):
    """A network to live with: an immutable, picklable description that opens lanes."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def hidden(self) -> tuple[int, ...]:
        """Sizes of the hidden layers."""

    @property
    def output(self) -> Literal["tanh", "linear"]:
        """What the last layer puts out."""

    @property
    def observation_scale(self) -> tuple[float, ...]:
        """Factor per sensor; empty: 1."""

    @property
    def label(self) -> str:
        """What the network is called where people read of it."""

    @property
    def rule(self) -> Rule | None:
        """What each synapse does; None: no rule says it, weights are inherited and stay."""

    @property
    def is_static(self) -> bool:
        """Whether weights are inherited and never change."""

    @property
    def birth(self) -> str:
        """Where the weights at birth come from: a distribution, 'coevolved' or 'inherited'."""

    @property
    def topology(self) -> AnyTopology:
        """Which synapses there are, and which of them are plastic."""

    @property
    def part(self) -> str:
        """What one of the network's matrices is called: 'layer', or 'matrix'."""

    @classmethod
    def like(cls, old: Network, name: str) -> Self:
        """Return the network of this kind called ``name`` with what it can have of another one."""

    def slots(self, n_observations: int, n_outputs: int) -> tuple[Slot, ...]:
        """Return what must be inherited, for a task of these sizes."""

    def layers(self, n_observations: int, n_outputs: int) -> Sequence[LayerShape]:
        """Return the shape of each matrix, for a task of these sizes."""

    def lanes(self, n_observations: int, n_outputs: int, n: int) -> NetworkLanes:
        """Open ``n`` lanes."""
