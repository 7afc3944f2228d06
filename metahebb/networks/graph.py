"""What a network is made of: populations of units, and projections of synapses between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from metahebb.errors import InputError
from metahebb.genomes import LayerShape, Source
from metahebb.neurons import Neuron


@dataclass(frozen=True)
class Population:
    """Units of one kind.

    Attributes:
        n: how many units.
        neuron: how their outputs follow from their drive; None: they are sensors, whose outputs
            are what the network observes.
    """

    n: int
    neuron: Neuron | None = None


@dataclass(frozen=True)
class Projection:
    """All synapses onto one population, from one or several: a single matrix ``(n_out, n_in)``.

    Attributes:
        sources: names of the populations before the synapses. A matrix of several sources has their
            columns side by side, W = [W_1 W_2 …].
        target: name of the population behind the synapses.
    """

    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Graph:
    """Populations in the order in which a step computes them, and the projections onto them.

    A source that comes before the target is heard in the same step. One that does not, such as the
    target itself, is heard as it was in the step before, and as 0 at birth and when a trial begins.

    Attributes:
        populations: by name, in order; the first one holds the sensors, the last one the outputs.
        projections: one onto each population but the first, in the same order.

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
        """The sources of each projection, in order, as genome maps are told of them."""
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
        """Return whether ``target`` hears ``source`` as it was in the step before."""
        order = list(self.populations)
        return order.index(source) >= order.index(target)

    @property
    def neurons(self) -> tuple[Neuron, ...]:
        """The distinct neurons, in the order in which populations first have them."""
        kinds = (each.neuron for each in self.populations.values() if each.neuron is not None)
        return tuple(dict.fromkeys(kinds))


def layered(units: Sequence[int], neurons: Sequence[Neuron], *, recurrent: bool = False) -> Graph:
    """Return a graph of layers that follow each other.

    Args:
        units: of each layer, sensors first and outputs last.
        neurons: of each layer but the sensors.
        recurrent: whether the first layer behind the sensors also hears itself.
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
