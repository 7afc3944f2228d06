"""The text of a graph's compiled functions, and the tables that tell them where numbers lie."""

from __future__ import annotations

import functools
import itertools
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from metahebb.compiler import translated
from metahebb.networks.graph import Graph
from metahebb.neurons import RANDOM, SEEN, Neuron
from metahebb.noise import table

Table = npt.NDArray[np.intp]


class Layout(NamedTuple):
    """A layout says where the units of each population lie in a lane's row of numbers.

    ``_plastic_kernel.py`` describes the columns of both tables.

    Attributes:
        projections: the table with a row for each projection.
        copies: the table with a row for each copy of a source.
        n_units: the length of a lane's row.
        stretches: the start and end in a lane's row of the inputs of the first projection, then of
            each population that has a neuron.
        constants: the indices in a lane's row of units with constant outputs.
    """

    projections: Table
    copies: Table
    n_units: int
    stretches: tuple[tuple[int, int], ...]
    constants: Table


def layout_of(graph: Graph) -> Layout:
    """Return the layout of a graph's units.

    The inputs of a projection have to lie side by side. If its first source is the population that
    was placed last, only its other sources are copied, and the copies are placed behind it. If not,
    all of its sources are copied. A population of constant outputs is placed before the first
    projection that has it as a source.
    """
    neurons, sensors = graph.neurons, next(iter(graph.populations))
    starts, end = {sensors: 0}, graph.populations[sensors].n
    newest = sensors
    rows: list[list[int]] = []
    copies: list[tuple[str, int, int, bool]] = []
    stretches: list[tuple[int, int]] = []
    constants: list[int] = []
    synapses = [0, 0]  # of plastic and of fixed projections
    plastic = unit = 0
    for target, group in itertools.groupby(graph.projections, key=lambda each: each.target):
        several = list(group)
        of_target = []
        for place, projection in enumerate(several):
            for source in projection.sources:
                constant = graph.populations[source].constant
                if constant and source not in starts:
                    starts[source], newest = end, source
                    constants += range(end, end + len(constant))
                    end += len(constant)
            sources = projection.sources
            lies_there = sources[0] == newest
            first, first_copy = (starts[newest] if lies_there else end), len(copies)
            # A source may be placed later than its copy, so its place is filled in below.
            for source in sources[1:] if lies_there else sources:
                n = graph.populations[source].n
                copies.append((source, end, n, graph.is_delayed(source, target)))
                end += n
            newest = ""  # nothing may be appended to the inputs of this projection
            layer = graph.shape(projection)
            if not stretches:
                stretches.append((0, end))
            number = -1 if projection.is_fixed else plastic
            part = 0 if len(several) == 1 else {0: 1, len(several) - 1: 3}.get(place, 2)
            start = synapses[projection.is_fixed]
            row = [first, layer.n_in, 0, layer.n_out, start, 0, unit, first_copy, len(copies)]
            of_target.append([*row, number, part])
            synapses[projection.is_fixed] += layer.size
            plastic += not projection.is_fixed
        population = graph.populations[target]
        assert population.neuron is not None
        for entries in of_target:
            entries[2], entries[5] = end, neurons.index(population.neuron)
        rows += of_target
        starts[target], newest = end, target
        stretches.append((end, end + population.n))
        end += population.n
        unit += population.n
    placed = [(starts[source], *rest) for source, *rest in copies]
    return Layout(
        np.array(rows, np.intp),
        np.array(placed, np.intp).reshape(-1, 4),
        end,
        tuple(stretches),
        np.array(constants, np.intp),
    )


def state_name(number: int, variable: str) -> str:
    """Return the name of the array that holds a state variable of neuron ``number``."""
    return f"state_{number}_{variable}"


def sees(neurons: Sequence[Neuron], side: str) -> bool:
    """Return whether rules see a state variable in the place of outputs at ``side``.

    ``side`` is ``pre`` or ``post``.
    """
    return any(side in neuron.state for neuron in neurons)


def is_mixed(graph: Graph) -> bool:
    """Return whether a graph has fixed weights, or several projections onto one population."""
    targets = [each.target for each in graph.projections]
    return len(targets) > len(set(targets)) or any(each.is_fixed for each in graph.projections)


def driver_source(neurons: tuple[Neuron, ...], parameters: str, *, mixed: bool = False) -> str:
    """Return the text of the functions that advance a graph: ``step``, ``stretch``, ``flush``.

    Args:
        neurons: the distinct neurons of a graph, in the order of `Graph.neurons`.
        parameters: the names of the state's arrays and constants, in order, with commas between.
        mixed: whether the graph has fixed weights, or several projections onto one population.
    """
    text = _template()
    text = _fill(text, "SWEEP", (_MIXED_SWEEP if mixed else _SWEEP).splitlines())
    text = _fill(text, "FLUSH", (_MIXED_FLUSH if mixed else _FLUSH).splitlines())
    text = text.replace("STATE", parameters)
    for side in SEEN:
        own = sees(neurons, side)
        text = text.replace(side.upper() + "[", (f"{side}s[lane]" if own else "old") + "[")
    text = _fill(text, "NEURONS", [*_noise(neurons), *_dispatch(neurons)])
    text = _fill(text, "SEEN", _seen(neurons))
    # Constants are arguments of the functions, so that other values need no other kernel.
    units = [_units_source(neuron, k) for k, neuron in enumerate(neurons)]
    noise = [_NOISE] if any(neuron.noises for neuron in neurons) else []
    return "\n\n\n".join([_SQUASH, *noise, *([_PRODUCT] if mixed else []), *units, text])


_ARGUMENTS = """\
    weights[lane, synapse : synapse + n],
    traces[lane, synapse : synapse + n] if HAS_TRACE else traces[lane, 0:0],
    coefficients[lane, planes * synapse : planes * (synapse + n)],
    PRE[first : first + n_in],
    POST[target : target + n_out],"""

_SWEEP = f"""\
scale = sweep(
{_ARGUMENTS}
    new[first : first + n_in],
    drive,
    scales[lane, p],
    gain,
    modulators[lane, unit : unit + n_out],
)
scales[lane, p] = scale"""

_FLUSH = f"""\
scales[lane, p] = sweep(
{_ARGUMENTS}
    old[first : first + n_in],
    scratch[:n_out],
    scales[lane, p],
    gains[lane],
    modulators[lane, unit : unit + n_out],
)"""

_MIXED_SWEEP = f"""\
own, place = projections[p, 9], projections[p, 10]
received = drive if place < 2 else scratch[:n_out]
if own < 0:
    product(fixed[lane, synapse : synapse + n], new[first : first + n_in], received)
    scale = f32(1.0)
else:
{textwrap.indent(_SWEEP.replace("    drive,", "    received,").replace(", p]", ", own]"), "    ")}
if place == 1:
    for i in range(n_out):
        drive[i] = scale * received[i]
elif place > 1:
    for i in range(n_out):
        drive[i] += scale * received[i]
if place == 1 or place == 2:
    continue
if place == 3:
    scale = f32(1.0)"""

_MIXED_FLUSH = f"""\
own = projections[p, 9]
if own < 0:
    continue
{_FLUSH.replace(", p]", ", own]")}"""

_PRODUCT = """\
@apart
def product_by_input(weights, inputs, drive):
    n = drive.size
    for i in range(n):
        drive[i] = f32(0.0)
    for j in range(inputs.size):
        row = weights[j * n : (j + 1) * n]
        received = inputs[j]
        for i in range(n):
            drive[i] += row[i] * received


@apart
def product_by_output(weights, inputs, drive):
    n = inputs.size
    for i in range(drive.size):
        row = weights[i * n : (i + 1) * n]
        total = f32(0.0)
        for j in range(n):
            total += row[j] * inputs[j]
        drive[i] = total


@apart
def product(weights, inputs, drive):
    # The memory of a matrix runs along its longer axis, as in the sweep.
    if inputs.size < drive.size:
        product_by_input(weights, inputs, drive)
    else:
        product_by_output(weights, inputs, drive)"""

_NOISE = """\
from metahebb._noise_kernels import philox

u64 = np.uint64


@fast
def draw_uniforms(out, start, key):
    # The same numbers as `metahebb.noise.uniforms`.
    block = u64(start) >> u64(3)
    words = philox(key[0], key[1], block, key[2], key[3], key[4])
    for i in range(out.size):
        element = u64(start) + u64(i)
        if element >> u64(3) != block:
            block = element >> u64(3)
            words = philox(key[0], key[1], block, key[2], key[3], key[4])
        half = words[element >> u64(1) & u64(3)] >> ((element & u64(1)) << u64(5))
        out[i] = f32((half & u64(0xFFFFFFFF)) >> u64(8)) * f32(2.0**-24)


@fast
def draw_normals(out, start, key, quantiles):
    # The same numbers as `metahebb.noise.normals`.
    block = u64(start) >> u64(4)
    words = philox(key[0], key[1], block, key[2], key[3], key[4])
    for i in range(out.size):
        element = u64(start) + u64(i)
        if element >> u64(4) != block:
            block = element >> u64(4)
            words = philox(key[0], key[1], block, key[2], key[3], key[4])
        word = words[element >> u64(2) & u64(3)]
        out[i] = quantiles[word >> ((element & u64(3)) << u64(4)) & u64(0xFFFF)]"""


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
    taken = [*neuron.noises, *state]
    numbers = [f"{name}[i]" for name in state]
    inputs = ["scale * drive[i]" if name == "drive" else f"{name}[i]" for name in neuron.inputs]
    arguments = ", ".join([*inputs, *numbers, *constants])
    values = ", ".join(["drive[i]", *numbers])
    return "\n".join(
        [
            "@fast",
            translated(neuron, f"neuron_{number}", tanh="squash", literal=False),
            "",
            "",
            "@apart",
            f"def units_{number}({', '.join(['drive', 'scale', 'constants', *taken])}):",
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
        random = [f"{name}s[:n_out]" for name in neuron.noises]
        arguments = ", ".join(["drive", "scale", f"constants_{number}", *random, *arrays])
        call = f"units_{number}({arguments})"
        if len(neurons) == 1:
            return [call]
        lines += [f"{'el' if number else ''}if kind == {number}:", f"    {call}"]
    return lines


def _noise(neurons: Sequence[Neuron]) -> list[str]:
    """Return the lines that draw the random numbers of a population for one step."""
    lines = []
    for name in RANDOM:
        kinds = [k for k, neuron in enumerate(neurons) if name in neuron.noises]
        if not kinds:
            continue
        whose = " or ".join(f"projections[p, 5] == {k}" for k in kinds)
        table = ", quantiles" if name == "normal" else ""
        start = "noise_starts[lane] + ages[lane] * modulators.shape[1] + unit"
        start += " + (1 << 55)" if name == "normal" else ""
        lines += [
            f"if {whose}:",
            f"    draw_{name}s({name}s[:n_out], {start}, noise_keys[lane]{table})",
        ]
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
        if side == "pre":
            lines += [
                "# A copy of the step before keeps the value that rules saw at that step.",
                *_copied(row, row, "copies[c, 3]"),
                "for j in range(n_sensors):",
                f"    {row}[j] = new[j]",
                "for j in constant_units:",
                f"    {row}[j] = new[j]",
            ]
        lines += [
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
        if side == "pre":  # rules read post of targets only, and pre of copies, too
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
    most = int(layout.projections[:, 3].max())
    noises = {name for neuron in graph.neurons for name in neuron.noises}
    seen = any(sees(graph.neurons, side) for side in SEEN)
    return {
        "projections": layout.projections,
        "copies": layout.copies,
        "n_sensors": next(iter(graph.populations.values())).n,
        "parts": np.float32(1) / np.arange(1, window + 1, dtype=np.float32),
        "every": every,
        "scratch": np.zeros(most, np.float32),
        **({"constant_units": layout.constants} if seen else {}),
        **{f"{name}s": np.zeros(most, np.float32) for name in RANDOM if name in noises},
        **({"quantiles": table()} if "normal" in noises else {}),
        **{
            f"constants_{number}": np.array([value for _, value in neuron.constants], np.float32)
            for number, neuron in enumerate(graph.neurons)
        },
    }
