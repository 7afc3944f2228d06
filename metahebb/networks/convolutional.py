"""A network for images: inherited convolutions, then plastic layers, which are called the head."""

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

_VECTOR = 16  # the kernel reads whole vectors, and so up to 16 unused numbers behind a row's end
POOL = 2
"""The number of rows, and of columns, over which a maximum is taken."""


class Convolution(NamedTuple):
    """The sizes of a convolution and of the maxima over its output.

    Attributes:
        channels: the number of channels of its input.
        height: the number of rows of its input.
        width: the number of columns of its input.
        kernel: the number of rows, and of columns, of a filter.
        stride: the number of rows, or columns, from one place of a filter to the next.
        filters: the number of filters, which is the number of channels of its output.
        rows: the number of rows of its output, before the maxima.
        columns: the number of columns of its output, before the maxima.
    """

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
        """The number of weights of a filter."""
        return self.channels * self.kernel**2

    @property
    def left(self) -> tuple[int, int, int]:
        """The channels, rows and columns after the maxima; a last odd row or column is dropped."""
        return self.filters, self.rows // POOL, self.columns // POOL


@dataclass(frozen=True)
class Convolutional(Plastic):
    """Convolutions with inherited filters, then plastic layers that receive their features.

    A convolution has no padding and no bias. It is followed by tanh and by maxima over 2×2. The
    filters evolve and do not change in a life. The defaults are the policy of Najarro & Risi 2020
    for car racing: a convolution from 3 to 6 channels with filters of 3×3, one from 6 to 8 channels
    with filters of 5×5 and stride 2, which make 648 features of 84×84 pixels, then 648-128-64-3
    plastic neurons.

    The filters have a slot of their own, ``filters``, with a gene for each weight (1,362 by
    default), whatever genome map the rules have. The search's penalty does not include them.

    The features equal those of torch's ``conv2d``, ``tanh`` and ``max_pool2d`` but for rounding.
    The kernel takes the maximum before tanh, which gives the same because tanh is monotone, and
    which needs a quarter of the evaluations.

    Differs from the reference: the image is not transposed. Filters begin at the same scale as all
    genes (``initial_stdev``), and those of the reference begin as N(0, 1).
    """

    kind: ClassVar[str] = "convolutional"

    image: tuple[int, int, int] = (84, 84, 3)
    """The rows, columns and channels of an observation, which is one row of numbers in [0, 1]."""
    filters: tuple[int, ...] = (6, 8)
    """The number of filters of each convolution."""
    kernels: tuple[int, ...] = (3, 5)
    """The number of rows, and of columns, of a filter in each convolution."""
    strides: tuple[int, ...] = (1, 2)
    """The number of pixels from one place of a filter to the next, in each convolution."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        super().__post_init__()
        sizes = (self.filters, self.kernels, self.strides)
        if not self.filters or len({len(each) for each in sizes}) > 1:
            raise InputError(
                "expected as many kernels and strides as filters, and at least one (convolutional),"
                f" got {len(self.filters)} filters, {len(self.kernels)} kernels and "
                f"{len(self.strides)} strides"
            )
        if len(self.image) != 3 or min(*self.image, *itertools.chain(*sizes)) < 1:
            raise InputError(
                "expected an image of rows, columns and channels, and filters, kernels and strides "
                f"of at least 1 (convolutional), got {self.image} and {sizes}"
            )
        if self.observation_scale:
            raise InputError("expected no observation_scale of an image, got one; leave it out")
        for stage in self.stages:
            if min(stage.left) < 1:
                raise InputError(
                    f"expected an image that is left with a pixel after each convolution and its "
                    f"2×2 maxima, got {stage.rows} × {stage.columns} before the maxima; use a "
                    "larger image, smaller kernels or fewer of them"
                )

    @classmethod
    def like(cls, old: Network, name: str = "") -> Self:
        """Return a network of this kind with the settings that it can share with ``old``."""
        return super().like(replace(old, observation_scale=()))

    @functools.cached_property
    def stages(self) -> tuple[Convolution, ...]:
        """The convolutions in order, each with the sizes of its input and output."""
        height, width, channels = self.image
        stages = []
        for filters, kernel, stride in zip(self.filters, self.kernels, self.strides, strict=True):
            rows, columns = ((n - kernel) // stride + 1 for n in (height, width))
            stage = Convolution(channels, height, width, kernel, stride, filters, rows, columns)
            channels, height, width = stage.left
            stages.append(stage)
        return tuple(stages)

    @property
    def n_features(self) -> int:
        """The number of features, which are the sensors of the plastic layers."""
        return int(np.prod(self.stages[-1].left))

    def graph(self, n_observations: int, n_outputs: int) -> Graph:
        """Return the populations and projections of the head, whose sensors are the features.

        Raises:
            InputError: observations do not have as many numbers as ``image``.
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
        """Return the slots that a life must inherit: those of the head, then the filters."""
        sizes = (stage.filters * stage.taps for stage in self.stages)
        filters = Slot("filters", tuple(LayerShape(1, size, 1) for size in sizes))
        return (*super().slots(n_observations, n_outputs), filters)

    def lanes(self, n_observations: int, n_outputs: int, n: int) -> ConvolutionalLanes:
        """Return ``n`` new lanes, for a task of these sizes."""
        self.slots(n_observations, n_outputs)  # raises InputError if the parts do not fit
        return ConvolutionalLanes(self, self.graph(n_observations, n_outputs), n)


class ConvolutionalLanes(PlasticLanes):
    """The lanes of a `Convolutional` network: each has filters and a head of its own.

    The sensors of a head are the features that the filters compute.
    """

    def __init__(self, network: Convolutional, graph: Graph, n: int) -> None:
        """Allocate ``n`` lanes; nothing is allocated afterwards."""
        super().__init__(network, graph, n)
        stages = network.stages
        self._filters = aligned(n, sum(stage.filters * stage.taps for stage in stages))
        self._features = np.zeros((n, network.n_features), np.float32)
        self._shapes, self._offsets, size = _layout(stages)
        # These arrays hold one image at a time; each lane overwrites the image of the lane before.
        self._planes = aligned(1, size + _VECTOR)[0]
        self._rows = aligned(5, max(stage.columns for stage in stages) + _VECTOR)
        self._see: Any = compiled(module_text(_driver_source())).see

    def memory(self, lane: int) -> dict[str, Array]:
        """Return the memory of a lane into which each slot is expressed, by the slot's name."""
        return {**super().memory(lane), "filters": self._filters[lane]}

    def features(self, observations: Array, lanes: npt.NDArray[np.intp]) -> Array:
        """Return the features ``(n_lanes, n_features)``; only the rows ``lanes`` are computed."""
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
        """Return the outputs ``(k, n_outputs)`` of ``lanes``, which the next call overwrites."""
        return super().act(self.features(observations, lanes), lanes)


def _layout(
    stages: tuple[Convolution, ...],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], int]:
    """Return the tables ``shapes`` and ``offsets`` of the kernel, and the size of ``planes``.

    ``_convolutional_kernel.py`` describes all three.
    """
    shapes, offsets = [], []
    weight = tap = start = 0
    for stage in stages:
        row = -(-stage.width // stage.stride)  # the columns of the phase that has most of them
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
