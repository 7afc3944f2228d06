"""The plastic step in plain NumPy: what the kernels must equal, one step from equal states."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from metahebb.plasticity.bounds import Bounds
from metahebb.plasticity.rule import Rule

Array = npt.NDArray[np.float32]


class Layer(NamedTuple):
    """Synapses of a layer: weights, trace ``(n_out, n_in)``, coefficients ``(k, n_out, n_in)``."""

    weights: Array
    trace: Array
    coefficients: Array


def update(
    rule: Rule,
    normalization: Bounds,
    layer: Layer,
    pre: Array,
    post: Array,
    gain: float = 1.0,
    modulator: float = 0.0,
) -> Layer:
    """Return ``layer`` after one application of ``rule`` and its normalisation.

    Args:
        rule: the plasticity rule.
        normalization: applied after the update; skipped, like the update, where ``gain`` is 0.
        layer: the synapses.
        pre: activity ``(n_in,)`` that the layer received.
        post: activity ``(n_out,)`` that it gave.
        gain: factor of the change; 0 freezes.
        modulator: the network's neuromodulator.
    """
    if gain == 0.0:
        return layer
    signals = {
        "pre": pre[None, :],
        "post": post[:, None],
        "weight": layer.weights,
        "trace": layer.trace,
        "modulator": np.float32(modulator),
    }
    change = rule(*(signals[s] for s in rule.signals), *layer.coefficients)
    trace = layer.trace
    if rule.has_trace:
        change, trace_change = change
        trace = trace + np.float32(gain) * np.asarray(trace_change, np.float32)
    weights = layer.weights + np.float32(gain) * np.asarray(change, np.float32)
    return Layer(normalization.apply(weights), trace, layer.coefficients)
