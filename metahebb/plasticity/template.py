"""Source text of a rule's kernels: the sweep over a layer, and the lines around it."""

from __future__ import annotations

from metahebb.plasticity.fold import Fold
from metahebb.plasticity.normalization import SMALLEST, Normalization
from metahebb.plasticity.rule import Rule
from metahebb.plasticity.tanh import tanh_source
from metahebb.plasticity.translate import delta_source

HEADER = '''"""Compiled plasticity, made from a rule; its folder is named by the hash of this text."""

import numpy as np
from numba import njit

f32 = np.float32
# No nnan or ninf: a network that leaves the finite numbers must be seen to do so.
fast = njit(nogil=True, cache=True, error_model="numpy",
            fastmath={"reassoc", "contract", "arcp", "nsz"})
exact = njit(nogil=True, cache=True, error_model="numpy")
'''


def kernel_source(rule: Rule, normalization: Normalization, fold: Fold | None, driver: str) -> str:
    """Return the text of a kernel module: header, rule, sweep, then the network's driver."""
    folded = None if fold is None else fold.scale
    parts = [
        HEADER,
        f"HAS_TRACE = {rule.has_trace}",
        "@fast\n" + tanh_source(),
        "@fast\n" + delta_source(rule, folded),
        "@fast\n" + _sweep_source(rule, normalization, folded),
        driver,
    ]
    return "\n\n\n".join(parts) + "\n"


def _sweep_source(rule: Rule, normalization: Normalization, folded: int | None) -> str:
    """Return ``sweep``: one pass over a layer that touches each synapse's memory once.

    ``sweep(weights, trace, coefficients, pre, post, inputs, drive, largest, scale, gain,
    modulator)`` does, for every synapse, ``w = scale·w + gain·Δ(pre, post, …)`` and
    ``drive += w·inputs``, and returns the scale that normalises the new weights. ``largest`` is
    scratch: a maximum kept per column vectorises, a scalar one does not.
    """
    planes = [k for k in range(len(rule.coefficients)) if k != folded]
    row = "i * n_in : (i + 1) * n_in"
    signals = {
        "pre": "pre[j]",
        "post": "post_i",
        "weight": "value",
        "trace": "traces[j]",
        "modulator": "modulator",
    }
    arguments = ", ".join([signals[s] for s in rule.signals] + [f"c{k}[j]" for k in planes])
    tracked = normalization.kind == "max_abs"
    lines = [
        "def sweep(weights, trace, coefficients, pre, post, inputs, drive, largest,",
        "          scale, gain, modulator):",
        "    n_in = inputs.size",
        "    n = weights.size",
        "    bound = f32(np.inf)" if normalization.kind == "clip" else "",
        "    kept = scale",
        "    if gain == 0.0:",
        "        scale = f32(1.0)",
        f"    else:\n        bound = f32({normalization.limit!r})"
        if normalization.kind == "clip"
        else "",
        "    for j in range(n_in):\n        largest[j] = f32(0.0)" if tracked else "",
        "    for i in range(drive.size):",
        f"        row = weights[{row}]",
        f"        traces = trace[{row}]" if rule.has_trace else "",
        *(
            f"        c{k} = coefficients[{k} * n + i * n_in : {k} * n + (i + 1) * n_in]"
            for k in planes
        ),
        "        post_i = post[i]",
        "        total = f32(0.0)",
        "        for j in range(n_in):",
        "            value = scale * row[j]",
        *(
            [
                f"            change, trace_change = delta({arguments})",
                "            traces[j] += gain * trace_change",
            ]
            if rule.has_trace
            else [f"            change = delta({arguments})"]
        ),
        "            value += gain * change",
        *(
            [
                "            value = bound if value > bound else value",
                "            value = -bound if value < -bound else value",
            ]
            if normalization.kind == "clip"
            else []
        ),
        "            row[j] = value",
        "            total += value * inputs[j]",
        "            largest[j] = max(largest[j], abs(value))" if tracked else "",
        "        drive[i] = total",
        "    if gain == 0.0:",
        "        return kept",
    ]
    if tracked:
        lines += [
            "    biggest = f32(0.0)",
            "    for j in range(n_in):",
            "        biggest = max(biggest, largest[j])",
            f"    return f32(1.0) / biggest if biggest >= f32({SMALLEST!r}) else f32(1.0)",
        ]
    else:
        lines.append("    return f32(1.0)")
    return "\n".join(line for line in lines if line)
