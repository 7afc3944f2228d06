"""Topologies: each says which synapses a network has, and which of them a rule changes."""

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
    """A topology says of each possible synapse whether it is absent, static or plastic.

    It is an immutable, hashable, picklable description that checks its own fields. An absent
    synapse has weight 0 for life and no coefficients. A static synapse has an inherited weight that
    never changes.
    """

    has_gates: ClassVar[bool] = False
    """Whether each synapse inherits a gate: a number that decides whether the synapse exists."""

    @property
    def plastic(self) -> Mask | None:
        """The plastic synapses; None: all synapses, unless gates close some of them."""
        return None

    @property
    def static(self) -> Mask | None:
        """The static synapses; None: there are none."""
        return None

    def open_gates(self, gates: Array) -> Bools:
        """Return which synapses exist by their ``gates``: all, unless a topology overrides this."""
        return np.ones(gates.shape, np.bool_)


@dataclass(frozen=True)
class Dense(Topology):
    """Every synapse exists and is plastic."""


class Fixed(Topology, Mask, Protocol):
    """A topology that does not evolve, and is itself the mask of the synapses that exist."""

    @property
    def plastic(self) -> Mask | None:
        """The topology itself, as the mask of the synapses that exist."""
        return self

    @abstractmethod
    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer whether each synapse exists, ``(synapses,)``, as in memory."""


@dataclass(frozen=True)
class Sparse(Fixed):
    """A random part of each layer's synapses exists, the same part in every network of the run.

    In each layer, the number of existing synapses is the density times the number of possible ones,
    rounded, and at least one. If the density is at least 1/min(n_in, n_out) of a layer, each of its
    inputs and each of its neurons has at least one synapse in that layer.
    """

    density: float = 0.5
    """The part of each layer's synapses that exists."""
    seed: int = 0
    """The seed of the draw that decides which synapses exist."""

    def __post_init__(self) -> None:
        """Check the values of both fields."""
        if not 0 < self.density <= 1:
            raise InputError(
                f"expected a density above 0 and at most 1 (sparse), got {self.density}"
            )
        _key(self.seed, 0)

    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer whether each synapse exists, ``(synapses,)``, as in memory."""
        return tuple(self._mask(layer, number) for number, layer in enumerate(layers, 1))

    def _mask(self, layer: LayerShape, number: int) -> Bools:
        n, columns = layer.synapses, max(layer.n_out, layer.n_in)
        drawn = uniforms(_key(self.seed, number), n + columns)
        # Rows of memory run along the longer axis. So one synapse in each column, spread evenly
        # over the rows, gives each neuron on either side a synapse. These are chosen first.
        order = np.argsort(drawn[n:], kind="stable")
        drawn[np.arange(columns) % (n // columns) * columns + order] -= 1
        return _smallest(drawn[:n], max(1, round(self.density * n)))


@dataclass(frozen=True)
class Modular(Fixed):
    """The neurons of each layer belong to modules, and modules are connected sparsely, or not.

    All synapses within a module exist, and a part of the synapses between modules. Neuron k of n
    belongs to module ⌊k·modules/n⌋ of its layer.
    """

    modules: int = 2
    """The number of modules to which the neurons of each layer belong."""
    between: float = 0.0
    """The part of each layer's synapses between two modules that exists."""
    seed: int = 0
    """The seed of the draw that decides which synapses between modules exist."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        if self.modules < 1:
            raise InputError(f"expected modules of at least 1 (modular), got {self.modules}")
        _check_part("between", self.between, "modular")
        _key(self.seed, 0)

    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer whether each synapse exists, ``(synapses,)``, as in memory.

        Raises:
            InputError: there are more modules than a layer has neurons.
        """
        smallest = min(min(layer.n_in, layer.n_out) for layer in layers)
        if self.modules > smallest:
            raise InputError(
                f"expected at most {smallest} modules (modular), the number of neurons in the "
                f"smallest layer, got {self.modules}; choose fewer"
            )
        return tuple(self._mask(layer, number) for number, layer in enumerate(layers, 1))

    def _mask(self, layer: LayerShape, number: int) -> Bools:
        long, short = max(layer.n_out, layer.n_in), min(layer.n_out, layer.n_in)
        of_row, of_column = (np.arange(n) * self.modules // n for n in (short, long))
        within: Bools = (of_row[:, None] == of_column).ravel()
        drawn = uniforms(_key(self.seed, number), layer.synapses)
        drawn[within] = 1  # so that these are not among the smallest
        return within | _smallest(drawn, round(self.between * int((~within).sum())))


@dataclass(frozen=True)
class Evolved(Topology):
    """Each synapse has a gate, which is one gene, and exists if the gate is above a threshold.

    A gate stays the same for the whole life. Every synapse keeps the genes of its coefficients,
    even if its gate is closed.
    """

    threshold: float = 0.0
    """The number above which a gate is open, so that its synapse exists. Centers begin as N(0, σ²),
    where σ is ``--search.initial-stdev`` (0.1): a threshold of 0 opens half of the gates of the
    first center, and a threshold of −σ opens 84 %."""
    has_gates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the threshold."""
        if not np.isfinite(self.threshold):
            raise InputError(f"expected a finite threshold (evolved), got {self.threshold}")

    def open_gates(self, gates: Array) -> Bools:
        """Return for each gate whether it is above the threshold, so that its synapse exists."""
        return gates > self.threshold


@dataclass(frozen=True)
class Static(Topology):
    """A part of the synapses is static, to compare inherited structure with plasticity.

    A static synapse inherits a weight, one gene, that never changes. The other synapses are
    plastic, with weights that are drawn at birth, or co-evolved. In each layer, the number of
    static synapses is the fraction times the number of all synapses, rounded. They are drawn once
    for the run. With the normalization ``clip``, static weights are bounded at birth. The
    normalization ``max_abs`` would change them, and is refused.
    """

    fraction: float = 0.5
    """The part of each layer's synapses that is static."""
    seed: int = 0
    """The seed of the draw that decides which synapses are static."""

    def __post_init__(self) -> None:
        """Check the values of both fields."""
        _check_part("fraction", self.fraction, "static")
        _key(self.seed, 0)

    @property
    def plastic(self) -> Mask | None:
        """The mask of all synapses that are not static."""
        return _Others(self)

    @property
    def static(self) -> Mask | None:
        """The topology itself, as the mask of the static synapses."""
        return self

    def masks(self, layers: tuple[LayerShape, ...]) -> tuple[Bools, ...]:
        """Return for each layer whether each synapse is static, ``(synapses,)``, as in memory."""
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
        """Return for each layer whether each synapse is outside of ``mask``, ``(synapses,)``."""
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
    """Return the name under which a topology is registered."""
    return TOPOLOGIES.name_of(topology)


def _key(seed: int, number: int) -> Key:
    # Genome maps use generation 0 of this stream; generation 1 draws other numbers for equal seeds.
    return Key(seed, Stream.GENOME_MAP, generation=1, index=number)


def _smallest(drawn: np.ndarray[tuple[int], np.dtype[np.float32]], count: int) -> Bools:
    """Return for each number of ``drawn`` ``(n,)`` whether it is among the ``count`` smallest."""
    is_small = np.zeros(drawn.size, np.bool_)
    is_small[np.argsort(drawn, kind="stable")[:count]] = True
    return is_small


def _check_part(name: str, part: float, kind: str) -> None:
    if not 0 <= part <= 1:
        raise InputError(f"expected {name} from 0 to 1 ({kind}), got {part}; choose another")
