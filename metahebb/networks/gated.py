"""Static recurrent baselines: an LSTM or a GRU with inherited weights that never change."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from metahebb.compiler import compiled
from metahebb.compiler.module import module_text
from metahebb.errors import InputError, unknown_name
from metahebb.genomes import GeneSource, Genome, LayerShape, Slot
from metahebb.networks.base import Change, Network
from metahebb.networks.birth import Birth, redraw_layers
from metahebb.networks.memory import check_scale, layer_views
from metahebb.networks.state import Field, State
from metahebb.networks.topology import Dense
from metahebb.noise import Key

Array = npt.NDArray[np.float32]

GATES = {"lstm": 4, "gru": 3}
"""The number of rows that each unit of a cell has in the cell's matrices.

The rows of an LSTM are input, forget, cell and output, those of a GRU reset, update and new.
"""


@dataclass(frozen=True)
class Gated:
    """A gated recurrent cell, then layers of tanh neurons without biases.

    The defaults are the recurrent baseline of Palm et al. 2021 ("Testing the genomic bottleneck
    hypothesis in Hebbian meta-learning"): an LSTM of 128 units in the place of the first layer,
    then 64 tanh neurons, then the outputs. The cells are the LSTM (Hochreiter & Schmidhuber 1997,
    with a forget gate) and the GRU (Cho et al. 2014, the reset gate applied after the product) as
    torch's ``LSTMCell`` and ``GRUCell`` compute them, with both of their biases. The state is zero
    at birth.

    Differs from the reference: tanh is that of `metahebb.compiler.tanh`, with an error below
    5·10⁻⁷. The genes of a matrix stand in the order of its `LayerShape`.
    """

    cell: Literal["lstm", "gru"] = "lstm"
    """The kind of the recurrent cell."""
    hidden: tuple[int, ...] = (128, 64)
    """The number of units of the cell, then the sizes of the tanh layers behind it."""
    output: Literal["tanh", "linear"] = "tanh"
    """The function by which the last layer's outputs follow from their drives."""
    observation_scale: tuple[float, ...] = ()
    """The factor of each sensor; empty: all factors are 1."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        if self.cell not in GATES:
            raise unknown_name("cell", self.cell, GATES)
        if not self.hidden or any(size < 1 for size in self.hidden):
            raise InputError(
                f"expected hidden sizes of at least 1, the first one the cell's, got {self.hidden}"
            )
        if self.output not in ("tanh", "linear"):
            raise unknown_name("output", self.output, ("tanh", "linear"))
        if not np.isfinite(self.observation_scale).all():
            raise InputError(f"expected finite observation scales, got {self.observation_scale}")

    rule: ClassVar[None] = None
    is_static: ClassVar[bool] = True
    birth: ClassVar[str] = "inherited"
    topology: ClassVar[Dense] = Dense()
    part: ClassVar[str] = "matrix"

    @property
    def label(self) -> str:
        """The name of the network in texts for people."""
        return self.cell

    @classmethod
    def like(cls, old: Network, name: str) -> Self:
        """Return the cell ``name`` with the sizes, output and observation scale of ``old``.

        The cell has 8 units if ``old`` has no hidden layer.
        """
        hidden = old.hidden or (8,)
        return cls(name, hidden, old.output, old.observation_scale)  # type: ignore[arg-type]

    def layers(self, n_observations: int, n_outputs: int) -> list[LayerShape]:
        """Return the shape of each matrix and bias, in the order of memory.

        These are the cell's weights from the sensors, its weights from its own units, its two
        biases (weights from a constant 1), and the weights of the tanh layers and of the outputs.
        """
        units = self.hidden[0]
        gates = GATES[self.cell] * units
        bias = LayerShape(1, gates, 1)
        cell = [LayerShape(1, gates, n_observations), LayerShape(1, gates, units), bias, bias]
        sizes = (*self.hidden, n_outputs)
        return cell + [LayerShape(1, o, i) for i, o in itertools.pairwise(sizes)]

    def slots(self, n_observations: int, n_outputs: int) -> tuple[Slot, ...]:
        """Return the slots that a life must inherit, for a task of these sizes."""
        return (Slot("inherited", tuple(self.layers(n_observations, n_outputs))),)

    def lanes(self, n_observations: int, n_outputs: int, n: int) -> GatedLanes:
        """Return ``n`` new lanes, for a task of these sizes."""
        check_scale(self.observation_scale, n_observations)
        return GatedLanes(self, n_observations, n_outputs, n)


class GatedLanes:
    """The lanes of a `Gated` network; ``gains`` and ``modulators`` have no effect on them."""

    def __init__(self, network: Gated, n_observations: int, n_outputs: int, n: int) -> None:
        """Allocate ``n`` lanes; nothing is allocated afterwards."""
        self.network = network
        self.layers = tuple(network.layers(n_observations, n_outputs))
        self._sizes = np.array([n_observations, *network.hidden, n_outputs], np.intp)
        self.birth_gain = 0.0
        is_lstm = network.cell == "lstm"
        n_units = int(self._sizes.sum())
        self.state = State(
            (
                Field("weights", (sum(layer.size for layer in self.layers),), at_birth=None),
                Field("memories", (network.hidden[0] if is_lstm else 0,), per_trial=True),
                Field("now", (n_units,), per_trial=True),
                Field("gains", at_birth=self.birth_gain),
                Field("modulators", (n_units - n_observations,)),
            ),
            n,
            {
                "sizes": self._sizes,
                "sums": np.zeros((2, self.layers[0].n_out), np.float32),
                "is_lstm": is_lstm,
                "output_is_tanh": network.output == "tanh",
            },
        )
        self._weights: Array = self.state["weights"]
        self.gains: Array = self.state["gains"]
        self.modulators: Array = self.state["modulators"]
        self.mean_squares = np.zeros(n, np.float32)
        self._outputs = np.zeros((n, n_outputs), np.float32)
        self._sensor_factors = np.array(network.observation_scale, np.float32)
        driver = _driver_source().replace("STATE", self.state.parameters)
        self._step: Any = compiled(module_text(driver)).step

    def born(
        self,
        lane: int,
        genome: Genome,
        source: GeneSource,
        key: Key,
        changes: Sequence[Change] = (),
    ) -> None:
        """Begin a life on ``lane``: express the genome, and forget the past.

        No weights are drawn, and ``changes`` are not called, because there is no rule.
        """
        weights = self._weights[lane]
        genome.express(source, {"inherited": weights})
        self.mean_squares[lane] = np.einsum("i,i", weights, weights) / weights.size
        self.state.begin_life(lane)

    def emit(self, lanes: npt.NDArray[np.intp], outputs: Array) -> None:
        """Do nothing, because no rule sees the outputs."""

    def begin_trial(self, lanes: npt.NDArray[np.intp]) -> None:
        """Begin a new trial on ``lanes``: reset the cell's state; the weights stay."""
        self.state.begin_trial(lanes)

    def act(self, observations: Array, lanes: npt.NDArray[np.intp]) -> Array:
        """Return the outputs ``(k, n_outputs)`` of ``lanes``, which the next call overwrites."""
        if self._sensor_factors.size:
            observations = observations * self._sensor_factors
        outputs = self._outputs[: lanes.size]
        self._step(lanes, observations, *self.state.values, outputs)
        return outputs

    def flush(self, lanes: npt.NDArray[np.intp]) -> None:
        """Do nothing, because no update is ever pending."""

    def raw_layers(self, lane: int) -> list[Array]:
        """Return a view ``(n_out, n_in)`` of each matrix, in the order of `Gated.layers`."""
        return layer_views(self.layers, self._weights[lane])

    def present_layers(self, lane: int) -> list[npt.NDArray[np.bool_]]:
        """Return an array of True for each of `raw_layers`, because no synapse is absent."""
        return [np.ones_like(layer, np.bool_) for layer in self.raw_layers(lane)]

    def redraw(self, lane: int, layers: Sequence[int], key: Key, start: int) -> None:
        """Draw the weights and biases of ``layers``, counted from 0, from U(-0.1, 0.1)."""
        redraw_layers(
            [Birth("uniform")] * len(self.layers),
            key,
            self.layers,
            self._weights[lane],
            layers,
            start,
        )

    def weights(self, lane: int) -> list[Array]:
        """Return copies of the weights, ``(n_out, n_in)`` per matrix; a bias has an n_in of 1."""
        return [raw.copy() for raw in self.raw_layers(lane)]

    def activity(self, lane: int) -> list[Array]:
        """Return copies of the last step's activities: the sensors, the cell, then each layer."""
        return [
            part.copy() for part in np.split(self.state["now"][lane], np.cumsum(self._sizes)[:-1])
        ]


@functools.cache
def _driver_source() -> str:
    text = Path(__file__).with_name("_gated_kernel.py").read_text(encoding="utf-8")
    return text[text.index("@fast") :]
