"""Static recurrent baselines: an LSTM or a GRU whose weights are inherited and never change."""

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
from metahebb.networks.birth import redraw_layers
from metahebb.networks.memory import check_scale, layer_views
from metahebb.networks.state import Field, State
from metahebb.networks.topology import Dense
from metahebb.noise import Key

Array = npt.NDArray[np.float32]

GATES = {"lstm": 4, "gru": 3}
"""Rows of a cell's matrices per unit: input, forget, cell, output; reset, update, new."""


@dataclass(frozen=True)
class Gated:
    """A gated recurrent cell, then layers of tanh neurons without biases.

    The defaults are the recurrent baseline of Palm et al. 2021 ("Testing the genomic bottleneck
    hypothesis in Hebbian meta-learning"): an LSTM of 128 units in the place of the first layer,
    then 64 tanh neurons, then the outputs. The cells are the LSTM (Hochreiter & Schmidhuber 1997,
    with a forget gate) and the GRU (Cho et al. 2014, the reset gate applied after the product) as
    torch's ``LSTMCell`` and ``GRUCell`` compute them, with both of their biases. The state is zero
    at birth.

    Differs from the reference: tanh is that of `metahebb.compiler.tanh`, off by less than
    5·10⁻⁷; genes of a matrix are ordered as its `LayerShape` says.
    """

    cell: Literal["lstm", "gru"] = "lstm"
    """What remembers."""
    hidden: tuple[int, ...] = (128, 64)
    """Units of the cell, then sizes of the tanh layers behind it."""
    output: Literal["tanh", "linear"] = "tanh"
    """What the last layer puts out."""
    observation_scale: tuple[float, ...] = ()
    """Factor per sensor; empty: 1."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.cell not in GATES:
            raise unknown_name("cell", self.cell, GATES)
        if not self.hidden or any(size < 1 for size in self.hidden):
            raise InputError(
                f"expected hidden sizes of at least 1, the cell's first, got {self.hidden}"
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
        """What the network is called where people read of it."""
        return self.cell

    @classmethod
    def like(cls, old: Network, name: str) -> Self:
        """Return the cell ``name`` with the sizes, output and observation scale of another one.

        It has 8 units where the other one has no hidden layer.
        """
        hidden = old.hidden or (8,)
        return cls(name, hidden, old.output, old.observation_scale)  # type: ignore[arg-type]

    def layers(self, n_observations: int, n_outputs: int) -> list[LayerShape]:
        """Return the shape of each matrix and bias, in the order of memory.

        The cell's weights from the sensors and from itself, its two biases (weights from a
        constant 1), then the readout's weights.
        """
        units = self.hidden[0]
        gates = GATES[self.cell] * units
        bias = LayerShape(1, gates, 1)
        cell = [LayerShape(1, gates, n_observations), LayerShape(1, gates, units), bias, bias]
        sizes = (*self.hidden, n_outputs)
        return cell + [LayerShape(1, o, i) for i, o in itertools.pairwise(sizes)]

    def slots(self, n_observations: int, n_outputs: int) -> tuple[Slot, ...]:
        """Return what must be inherited, for a task of these sizes."""
        return (Slot("inherited", tuple(self.layers(n_observations, n_outputs))),)

    def lanes(self, n_observations: int, n_outputs: int, n: int) -> GatedLanes:
        """Open ``n`` lanes."""
        check_scale(self.observation_scale, n_observations)
        return GatedLanes(self, n_observations, n_outputs, n)


class GatedLanes:
    """Living gated networks, one per lane; ``gains`` and ``modulators`` move nothing here."""

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
        """Begin a life on ``lane``: express the genome, forget the past. Nothing is drawn.

        There is no rule whose coefficients ``changes`` could change.
        """
        weights = self._weights[lane]
        genome.express(source, {"inherited": weights})
        self.mean_squares[lane] = np.einsum("i,i", weights, weights) / weights.size
        self.state.begin_life(lane)

    def emit(self, lanes: npt.NDArray[np.intp], outputs: Array) -> None:
        """Do nothing: there is no rule that could see it."""

    def begin_trial(self, lanes: npt.NDArray[np.intp]) -> None:
        """Begin a new trial on ``lanes``: the cell forgets, weights stay."""
        self.state.begin_trial(lanes)

    def act(self, observations: Array, lanes: npt.NDArray[np.intp]) -> Array:
        """Return outputs ``(k, n_outputs)`` of ``lanes``; valid until the next call."""
        if self._sensor_factors.size:
            observations = observations * self._sensor_factors
        outputs = self._outputs[: lanes.size]
        self._step(lanes, observations, *self.state.values, outputs)
        return outputs

    def flush(self, lanes: npt.NDArray[np.intp]) -> None:
        """Do nothing: no update is ever pending."""

    def raw_layers(self, lane: int) -> list[Array]:
        """Return views of each layer's memory, ``(n_out, n_in)``, in the order of `layers`."""
        return layer_views(self.layers, self._weights[lane])

    def present_layers(self, lane: int) -> list[npt.NDArray[np.bool_]]:
        """Return what `raw_layers` does, full of True: nothing is absent."""
        return [np.ones_like(layer, np.bool_) for layer in self.raw_layers(lane)]

    def redraw(self, lane: int, layers: Sequence[int], key: Key, start: int) -> None:
        """Draw the weights of ``layers``, counted from 0, from U(-0.1, 0.1), biases too."""
        redraw_layers("uniform", key, self.layers, self._weights[lane], layers, start)

    def weights(self, lane: int) -> list[Array]:
        """Return copies of the weights, ``(n_out, n_in)`` per layer, biases with an n_in of 1."""
        return [raw.copy() for raw in self.raw_layers(lane)]

    def activity(self, lane: int) -> list[Array]:
        """Return copies of the last step's activities: sensors, the cell's output, each layer."""
        return [
            part.copy() for part in np.split(self.state["now"][lane], np.cumsum(self._sizes)[:-1])
        ]


@functools.cache
def _driver_source() -> str:
    text = Path(__file__).with_name("_gated_kernel.py").read_text(encoding="utf-8")
    return text[text.index("@fast") :]
