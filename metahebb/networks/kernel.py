"""The text of a graph's compiled functions, and the tables that tell them where numbers lie."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from metahebb.compiler import translated
from metahebb.networks.graph import Graph
from metahebb.neurons import SEEN, Neuron

Table = npt.NDArray[np.intp]


class Layout(NamedTuple):
    """A layout says where the units of each population lie in a lane's row of numbers.

    ``_plastic_kernel.py`` describes the columns of both tables.

    Attributes:
        projections: the table with a row for each projection.
        copies: the table with a row for each copy of a source.
        n_units: the length of a lane's row.
        ends: the index in a lane's row at which the inputs of the first projection end, then the
            index at which each population but the sensors ends.
    """

    projections: Table
    copies: Table
    n_units: int
    ends: tuple[int, ...]


def layout_of(graph: Graph) -> Layout:
    """Return the layout of a graph's units.

    The inputs of a projection have to lie side by side. If its first source is the population that
    was placed last, only its other sources are copied, and the copies are placed behind it. If not,
    all of its sources are copied.
    """
    neurons = graph.neurons
    sensors = next(iter(graph.populations))
    starts, end = {sensors: 0}, graph.populations[sensors].n
    newest = sensors
    rows: list[list[int]] = []
    copies: list[tuple[str, int, int, bool]] = []
    ends: list[int] = []
    synapse = unit = 0
    for projection, layer in zip(graph.projections, graph.layers, strict=True):
        sources, target = projection.sources, projection.target
        lies_there = sources[0] == newest
        first, first_copy = (starts[newest] if lies_there else end), len(copies)
        # A source may be placed later than its copy, so the place of the source is filled in below.
        for source in sources[1:] if lies_there else sources:
            n = graph.populations[source].n
            copies.append((source, end, n, graph.is_delayed(source, target)))
            end += n
        if not ends:
            ends.append(end)
        population = graph.populations[target]
        assert population.neuron is not None
        kind = neurons.index(population.neuron)
        rows.append(
            [first, layer.n_in, end, layer.n_out, synapse, kind, unit, first_copy, len(copies)]
        )
        starts[target], newest = end, target
        end += population.n
        ends.append(end)
        synapse += layer.size
        unit += population.n
    placed = [(starts[source], *rest) for source, *rest in copies]
    return Layout(
        np.array(rows, np.intp), np.array(placed, np.intp).reshape(-1, 4), end, tuple(ends)
    )


def state_name(number: int, variable: str) -> str:
    """Return the name of the array that holds a state variable of neuron ``number``."""
    return f"state_{number}_{variable}"


def sees(neurons: Sequence[Neuron], side: str) -> bool:
    """Return whether rules see a state variable in the place of outputs at ``side``.

    ``side`` is ``pre`` or ``post``.
    """
    return any(side in neuron.state for neuron in neurons)


def driver_source(neurons: tuple[Neuron, ...], parameters: str) -> str:
    """Return the text of ``step`` and ``flush`` for populations of ``neurons``.

    Args:
        neurons: the distinct neurons of a graph, in the order of `Graph.neurons`.
        parameters: the names of the state's arrays and constants, in order, with commas between.
    """
    text = _template()
    text = text.replace("STATE", parameters)
    for side in SEEN:
        own = sees(neurons, side)
        text = text.replace(side.upper() + "[", (f"{side}s[lane]" if own else "old") + "[")
    text = _fill(text, "NEURONS", _dispatch(neurons))
    text = _fill(text, "SEEN", _seen(neurons))
    # Constants are arguments of the functions, so that other values need no other kernel.
    parts = [_SQUASH, *(_units_source(neuron, k) for k, neuron in enumerate(neurons)), text]
    return "\n\n\n".join(parts)


_SQUASH = """\
@fast
def squash(x):
    # Infinite drives must be seen: tanh would make ±1 of them.
    return tanh(x) if abs(x) < f32(np.inf) else f32(np.nan)"""


def _fill(text: str, word: str, lines: Sequence[str]) -> str:
    """Return ``text`` with the line ``word`` replaced by ``lines``, with the same indentation."""
    (old,) = (line for line in text.splitlines() if line.strip() == word)
    indent = old[: -len(word)]
    new = "\n".join(indent + line for line in lines)
    return text.replace(old + "\n", new + "\n" if lines else "")


def _units_source(neuron: Neuron, number: int) -> str:
    """Return the text of ``units_NUMBER``, which turns a population's drives into its outputs."""
    state = [f"of_{name}" for name in neuron.state]
    constants = [f"constant_{k}" for k in range(len(neuron.constants))]
    numbers = [f"{name}[i]" for name in state]
    arguments = ", ".join(["scale * drive[i]", *numbers, *constants])
    values = ", ".join(["drive[i]", *numbers])
    return "\n".join(
        [
            "@fast",
            translated(neuron, f"neuron_{number}", tanh="squash", literal=False),
            "",
            "",
            "@apart",
            f"def units_{number}({', '.join(['drive', 'scale', 'constants', *state])}):",
            *(f"    {name} = constants[{k}]" for k, name in enumerate(constants)),
            "    for i in range(drive.size):",
            f"        {values} = neuron_{number}({arguments})",
        ]
    )


def _dispatch(neurons: Sequence[Neuron]) -> list[str]:
    """Return the lines that compute the outputs of a projection's target from its drives."""
    lines = []
    for number, neuron in enumerate(neurons):
        arrays = [
            f"{state_name(number, name)}[lane, target : target + n_out]" for name in neuron.state
        ]
        arguments = ", ".join(["drive", "scale", f"constants_{number}", *arrays])
        call = f"units_{number}({arguments})"
        if len(neurons) == 1:
            return [call]
        lines += [f"{'el' if number else ''}if kind == {number}:", f"    {call}"]
    return lines


def _seen(neurons: Sequence[Neuron]) -> list[str]:
    """Return the lines that copy the state variables ``pre`` and ``post``, which rules see.

    There are no such lines if no neuron has these variables, so that rules see outputs.
    """
    lines = []
    for side in SEEN:
        if not sees(neurons, side):
            continue
        row = f"{side}s[lane]"
        lines += [
            f"# A copy of the step before keeps the value that rules saw at that step ({side}).",
            *_copied(row, row, "copies[c, 3]"),
            "for j in range(n_sensors):",
            f"    {row}[j] = new[j]",
            "for p in range(projections.shape[0]):",
            "    target, n_out, kind = projections[p, 2], projections[p, 3], projections[p, 5]",
            "    for j in range(target, target + n_out):",
            f"        {row}[j] = new[j]",
        ]
        for number, neuron in enumerate(neurons):
            if side in neuron.state:
                array = state_name(number, side)
                lines += [
                    f"    if kind == {number}:",
                    "        for j in range(target, target + n_out):",
                    f"            {row}[j] = {array}[lane, j]",
                ]
        lines += _copied(row, row, "not copies[c, 3]")
    return lines


def _copied(to: str, of: str, when: str) -> list[str]:
    return [
        "for c in range(copies.shape[0]):",
        f"    if {when}:",
        "        for j in range(copies[c, 2]):",
        f"            {to}[copies[c, 1] + j] = {of}[copies[c, 0] + j]",
    ]


@functools.cache
def _template() -> str:
    text = Path(__file__).with_name("_plastic_kernel.py").read_text(encoding="utf-8")
    return text[text.index("@fast") :]


def constants_of(graph: Graph, layout: Layout, window: int, every: int) -> dict[str, Any]:
    """Return the constants that ``step`` and ``flush`` take after the state's arrays, by name."""
    return {
        "projections": layout.projections,
        "copies": layout.copies,
        "n_sensors": next(iter(graph.populations.values())).n,
        "parts": np.float32(1) / np.arange(1, window + 1, dtype=np.float32),
        "every": every,
        "scratch": np.zeros(int(layout.projections[:, 3].max()), np.float32),
        **{
            f"constants_{number}": np.array([value for _, value in neuron.constants], np.float32)
            for number, neuron in enumerate(graph.neurons)
        },
    }
