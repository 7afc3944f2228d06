"""The parts of a network: populations of units, and projections of synapses between them."""

from __future__ import annotations

import itertools
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
        constant: the output of each unit, for units whose outputs never change (biases); empty for
            all other populations.
    """

    n: int
    neuron: Neuron | None = None
    constant: tuple[float, ...] = ()


@dataclass(frozen=True)
class Projection:
    """A projection is synapses onto one population: a single matrix ``(n_out, n_in)``.

    Attributes:
        sources: the names of the presynaptic populations. The columns of several sources stand side
            by side in the matrix, W = [W_1 W_2 …].
        target: the name of the postsynaptic population.
        is_fixed: whether the weights are drawn at birth, and no rule changes them.
        birth: the name of the distribution of the weights at birth; empty: that of the network.
        gain: the factor of the weights that were drawn.
        spared: the number of the target's first units that have no synapse in a fixed projection.
    """

    sources: tuple[str, ...]
    target: str
    is_fixed: bool = False
    birth: str = ""
    gain: float = 1.0
    spared: int = 0


@dataclass(frozen=True)
class Graph:
    """A graph is populations, in the order in which a step computes them, and their projections.

    A target receives the present outputs of a source that comes before it in that order. From any
    other source, such as the target itself, it receives the outputs of the step before, which are 0
    at birth and when a trial begins. If several projections have one target, their drives add up.

    Attributes:
        populations: the populations by name, in order; the first one holds the sensors, and the
            last one the outputs.
        projections: the projections, in the order of their targets; each population has one or
            more, except for the sensors and for populations of constant outputs.

    Raises:
        InputError: projections and populations do not match, or a neuron or a source is missing.
    """

    populations: Mapping[str, Population]
    projections: tuple[Projection, ...]

    def __post_init__(self) -> None:
        """Check that each population with a neuron is the target of a projection, in order."""
        names = list(self.populations)
        computed = [name for name in names[1:] if not self.populations[name].constant]
        targets = [name for name, _ in itertools.groupby(p.target for p in self.projections)]
        if targets != computed:
            raise InputError(
                f"expected projections onto each of {', '.join(computed)}, in this order, got "
                f"{', '.join(p.target for p in self.projections) or 'none'}"
            )
        for each in self.projections:
            if not each.sources:
                raise InputError(f"expected sources of the projection onto {each.target}, got none")
        for name, population in self.populations.items():
            if (population.neuron is None) != (name not in computed):
                raise InputError(
                    "expected a neuron for each population but the sensors and constant units, got "
                    f"{population.neuron} for {name}"
                )
            if len(population.constant) not in (0, population.n):
                raise InputError(
                    f"expected {population.n} constant outputs of {name}, got "
                    f"{len(population.constant)}"
                )
        for source in {source for each in self.projections for source in each.sources}:
            if source not in self.populations:
                raise InputError(f"expected sources among {', '.join(names)}, got {source!r}")

    @property
    def plastic(self) -> tuple[Projection, ...]:
        """The projections whose weights a rule changes, in order."""
        return tuple(each for each in self.projections if not each.is_fixed)

    def shape(self, projection: Projection) -> LayerShape:
        """Return the shape of a projection's matrix, with one plane."""
        n_in = sum(self.populations[source].n for source in projection.sources)
        return LayerShape(1, self.populations[projection.target].n, n_in)

    @cached_property
    def layers(self) -> tuple[LayerShape, ...]:
        """The shape of the matrix of each projection that a rule changes, with one plane."""
        return tuple(map(self.shape, self.plastic))

    @cached_property
    def sources(self) -> tuple[tuple[Source, ...], ...]:
        """The sources of each plastic projection, in the form in which genome maps read them."""
        order = [name for name, each in self.populations.items() if not each.constant]
        return tuple(
            tuple(
                Source(
                    order.index(name) - 1 if name in order else -1,
                    self.populations[name].n,
                    self.is_delayed(name, each.target),
                )
                for name in each.sources
            )
            for each in self.plastic
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
