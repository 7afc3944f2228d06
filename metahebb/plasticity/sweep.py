"""A rule's compiled sweep: one pass over a layer that touches each synapse's memory once."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from metahebb.compiler import Fold, compiled, fold_of, random_points, translated
from metahebb.compiler.module import module_text
from metahebb.plasticity.bounds import SMALLEST, Bounds
from metahebb.plasticity.rule import Rule


def compile_kernel(rule: Rule, normalization: Bounds, driver: str) -> ModuleType:
    """Return the module of compiled functions for ``rule``.

    Args:
        rule: the plasticity rule.
        normalization: applied to each layer after each update.
        driver: source of the network's functions, which call ``sweep`` and ``tanh`` and are
            decorated with ``@fast``.
    """
    return compiled(kernel_source(rule, normalization, fold_of(rule), driver))


def kernel_source(rule: Rule, normalization: Bounds, fold: Fold | None, driver: str) -> str:
    """Return the text of a kernel module: header, rule, sweep, then the network's driver."""
    folded = None if fold is None else fold.scale
    return module_text(
        f"HAS_TRACE = {rule.has_trace}",
        "@fast\n" + translated(rule, "delta", folded),
        _VIEWS,
        "@apart\n" + _sweep_source(rule, normalization, folded),
        driver,
    )


SIGNATURE = "weights, trace, coefficients, pre, post, inputs, drive, scale, gain, modulators"

_VIEWS = """\
@fast
def bits_of(number):
    return np.float32(number).view(np.int32)


@fast
def number_of(bits):
    return np.int32(bits).view(np.float32)"""


def _sweep_source(rule: Rule, normalization: Bounds, folded: int | None) -> str:
    """Return ``sweep``: one pass over a layer that touches each synapse's memory once.

    For every synapse, ``w = scale·w + gain·Δ(pre, post, …)`` and ``drive += w·inputs``; returned is
    the scale that normalises the new weights, which is 1 where one of them is NaN. ``modulators``
    has a number for each unit behind the synapses. A layer's memory runs along its longer axis (see
    `metahebb.genomes.LayerShape`), so there is a sweep for each.
    """
    waits = is_gated(rule) and normalization.kind == "none"
    parts = [
        _sweep_along(rule, normalization, folded, by_input=False),
        _sweep_along(rule, normalization, folded, by_input=True),
        *([_wait_along(rule, folded, by_input=False)] if waits else []),
        *([_wait_along(rule, folded, by_input=True)] if waits else []),
        f"def sweep({SIGNATURE}):\n"
        + (_WAIT if waits else "")
        + "    if inputs.size < drive.size:\n"
        f"        return sweep_by_input({SIGNATURE})\n"
        f"    return sweep_by_output({SIGNATURE})",
    ]
    return "\n\n\n@apart\n".join(parts)


def is_gated(rule: Rule) -> bool:
    """Return whether a rule changes no weight where its modulator is 0, decided on random points.

    Where nothing bounds the weights, a step without a signal then leaves their memory alone.
    """
    if "modulator" not in rule.signals:
        return False
    signals, coefficients = random_points(rule)
    signals[rule.signals.index("modulator")] = 0
    with np.errstate(all="ignore"):
        returned = rule(*signals, *coefficients)
    change = returned[0] if rule.has_trace else returned
    return bool(np.all(np.asarray(change) == 0))


_WAIT = f"""\
    if gain != 0.0 and scale == 1.0:
        signalled = False
        for j in range(modulators.size):
            signalled = signalled or modulators[j] != 0.0
        if not signalled and inputs.size < drive.size:
            return wait_by_input({SIGNATURE})
        if not signalled:
            return wait_by_output({SIGNATURE})
"""


def _wait_along(rule: Rule, folded: int | None, *, by_input: bool) -> str:
    """Return the sweep for steps in which a gated rule gets no signal: only traces change."""
    planes = [k for k in range(len(rule.coefficients)) if k != folded]
    columns = "drive.size" if by_input else "inputs.size"
    signals = {
        "pre": "own" if by_input else "pre[k]",
        "post": "post[k]" if by_input else "own",
        "weight": "row[k]",
        "trace": "traces[k]",
        "modulator": "f32(0.0)",
    }
    arguments = ", ".join([signals[s] for s in rule.signals] + [f"c{p}[k]" for p in planes])
    lines = [
        f"def wait_by_{'input' if by_input else 'output'}({SIGNATURE}):",
        f"    columns, rows = {columns}, weights.size // {columns}",
        "    n = weights.size",
        *(["    for k in range(columns):", "        drive[k] = f32(0.0)"] if by_input else []),
        "    for r in range(rows):",
        "        row = weights[r * columns : (r + 1) * columns]",
        *(["        traces = trace[r * columns : (r + 1) * columns]"] if rule.has_trace else []),
        *(
            f"        c{p} = coefficients[{p} * n + r * columns : {p} * n + (r + 1) * columns]"
            for p in planes
        ),
        f"        own = {'pre' if by_input else 'post'}[r]",
        "        " + ("received = inputs[r]" if by_input else "total = f32(0.0)"),
        "        for k in range(columns):",
        *(_change(rule, arguments) if rule.has_trace else []),
        "            "
        + ("drive[k] += row[k] * received" if by_input else "total += row[k] * inputs[k]"),
        *([] if by_input else ["        drive[r] = total"]),
        "    return f32(1.0)",
    ]
    return "\n".join(lines)


def _sweep_along(rule: Rule, normalization: Bounds, folded: int | None, *, by_input: bool) -> str:
    """Return the sweep whose rows belong to an input (inner loop over outputs), or to an output."""
    planes = [k for k in range(len(rule.coefficients)) if k != folded]
    tracked, modulated = normalization.kind == "max_abs", "modulator" in rule.signals
    columns = "drive.size" if by_input else "inputs.size"
    signals = {
        "pre": "own" if by_input else "pre[k]",
        "post": "post[k]" if by_input else "own",
        "weight": "value",
        "trace": "traces[k]",
        "modulator": "modulators[k]" if by_input else "modulator",
    }
    arguments = ", ".join([signals[s] for s in rule.signals] + [f"c{p}[k]" for p in planes])
    lines = [
        f"def sweep_by_{'input' if by_input else 'output'}({SIGNATURE}):",
        f"    columns, rows = {columns}, weights.size // {columns}",
        "    n = weights.size",
        "    kept = scale",
        *_bounds(normalization),
        "    if gain == 0.0:",
        "        scale = f32(1.0)",
        *(["    most = np.int32(0)"] if tracked else []),
        *(["    for k in range(columns):", "        drive[k] = f32(0.0)"] if by_input else []),
        "    for r in range(rows):",
        "        row = weights[r * columns : (r + 1) * columns]",
        *(["        traces = trace[r * columns : (r + 1) * columns]"] if rule.has_trace else []),
        *(
            f"        c{p} = coefficients[{p} * n + r * columns : {p} * n + (r + 1) * columns]"
            for p in planes
        ),
        f"        own = {'pre' if by_input else 'post'}[r]",
        *(["        modulator = modulators[r]"] if modulated and not by_input else []),
        "        " + ("received = inputs[r]" if by_input else "total = f32(0.0)"),
        "        for k in range(columns):",
        "            value = scale * row[k]",
        *_change(rule, arguments),
        "            value += gain * change",
        *_clip(normalization),
        "            row[k] = value",
        "            "
        + ("drive[k] += value * received" if by_input else "total += value * inputs[k]"),
        *(_largest(by_input) if tracked else []),
        *([] if by_input else ["        drive[r] = total"]),
        "    if gain == 0.0:",
        "        return kept",
        *_scale(tracked),
    ]
    return "\n".join(lines)


def _change(rule: Rule, arguments: str) -> list[str]:
    if not rule.has_trace:
        return [f"            change = delta({arguments})"]
    return [
        f"            change, trace_change = delta({arguments})",
        "            traces[k] += gain * trace_change",
    ]


def _bounds(normalization: Bounds) -> list[str]:
    if normalization.kind != "clip":
        return []
    # Newborn and frozen weights are not clipped.
    return [f"    bound = f32(np.inf) if gain == 0.0 else f32({normalization.limit!r})"]


def _clip(normalization: Bounds) -> list[str]:
    if normalization.kind != "clip":
        return []
    return [
        "            value = bound if value > bound else value",
        "            value = -bound if value < -bound else value",
    ]


def _largest(by_input: bool) -> list[str]:
    """Return the lines that keep the largest magnitude so far.

    Magnitudes are compared by their bits, which as integers are in the same order: that is one
    vector instruction, where comparing floats becomes a slow masked store. A NaN is the largest.
    Along an output the row is read once more, from the cache next to the processor: within the loop
    that sums, the comparison would make another order of the sum.
    """
    if by_input:
        return ["            most = max(most, bits_of(abs(value)))"]
    return [
        "        for k in range(columns):",
        "            most = max(most, bits_of(abs(row[k])))",
    ]


def _scale(tracked: bool) -> list[str]:
    if not tracked:
        return ["    return f32(1.0)"]
    return [
        "    biggest = number_of(most)",
        f"    return f32(1.0) / biggest if biggest >= f32({SMALLEST!r}) else f32(1.0)",
    ]
