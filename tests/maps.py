"""Genome maps with options, and a reference of what each expresses, in plain float64 loops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from metahebb.compiler import fold_of
from metahebb.genomes import (
    AntiDiagonal,
    Generated,
    GenomeMap,
    GivenGenes,
    LowRank,
    Merge,
    Mixture,
    PerNeuron,
    PerSynapse,
    RuleBook,
    SeededGenes,
    Shared,
    Slot,
)
from metahebb.networks import FeedForward
from metahebb.noise import Key, Stream
from metahebb.plasticity.rules import RULES

MAPS: tuple[GenomeMap, ...] = (
    PerSynapse(),
    Shared(1),
    Shared(5),
    Shared(7, across=True, seed=3),
    AntiDiagonal(),
    PerNeuron(),
    LowRank(),
    LowRank(2, offsets=True),
    Generated(3),
    RuleBook(),
    Mixture(1),
    Mixture(5),
    Mixture(4, across=True),
    Merge(),
    Merge(5, to=(4, 2)),
    Merge(7, to=(4, 2), across=True, seed=3),
)

Planes = np.ndarray
"""The coefficients of a layer, ``(planes, n_out, n_in)``."""

sizes = st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple)
"""Numbers of neurons of all layers, from the sensors to the outputs."""
seeds = st.integers(0, 2**16)


def slot_of(neurons: tuple[int, ...], rule: str = "abcd_lr") -> Slot:
    """Return the slot of the coefficients of a feed-forward network."""
    return FeedForward(neurons[1:-1], RULES[rule]).slots(neurons[0], neurons[-1])[0]


def dealt(genome_map: Shared | Merge, slot: Slot) -> list[int]:
    """Return the number of rules of each layer, or of the whole network, before any merge."""
    if isinstance(genome_map, Merge):
        genome_map = genome_map.first
    if genome_map.across:
        return [min(genome_map.rules, sum(layer.synapses for layer in slot.layers))]
    return [min(genome_map.rules, layer.synapses) for layer in slot.layers]


def random_genes(n: int, seed: int, stdev: float = 1.0) -> np.ndarray:
    """Return ``n`` genes between −stdev and stdev, none of them near 0."""
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], n)
    return (stdev * signs * rng.uniform(0.3, 1, n)).astype(np.float32)


def seeded(n: int, seed: int, sign: int) -> tuple[SeededGenes, np.ndarray]:
    """Return the source of a candidate's genes, and all the genes that it writes."""
    center = random_genes(n, seed)
    source = SeededGenes(center, np.full(n, 0.3, np.float32), Key(seed, Stream.SEARCH), sign)
    genes = np.empty(n, np.float32)
    source.write(0, genes)
    return source, genes


def express(genome_map: GenomeMap, slot: Slot, genes: np.ndarray) -> list[Planes]:
    """Return the coefficients that ``genes`` express, layer by layer, as the kernel sees them."""
    memory = np.full(slot.size, 77, np.float32)
    genome_map.express(slot, GivenGenes(genes), 0, memory)
    parts = zip(slot.layers, slot.parts(memory), strict=True)
    return [np.ascontiguousarray(layer.view(part)) for layer, part in parts]


def express_reference(genome_map: Any, slot: Slot, genes: np.ndarray) -> list[Planes]:
    """Return the coefficients that ``genes`` express, in float64, from the formulas in the docs."""
    genes = genes.astype(np.float64)
    expressed, start = [], 0
    for number, layer in enumerate(slot.layers):
        planes = np.empty((layer.planes, layer.n_out, layer.n_in))
        for index in np.ndindex(planes.shape):
            planes[index] = _number(genome_map, slot, genes, number, start, *index)
        expressed.append(planes)
        one = Slot(slot.name, (layer,), slot.rule)
        if not isinstance(genome_map, (PerNeuron, Generated)):
            start += genome_map.n_genes(one)
    return expressed


def _number(
    m: Any, slot: Slot, genes: np.ndarray, number: int, start: int, p: int, j: int, i: int
) -> float:
    layer = slot.layers[number]
    n_in, n_out = layer.n_in, layer.n_out
    place = i * n_out + j if n_in < n_out else j * n_in + i
    match m:
        case Merge():
            return _number(m.first, slot, genes, number, start, p, j, i)
        case PerSynapse():
            return genes[start + p * n_in * n_out + place]
        case Shared(rules=rules, across=True):
            total = sum(one.synapses for one in slot.layers)
            if rules >= total:
                return genes[start + p * n_in * n_out + place]
            return genes[p * rules + m.assignment(slot)[number][place]]
        case Shared(rules=rules):
            return genes[start + p * min(rules, n_in * n_out) + m.assignment(slot)[number][place]]
        case Mixture(rules=rules, across=across):
            if across:
                start = 0
                place += sum(one.synapses for one in slot.layers[:number])
            n = sum(one.synapses for one in slot.layers) if across else n_in * n_out
            logits = genes[start + layer.planes * rules :][: rules * n]
            rule = max(range(rules), key=lambda k: logits[k * n + place])  # the first largest logit
            return genes[start + p * rules + rule]
        case AntiDiagonal():
            return genes[start + p * (n_in + n_out - 1) + i + j]
        case PerNeuron():
            return _of_neurons(slot, genes, number, p, j, i)
        case LowRank(rank=rank, offsets=offsets):
            rank = min(rank, n_in, n_out)
            start += p * (rank + offsets) * (n_in + n_out)
            us, vs = np.split(genes[start : start + rank * (n_in + n_out)], [rank * n_out])
            total = sum(us[k * n_out + j] * vs[k * n_in + i] for k in range(rank))
            start += rank * (n_in + n_out)
            return total + (genes[start + j] + genes[start + n_out + i] if offsets else 0)
        case Generated(hidden=hidden):
            at = [
                (2 * k + 1) / n - 1 for k, n in ((number, len(slot.layers)), (i, n_in), (j, n_out))
            ]
            units = [
                math.tanh(sum(genes[c * hidden + h] * x for c, x in enumerate([*at, 1.0])))
                for h in range(hidden)
            ]
            weights = genes[(4 + p) * hidden : (5 + p) * hidden]
            return float(np.dot(weights, units)) + genes[(4 + layer.planes) * hidden + p]
    assert isinstance(m, RuleBook)
    return _of_book(m, slot, genes[start:], layer, p, place)


def _of_neurons(slot: Slot, genes: np.ndarray, number: int, p: int, j: int, i: int) -> float:
    """Return a coefficient of neuron-centric Hebbian learning.

    A sensor has 4 genes, a hidden neuron 5, and an output 4.
    """
    sizes = [slot.layers[0].n_in, *(layer.n_out for layer in slot.layers)]
    neurons: list[list[dict[str, float]]] = []
    rest = iter(genes)
    for k, size in enumerate(sizes):
        lacking = ("B" if k == 0 else "") + ("A" if k == len(sizes) - 1 else "")
        names = [n for n in ("A", "B", "C", "D", "eta") if n not in lacking]
        neurons.append([{n: next(rest) for n in names} for _ in range(size)])
    assert next(rest, None) is None
    pre, post = neurons[number][i], neurons[number + 1][j]
    eta = (pre["eta"] + post["eta"]) / 2
    both = pre["C"] * post["C"]
    return (both, pre["A"], post["B"], pre["D"] * post["D"], eta)[p]


def _of_book(m: RuleBook, slot: Slot, genes: np.ndarray, layer: Any, p: int, place: int) -> float:
    fold = None if slot.rule is None else fold_of(slot.rule)
    planes = [k for k in range(layer.planes) if fold is None or k != fold.scale]
    eta = genes[len(planes) * layer.synapses]
    if p not in planes:
        return eta
    gene = genes[planes.index(p) * layer.synapses + place]
    sign = 0.0 if abs(gene) <= m.threshold else math.copysign(1, gene)
    return sign if fold is not None and p in fold.scaled else sign * eta
