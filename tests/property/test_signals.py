"""What lanes tell of their synapses: the signals of the update that is pending."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_neurons import fading, surprised
from toys import LANE, born, layers_of, observe, traced

from metahebb.compiler import fold_of
from metahebb.networks import FeedForward, Learning, Recurrent
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES

KINDS = [FeedForward, Recurrent]
FIELDS: list[dict[str, Any]] = [
    {},
    {"neuron": surprised},
    {"neuron": fading},
    {"update_window": 3},
    {"normalization": Bounds("max_abs")},
]


@pytest.mark.parametrize(
    "rule", [traced, RULES["reward_abcd"], RULES["abcd_lr"]], ids=lambda rule: rule.name
)
@pytest.mark.parametrize("fields", FIELDS, ids=["plain", "post", "pre", "means", "max_abs"])
@settings(max_examples=4)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**16), n=st.integers(1, 12))
def test_an_update_is_the_rule_of_the_signals(
    rule: Any, fields: dict[str, Any], kind: type, seed: int, n: int
) -> None:
    """Δw and Δtrace of these signals, normalised, are what a flush then makes of the synapses."""
    network = kind((n,), rule, **{"normalization": Bounds("none"), **fields})
    lanes, rng = born(network, 3, 2, seed), np.random.default_rng(seed)
    assert isinstance(lanes, Learning)
    fold = fold_of(rule)
    for _ in range(4):
        observe(lanes, rng)
        lanes.modulators[1] = rng.uniform(-1, 1, lanes.modulators.shape[1])
        before, coefficients = lanes.signals(1), [layer.coefficients for layer in layers_of(lanes)]
        lanes.flush(LANE)
        for old, new, planes in zip(before, lanes.signals(1), coefficients, strict=True):
            if fold is not None:
                planes[fold.scale] = 1
            change = rule(*(old[name] for name in rule.signals), *planes)
            if rule.has_trace:
                change, trace_change = change
                np.testing.assert_allclose(new["trace"], old["trace"] + trace_change, atol=1e-5)
            wanted = network.normalization.apply(old["weight"] + change)
            np.testing.assert_allclose(new["weight"], wanted, rtol=1e-4, atol=1e-5)
