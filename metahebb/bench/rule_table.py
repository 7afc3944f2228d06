"""A plastic step that looks rules up in a table, to be compared with the kernel's step.

A genome map that shares rules writes the same coefficients for many synapses, and the kernel reads
all of them at each step. Here, each lane has a table of its rules, ``(planes, rules)``, and all
lanes share one array with the number of each synapse's rule. Everything else is the text of the
present kernel.
"""

from __future__ import annotations

import functools
import itertools
import re
from types import ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from metahebb.compiler import compiled, fold_of
from metahebb.genomes import Genome, rules_of
from metahebb.networks.kernel import driver_source
from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.neurons import NEURONS
from metahebb.plasticity import Rule
from metahebb.plasticity.sweep import kernel_source

Numbers = npt.NDArray[np.unsignedinteger[Any]]
Reads = Literal["table", "nothing"]

_ROW = "        row = weights[r * columns : (r + 1) * columns]\n"
_VALUE = "            value = scale * row[k]\n"


def rule_numbers(genome: Genome) -> Numbers:
    """Return the number of each synapse's rule ``(n_synapses,)``, in the smallest integer type.

    Args:
        genome: a genome in which a `Shared` with ``across`` fills the first slot.
    """
    numbers = np.concatenate(rules_of(genome, 0))
    small: Numbers = numbers.astype(np.min_scalar_type(numbers.max()))
    return small


def tables_of(living: PlasticLanes, numbers: Numbers) -> npt.NDArray[np.float32]:
    """Return the folded rules ``(n_lanes, planes, rules)`` of newborn lanes of a `Shared` genome.

    Args:
        living: the lanes, with coefficients that are expressed and folded.
        numbers: the rule numbers that `rule_numbers` returns.
    """
    planes = len(living.network.rule.coefficients)
    firsts = np.unique(numbers, return_index=True)[1]
    coefficients: npt.NDArray[np.float32] = living.state["coefficients"]
    n_lanes = len(coefficients)
    tables = np.empty((n_lanes, planes, firsts.size), np.float32)
    start = 0
    for layer in living.layers:
        stop = start + layer.size
        here = (firsts >= start) & (firsts < stop)
        block = coefficients[:, planes * start : planes * stop].reshape(n_lanes, planes, -1)
        tables[:, :, here] = block[:, :, firsts[here] - start]
        start = stop
    return tables


def look_up(living: PlasticLanes, numbers: Numbers, reads: Reads = "table") -> None:
    """Make newborn lanes of a `Shared` genome step by a table instead of their coefficients.

    Args:
        living: the lanes, with coefficients that are expressed and folded.
        numbers: the rule numbers that `rule_numbers` returns.
        reads: ``table``, or ``nothing`` for a network in which all synapses follow the first rule,
            which is read once. No table can be faster than this other network.
    """
    state, table = living.state, tables_of(living, numbers)
    parameters = state.parameters.replace("coefficients", "tables, numbers")
    values = [[table, numbers] if v is state["coefficients"] else [v] for v in state.values]
    state.values = tuple(itertools.chain.from_iterable(values))
    network = living.network
    driver = driver_source((NEURONS["tanh"],), parameters)
    text = kernel_source(network.rule, network.normalization, fold_of(network.rule), driver)
    kernel = _kernel(network.rule, text, reads)
    living._step, living._flush = kernel.step, kernel.flush


@functools.lru_cache(maxsize=4)
def _kernel(rule: Rule, text: str, reads: Reads) -> ModuleType:
    """Return the module of a kernel's ``text`` in which coefficients are read from a table."""
    fold = fold_of(rule)
    planes = [p for p in range(len(rule.coefficients)) if fold is None or p != fold.scale]
    block = "coefficients[lane, planes * synapse : planes * (synapse + n)]"
    text = _changed(text, block, "tables[lane], numbers[synapse : synapse + n]", 2)
    for indent in (8, 12):  # within a step, and within a flush
        line = " " * indent + "planes = coefficients.shape[1] // weights.shape[1]\n"
        text = _changed(text, "\n" + line, "\n", 1)
    text = _changed(text, "trace, coefficients, pre", "trace, table, numbers, pre", 5)
    text = re.sub(r" +c\d = coefficients\[.*\n", "", text)
    if reads == "nothing":
        once = "".join(f"        c{p} = table[{p}, 0]\n" for p in planes)
        text = _changed(text, _ROW, _ROW + once, 2)
        return compiled(re.sub(r"\b(c\d)\[k\]", r"\1", text))
    rows = "        which = numbers[r * columns : (r + 1) * columns]\n"
    rows += "".join(f"        c{p} = table[{p}]\n" for p in planes)
    text = _changed(text, _ROW, _ROW + rows, 2)
    text = _changed(text, _VALUE, _VALUE + "            follows = which[k]\n", 2)
    return compiled(re.sub(r"\b(c\d)\[k\]", r"\1[follows]", text))


def _changed(text: str, old: str, new: str, times: int) -> str:
    """Return ``text`` with ``old``, which must stand there ``times`` times, replaced by ``new``."""
    assert text.count(old) == times, (old, text.count(old))
    return text.replace(old, new)
