"""The parts of a network: populations of units, and projections of synapses between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from metahebb.errors import InputError
from metahebb.genomes import LayerShape, Source
from metahebb.neurons import Neuron


@dataclass(frozen=True)
class Population:
    """A population is a number of units of one kind.

    Attributes:
        n: the number of units.
        neuron: the function from a unit's drive to its output; None: the units are sensors, and
            their outputs are the network's observations.
    """

    n: int
    neuron: Neuron | None = None


@dataclass(frozen=True)
class Projection:
    """A projection is all synapses onto one population: a single matrix ``(n_out, n_in)``.

    Attributes:
        sources: the names of the presynaptic populations. The columns of several sources stand side
            by side in the matrix, W = [W_1 W_2 …].
        target: the name of the postsynaptic population.
    """

    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Graph:
    """A graph is populations, in the order in which a step computes them, and their projections.

    A target receives the present outputs of a source that comes before it in that order. From any
    other source, such as the target itself, it receives the outputs of the step before, which are 0
    at birth and when a trial begins.

    Attributes:
        populations: the populations by name, in order; the first one holds the sensors, and the
            last one the outputs.
        projections: one projection onto each population but the first, in the same order.

    Raises:
        InputError: projections and populations do not match, or a neuron or a source is missing.
    """

    populations: Mapping[str, Population]
    projections: tuple[Projection, ...]

    def __post_init__(self) -> None:
        """Check that each population but the sensors is the target of one projection."""
        names, targets = list(self.populations), [p.target for p in self.projections]
        if targets != names[1:]:
            raise InputError(
                f"expected one projection onto each of {', '.join(names[1:])}, in this order, got "
                f"{', '.join(targets) or 'none'}; several sources make one projection"
            )
        for each in self.projections:
            if not each.sources:
                raise InputError(f"expected sources of the projection onto {each.target}, got none")
        for number, (name, population) in enumerate(self.populations.items()):
            if (population.neuron is None) != (number == 0):
                raise InputError(
                    "expected a neuron for each population but the first, the sensors, got "
                    f"{population.neuron} for {name}"
                )
        for source in {source for each in self.projections for source in each.sources}:
            if source not in self.populations:
                raise InputError(f"expected sources among {', '.join(names)}, got {source!r}")

    @cached_property
    def layers(self) -> tuple[LayerShape, ...]:
        """The shape of each projection's matrix, with one plane."""
        return tuple(
            LayerShape(
                1,
                self.populations[each.target].n,
                sum(self.populations[source].n for source in each.sources),
            )
            for each in self.projections
        )

    @cached_property
    def sources(self) -> tuple[tuple[Source, ...], ...]:
        """The sources of each projection in order, in the form in which genome maps read them."""
        order = list(self.populations)
        return tuple(
            tuple(
                Source(
                    order.index(name) - 1,
                    self.populations[name].n,
                    self.is_delayed(name, each.target),
                )
                for name in each.sources
            )
            for each in self.projections
        )

    def is_delayed(self, source: str, target: str) -> bool:
        """Return whether ``target`` receives the outputs that ``source`` had one step earlier."""
        order = list(self.populations)
        return order.index(source) >= order.index(target)

    @property
    def neurons(self) -> tuple[Neuron, ...]:
        """The distinct neurons of all populations, in the order in which they first appear."""
        kinds = (each.neuron for each in self.populations.values() if each.neuron is not None)
        return tuple(dict.fromkeys(kinds))


def layered(units: Sequence[int], neurons: Sequence[Neuron], *, recurrent: bool = False) -> Graph:
    """Return a graph of layers that follow each other.

    Args:
        units: the number of units of each layer, sensors first and outputs last.
        neurons: the neuron of each layer but the sensors.
        recurrent: whether the first layer behind the sensors also receives its own outputs of the
            step before.
    """
    names = ["sensors", *(f"hidden_{k}" for k in range(1, len(units) - 1)), "outputs"]
    sources: list[tuple[str, ...]] = [(name,) for name in names[:-1]]
    if recurrent:
        sources[0] += (names[1],)
    populations = {
        name: Population(n, neuron)
        for name, n, neuron in zip(names, units, (None, *neurons), strict=True)
    }
    return Graph(populations, tuple(map(Projection, sources, names[1:])))
