"""A network that sees: inherited convolutions, then a plastic head."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from metahebb.compiler import compiled
from metahebb.compiler.module import module_text
from metahebb.errors import InputError
from metahebb.genomes import LayerShape, Slot
from metahebb.networks.base import Network
from metahebb.networks.graph import Graph, layered
from metahebb.networks.memory import aligned
from metahebb.networks.plastic import Plastic
from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.neurons import NEURONS

Array = npt.NDArray[np.float32]

_VECTOR = 16  # numbers that are read, and summed in vain, beyond the end of a row at most
POOL = 2
"""Rows and columns of a maximum."""


class Convolution(NamedTuple):
    """A convolution and the maxima over its output: channels, rows and columns in, out and left."""

    channels: int
    height: int
    width: int
    kernel: int
    stride: int
    filters: int
    rows: int
    columns: int

    @property
    def taps(self) -> int:
        """Weights of a filter."""
        return self.channels * self.kernel**2

    @property
    def left(self) -> tuple[int, int, int]:
        """Channels, rows and columns after the maxima; an odd row or column is dropped."""
        return self.filters, self.rows // POOL, self.columns // POOL


@dataclass(frozen=True)
class Convolutional(Plastic):
    """Filters that are inherited and stay, then a plastic network on what they see.

    Each convolution has no padding and no bias, and is followed by tanh and by maxima over 2×2. The
    defaults are the policy of Najarro & Risi 2020 for car racing: 3 → 6 channels of 3×3, 6 → 8 of
    5×5 with stride 2, which make 648 features of 84×84 pixels; then 648-128-64-3 plastic neurons.
    Filters evolve in a slot of their own, ``filters``, 1,362 genes, whatever the genome map of the
    rules; no penalty is on them.

    Equal to torch's ``conv2d``, ``tanh`` and ``max_pool2d`` but for rounding: the maximum is taken
    before tanh, which is monotone and then needs a quarter of the evaluations.

    Differs from the reference: the image is not transposed, and filters begin at the same scale as
    all genes (``initial_stdev``) where theirs begin at N(0, 1).
    """

    kind: ClassVar[str] = "convolutional"

    image: tuple[int, int, int] = (84, 84, 3)
    """Rows, columns and channels of an observation, which comes as one row of numbers in [0, 1]."""
    filters: tuple[int, ...] = (6, 8)
    """Of each convolution."""
    kernels: tuple[int, ...] = (3, 5)
    """Rows and columns of a filter, of each convolution."""
    strides: tuple[int, ...] = (1, 2)
    """Of each convolution."""

    def __post_init__(self) -> None:
        """Check the values."""
        super().__post_init__()
        told = (self.filters, self.kernels, self.strides)
        if not self.filters or len({len(each) for each in told}) > 1:
            raise InputError(
                "expected as many kernels and strides as filters, and at least one (convolutional),"
                f" got {len(self.filters)} filters, {len(self.kernels)} kernels and "
                f"{len(self.strides)} strides"
            )
        if len(self.image) != 3 or min(*self.image, *itertools.chain(*told)) < 1:
            raise InputError(
                "expected an image of rows, columns and channels, and filters, kernels and strides "
                f"of at least 1 (convolutional), got {self.image} and {told}"
            )
        if self.observation_scale:
            raise InputError("expected no observation_scale of an image, got one; leave it out")
        for stage in self.stages:
            if min(stage.left) < 1:
                raise InputError(
                    f"expected an image that is left with a pixel after each convolution, got "
                    f"{stage.rows} × {stage.columns} before the 2×2 maxima of one; use a larger "
                    "image, smaller kernels or fewer of them"
                )

    @classmethod
    def like(cls, old: Network, name: str = "") -> Self:
        """Return such a network that has all that it can have in common with another one."""
        return super().like(replace(old, observation_scale=()))

    @functools.cached_property
    def stages(self) -> tuple[Convolution, ...]:
        """Each convolution with the sizes that it meets and makes."""
        height, width, channels = self.image
        found = []
        for filters, kernel, stride in zip(self.filters, self.kernels, self.strides, strict=True):
            rows, columns = ((n - kernel) // stride + 1 for n in (height, width))
            stage = Convolution(channels, height, width, kernel, stride, filters, rows, columns)
            channels, height, width = stage.left
            found.append(stage)
        return tuple(found)

    @property
    def n_features(self) -> int:
        """What the head senses."""
        return int(np.prod(self.stages[-1].left))

    def graph(self, n_observations: int, n_outputs: int) -> Graph:
        """Return the populations and projections of the head, whose sensors are the features.

        Raises:
            InputError: observations are not such images.
        """
        if n_observations != np.prod(self.image):
            raise InputError(
                f"expected observations of {' × '.join(map(str, self.image))} = "
                f"{np.prod(self.image)} numbers (convolutional), got {n_observations}; set "
                "--network.image"
            )
        neurons = (*[self.neuron] * len(self.hidden), NEURONS[self.output])
        return layered((self.n_features, *self.hidden, n_outputs), neurons)

    def slots(self, n_observations: int, n_outputs: int) -> tuple[Slot, ...]:
        """Return what must be inherited: what the head needs, then the filters."""
        sizes = (stage.filters * stage.taps for stage in self.stages)
        filters = Slot("filters", tuple(LayerShape(1, size, 1) for size in sizes))
        return (*super().slots(n_observations, n_outputs), filters)

    def lanes(self, n_observations: int, n_outputs: int, n: int) -> ConvolutionalLanes:
        """Open ``n`` lanes."""
        self.slots(n_observations, n_outputs)  # checks
        return ConvolutionalLanes(self, self.graph(n_observations, n_outputs), n)


class ConvolutionalLanes(PlasticLanes):
    """Living heads, one per lane, each behind filters of its own; sensors are features here."""

    def __init__(self, network: Convolutional, graph: Graph, n: int) -> None:
        """Allocate ``n`` lanes; nothing is allocated afterwards."""
        super().__init__(network, graph, n)
        stages = network.stages
        self._filters = aligned(n, sum(stage.filters * stage.taps for stage in stages))
        self._features = np.zeros((n, network.n_features), np.float32)
        self._shapes, self._offsets, size = _layout(stages)
        # Of one image at a time: what a lane sees is gone when the next one looks.
        self._planes = aligned(1, size + _VECTOR)[0]
        self._rows = aligned(5, max(stage.columns for stage in stages) + _VECTOR)
        self._see: Any = compiled(module_text(_driver_source())).see

    def memory(self, lane: int) -> dict[str, Array]:
        """Return where slots are expressed, by name."""
        return {**super().memory(lane), "filters": self._filters[lane]}

    def features(self, observations: Array, lanes: npt.NDArray[np.intp]) -> Array:
        """Return what the heads sense, ``(n_lanes, n_features)``; only rows ``lanes`` are new."""
        self._see(
            lanes,
            observations,
            self._filters,
            self._shapes,
            self._offsets,
            self._planes,
            self._rows,
            self._features,
        )
        return self._features

    def act(self, observations: Array, lanes: npt.NDArray[np.intp]) -> Array:
        """Return outputs ``(k, n_outputs)`` of ``lanes``; valid until the next call."""
        return super().act(self.features(observations, lanes), lanes)


def _layout(
    stages: tuple[Convolution, ...],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], int]:
    """Return ``shapes`` and ``offsets`` as the kernel takes them, and the size of ``planes``."""
    shapes, offsets = [], []
    weight = tap = start = 0
    for stage in stages:
        row = -(-stage.width // stage.stride)  # of the phase with most columns
        plane = stage.height * row
        inside = (stage.stride, stage.filters, stage.columns)
        shapes.append([*stage[:3], *inside, weight, tap, start, row])
        for channel, y, x in np.ndindex(stage.channels, stage.kernel, stage.kernel):
            phase = x % stage.stride * stage.channels * plane
            offsets.append(phase + channel * plane + y * row + x // stage.stride)
        weight += stage.filters * stage.taps
        tap += stage.taps
        start += stage.stride * stage.channels * plane
    shapes.append([*stages[-1].left, 1, 0, 0, weight, tap, start, 0])
    return np.array(shapes, np.intp), np.array(offsets, np.intp), start


@functools.cache
def _driver_source() -> str:
    text = Path(__file__).with_name("_convolutional_kernel.py").read_text(encoding="utf-8")
    return text[text.index("@apart") :]
