"""Which synapses a feed-forward network has, and which of them a rule changes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.genomes import Bools, LayerShape, Mask
from metahebb.noise import Key, Stream, uniforms
from metahebb.registry import Registry

Array = npt.NDArray[np.float32]


class Topology(Protocol):
    """What becomes of the synapses between layers: absent, static or plastic.

    An immutable, hashable, picklable description that checks itself. An absent synapse has weight 0
    for life and no coefficients. A static one has an inherited weight that never changes.
    """

    has_gates: ClassVar[bool] = False
    """Whether each synapse inherits a gate, which says whether it is there."""

    @property
    def plastic(self) -> Mask | None:
        """Synapses that there are and whose weights are not static; None: all, but for gates."""
        return None

    @property
    def static(self) -> Mask | None:
        """Static synapses; None: there are none."""
        return None

    def open_gates(self, gates: Array) -> Bools:
        """Return which synapses are there by their ``gates``; without gates, all of them."""
        return np.ones(gates.shape, np.bool_)


@dataclass(frozen=True)
class Dense(Topology):
    """Every synapse is there, and plastic."""


class Fixed(Topology, Mask, Protocol):
    """A topology that is itself the mask of the synapses that are there."""

    @property
    def plastic(self) -> Mask | None:
        """The topology itself."""
        return self

    @abstractmethod
    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer ``(synapses,)`` which are there, in the order of memory."""


@dataclass(frozen=True)
class Sparse(Fixed):
    """A part of each layer's synapses, drawn once: the same ones in every network of the run.

    The part is exact, rounded, and at least one synapse. Where it is large enough for a layer, that
    is from 1/min(n_in, n_out) on, each neuron of it keeps one there at least.
    """

    density: float = 0.5
    """Part of each layer's synapses that is there."""
    seed: int = 0
    """Of the draw."""

    def __post_init__(self) -> None:
        """Check the values."""
        if not 0 < self.density <= 1:
            raise InputError(
                f"expected a density above 0 and at most 1 (sparse), got {self.density}"
            )
        _key(self.seed, 0)

    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer ``(synapses,)`` which are there, in the order of memory."""
        return tuple(self._mask(layer, number) for number, layer in enumerate(layers, 1))

    def _mask(self, layer: LayerShape, number: int) -> Bools:
        n, columns = layer.synapses, max(layer.n_out, layer.n_in)
        drawn = uniforms(_key(self.seed, number), n + columns)
        # Rows of memory run along the longer axis: a synapse in each column, spread evenly over
        # the rows, is one for each neuron on either side. They come before all others.
        order = np.argsort(drawn[n:], kind="stable")
        drawn[np.arange(columns) % (n // columns) * columns + order] -= 1
        return _smallest(drawn[:n], max(1, round(self.density * n)))


@dataclass(frozen=True)
class Modular(Fixed):
    """Neurons of each layer in modules; synapses within them, and a part of those across.

    Neurons are dealt in the order of their numbers: of n, number k is in module ⌊k·modules/n⌋.
    """

    modules: int = 2
    """Modules that each layer's neurons are dealt to."""
    between: float = 0.0
    """Part of the synapses from one module to another that is there, exact for each layer."""
    seed: int = 0
    """Of the draw of those."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.modules < 1:
            raise InputError(f"expected modules of at least 1 (modular), got {self.modules}")
        _check_part("between", self.between, "modular")
        _key(self.seed, 0)

    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer ``(synapses,)`` which are there, in the order of memory.

        Raises:
            InputError: there are more modules than a layer has neurons.
        """
        smallest = min(min(layer.n_in, layer.n_out) for layer in layers)
        if self.modules > smallest:
            raise InputError(
                f"expected at most {smallest} modules (modular), which is how many neurons the "
                f"smallest layer has, got {self.modules}; choose fewer"
            )
        return tuple(self._mask(layer, number) for number, layer in enumerate(layers, 1))

    def _mask(self, layer: LayerShape, number: int) -> Bools:
        long, short = max(layer.n_out, layer.n_in), min(layer.n_out, layer.n_in)
        of_row, of_column = (np.arange(n) * self.modules // n for n in (short, long))
        within: Bools = (of_row[:, None] == of_column).ravel()
        drawn = uniforms(_key(self.seed, number), layer.synapses)
        drawn[within] = 1  # behind all others
        return within | _smallest(drawn, round(self.between * int((~within).sum())))


@dataclass(frozen=True)
class Evolved(Topology):
    """A gate per synapse, one gene each, says whether the synapse is there: for the whole life.

    Every synapse keeps the genes of its coefficients, whatever its gate says.
    """

    threshold: float = 0.0
    """Synapses whose gate is above are there. Of N(0, σ²), where centers begin, that is a half for
    0, and 84 % for −σ (σ is ``--search.initial-stdev``, 0.1)."""
    has_gates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the values."""
        if not np.isfinite(self.threshold):
            raise InputError(f"expected a finite threshold (evolved), got {self.threshold}")

    def open_gates(self, gates: Array) -> Bools:
        """Return which synapses are there: those whose gate is above the threshold."""
        return gates > self.threshold


@dataclass(frozen=True)
class Static(Topology):
    """Structure against plasticity: a part of the synapses inherits weights, one gene each.

    These never change. The others are plastic, with weights drawn at birth, or co-evolved. The part
    is exact for each layer, rounded, and drawn once. Where ``clip`` bounds weights, it bounds those
    that are inherited at birth; ``max_abs`` would change them, and is refused.
    """

    fraction: float = 0.5
    """Part of each layer's synapses that is static."""
    seed: int = 0
    """Of the draw."""

    def __post_init__(self) -> None:
        """Check the values."""
        _check_part("fraction", self.fraction, "static")
        _key(self.seed, 0)

    @property
    def plastic(self) -> Mask | None:
        """The other synapses."""
        return _Others(self)

    @property
    def static(self) -> Mask | None:
        """The topology itself."""
        return self

    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer ``(synapses,)`` which are static, in the order of memory."""
        return tuple(
            _smallest(
                uniforms(_key(self.seed, number), layer.synapses),
                round(self.fraction * layer.synapses),
            )
            for number, layer in enumerate(layers, 1)
        )


@dataclass(frozen=True)
class _Others:
    mask: Mask

    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer ``(synapses,)`` which are not in ``mask``."""
        return tuple(~mask for mask in self.mask.masks(layers))


TOPOLOGIES: Registry[type[Any]] = Registry(
    "topology",
    {
        "dense": Dense,
        "sparse": Sparse,
        "modular": Modular,
        "evolved": Evolved,
        "static": Static,
    },
    needs=("plastic", "static", "has_gates"),
)
"""All topologies by name; to add one, list it here."""

if TYPE_CHECKING:
    AnyTopology: TypeAlias = Topology
else:
    AnyTopology = Annotated[Any, TOPOLOGIES]
"""The type of a config's field that may hold any topology."""


def name_of_topology(topology: Topology) -> str:
    """Return the name that a topology goes by."""
    return TOPOLOGIES.name_of(topology)


def _key(seed: int, number: int) -> Key:
    # Genome maps deal by generation 0 of this stream: with equal seeds, these draws are others.
    return Key(seed, Stream.GENOME_MAP, generation=1, index=number)


def _smallest(drawn: np.ndarray[tuple[int], np.dtype[np.float32]], count: int) -> Bools:
    """Return which are the ``count`` smallest of ``drawn`` ``(n,)``."""
    found = np.zeros(drawn.size, np.bool_)
    found[np.argsort(drawn, kind="stable")[:count]] = True
    return found


def _check_part(name: str, part: float, kind: str) -> None:
    if not 0 <= part <= 1:
        raise InputError(f"expected {name} from 0 to 1 ({kind}), got {part}; choose another")
