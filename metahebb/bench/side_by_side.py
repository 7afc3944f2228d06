"""A plastic step for shared rules in which lanes lie side by side in memory.

The step serves only for a measurement. Its sums have another order than those in the kernel of
`FeedForward`, so that lives differ in their last bits. The step has neither probes nor lanes that
pause.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.bench.rule_table import Numbers, tables_of
from metahebb.compiler import fold_of
from metahebb.networks.memory import aligned
from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.plasticity import compile_kernel
from metahebb.plasticity.bounds import SMALLEST

Array = npt.NDArray[np.float32]

SIDE = 16
"""Number of lanes of a block; a loop over a block becomes a few vector instructions."""


def side_by_side(
    living: PlasticLanes, numbers: Numbers, observations: Array
) -> tuple[Any, tuple[Any, ...]]:
    """Return a compiled step and its arguments; the last one is the outputs ``(n, n_outputs)``.

    Args:
        living: newborn lanes with the rule ``abcd_lr``, which are copied; their number is a
            multiple of `SIDE`.
        numbers: the rule numbers that `rule_numbers` returns.
        observations: the observations of each call of the step, ``(n, n_observations)``.
    """
    n, network = len(living.gains), living.network
    fold = fold_of(network.rule)
    assert fold is not None
    planes = [p for p in range(len(network.rule.coefficients)) if p != fold.scale]
    sizes = np.array([living.layers[0].n_in, *(layer.n_out for layer in living.layers)], np.intp)
    order = _by_output(living)
    units = np.zeros((n // SIDE, int(sizes.sum()), SIDE), np.float32)
    arguments = (
        observations,
        sizes,
        _beside(living.state["weights"][:, order]),
        _beside(tables_of(living, numbers)[:, planes].swapaxes(1, 2)),
        numbers[order],
        units,
        np.zeros_like(units),
        np.ones((n // SIDE, len(living.layers), SIDE), np.float32),
        np.zeros((2, SIDE), np.float32),
        np.zeros((n // SIDE, SIDE), np.float32),
        np.float32(SMALLEST),
        np.zeros((n, int(sizes[-1])), np.float32),
    )
    return compile_kernel(network.rule, network.normalization, _driver()).step_side, arguments


def _by_output(living: PlasticLanes) -> npt.NDArray[np.intp]:
    """Return the place of each synapse in a lane's memory, layer by layer and output by output."""
    places, start = [], 0
    for layer in living.layers:
        row = np.arange(start, start + layer.size, dtype=np.float32)  # float32 is exact below 2**24
        places.append(layer.view(row).ravel().astype(np.intp))
        start += layer.size
    return np.concatenate(places)


def _beside(lanes: Array) -> Array:
    """Return an array ``(n, …)`` as ``(n / SIDE, …, SIDE)``, aligned to lines of the cache."""
    blocks = np.moveaxis(lanes.reshape(-1, SIDE, *lanes.shape[1:]), 1, -1)
    beside = aligned(1, blocks.size).reshape(blocks.shape)
    beside[:] = blocks
    return beside


def _driver() -> str:
    text = Path(__file__).with_name("_side_by_side_kernel.py").read_text(encoding="utf-8")
    return f"SIDE = {SIDE}\n\n\n" + text[text.index("@apart") :]
